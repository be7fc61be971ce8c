"""From files to one store: which genes and slices remain, what they are called, and that the store trains."""

import anndata
import numpy as np
import pytest
from tiny_actions import TINY, settings_of

from genodesk.core.errors import UserError
from genodesk.core.workflow import get_workflow, load_function
from genodesk.workflows.alphastomics.parquet import read_parquet
from genodesk.workflows.alphastomics.preprocess import read_gene_list
from genodesk.workflows.alphastomics.trained import load_trained


@pytest.mark.parametrize("kind", ["zarr", "h5ad", "parquet"])
def test_a_store_of_every_kind_holds_the_cells_and_trains(act, tissue, cells, tmp_path, kind):
    out = tmp_path / f"store.{kind}"
    answer, _ = act("stage1", data=tissue, out=out)
    assert (answer["cells"], answer["genes"], answer["left_out"]) == (320, 30, {})
    assert (tmp_path / f"store.{kind}.manifest.json").exists()
    store = {"zarr": anndata.read_zarr, "h5ad": anndata.read_h5ad, "parquet": read_parquet}[kind](out)
    assert list(store.obs_names) == list(cells.obs_names)
    assert list(store.obs["slice_id"].astype(str)) == list(cells.obs["slice_id"].astype(str))
    assert list(store.obs["cell_type"].astype(str)) == list(cells.obs["cell_type"].astype(str))
    assert np.array_equal(store.X.toarray(), cells.X.toarray())
    assert np.allclose(store.obsm["spatial"], cells.obsm["spatial"], atol=1e-2)
    act("train", data=out, **{**TINY, "max_steps": 1, "refit": "never"})
    assert load_trained(tmp_path / "train run").scaling.genes == tuple(cells.var_names)


def test_two_data_sets_of_different_treatment_merge_in_a_second_stage(act, tissue, cells, tmp_path):
    other = cells[:160, 5:].copy()
    other.obs = other.obs.rename(columns={"slice_id": "animal"})
    other.obsm["xy"] = other.obsm.pop("spatial")
    other.write_h5ad(tmp_path / "other.h5ad")
    act("stage1", "one", data=tissue, out=tmp_path / "one.zarr", dataset="lab")
    act(
        "stage1", "two", data=tmp_path / "other.h5ad", out=tmp_path / "two.parquet", dataset="clinic",
        slice_key="animal", coordinate_key="xy",
    )  # fmt: skip
    answer, _ = act("stage2", stores=[tmp_path / "one.zarr", tmp_path / "two.parquet"], out=tmp_path / "both.zarr")
    assert (answer["cells"], answer["genes"]) == (480, 25)
    assert set(answer["slices"]) == {f"lab/slice_0{n}" for n in range(4)} | {f"clinic/slice_0{n}" for n in range(2)}
    merged = anndata.read_zarr(tmp_path / "both.zarr")
    assert np.array_equal(merged.X[320:].toarray(), other.X.toarray())


def test_a_gene_list_chooses_and_orders_and_what_is_missing_is_told(act, tissue, cells, tmp_path):
    wanted = [cells.var_names[number] for number in (9, 3, 20, 1, 7, 0)]
    (tmp_path / "genes.txt").write_text("# panel\n" + "\n".join([*wanted, "absent", wanted[0]]) + "\n")
    answer, run = act("preprocess", files=[tissue], genes=tmp_path / "genes.txt", out=tmp_path / "s.h5ad")
    assert answer["genes"] == 6
    assert any("1 genes of the list are not in" in warning for warning in run.warnings)
    assert list(anndata.read_h5ad(tmp_path / "s.h5ad").var_names) == wanted


def test_small_slices_are_left_out_and_named(act, cells, tmp_path):
    part = cells[: 80 * 3 + 5]
    part.write_h5ad(tmp_path / "part.h5ad")
    answer, run = act("preprocess", files=[tmp_path / "part.h5ad"], out=tmp_path / "s.h5ad", minimum_cells=20)
    assert answer["left_out"] == {"slice_03": 5}
    assert answer["cells"] == 240
    assert any("slice_03" in warning for warning in run.warnings)


def test_a_missing_type_stays_missing(act, cells, tmp_path):
    part = cells.copy()
    part.obs["cell_type"] = part.obs["cell_type"].astype(object).where(np.arange(320) != 4)
    part.write_h5ad(tmp_path / "part.h5ad")
    act("stage1", data=tmp_path / "part.h5ad", out=tmp_path / "s.h5ad")
    types = anndata.read_h5ad(tmp_path / "s.h5ad").obs["cell_type"]
    assert types.isna().sum() == 1
    assert "nan" not in set(types.cat.categories)


def test_slices_of_a_stack_get_their_height(act, cells, tissue, tmp_path):
    act("stage1", data=tissue, out=tmp_path / "s.h5ad", z_spacing=50)
    place = anndata.read_h5ad(tmp_path / "s.h5ad").obsm["spatial"]
    heights = [float(np.unique(place[(cells.obs["slice_id"] == f"slice_0{n}").to_numpy(), 2])[0]) for n in range(4)]
    assert heights == [0, 50, 100, 150]


def test_normalised_values_are_taken_when_said_and_never_mixed_with_counts(act, cells, tissue, tmp_path):
    logged = cells.copy()
    logged.X = logged.X.astype(np.float32).log1p()
    logged.write_h5ad(tmp_path / "logged.h5ad")
    act("stage1", "a", data=tmp_path / "logged.h5ad", out=tmp_path / "a.zarr", already_normalised=True, dataset="a")
    act("stage1", "b", data=tissue, out=tmp_path / "b.zarr", dataset="b")
    with pytest.raises(UserError, match="Some data sets hold counts"):
        act("stage2", stores=[tmp_path / "a.zarr", tmp_path / "b.zarr"], out=tmp_path / "both.zarr")
    assert not (tmp_path / "both.zarr").exists()


@pytest.mark.parametrize("kind", ["zarr", "h5ad", "parquet"])
def test_a_store_tells_its_training_what_its_values_and_coordinates_are(act, cells, tmp_path, kind):
    logged = cells.copy()
    logged.X = logged.X.astype(np.float32).log1p()
    logged.write_h5ad(tmp_path / "logged.h5ad")
    store, again = tmp_path / f"store.{kind}", tmp_path / f"again.{kind}"
    act("stage1", data=tmp_path / "logged.h5ad", out=store, already_normalised=True, coordinate_unit="mm")
    act("preprocess", files=[store], out=again)  # no flag here either
    settings = {"data": again, **TINY, "max_steps": 1, "refit": "never"}
    told = load_function(get_workflow("alphastomics").action("train").check)(settings_of("train", **settings))
    assert {notice.setting for notice in told} == {"holdout"}, "neither the unit nor the values are in question"
    act("train", **settings)
    scaling = load_trained(tmp_path / "train run").scaling
    assert (scaling.already_normalised, scaling.coordinate_unit) == (True, "mm")
    act("upload", store=again, repository="a/b", out=tmp_path / "hub")
    assert read_parquet(tmp_path / "hub" / "data" / "train.parquet").uns["genodesk"]["already_normalised"]


def test_data_sets_in_different_units_are_not_merged(act, tissue, tmp_path):
    act("stage1", "a", data=tissue, out=tmp_path / "a.zarr", dataset="a", coordinate_unit="mm")
    act("stage1", "b", data=tissue, out=tmp_path / "b.zarr", dataset="b")
    with pytest.raises(UserError, match="in mm in some data sets and in µm in others"):
        act("stage2", stores=[tmp_path / "a.zarr", tmp_path / "b.zarr"], out=tmp_path / "both.zarr")


def test_what_cannot_be_merged_is_refused_and_nothing_is_written(act, cells, tissue, tmp_path):
    foreign = cells.copy()
    foreign.var_names = [f"other{number}" for number in range(30)]
    foreign.write_h5ad(tmp_path / "foreign.h5ad")
    act("stage1", "a", data=tissue, out=tmp_path / "a.zarr")
    act("stage1", "b", data=tmp_path / "foreign.h5ad", out=tmp_path / "b.zarr", dataset="b")
    with pytest.raises(UserError, match="Only 0 genes are shared"):
        act("stage2", "c", stores=[tmp_path / "a.zarr", tmp_path / "b.zarr"], out=tmp_path / "c.zarr")
    with pytest.raises(UserError, match="occurs in two data sets") as refused:
        act("stage2", "d", stores=[tmp_path / "a.zarr", tmp_path / "a.zarr"], out=tmp_path / "c.zarr")
    assert "--dataset" in refused.value.hint
    assert not (tmp_path / "c.zarr").exists()


def test_files_of_one_name_are_told_apart_by_their_folders(act, cells, tmp_path):
    for place in ("old", "new"):
        (tmp_path / place).mkdir()
        cells.write_h5ad(tmp_path / place / "cells.h5ad")
    files = [tmp_path / "old" / "cells.h5ad", tmp_path / "old" / ".." / "new" / "cells.h5ad"]
    answer, _ = act("preprocess", files=files, out=tmp_path / "s.zarr")
    assert answer["datasets"] == ["new_cells", "old_cells"]


def test_a_gene_list_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "empty.txt").write_text("# nothing\n\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    for name in ("empty.txt", "binary.txt", "absent.txt"):
        with pytest.raises(UserError) as refused:
            read_gene_list(tmp_path / name)
        assert refused.value.where == str(tmp_path / name)
    (tmp_path / "table.csv").write_text("﻿A1,x\nB2,y\n", encoding="utf-8")
    assert read_gene_list(tmp_path / "table.csv") == ["A1", "B2"]
    assert read_gene_list(None) is None
