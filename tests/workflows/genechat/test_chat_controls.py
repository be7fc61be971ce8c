"""The controls show something else than the gene, and the bootstrap tells a gap from none."""

import math

import numpy as np
import pytest

from genodesk.workflows.genechat.answer_baselines import AnswerBaselines, most_frequent, most_typical
from genodesk.workflows.genechat.controls import FEWEST_GENES, other_gene, paired_bootstrap, permuted, sign_flips
from genodesk.workflows.genechat.pairs import Pair


def test_a_gap_in_every_gene_is_as_sure_as_the_draws_allow():
    true = np.random.default_rng(0).random(60)
    gap = paired_bootstrap(true, true + 0.1, seed=1)
    assert gap.difference == pytest.approx(0.1)
    assert gap.p == pytest.approx(1 / 10_001)
    assert gap.low == pytest.approx(0.1)
    assert gap.reads


def test_few_genes_never_show_that_a_model_reads_them():
    for genes in range(1, FEWEST_GENES):
        gap = paired_bootstrap(np.zeros(genes), np.full(genes, 0.01), seed=1)
        assert gap.difference > 0
        assert gap.p == pytest.approx(1 / 2**genes)
        assert not gap.reads
    assert paired_bootstrap(np.zeros(FEWEST_GENES), np.full(FEWEST_GENES, 0.01), seed=1).reads


def test_signs_that_are_turned_tell_how_often_chance_is_as_large():
    differences = np.array([3.0, 1.0, -2.0])
    assert sign_flips(differences, 0) == 3 / 8  # of the eight sums 6, 4 and 2 are as large as theirs, 2
    assert sign_flips(np.zeros(5), 0) == 1
    rng = np.random.default_rng(0)
    many = rng.normal(0.2, 1, 40)
    z = many.sum() / np.sqrt(np.square(many).sum())
    assert sign_flips(many, 0) == pytest.approx(0.5 * math.erfc(z / math.sqrt(2)), abs=0.02)


def test_noise_is_no_gap():
    rng = np.random.default_rng(3)
    gap = paired_bootstrap(rng.random(60), rng.random(60), seed=1)
    assert gap.low < 0 < gap.high
    assert gap.p > 0.05
    assert not gap.reads


def test_a_model_that_prefers_the_wrong_gene_does_not_read():
    gap = paired_bootstrap(np.ones(60), np.zeros(60), seed=1)
    assert gap.p == 1
    assert not gap.reads


def test_another_gene_is_of_another_family():
    families = ["a"] * 5 + ["b"] * 4 + ["c"]
    chosen = other_gene(families, seed=0)
    assert all(families[other] != family for other, family in zip(chosen, families, strict=True))
    alone = other_gene(["a"] * 4, seed=0)
    assert all(other != number for number, other in enumerate(alone))


def test_permuted_bases_are_the_same_bases_with_unknown_ones_in_place():
    sequence = "ACGTACGGTTNNNNACGATCGATCGA"
    mixed = permuted(sequence, 0, 0)
    assert mixed != sequence
    assert sorted(mixed) == sorted(sequence)
    assert mixed[10:14] == "NNNN"
    assert permuted(sequence, 0, 0) == mixed != permuted(sequence, 0, 1)


def gene(name: str, sequence: str, answer: str, prompt: str = "What?") -> Pair:
    return Pair(name, name, sequence, prompt, answer, "", "test")


def test_copying_takes_the_answer_of_the_most_alike_gene_to_this_question():
    rng = np.random.default_rng(0)
    one, other = ("".join(rng.choice(list("ACGT"), 600)) for _ in range(2))
    changed = one[:300] + "ACGTTGCA" + one[310:]
    baselines = AnswerBaselines(
        [gene("a", one, "It cuts."), gene("a2", one, "The nucleus.", "Where?"), gene("b", other, "It glues."),
         gene("c", other[::-1], "It glues.")]
    )  # fmt: skip
    told = baselines.answers([gene("x", changed, "?"), gene("y", changed, "?", "Where?"), gene("z", "ACGT" * 20, "?")])
    assert told["nearest_copy"] == ["It cuts.", "The nucleus.", "It glues."]
    assert told["most_frequent"] == ["It glues.", "The nucleus.", "It glues."]


def test_the_usual_answers_are_the_most_frequent_and_the_most_typical_one():
    answers = ["a protein of the wall", "a protein of the vacuole", "tRNA ligase", "tRNA ligase"]
    assert most_frequent(answers) == "tRNA ligase"
    assert most_typical(answers) == "a protein of the wall"
    assert most_frequent([]) == most_typical([]) == ""
