"""What the Sequences tab asks: records in parts and by name, bases of both strands, the GC track; and `inspect`."""

import json
import threading
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from Bio.Seq import Seq

from genodesk.core.errors import UserError
from genodesk.engine import serve_sequences, serve_session
from genodesk.engine.cli import main
from genodesk.engine.data.sequence_codes import translated
from genodesk.engine.data.sequences import open_sequences
from genodesk.engine.inspection import inspect_file
from genodesk.engine.serve_answers import ANSWERS
from genodesk.engine.serve_session import Cancelled, Question, Session

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def genes(tmp_path: Path) -> Path:
    path = tmp_path / "基因.fa"
    path.write_text(">YAL1 TFC3 factor\nACGTNN\n>YAL2 vps8\nGGGGcc\n>YAL3\nnnnn\n>YAL1 again\nTT\n>none\n")
    return path


@pytest.fixture
def ask(tmp_path: Path, genes: Path):
    session = Session(tmp_path)

    def asked(method: str, cancelled: threading.Event | None = None, **params: Any) -> dict[str, Any]:
        question = Question(session, {"path": str(genes), **params}, cancelled or threading.Event())
        return json.loads(json.dumps(ANSWERS[method](question), allow_nan=False))

    yield asked
    session.close()


def test_records_come_in_parts_with_their_numbers(ask):
    found = ask("sequences", first=1, count=2)
    assert [(r["id"], r["description"], r["length"], r["gc"], r["n"], r["soft_masked"]) for r in found["rows"]] == [
        ("YAL2", "vps8", 6, 1.0, 0, 2),
        ("YAL3", "", 4, None, 4, 4),
    ]
    assert (found["kind"], found["total"], found["matches"]) == ("fasta", 4, 4)
    assert found["notices"] == [
        "Without a single base, and left out: 1 sequence (none).",
        "Ids that occur more than once are numbered: 1 sequence (YAL1_2).",
    ]
    assert ask("sequences", first=9)["rows"] == []


def test_records_are_found_by_id_and_description_in_any_case(ask):
    assert [row["id"] for row in ask("sequences", find="tfc")["rows"]] == ["YAL1"]
    found = ask("sequences", find=" yal1 ", count=1)
    assert ([row["id"] for row in found["rows"]], found["matches"], found["total"]) == (["YAL1"], 2, 4)
    assert ask("sequences", find="absent")["matches"] == 0


def test_bases_come_from_either_strand_with_their_masking(ask):
    forward = ask("sequence", id="YAL2", start=1, count=4)
    assert (forward["bases"], forward["length"], forward["start"]) == ("GGGC", 6, 1)
    assert forward["soft_masked"] == [[4, 5]]
    assert ask("sequence", id="YAL2", start=1, count=4, strand="-")["bases"] == "GCCC"
    assert ask("sequence", id="YAL1", start=4, count=99)["bases"] == "NN"
    assert ask("sequence", id="YAL1", start=99)["bases"] == ""


def test_whole_codons_are_translated_on_the_strand_asked_for(ask, genes):
    genes.write_text(">a\nATGGGNANNTAACC\n")
    assert ask("sequence", id="a")["protein"] == "MGX*"
    assert ask("sequence", id="a", start=0, count=3, strand="-")["protein"] == "H"
    assert ask("sequence", id="a", start=0, count=2)["protein"] == ""


def test_every_codon_is_translated_as_elsewhere():
    codons = ["".join(letters) for letters in product("ACGTN", repeat=3)]
    assert translated("".join(codons)) == "".join(str(Seq(codon).translate()) for codon in codons)


def test_the_gc_track_covers_the_whole_record(ask, genes):
    random = np.random.default_rng(0)
    bases = random.choice(np.frombuffer(b"ACGTGN", np.uint8), 3_000_123).tobytes().decode()
    genes.write_text(f">chr\n{'N' * 3000}{bases}\n")
    found = ask("sequence_track", id="chr")
    track, window = np.load(found["gc"], allow_pickle=False), found["gc_window"]
    whole = "N" * 3000 + bases
    assert len(track) == -(-len(whole) // window) <= 2000
    assert np.isnan(track[0])
    for i in (3, 700, 1234, len(track) - 1):
        part = whole[i * window : (i + 1) * window]
        assert track[i] == pytest.approx(sum(b in "GC" for b in part) / sum(b != "N" for b in part), abs=1e-6)


def test_the_gc_track_of_a_chromosome_of_more_than_two_gigabases_has_a_step(genes):
    genes.write_text(">chr\n" + "ACGG" * 5000 + "\n")
    asks_nothing = SimpleNamespace(raise_if_cancelled=lambda: None)
    track = serve_sequences._gc_track(open_sequences(genes), "chr", 2**20 + 1, asks_nothing)
    assert track.tolist() == [0.75]


def test_a_file_is_looked_through_once_until_it_changes(ask, genes, monkeypatch):
    opened = []
    real = serve_session.open_sequences
    monkeypatch.setattr(serve_session, "open_sequences", lambda *a, **k: opened.append(1) or real(*a, **k))
    for _ in range(3):
        assert ask("inspect")["records"] == 4
        ask("sequences")
        ask("sequence", id="YAL3")
    assert len(opened) == 1
    genes.write_text(">new\nACGTACGT\n")
    assert ask("sequences")["rows"][0]["id"] == "new"
    assert ask("sequence", id="new")["bases"] == "ACGTACGT"
    assert len(opened) == 2


def test_a_large_file_can_be_given_up(ask):
    given_up = threading.Event()
    given_up.set()
    with pytest.raises(Cancelled):
        ask("sequences", cancelled=given_up)


def test_wrong_questions_end_in_words(ask, genes):
    for params in ({"first": -1}, {"count": 0}, {"find": 3}):
        with pytest.raises(UserError):
            ask("sequences", **params)
    for method in ("features", "sequence_track"):
        with pytest.raises(UserError, match="no sequence YAL9"):
            ask(method, id="YAL9")
    for params in ({"id": "YAL9"}, {"id": "YAL1", "strand": "x"}, {"id": "YAL1", "start": -1}, {}):
        with pytest.raises(UserError):
            ask("sequence", **params)
    genes.write_text(">p\nMKLVFFAEDV\n")
    with pytest.raises(UserError, match="looks like protein"):
        ask("sequences")


def test_inspect_summarises_sequences(genes):
    found = inspect_file(genes)
    json.dumps(found, allow_nan=False)
    assert (found["kind"], found["title"]) == ("fasta", "FASTA, 4 sequences, 18 bp")
    assert {name: found[name] for name in ("records", "bases", "n", "soft_masked", "longest", "shortest", "n50")} == {
        "records": 4, "bases": 18, "n": 6, "soft_masked": 6, "longest": 6, "shortest": 2, "n50": 6,
    }  # fmt: skip
    assert found["gc"] == pytest.approx(8 / 12)
    assert found["first_records"][1]["id"] == "YAL2"
    assert len(found["warnings"]) == 2


def test_inspect_tells_what_a_file_is_whatever_its_name(tmp_path):
    for name, content, words in (
        ("reads.fastq", "@r\nACGT\n+\nIIII\n", "This is FASTQ"),
        ("reads.fa", "@r\nACGT\n+\nIIII\n", "This is FASTQ"),
        ("protein.faa.txt", ">p\nMKLVFFAEDV\n", "looks like protein"),
        ("empty.fasta", "", "holds no sequences"),
        ("text.fna", "hello", "does not begin with >"),
    ):
        (tmp_path / name).write_text(content)
        with pytest.raises(UserError, match=words):
            inspect_file(tmp_path / name)
    (tmp_path / "list.txt").write_text(">a\nACGT\n")
    assert inspect_file(tmp_path / "list.txt")["kind"] == "fasta"
    (tmp_path / "sheet.csv").write_text(">a,b\n1,2\n")
    assert inspect_file(tmp_path / "sheet.csv")["kind"] == "table"


def test_the_command_line_inspects_sequences_and_refuses_protein(genes, capsys):
    assert main(["inspect", str(genes), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bases"] == 18
    genes.write_text(">a\nACGT\n>p\nMKLVFFAEDV\n")
    assert main(["inspect", str(genes)]) == 2
    assert "record p, line 4" in capsys.readouterr().err


@pytest.mark.real_data
def test_a_plasmid_is_looked_at_with_its_features(ask):
    if not SHARED.exists():
        pytest.skip("the measured data sets are not beside the checkout")
    path = str(SHARED / "genes/NC_005816.gb")
    found = inspect_file(path)
    assert (found["kind"], found["title"]) == ("genbank", "GenBank, 1 sequence, 9,609 bp")
    assert found["features"]["gene"] == 10
    part = ask("features", path=path, id="NC_005816.1", count=4)
    assert [(f["kind"], f["start"], f["end"], f["strand"]) for f in part["rows"]] == [
        ("source", 0, 9609, "+"), ("repeat_region", 0, 1954, "+"), ("gene", 86, 1109, "+"), ("CDS", 86, 1109, "+"),
    ]  # fmt: skip
    assert part["rows"][2]["name"] == "YP_pPCP01"
    assert part["total"] == part["matches"] == sum(found["features"].values())
    transposases = ask("features", path=path, id="NC_005816.1", find=" TRANSPOSASE ")
    assert 0 < transposases["matches"] < part["total"]
    drawn = np.load(ask("sequence_track", path=path, id="NC_005816.1")["features"], allow_pickle=False)
    assert drawn[:2].tolist() == [[0, 1954, 0], [86, 1109, 0]], "what spans the whole sequence is not drawn"
    protein = ask("sequence", path=path, id="NC_005816.1", start=86, count=1023)["protein"]
    assert part["rows"][3]["qualifiers"]["translation"] == [protein.removesuffix("*")]
