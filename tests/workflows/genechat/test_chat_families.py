"""Like genes are one family, whatever their strand; a split keeps what it promises."""

from collections import Counter

import numpy as np
import pytest
from chat_runs import measured

from genodesk.core.errors import UserError
from genodesk.engine.data.sequence_codes import reverse_complement
from genodesk.workflows.genechat.families import find_families, split_pairs
from genodesk.workflows.genechat.genes import find_genes
from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.sketch import SketchIndex, sketch


def random_gene(rng: np.random.Generator, length: int = 1200) -> str:
    return "".join(rng.choice(list("ACGT"), length))


def changed(rng: np.random.Generator, sequence: str, share: float) -> str:
    letters = np.array(list(sequence))
    places = rng.random(len(letters)) < share
    letters[places] = rng.choice(list("ACGT"), places.sum())
    return "".join(letters)


def families(rng: np.random.Generator, number: int, members: int) -> tuple[list[str], list[int]]:
    ancestors = [random_gene(rng) for _ in range(number)]
    return (
        [changed(rng, ancestor, 0.1) for ancestor in ancestors for _ in range(members)],
        [family for family in range(number) for _ in range(members)],
    )


def test_members_of_a_family_are_found_and_strangers_are_not():
    sequences, truth = families(np.random.default_rng(0), 12, 5)
    found = find_families(sequences)
    assert len(set(found)) == 12
    assert all(len({name for name, true in zip(found, truth, strict=True) if true == one}) == 1 for one in range(12))


def test_the_other_strand_and_a_piece_are_like_the_gene():
    rng = np.random.default_rng(1)
    gene = random_gene(rng)
    found = find_families([gene, reverse_complement(gene), gene[300:900], random_gene(rng), "ACGTACGT", "ACGTACGT"])
    assert found[0] == found[1] == found[2] == "family 1"
    assert found[4] == found[5] not in (found[0], found[3])


def test_a_repeat_in_every_gene_does_not_make_them_one_family():
    rng = np.random.default_rng(2)
    repeat = random_gene(rng, 200)
    found = find_families([random_gene(rng, 600) + repeat for _ in range(80)])
    assert len(set(found)) == 80


def test_unknown_bases_are_like_nothing():
    assert sketch("N" * 500).size == 0
    assert len(set(find_families(["N" * 500, "N" * 400]))) == 2


def test_the_nearest_gene_comes_with_its_identity():
    rng = np.random.default_rng(3)
    gene = random_gene(rng)
    index = SketchIndex([random_gene(rng), reverse_complement(changed(rng, gene, 0.1)), changed(rng, gene, 0.3)])
    first, second = index.nearest(gene, 5)
    assert (first.index, second.index) == (1, 2)
    assert 0.89 < first.identity < 0.96
    assert first.covered > 0.95
    assert not first.estimated
    assert second.identity < 0.86
    assert index.nearest(random_gene(rng), 5) == []


def pairs_of(sequences: list[str], truth: list[int], questions: int = 1) -> list[Pair]:
    return [
        Pair(f"{number}-{question}", f"g{number}", sequence, f"q{question}", "a", f"f{family}", "")
        for number, (sequence, family) in enumerate(zip(sequences, truth, strict=True))
        for question in range(questions)
    ]


@pytest.mark.parametrize("how", ["family", "members", "random"])
def test_all_questions_about_a_gene_lie_in_one_part(how):
    pairs = pairs_of([f"{'ACGT' * 5}{number:b}" for number in range(200)], [number // 8 for number in range(200)], 3)
    parts = split_pairs(pairs, how, 0)
    owners = {name: {pair.gene for pair in part} for name, part in parts.items()}
    assert owners["train"].isdisjoint(owners["test"] | owners["validation"])
    assert owners["test"].isdisjoint(owners["validation"])
    assert sum(map(len, parts.values())) == 600
    assert 14 <= len(owners["test"]) <= 24
    assert parts == split_pairs(pairs, how, 0) != split_pairs(pairs, how, 1)


def test_a_split_by_family_keeps_families_whole_and_one_by_members_does_not():
    pairs = pairs_of([f"{number}" for number in range(120)], [number % 12 for number in range(120)])
    whole, members = split_pairs(pairs, "family", 0), split_pairs(pairs, "members", 0)
    known = {pair.family for pair in whole["train"]}
    assert known.isdisjoint(pair.family for pair in whole["test"] + whole["validation"])
    assert {pair.family for pair in members["test"]} <= {pair.family for pair in members["train"]}
    assert Counter(pair.family for pair in members["test"]) == dict.fromkeys((f"f{n}" for n in range(12)), 1)


def test_600_genes_of_10_families_give_60_to_the_test():
    pairs = pairs_of([f"{number}" for number in range(600)], [number % 10 for number in range(600)])
    assert {name: len(part) for name, part in split_pairs(pairs, "members", 5).items()} == {
        "train": 480, "validation": 60, "test": 60,
    }  # fmt: skip


def test_too_few_families_are_refused_with_a_way_out():
    with pytest.raises(UserError, match="too few") as refused:
        split_pairs(pairs_of([f"{number}" for number in range(40)], [0] * 40), "family", 0)
    assert "--split members" in refused.value.hint


@pytest.mark.real_data
def test_duplicated_genes_of_yeast_are_families():
    genes = find_genes(measured("genes/yeast_genes.fasta")).genes
    found = dict(zip((gene.name for gene in genes), find_families([gene.sequence for gene in genes]), strict=True))
    for one, other in (("RPL19A", "RPL19B"), ("RPL23A", "RPL23B"), ("RPS6A", "RPS6B"), ("YRF1-3", "YRF1-7")):
        assert found[one] == found[other]
    assert found["TFC3"] != found["VPS8"]
    assert Counter(found.values())["family 1"] < 20


@pytest.mark.parametrize(("copies", "share"), [(60, 0.005), (120, 0.01), (120, 0.06), (200, 0.1)])
def test_many_copies_of_one_gene_are_one_family_beside_others(copies, share):
    rng = np.random.default_rng(7)
    gene = random_gene(rng)
    found = find_families([changed(rng, gene, share) for _ in range(copies)] + [random_gene(rng) for _ in range(9)])
    assert set(found[:copies]) == {"family 1"}
    assert len(set(found[copies:]) - {"family 1"}) == 9


def test_copies_of_a_gene_find_each_other_and_no_gene_that_shares_a_repeat():
    rng = np.random.default_rng(8)
    gene, repeat = random_gene(rng), random_gene(rng, 200)
    copies = [changed(rng, gene, 0.02) for _ in range(100)]
    index = SketchIndex([*copies, *(random_gene(rng, 600) + repeat for _ in range(100))])
    assert set(index.most_alike(gene)) == set(range(100))
    assert index.most_alike(repeat + random_gene(rng, 900)) == []


def test_of_kmers_in_very_many_genes_some_tell_as_much_as_all(monkeypatch):
    rng = np.random.default_rng(9)
    genes = [changed(rng, random_gene(np.random.default_rng(family)), 0.02) for family in (1, 2) for _ in range(150)]
    index = SketchIndex(genes)
    whole = index.likeness(index.sketches[0])
    monkeypatch.setattr("genodesk.workflows.genechat.sketch._MOST_SHARED", 20_000)
    some = index.likeness(index.sketches[0])
    assert (some[:150] > 0.4).all()
    assert not some[150:].any()
    assert abs(some[1:150].mean() - whole[1:150].mean()) < 0.1
