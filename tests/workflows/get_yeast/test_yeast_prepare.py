"""The action `prepare` as a run: the file it writes and its report beside it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pytest
from tiny_yeast import made, settings_of, tiny_yeast
from yeast_tables import packed, regions_table, sheet

from genodesk.core.errors import Stopped, UserError
from genodesk.workflows.get_yeast.check import check_prepare
from genodesk.workflows.get_yeast.check_use import check_demo_data
from genodesk.workflows.get_yeast.data import write_yeast


def prepared(place: Path, stop: bool = False, **flat: Any) -> tuple[dict[str, Any], list[str]]:
    """What the action answers, and its warnings."""
    settings = settings_of("prepare", **flat)
    run = made(place, "prepare", settings)
    return run.call(settings, lambda: stop), run.warnings


@pytest.mark.parametrize("kind", ["h5ad", "zarr"])
def test_prepare_writes_the_file_and_its_report(tmp_path, kind):
    out = tmp_path / f"out.{kind}"
    answer, warnings = prepared(tmp_path / "run", data=packed(tmp_path), conditions=sheet(tmp_path), out=out)
    adata = {"h5ad": anndata.read_h5ad, "zarr": anndata.read_zarr}[kind](out)
    assert adata.shape == (3, 4)
    assert (answer["samples"], answer["regions"], answer["motifs"]) == (3, 4, 3)
    assert answer["dropped_motifs"] == ["virtual_motif_1"]
    assert answer["chromosomes"] == {"chrI": 2, "chrII": 2}
    report = json.loads((tmp_path / f"out.{kind}.report.json").read_text(encoding="utf-8"))
    assert report["dropped_motifs"] == ["virtual_motif_1"]
    assert warnings == report["notices"] != []


def test_the_check_says_the_same_before_the_run(tmp_path):
    flat = {"data": packed(tmp_path), "conditions": sheet(tmp_path), "out": tmp_path / "out.h5ad"}
    settings = settings_of("prepare", **flat)
    said = [notice.message for notice in check_prepare(settings)]
    assert said == prepared(tmp_path / "run", **flat)[1]


def test_the_check_looks_again_when_a_file_changes(tmp_path):
    path = sheet(tmp_path)
    flat = {"data": packed(tmp_path), "conditions": path, "out": tmp_path / "out.h5ad"}
    settings = settings_of("prepare", **flat)
    assert check_prepare(settings)
    path.write_text("GSM,medium,drug,dose\nS1,YPD,x,5\n", encoding="utf-8")
    with pytest.raises(UserError, match="no unit"):
        check_prepare(settings)


def test_a_wish_to_stop_leaves_no_file(tmp_path):
    with pytest.raises(Stopped):
        prepared(tmp_path / "run", stop=True, data=packed(tmp_path), out=tmp_path / "out.h5ad")
    assert not (tmp_path / "out.h5ad").exists()


def test_what_is_read_is_never_written_over(tmp_path):
    data = packed(tmp_path)
    (tmp_path / "link.zarr").symlink_to(data)
    inside = sheet(data)
    for out in (data, tmp_path / "link.zarr", data / "out.h5ad"):
        with pytest.raises(UserError, match="from which it is made"):
            check_prepare(settings_of("prepare", data=data, out=out))
    with pytest.raises(UserError, match=r"over 条件 sheet\.csv, from which"):
        check_prepare(settings_of("prepare", data=regions_table(tmp_path), conditions=inside, out=data))


def test_only_a_prepared_file_is_replaced(tmp_path):
    data, out = regions_table(tmp_path), tmp_path / "out.h5ad"
    prepared(tmp_path / "run", data=data, out=out)
    for notice in (
        check_prepare(settings_of("prepare", data=data, out=out))[0],
        *check_demo_data(settings_of("demo-data", out=out)),
    ):
        assert re.fullmatch(r"Replaces out\.h5ad, prepared on \d{4}-\d\d-\d\d at \d\d:\d\d\.", notice.message)
    again = settings_of("prepare", data=data, out=out)
    run = made(tmp_path / "again", "prepare", again)
    run.call(again)
    assert any(line.startswith("Replaces out.h5ad") for line in run.said)
    others = packed(tmp_path), tmp_path / "cells.h5ad", tmp_path / "notes.h5ad"
    anndata.AnnData(np.ones((2, 2), np.float32)).write_h5ad(others[1])
    others[2].write_text("what I found")
    for other in others:
        for check, settings in (
            (check_prepare, settings_of("prepare", data=data, out=other)),
            (check_demo_data, settings_of("demo-data", out=other)),
        ):
            with pytest.raises(UserError, match="is not written over"):
                check(settings)


def test_predictions_are_not_replaced(tmp_path):
    data = regions_table(tmp_path)
    for out in (tmp_path / "predictions.h5ad", tmp_path / "predictions.zarr"):
        write_yeast(replace(tiny_yeast(), predicted_by="/runs/a"), out)
        for check, settings in (
            (check_prepare, settings_of("prepare", data=data, out=out)),
            (check_demo_data, settings_of("demo-data", out=out)),
        ):
            with pytest.raises(UserError, match=r"predictions.* are not written over"):
                check(settings)


@pytest.mark.parametrize(("name", "what"), [("out.csv", "which kind of file"), ("absent/out.h5ad", "no folder")])
def test_the_place_of_the_file_is_checked_first(tmp_path, name, what):
    flat = {"data": packed(tmp_path), "out": tmp_path / name}
    with pytest.raises(UserError, match=what):
        check_prepare(settings_of("prepare", **flat))
