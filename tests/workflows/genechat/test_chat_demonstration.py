"""Generated families and the demonstration model that comes with the program: what is said of both holds."""

import csv
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from attempts import settings_of

from genodesk.core.errors import UserError
from genodesk.core.resources import resource
from genodesk.engine.data.fasta import read_fasta
from genodesk.engine.devices import pick
from genodesk.engine.live_run import CallRun
from genodesk.workflows.genechat.answering import answers
from genodesk.workflows.genechat.controls import other_gene, paired_bootstrap, permuted
from genodesk.workflows.genechat.demo_data import demo_data
from genodesk.workflows.genechat.model import answer_losses
from genodesk.workflows.genechat.pairs import load_pairs
from genodesk.workflows.genechat.prompt import PlacedGene, Turn
from genodesk.workflows.genechat.settings import GenesSettings
from genodesk.workflows.genechat.small_encoder import dna_tokenizer
from genodesk.workflows.genechat.synthetic import LONGEST, SHORTEST, make_families
from genodesk.workflows.genechat.synthetic_words import FAMILIES, QUESTIONS
from genodesk.workflows.genechat.train import load_parts
from genodesk.workflows.genechat.trained import DEMONSTRATION, load_trained

SCRIPT = Path(__file__).parents[3] / "packaging" / "make-genechat-demo"


@pytest.fixture(scope="module")
def pairs():
    return make_families(0)


@pytest.fixture(scope="module")
def parts():
    return load_parts(GenesSettings(difficulty="demo"), 0)


@pytest.fixture(scope="module")
def demonstration():
    return load_trained()


@pytest.fixture(scope="module")
def judged(demonstration, parts):
    """One question about each of the test's genes: losses by control, and answers with the true and another gene."""
    asked = [pair for pair in parts["test"] if pair.id.endswith("-function")]
    sequences = [pair.sequence for pair in asked]
    mixed = [permuted(sequence, 0, number) for number, sequence in enumerate(sequences)]
    windows = demonstration.encoder.encode([*sequences, *mixed])
    true, random = windows[: len(asked)], windows[len(asked) :]
    nothing = demonstration.model.adapter.mean
    shown = {
        "true": true,
        "other": [true[number] for number in other_gene([pair.family for pair in asked], 0)],
        "zero": [nothing.expand_as(each).contiguous() for each in true],
        "random": random,
    }

    def prompts(windows, with_answer):
        return [
            demonstration.prompt([Turn(p.prompt)], [PlacedGene(p.gene, len(w))], p.answer if with_answer else None)
            for p, w in zip(asked, windows, strict=True)
        ]

    losses = {name: answer_losses(demonstration.model, prompts(w, True), w) for name, w in shown.items()}
    right = {
        name: np.mean([told == pair.answer for told, pair in zip(
            answers(demonstration, prompts(shown[name], False), shown[name]), asked, strict=True)])
        for name in ("true", "other")
    }  # fmt: skip
    return losses, right


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_families_are_as_promised(pairs):
    genes = {pair.gene: pair for pair in pairs}
    assert len(genes) == 600
    assert set(Counter(pair.family for pair in genes.values()).values()) == {60}
    lengths = [len(pair.sequence) for pair in genes.values()]
    assert SHORTEST <= min(lengths) < 700
    assert 2300 < max(lengths) <= LONGEST
    assert len(pairs) == 600 * len(QUESTIONS)
    assert {pair.prompt for pair in pairs} == {wording for wordings in QUESTIONS.values() for wording in wordings}
    assert make_families(0)[17] == pairs[17]
    assert make_families(1)[17].sequence != pairs[17].sequence


def test_no_family_is_told_by_how_often_its_bases_occur(pairs):
    shares = {}
    for pair in {pair.gene: pair for pair in pairs}.values():
        counts = Counter(pair.sequence)
        shares.setdefault(pair.family, []).append([counts[base] / len(pair.sequence) for base in "ACGT"])
    means = np.array([np.mean(rows, axis=0) for rows in shares.values()])
    assert np.abs(means - 0.25).max() < 0.005


def test_every_question_has_one_answer_and_every_family_its_own():
    for aspect in QUESTIONS:
        assert len({words.answer(aspect) for words in FAMILIES}) == len(FAMILIES)
    wordings = [wording for kinds in QUESTIONS.values() for wording in kinds]
    assert len(set(wordings)) == len(wordings)


def test_impossible_families_are_refused():
    with pytest.raises(UserError, match="600 genes of 11 families"):
        make_families(0, families=11)
    with pytest.raises(UserError, match="no difficulty easy"):
        make_families(0, difficulty="easy")


def test_test_genes_are_new_members_of_families_seen_in_training(parts):
    by_part = {part: {pair.sequence for pair in rows} for part, rows in parts.items()}
    assert not by_part["test"] & (by_part["train"] | by_part["validation"])
    assert {pair.family for pair in parts["test"]} == {pair.family for pair in parts["train"]}
    assert len(by_part["test"]) >= 60


def test_the_small_dna_tokenizer_gives_back_every_base(pairs):
    tokenizer = dna_tokenizer([pair.sequence for pair in pairs[:80]])
    sequence = pairs[200].sequence[:512]
    tokens = tokenizer.encode(sequence)
    assert tokens.tokens[0] == "[CLS]"
    assert tokens.tokens[-1] == "[SEP]"
    assert "".join(tokens.tokens[1:-1]) == sequence


def test_demo_data_are_a_set_with_sequences_and_functions_beside(tmp_path):
    settings = settings_of("genechat", "demo-data", out=tmp_path / "genes", number_of_genes=60, families=3)
    told = demo_data(settings, CallRun(pick("cpu")))
    found = load_pairs(tmp_path / "genes")
    assert {part: len(rows) for part, rows in found.items()} == told["pairs"]
    records = list(read_fasta(Path(told["fasta"])))
    rows = rows_of(Path(told["functions"]))
    assert [record.id for record in records] == [row["id"] for row in rows]
    assert len(records) == 60
    sequences = {pair.gene: pair.sequence for pairs in found.values() for pair in pairs}
    assert records[5].sequence == sequences[records[5].id]


def test_the_demonstration_is_labelled_small_and_comes_with_genes_it_has_never_seen(demonstration, parts):
    assert demonstration.demonstration
    assert "generated genes" in demonstration.document["name"]
    assert demonstration.document["questions"]
    files = [path for path in resource(DEMONSTRATION).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 6_000_000
    shown = {record.id: record.sequence for record in read_fasta(resource(DEMONSTRATION) / "genes.fasta")}
    assert shown == {pair.gene: pair.sequence for pair in parts["test"]}
    rows = rows_of(resource(DEMONSTRATION) / "genes.csv")
    families = {words.description: words.name for words in FAMILIES}
    assert {row["id"]: families[row["function"]] for row in rows} == {p.gene: p.family for p in parts["test"]}


def test_the_demonstration_reads_the_dna(judged):
    losses, _ = judged
    for name in ("other", "zero", "random"):
        gap = paired_bootstrap(losses["true"], losses[name], 0)
        assert gap.difference > 0, name
        assert gap.p < 0.01, name


def test_the_demonstration_answers_exactly_with_the_gene_and_not_with_another(judged):
    _, right = judged
    assert right["true"] >= 0.6
    assert right["other"] <= 0.1


def test_the_demonstration_goes_on_talking_about_the_gene(demonstration, parts):
    asked = {pair.id: pair for pair in parts["test"]}
    genes = list(dict.fromkeys(pair.gene for pair in parts["test"]))[:20]
    windows = demonstration.encoder.encode([asked[f"{gene}-function"].sequence for gene in genes])
    prompts = [
        demonstration.prompt(
            [Turn("What does this gene do?", asked[f"{gene}-function"].answer), Turn("Where does it act?")],
            [PlacedGene(gene, len(each))],
        )
        for gene, each in zip(genes, windows, strict=True)
    ]
    told = answers(demonstration, prompts, windows)
    assert np.mean([a == asked[f"{gene}-location"].answer for a, gene in zip(told, genes, strict=True)]) >= 0.8


@pytest.mark.slow
def test_the_demonstration_is_trained_in_two_minutes_of_one_core(tmp_path):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "demo")], capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert load_trained(tmp_path / "demo").demonstration
