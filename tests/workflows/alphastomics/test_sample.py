"""Samples of every mode, in the data's order and unit, as every kind of file."""

import anndata
import numpy as np
import pytest

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics.parquet import read_parquet

QUICKLY = {"steps": 3, "samples": 2, "device": "cpu"}
ALL = ("h5ad", "csv", "parquet")


def test_painted_cells_keep_their_place_and_order(act, painting, cells, tmp_path):
    mixed = cells[np.random.default_rng(1).permutation(cells.n_obs)].copy()
    mixed.write_h5ad(tmp_path / "mixed.h5ad")
    answer, run = act("sample", run=painting.path, data=tmp_path / "mixed.h5ad", formats=ALL, **QUICKLY)
    assert answer == {"mode": "pos_to_expr", "cells": 320, "slices": 4, "files": [f"cells.{kind}" for kind in ALL]}
    out = anndata.read_h5ad(run.path / "cells.h5ad")
    assert list(out.obs_names) == list(mixed.obs_names)
    assert np.allclose(out.obsm["spatial"], mixed.obsm["spatial"], atol=1e-2)
    assert "X_sampled" not in out.obsm
    assert out.layers["sampled"].shape == (320, 30)
    assert (out.obs["uncertainty"] > 0).all()
    back = read_parquet(run.path / "cells.parquet")
    assert list(back.obs_names) == list(mixed.obs_names)
    assert list(back.obs["cell_type"]) == list(mixed.obs["cell_type"])
    assert np.allclose(back.X.toarray(), out.layers["sampled"], atol=1e-6)
    header = (run.path / "cells.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header[:3] == ["cell", "slice_id", "cell_type"]
    assert header[-30:] == list(cells.var_names)
    assert (run.path / "figures" / "truth_and_sample.json").exists()


def test_new_cells_are_as_many_as_asked(act, making):
    answer, run = act("sample", run=making.path, cells=50, formats=ALL, **QUICKLY)
    assert (answer["mode"], answer["cells"], answer["slices"]) == ("joint", 50, 1)
    out = anndata.read_h5ad(run.path / "cells.h5ad")
    assert out.obsm["X_sampled"].shape == (50, 2)
    assert out.layers["sampled"].shape == (50, 30)
    assert np.isfinite(out.layers["sampled"]).all()
    assert len(read_parquet(run.path / "cells.parquet")) == 50


def test_given_data_are_said_to_be_unused_by_a_joint_model(act, making, tissue):
    _, run = act("sample", run=making.path, cells=20, data=tissue, formats=["csv"], **QUICKLY)
    assert any("not used" in warning for warning in run.warnings)


def test_one_sample_has_no_uncertainty_and_the_seed_repeats_it(act, placing, tissue):
    places = []
    for number, seed in enumerate((1, 1, 2)):
        answer, run = act(
            "sample", f"run {number}", run=placing.path, data=tissue, formats=["h5ad"], seed=seed,
            **{**QUICKLY, "samples": 1},
        )  # fmt: skip
        assert answer["files"] == ["cells.h5ad"]
        out = anndata.read_h5ad(run.path / "cells.h5ad")
        assert "uncertainty" not in out.obs
        places.append(out.obsm["X_sampled"])
    assert np.array_equal(places[0], places[1])
    assert not np.array_equal(places[0], places[2])


def test_without_fresh_noise_the_sample_is_another(act, placing, tissue):
    places = []
    for deterministic in (False, True):
        _, run = act(
            "sample", f"run {deterministic}", run=placing.path, data=tissue, formats=["h5ad"],
            deterministic=deterministic, **{**QUICKLY, "samples": 1},
        )  # fmt: skip
        places.append(anndata.read_h5ad(run.path / "cells.h5ad").obsm["X_sampled"])
    assert not np.array_equal(*places)


def test_absent_genes_are_told_and_cells_without_slices_are_one_tissue(act, placing, cells, tmp_path):
    part = cells[:40, 3:].copy()
    del part.obs["slice_id"], part.obsm["spatial"]
    part.write_h5ad(tmp_path / "part.h5ad")
    answer, run = act("sample", run=placing.path, data=tmp_path / "part.h5ad", **QUICKLY)
    assert (answer["cells"], answer["slices"]) == (40, 1)
    assert any("3 of the model's 30 genes are absent" in warning for warning in run.warnings)


@pytest.mark.parametrize(("model", "cells_asked"), [("making", None), ("painting", 10)])
def test_what_the_mode_cannot_do_is_refused(act, request, model, cells_asked):
    with pytest.raises(UserError, match=r"how many|from nothing"):
        act("sample", run=request.getfixturevalue(model).path, cells=cells_asked, **QUICKLY)
