"""The action `prepare` as a run: the file it writes, its report beside it, and the measured data with their numbers."""

import json
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pytest
from yeast_tables import measured, packed, sheet

from genodesk.core.errors import Stopped, UserError
from genodesk.core.events import Event, Warned
from genodesk.core.ids import new_run_id, utc_now
from genodesk.core.layers import Layer, build, nest
from genodesk.core.run import RunFolder
from genodesk.engine.devices import pick
from genodesk.engine.live_run import Run
from genodesk.workflows.get_yeast.check import check_prepare
from genodesk.workflows.get_yeast.prepare import prepare
from genodesk.workflows.get_yeast.settings_actions import PrepareSettings


def prepared(place: Path, stop: bool = False, **flat: Any) -> tuple[dict[str, Any], list[str]]:
    """What the action answers, and its warnings."""
    settings = build(PrepareSettings, Layer(nest(PrepareSettings, flat)))
    now = utc_now()
    folder = RunFolder.create(
        place, run_id=new_run_id(now), workflow="get-yeast", action="prepare", settings=settings, exact=True, now=now
    )
    folder.start_attempt()
    events: list[Event] = []
    run = Run(folder, pick("cpu"), 0, send=events.append, stop_asked=lambda: stop)
    return prepare(settings, run), [event.message for event in events if isinstance(event, Warned)]


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
    settings = build(PrepareSettings, Layer(nest(PrepareSettings, flat)))
    said = [notice.message for notice in check_prepare(settings)]
    assert said == prepared(tmp_path / "run", **flat)[1]


def test_the_check_looks_again_when_a_file_changes(tmp_path):
    path = sheet(tmp_path)
    flat = {"data": packed(tmp_path), "conditions": path, "out": tmp_path / "out.h5ad"}
    settings = build(PrepareSettings, Layer(nest(PrepareSettings, flat)))
    assert check_prepare(settings)
    path.write_text("GSM,medium,drug,dose\nS1,YPD,x,5\n", encoding="utf-8")
    with pytest.raises(UserError, match="no unit"):
        check_prepare(settings)


def test_a_wish_to_stop_leaves_no_file(tmp_path):
    with pytest.raises(Stopped):
        prepared(tmp_path / "run", stop=True, data=packed(tmp_path), out=tmp_path / "out.h5ad")
    assert not (tmp_path / "out.h5ad").exists()


@pytest.mark.parametrize(("name", "what"), [("out.csv", "which kind of file"), ("absent/out.h5ad", "no folder")])
def test_the_place_of_the_file_is_checked_first(tmp_path, name, what):
    flat = {"data": packed(tmp_path), "out": tmp_path / name}
    with pytest.raises(UserError, match=what):
        check_prepare(build(PrepareSettings, Layer(nest(PrepareSettings, flat))))


@pytest.mark.real_data
def test_the_measured_data_give_the_known_numbers(tmp_path):
    out = tmp_path / "y.h5ad"
    answer, warnings = prepared(
        tmp_path / "run", data=measured("yeast_3d.zarr"), conditions=measured("conditions.csv"), out=out
    )
    adata = anndata.read_h5ad(out)
    assert adata.shape == (60, 2956)
    assert adata.varm["motif"].shape == (2956, 235)
    assert answer["dropped_motifs"] == [f"virtual_motif_{number}" for number in range(1, 49)]
    assert answer["samples_without_conditions"] == ["GSM7768081", "GSM7768082"]
    assert len(answer["groups"]) == 10
    assert len(answer["chromosomes"]) == 14
    assert any("48 motif columns" in said and "virtual_motif_1 to virtual_motif_48." in said for said in warnings)
    assert any("GSM7768081, GSM7768082" in warning for warning in warnings)
    assert adata.obs.loc["GSM7768083", "dose_molar"] == 1e-5
    assert adata.obs.loc["GSM7432826", "dose_g_per_l"] == pytest.approx(4e-3)
    assert adata.obs.loc["GSM7768081"].drop("condition_group").isna().all()
    assert np.asarray(adata.varm["motif"]).max(axis=0) == pytest.approx(1)
