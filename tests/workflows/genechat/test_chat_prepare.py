"""The action `prepare` as a run: the set it writes, its report with what was dropped and why, and bad files."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_runs import Told, measured, open_run, settings_from

from genodesk.core.errors import Stopped, UserError
from genodesk.workflows.genechat.check_genes import check_prepare
from genodesk.workflows.genechat.pairs import load_pairs, read_header
from genodesk.workflows.genechat.prepare import prepare
from genodesk.workflows.genechat.settings_actions import PrepareSettings


def prepared(place: Path, **flat: Any) -> tuple[dict[str, Any], Told]:
    settings = settings_from(PrepareSettings, **flat)
    check_prepare(settings)
    run, told = open_run(place / "run", "prepare", settings)
    return prepare(settings, run), told


def gene(seed: int, length: int = 300) -> str:
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), length))


def fasta(folder: Path, sequences: dict[str, str]) -> Path:
    path = folder / "基因 genes.fasta"
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()), encoding="utf-8")
    return path


def functions(folder: Path, rows: dict[str, str]) -> Path:
    path = folder / "what.csv"
    path.write_text("id,function\n" + "".join(f"{name},{text}\n" for name, text in rows.items()), encoding="utf-8")
    return path


def some_genes(number: int = 30) -> dict[str, str]:
    return {f"g{index}": gene(index) for index in range(number)}


def test_every_gene_left_out_has_a_reason(tmp_path):
    sequences = some_genes() | {
        "short": "ACGT", "long": gene(50, 2000), "unknown": "N" * 200 + gene(51, 100), "nothing": gene(52),
        "hypothetical": gene(53), "twin": gene(0),
    }  # fmt: skip
    told = {name: f"Does {name}" for name in sequences} | {
        "nothing": "", "hypothetical": "Hypothetical protein.", "twin": "Does g0", "absent": "x",
    }  # fmt: skip
    answer, said = prepared(
        tmp_path, data=fasta(tmp_path, sequences), functions=functions(tmp_path, told), out=tmp_path / "set",
        longest_gene=1000,
    )  # fmt: skip
    assert answer["genes"] == 30
    assert {reason: found["ids"] for reason, found in answer["dropped"].items()} == {
        "it is longer than 1,000 bases": ["long"],
        "its sequence is not there": ["absent"],
        "it is shorter than 30 bases": ["short"],
        "more than half of it is N": ["unknown"],
        "nothing is said of it": ["nothing"],
        "its answer says nothing, as `hypothetical protein` does": ["hypothetical"],
        "the same gene and answer stand before": ["twin"],
    }
    assert "1 left out because more than half of it is N." in said.warnings
    assert "absent" in (tmp_path / "run" / "tables" / "dropped.csv").read_text()
    assert sum(map(len, load_pairs(tmp_path / "set").values())) == 30


def test_pairs_hold_capitals_the_question_and_the_answer_in_one_line(tmp_path):
    sequences = {name: sequence.lower() for name, sequence in some_genes().items()}
    rows = {name: f'"Cuts\u200b\n and   glues {name}"' for name in sequences}
    prepared(tmp_path, data=fasta(tmp_path, sequences), functions=functions(tmp_path, rows), out=tmp_path / "set",
             question="Why?")  # fmt: skip
    pairs = {pair.id: pair for part in load_pairs(tmp_path / "set").values() for pair in part}
    assert pairs["g3"].sequence == gene(3)
    assert (pairs["g3"].prompt, pairs["g3"].answer, pairs["g3"].source) == ("Why?", "Cuts and glues g3", "what.csv")


def test_like_genes_are_kept_on_one_side_and_a_random_split_is_called_optimistic(tmp_path):
    sequences = {f"f{family}m{member}": gene(family)[: 280 - member] for family in range(20) for member in range(4)}
    rows = {name: f"Does {name}" for name in sequences}
    files = {"data": fasta(tmp_path, sequences), "functions": functions(tmp_path, rows)}
    answer, _ = prepared(tmp_path / "a", **files, out=tmp_path / "set")
    assert (answer["families"], answer["largest_family"]) == (20, 4)
    parts = load_pairs(tmp_path / "set")
    trained = {pair.id[:-2] for pair in parts["train"]}
    assert trained.isdisjoint(pair.id[:-2] for pair in parts["test"] + parts["validation"])
    answer, said = prepared(tmp_path / "b", **files, out=tmp_path / "set", split="random")
    assert read_header(tmp_path / "set").report["split"] == "random"
    assert any("optimistic" in warning for warning in said.warnings)


def test_a_wish_to_stop_leaves_no_set(tmp_path):
    rows = {name: name for name in some_genes()}
    settings = settings_from(PrepareSettings, data=fasta(tmp_path, some_genes()), functions=functions(tmp_path, rows),
                             out=tmp_path / "set")  # fmt: skip
    run, _ = open_run(tmp_path / "run", "prepare", settings, stop=lambda: True)
    with pytest.raises(Stopped):
        prepare(settings, run)
    assert not (tmp_path / "set").exists()


@pytest.mark.real_data
def test_the_yeast_genes_give_their_pairs(tmp_path):
    answer, said = prepared(
        tmp_path,
        data=measured("genes/yeast_genes.fasta"),
        functions=measured("genes/yeast_functions.csv"),
        out=tmp_path / "set",
    )
    dropped = {reason: found["ids"] for reason, found in answer["dropped"].items()}
    assert dropped == {
        "the same gene and answer stand before": ["YPL283C"],  # YRF1-7, one of the copies of YRF1
        "its answer says nothing, as `hypothetical protein` does": ["YPR153W"],
    }
    assert answer["genes"] == 294
    assert answer["pairs"] == {"train": 236, "validation": 29, "test": 29}
    assert any("294 genes are few" in warning for warning in said.warnings)


@pytest.mark.real_data
def test_a_genbank_file_alone_is_a_set(tmp_path):
    answer, _ = prepared(tmp_path, data=measured("genes/NC_005816.gb"), out=tmp_path / "set", split="random")
    assert answer["genes"] == 10
    pair = next(pair for part in load_pairs(tmp_path / "set").values() for pair in part if pair.gene == "pim")
    assert pair.answer.startswith("pesticin immunity protein; similar to many")
    assert pair.source == "GenBank /product"


def upstream(folder: Path, **files: Any) -> Path:
    place = folder / "upstream"
    place.mkdir()
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (place / f"{name}.json").write_text(text, encoding="utf-8")
    return place


def test_the_three_files_of_the_authors_become_pairs(tmp_path):
    sequences: dict[str, Any] = {str(number): [gene(number).lower()] for number in range(40)}
    sequences |= {"41": [gene(41), gene(42)], "alone": gene(43), "protein": "MKVLEFFPQI" * 9}
    place = upstream(
        tmp_path,
        seq=sequences,
        qa_summary_rule=[{"Gene Id": number, "Summary": f"Does {number}."} for number in [*range(41), 41, "absent"]],
        qa_kw=[{"Gene Id": "3", "Q": "Which organism does the gene belong to?", "A": "Homo sapiens", "Q_id": 0}],
    )
    answer, said = prepared(tmp_path, data=place, out=tmp_path / "set")
    pairs = {pair.id: pair for part in load_pairs(tmp_path / "set").values() for pair in part}
    assert len(pairs) == 42
    assert pairs["3"].sequence == gene(3)
    assert pairs["41"].sequence == gene(41)
    (keyword,) = (pair for pair in pairs.values() if pair.source == "qa_kw.json")
    assert (keyword.gene, keyword.answer, keyword.prompt[:5]) == ("3", "Homo sapiens", "Which")
    assert {reason: found["ids"] for reason, found in answer["dropped"].items()} == {
        "its sequence is not DNA": ["protein"],
        "its sequence is not there": ["40", "absent"],
        "nothing is said of it": ["alone"],
    }
    assert any("several sequences" in warning for warning in said.warnings)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"seq": {}}, "neither qa_summary_rule.json nor qa_kw.json"),
        ({"seq": '{"1": "ACG', "qa_kw": []}, "not JSON: line 1"),
        ({"seq": [], "qa_kw": []}, "does not hold ids with their sequences"),
        ({"seq": {"1": gene(1)}, "qa_kw": {"Q": "x"}}, "does not hold a list of answers"),
        ({"seq": {"1": gene(1)}, "qa_kw": [{"Gene Id": "1"}]}, "Entry 1 has no 'Gene Id' or no 'A'"),
        ({"seq": {"1": 7}, "qa_kw": []}, "sequence of 1 is no text"),
    ],
)
def test_broken_files_of_the_authors_are_a_sentence(tmp_path, files, said):
    with pytest.raises(UserError, match=said):
        prepared(tmp_path, data=upstream(tmp_path, **files), out=tmp_path / "set")


BAD = {
    "protein": (b">p\nMKVLEFFPQIMKVLEFFPQI\n", "protein"),
    "mixed": (b">a\nACGTACGTACGT\n>p\nMKVLEFFPQIMKVL\n", "protein"),
    "twice": (b">a\nACGTACGT\n>a\nACGTTTTT\n", "more than once"),
    "empty records": (b">a\n>b\n", "are empty"),
    "cut gzip": (gzip.compress(b">a\n" + b"ACGTTGCA" * 5000)[:60], "gzip"),
    "fastq": (b"@r\nACGT\n+\nIIII\n", "FASTQ"),
    "empty": (b"", "no sequences"),
    "no sequence": (
        b"LOCUS       CIRCLE                    20 bp    DNA     circular BCT 01-JAN-2020\nDEFINITION  x.\n"
        b"FEATURES             Location/Qualifiers\nORIGIN\n//\n",
        "no sequence",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_sequences_end_in_one_sentence_before_a_run_begins(tmp_path, name):
    content, said = BAD[name]
    (tmp_path / "bad.fasta").write_bytes(content)
    settings = settings_from(PrepareSettings, data=tmp_path / "bad.fasta", out=tmp_path / "set")
    with pytest.raises(UserError) as refused:
        check_prepare(settings)
    assert said.casefold() in str(refused.value).casefold()
    assert "bad.fasta" in refused.value.where


def test_old_line_ends_a_mark_and_empty_records_do_no_harm(tmp_path):
    lines = "".join(f">g{index}\r{gene(index).lower()}\r" for index in range(30)) + ">hollow\r"
    (tmp_path / "old.fa").write_bytes(b"\xef\xbb\xbf" + lines.encode())
    rows = functions(tmp_path, {f"g{index}": f"Does {index}" for index in range(30)})
    answer, said = prepared(tmp_path, data=tmp_path / "old.fa", functions=rows, out=tmp_path / "set")
    assert answer["genes"] == 30
    assert any("hollow" in warning for warning in said.warnings)


def test_files_in_the_wrong_place_are_named_with_the_right_option(tmp_path):
    data, table = fasta(tmp_path, some_genes()), functions(tmp_path, {"g1": "x"})
    for flat, said in (
        ({"data": data, "annotation": table}, "--functions"),
        ({"data": tmp_path}, "seq.json"),
        ({"data": tmp_path / "absent.fa"}, "no such file"),
        ({"data": data, "out": tmp_path}, "--out"),
    ):
        settings = settings_from(PrepareSettings, **{"out": tmp_path / "set", **flat})
        with pytest.raises(UserError) as refused:
            check_prepare(settings)
        assert said in str(refused.value)


def test_sequences_without_a_word_about_them_are_refused(tmp_path):
    data = fasta(tmp_path, some_genes())
    settings = settings_from(PrepareSettings, data=data, out=tmp_path / "set")
    assert "--functions" in check_prepare(settings)[0].hint
    with pytest.raises(UserError, match="of most genes, nothing is said of it"):
        prepared(tmp_path, data=data, out=tmp_path / "set")


def test_halves_of_letters_in_the_files_of_the_authors_do_no_harm(tmp_path):
    half = "\\ud800"
    sequences = {str(number): gene(number) for number in range(40)} | {"half": "ACGTHALF" * 9, "idHALF": gene(60)}
    told = [{"Gene Id": name, "Summary": f"DoesHALF {name}."} for name in sequences]
    text = [json.dumps(one).replace("HALF", half) for one in (sequences, told)]
    place = upstream(tmp_path, seq=text[0], qa_summary_rule=text[1])
    answer, _ = prepared(tmp_path, data=place, out=tmp_path / "set")
    pairs = {pair.id: pair.answer for part in load_pairs(tmp_path / "set").values() for pair in part}
    assert pairs["3"] == "Does 3."
    assert pairs["id"] == "Does id ."
    assert answer["dropped"]["its sequence is not DNA"]["ids"] == ["half"]


def test_repeated_ids_are_numbered_by_choice(tmp_path):
    path = fasta(tmp_path, some_genes())
    path.write_text(path.read_text() + f">g1\n{gene(99)}\n")
    rows = functions(tmp_path, {name: f"Does {name}" for name in [*some_genes(), "g1_2"]})
    files = {"data": path, "functions": rows, "out": tmp_path / "set"}
    with pytest.raises(UserError, match="occurs more than once") as refused:
        prepared(tmp_path, **files)
    assert "--duplicates rename" in refused.value.hint
    answer, said = prepared(tmp_path, **files, duplicates="rename")
    assert answer["genes"] == 31
    assert any("are numbered" in warning for warning in said.warnings)
