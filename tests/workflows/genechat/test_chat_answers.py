"""What the interactive worker tells of a file's genes, all at once or in parts."""

import threading

import pytest

from genodesk.engine.serve_session import Question, Session
from genodesk.workflows.genechat.gene_answers import genes
from genodesk.workflows.genechat.windows import LONGEST_GENE


@pytest.fixture
def told(tmp_path):
    file, table = tmp_path / "genes.fasta", tmp_path / "functions.csv"
    file.write_text("".join(f">G{n}\n{'ACGT' * (n + 1)}\n" for n in range(7)))
    table.write_text("id,function\nG5,A kinase\n")
    session = Session(tmp_path / "session")

    def told(**values):
        params = {"path": str(file), "annotation": [str(table)], **values}
        return genes(Question(session, params, threading.Event(), lambda _: None))

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
