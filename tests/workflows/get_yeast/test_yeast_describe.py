"""What is told of yeast files before they are used: which ones are recognised, and that others cost nothing."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from yeast_tables import MOTIFS, REGIONS, SAMPLES, expression_table, flat, packed, regions_table, sheet

from genodesk.core.errors import UserError
from genodesk.engine.cli_print import document_lines
from genodesk.engine.inspection import inspect_file, look_into
from genodesk.engine.serve_answers import ANSWERS
from genodesk.engine.serve_session import Question, Session


@pytest.fixture
def ask(tmp_path):
    session = Session(tmp_path)
    yield lambda method, **params: ANSWERS[method](Question(session, params, threading.Event()))
    session.close()


def test_yeast_files_are_recognised_by_what_is_in_them(tmp_path):
    assert inspect_file(packed(tmp_path))["title"] == "3 samples x 4 regions, 3 motifs"
    flat().to_csv(tmp_path / "flat.tsv", sep="\t", index=False)
    found = inspect_file(tmp_path / "flat.tsv")
    assert (found["kind"], found["workflow"], found["setting"]) == ("data", "get-yeast", "")
    assert inspect_file(regions_table(tmp_path))["title"] == "4 regions, 3 motifs"
    assert inspect_file(sheet(tmp_path))["setting"] == "conditions"
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    "rows",
    [
        "gene,log2fc,pvalue,label\nGAL4,1,0.01,up\n",
        "cell,age,region\nc1,3,cortex\n",
        "chrom,start,end,score\nchrI,10,90,3\n",
        "id,time,temperature,label,x,y\nc1,2,37,neuron,1,2\n",
    ],
)
def test_other_tables_stay_tables(tmp_path, rows):
    (tmp_path / "a.csv").write_text(rows)
    found = inspect_file(tmp_path / "a.csv")
    assert (found["kind"], found["warnings"]) == ("table", [])
    assert "workflow" not in found


def test_a_file_that_was_chosen_for_the_workflow_is_described_even_if_it_does_not_look_like_its_own(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("gene,ABF1\nYAL001C,0.5\nYAL002W,0.25\n")
    assert inspect_file(path)["kind"] == "table"
    assert look_into(path, "get-yeast")[0]["title"] == "2 regions, 1 motif"
    tissue = tmp_path / "tissue.h5ad"
    anndata.AnnData(np.ones((3, 4), np.float32), obs=pd.DataFrame(index=list("abc"))).write_h5ad(tissue)
    assert look_into(tissue, "get-yeast")[0]["kind"] == "h5ad"


def test_tables_are_read_in_parts_with_missing_values_as_none(tmp_path, ask):
    path = str(packed(tmp_path))
    part = ask("preview", path=path, kind="table", of="regions", workflow="get-yeast", start=1, rows=2)
    assert (part["total"], [row[0] for row in part["rows"]]) == (4, REGIONS[1:3])
    assert part["columns"][-3:] == [name for name in MOTIFS if not name.startswith("virtual")]
    samples = ask("preview", path=path, kind="table", of="samples", workflow="get-yeast")
    known = dict(zip(samples["columns"], samples["rows"][1], strict=True))
    assert (known["Sample"], known["Drug"], known["Dose"]) == (SAMPLES[1], "borrelidin", "5 µM")
    assert (known["Medium"], known["Culture temperature (°C)"]) == (None, None)
    with pytest.raises(UserError, match="no table 'genes'"):
        ask("preview", path=path, kind="table", of="genes", workflow="get-yeast")


def test_what_is_wrong_inside_a_file_belongs_to_the_setting_that_names_it(tmp_path, ask):
    hot = tmp_path / "hot.csv"
    hot.write_text("GSM,medium,drug,temperature\nS1,YPD,none,80\n")
    values = {"yeast": {"data": str(packed(tmp_path)), "reading": {"conditions": str(hot)}}}
    answer = ask("validate", workflow="get-yeast", action="train", values=values)
    assert [problem["setting"] for problem in answer["problems"]] == ["conditions"]
    values["yeast"]["reading"] = {"expression": str(expression_table(tmp_path))}
    (problem,) = ask("validate", workflow="get-yeast", action="train", values=values)["problems"]
    assert problem["setting"] == "expression"


def test_what_is_held_out_is_told_calmly_and_what_is_dropped_is_not(tmp_path, ask):
    flat().to_csv(tmp_path / "flat.csv", index=False)
    values = {"yeast": {"data": str(tmp_path / "flat.csv")}}
    told = ask("validate", workflow="get-yeast", action="train", values=values)["notices"]
    calm = {notice["message"]: notice["calm"] for notice in told}
    assert calm["1 motif columns are zero everywhere and are dropped: virtual_motif_1."] is False
    assert [message for message, is_calm in calm.items() if is_calm] == [
        *(message for message in calm if "held out" in message)
    ]


def test_recognising_a_tissue_loads_neither_pandas_nor_anndata(tmp_path):
    (tmp_path / "a.csv").write_text("cell,x,y\nc1,2,3\n")
    program = (
        "import sys\nfrom genodesk.engine.inspection import inspect_file\n"
        f"inspect_file({str(tmp_path / 'a.csv')!r})\n"
        "print('genodesk.workflows.get_yeast.recognise' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["True", "False"]


def test_a_prepared_file_remembers_the_motifs_it_left_out(tmp_path):
    from genodesk.workflows.get_yeast.assemble import read_any
    from genodesk.workflows.get_yeast.data import read_prepared, write_yeast
    from genodesk.workflows.get_yeast.settings_reading import ReadSettings

    data = read_any(packed(tmp_path), ReadSettings())
    for name in ("y.h5ad", "y.zarr"):
        write_yeast(data, tmp_path / name)
        assert read_prepared(tmp_path / name).dropped_motifs == ["virtual_motif_1"]
        found = inspect_file(Path(tmp_path / name))
        assert found["kind"] == "data"
        assert "left out when this file was prepared: virtual_motif_1" in " ".join(found["warnings"])


def test_sentences_about_a_file_stand_on_lines_of_their_own(tmp_path):
    lines = document_lines(inspect_file(packed(tmp_path)))
    assert "  Every sample, region and motif has a name of its own." in lines
    assert not any(".," in line for line in lines)


@pytest.mark.parametrize(
    ("rows", "known"), [("temperature,medium\n30,ypd\n37,sc\n", 2), ("medium,time,od\nypd,2,1\nsc,3,2\n", 3)]
)
def test_a_small_condition_sheet_is_told_as_one_and_that_it_names_no_samples(tmp_path, rows, known):
    path = tmp_path / "small.csv"
    path.write_text(rows)
    told, described = look_into(path, "get-yeast")
    assert told["title"] == f"2 cultures without a sample column, {known} of 11 conditions recorded"
    assert described.sentence.endswith("not how those of a file were grown.")
    path.write_text("sample,temperature\nS1,30\n")
    assert look_into(path, "get-yeast")[0]["title"] == "1 culture, 1 of 11 conditions recorded"


def test_a_condition_sheet_of_other_samples_says_which_column_was_taken_for_their_ids(tmp_path, ask):
    small = tmp_path / "small.csv"
    small.write_text("temperature,medium\n30,ypd\n37,sc\n")
    values = {"data": str(packed(tmp_path)), "reading": {"conditions": str(small)}, "out": str(tmp_path / "y.h5ad")}
    (problem,) = ask("validate", workflow="get-yeast", action="prepare", values=values)["problems"]
    assert problem["setting"] == "conditions"
    assert "its column temperature, taken for their ids, holds 30, 37; the data have" in problem["message"]
    assert problem["message"].endswith("The sheet seems to have no sample column.")
    assert problem["hint"] == "Add a column sample with the ids of the data."
    small.write_text("medium,GSM\nypd,other1\nsc,other2\n")
    (problem,) = ask("validate", workflow="get-yeast", action="prepare", values=values)["problems"]
    assert "its column GSM, taken for their ids, holds other1, other2" in problem["message"]
    assert "no sample column" not in problem["message"]
