"""What the interactive worker tells of a file's genes, all at once or in parts."""

import threading

import pytest

from genodesk.core.errors import UserError
from genodesk.engine.serve_session import Question, Session
from genodesk.workflows.genechat.gene_answers import evidence, genes
from genodesk.workflows.genechat.windows import LONGEST_GENE


@pytest.fixture
def told(tmp_path):
    file, table = tmp_path / "genes.fasta", tmp_path / "functions.csv"
    file.write_text("".join(f">G{n}\n{'ACGT' * (n + 1)}\n" for n in range(7)))
    table.write_text("id,function\nG5,A kinase\n")
    session = Session(tmp_path / "session")

    def told(ask=genes, **values):
        params = {"path": str(file), "annotation": [str(table)], **values}
        return ask(Question(session, params, threading.Event(), lambda _: None))

    yield told
    session.close()


def test_all_genes_are_told_in_the_order_of_the_file(told):
    found = told()
    assert [gene["id"] for gene in found["genes"]] == [f"G{n}" for n in range(7)]
    assert [gene["bases"] for gene in found["genes"]][:2] == [4, 8]
    assert [gene["id"] for gene in found["genes"] if gene["annotated"]] == ["G5"]
    assert (found["total"], found["longest"]) == (7, LONGEST_GENE)


def test_a_long_file_is_told_in_parts(told):
    parts = [told(first=first, count=3) for first in (0, 3, 6, 9)]
    assert [[gene["id"] for gene in part["genes"]] for part in parts] == [
        ["G0", "G1", "G2"],
        ["G3", "G4", "G5"],
        ["G6"],
        [],
    ]
    assert {part["total"] for part in parts} == {7}


def test_what_is_changed_or_not_taken_is_told(told, tmp_path):
    assert told()["notices"] == []
    (tmp_path / "genes.fasta").write_text(">G5\nACGTRYACGTACGT\n")
    (tmp_path / "functions.csv").write_text("id,function\nG5,A kinase\nG8,A lipase\n")
    assert told()["notices"] == [
        "2 ambiguous letters (IUPAC) are read as N, in 1 sequence (G5).",
        "Rows of functions.csv that match no gene: 1 (G8).",
    ]


def test_answers_are_held_against_the_files_of_now(told):
    first, second = told(ask=evidence, genes=["G5"], answers=["Probably a kinase.", "See GO:0004672."])["beside"]
    assert [(one["source"], one["id"], one["text"]) for one in first["evidence"]] == [
        ("functions.csv", "G5", "A kinase")
    ]
    assert first["agrees"] == [{"n": 1, "words": ["kinase"]}]
    assert second["invented"] == ["GO:0004672"]
    with pytest.raises(UserError, match="none of these genes"):
        told(ask=evidence, genes=["G99"], answers=["A kinase."])


def test_repeated_ids_are_numbered_for_the_desk(told, tmp_path):
    (tmp_path / "twice.fasta").write_text(">G5\nACGT\n>G5\nTTTT\n")
    found = told(path=str(tmp_path / "twice.fasta"))
    assert [gene["id"] for gene in found["genes"]] == ["G5", "G5_2"]
    assert any("are numbered" in notice for notice in found["notices"])
