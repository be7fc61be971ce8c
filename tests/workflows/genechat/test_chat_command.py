"""A question typed on the command line: the answer, its evidence and where it comes from; mistakes in a sentence."""

import gzip
from pathlib import Path

import pytest

from genodesk.core.resources import resource

FOLDER = resource("models/genechat-demo")
GENES, TABLE = FOLDER / "genes.fasta", FOLDER / "genes.csv"
QUESTION = "What does this gene do?"


def ids() -> list[str]:
    return [line[1:].split()[0] for line in GENES.read_text().splitlines() if line.startswith(">")]


def ask(here, **settings):
    return here("genechat", "chat", "--json", **{"fasta": GENES, "question": QUESTION, "device": "cpu", **settings})


def refused(answer, message: str, hint: str = "") -> None:
    assert answer.code == 2
    assert message in answer.error["message"]
    assert answer.error["hint"]
    assert hint in answer.error["hint"]


def test_a_question_gives_one_document_with_answer_evidence_and_provenance(here):
    name = ids()[0]
    said = ask(here, gene=name, annotation=TABLE)
    assert said.code == 0
    document = said.document
    assert document["answer"].startswith("This gene encodes")
    assert document["evidence"][0] == {**document["evidence"][0], "n": 1, "source": "genes.csv", "id": name}
    made = document["provenance"]
    assert made["demonstration"] is True
    assert made["encoded"] == made["windows"] > 0
    assert len(made["sequence_sha256"]) == 64
    assert made["prompt"].startswith("<s>Human: <Gene> GeneHere </Gene>")
    again = ask(here, gene=name).document["provenance"]
    assert (again["encoded"], again["windows"]) == (0, made["windows"])


def test_another_gene_of_another_family_gets_another_answer(here):
    rows = dict(line.split(",", 1) for line in TABLE.read_text().splitlines()[1:])
    first = ids()[0]
    other = next(name for name in ids() if rows[name] != rows[first])
    answers = [ask(here, gene=name).document["answer"] for name in (first, other)]
    assert answers[0] != answers[1]
    for name, answer in zip((first, other), answers, strict=True):
        assert rows[name].strip('"').split()[1] in answer  # the enzyme, for example "kinase"


def test_on_a_terminal_the_answer_is_written_with_its_label_and_evidence(here):
    said = here(
        "genechat", "chat", fasta=GENES, gene=ids()[0], annotation=TABLE, question=QUESTION, shuffled=True, device="cpu"
    )
    assert said.code == 0
    assert "Demonstration model: it knows generated genes only." in said.out
    assert "This gene encodes" in said.out
    assert "nats with this gene rather than its bases shuffled" in said.out
    assert "[1] genes.csv" in said.out
    assert "shares words with [1]: " in said.out
    assert "Not for clinical use." in said.out
    assert ", not of being right" in said.out


def test_an_answer_that_no_source_supports_is_told_so(here, tmp_path):
    table = tmp_path / "other.csv"
    table.write_text(f"id,function\n{ids()[0]},Something wholly different\n")
    said = here("genechat", "chat", fasta=GENES, gene=ids()[0], annotation=table, question=QUESTION, device="cpu")
    assert "No telling words are shared with your annotation." in said.out


def test_a_part_of_a_gene_is_read_alone(here):
    made = ask(here, gene=ids()[0], part="1-300").document["provenance"]
    assert (made["windows"], made["part"], made["genes"][0]["bases"]) == (1, "1-300", 300)


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (">p\nMKVLEFPQILDEFKQIPLE\n" * 3, "protein", ""),
        (">g\nACGTACGTACGT\n>p\nMKVLEFPQILDEFKQIPLE\n", "protein", "nucleotide"),
        (">a\nACGT-ACGT\n", "gap of an alignment", ""),
        (">a\n>b\n", "are empty", ""),
        (
            "LOCUS       PLASMID                   20 bp    DNA     circular BCT 01-JAN-2020\nDEFINITION  x.\n"
            "FEATURES             Location/Qualifiers\nORIGIN\n//\n",
            "holds no sequence",
            "GenBank (full)",
        ),
        ("@read\nACGT\n+\nIIII\n", "neither FASTA nor GenBank", ""),
        ("", "is empty", "sequences"),
        ("just some words\n", "neither FASTA nor GenBank", "sequence"),
        (">a\nACGT\n>a\nACGG\n", "occurs more than once", ""),
    ],
)
def test_a_file_that_holds_no_dna_is_refused_in_a_sentence(here, tmp_path, content, message, hint):
    path = tmp_path / "genes.fasta"
    path.write_text(content)
    said = ask(here, fasta=path)
    refused(said, message, hint)
    assert "genes.fasta" in said.error["where"] or "genes.fasta" in said.error["message"]


def test_a_truncated_gzip_is_refused(here, tmp_path):
    path = tmp_path / "genes.fasta.gz"
    path.write_bytes(gzip.compress(GENES.read_bytes())[:-2000])
    refused(ask(here, fasta=path), "ends too early", "again")


def test_small_letters_runs_of_n_and_windows_line_ends_are_read(here, tmp_path):
    path = tmp_path / "genes.fasta"
    lines = GENES.read_text().split(">")[1].splitlines()
    body = "".join(lines[1:])
    path.write_bytes(
        b"\xef\xbb\xbf>one\r\n" + body[:700].lower().encode() + b"\r\n" + b"N" * 300 + b"\r\n" + body[700:].encode()
    )
    made = ask(here, fasta=path).document["provenance"]
    assert 0 < made["genes"][0]["masked_share"] < 0.5


def test_a_gene_of_more_than_160_kb_is_explained_with_a_part_to_choose(here, tmp_path):
    path = tmp_path / "long.fasta"
    path.write_text(">long\n" + "ACGTTGCA" * 20_001 + "\n")
    refused(ask(here, fasta=path), "160,008 bases", "1-160000")


def test_an_unknown_gene_several_genes_and_no_question_are_told(here):
    refused(ask(here, gene="gene99999"), "no gene called gene99999")
    refused(ask(here), "holds", "--gene")
    without = here("genechat", "chat", "--json", fasta=GENES, gene=ids()[0])
    refused(without, "no question", "Give one with --question; a conversation needs a terminal.")
    refused(ask(here, gene=ids()[0], model=Path("/no/such/model")), "neither a run nor a model")


def test_a_sequence_too_short_for_a_gene_is_told_with_its_answer(here, tmp_path):
    path = tmp_path / "short.fasta"
    path.write_text(">s\nACG\n")
    (notice,) = ask(here, fasta=path).document["notices"]
    assert notice.startswith("Known bases read of s: 3, fewer than a gene has (60 or more).")
    said = here("genechat", "chat", fasta=path, question=QUESTION, device="cpu").out
    assert notice in " ".join(said.split())
    assert "1 window (" in said
    assert ask(here, gene=ids()[0], part="1-60").document["notices"] == []


def test_two_parts_or_a_part_of_several_genes_are_refused(here):
    first, second = ids()[:2]
    refused(ask(here, gene=[first, second], part="1-100"), "several genes")
    refused(ask(here, gene=first, part="100"), "no part of a gene")
