"""Embeddings in the data's order, of every depth and mode."""

import anndata
import numpy as np
import pytest


@pytest.mark.parametrize(
    ("model", "depth", "names"),
    [
        ("placing", "transformer", ["transformer"]),
        ("painting", "encoder", ["encoder"]),
        ("making", "all", ["encoder", "layer_1"]),
    ],
)
def test_every_depth_is_written_once(act, request, tissue, model, depth, names):
    answer, run = act("extract", run=request.getfixturevalue(model).path, data=tissue, depth=depth, device="cpu")
    assert answer["embeddings"] == names
    assert answer["width"] == 16
    for name in names:
        embedding = np.load(run.path / f"{name}.npy", allow_pickle=False)
        assert embedding.shape == (320, 16)
        assert np.isfinite(embedding).all()
        assert embedding.std() > 0


def test_each_cell_gets_its_own_row_whatever_the_order(act, placing, cells, tissue, tmp_path):
    order = np.random.default_rng(2).permutation(cells.n_obs)
    cells[order].write_h5ad(tmp_path / "mixed.h5ad")
    rows = []
    for name, data in (("plain", tissue), ("mixed", tmp_path / "mixed.h5ad")):
        _, run = act("extract", name, run=placing.path, data=data, depth="encoder", device="cpu")
        rows.append(np.load(run.path / "encoder.npy"))
    assert np.allclose(rows[0][order], rows[1], atol=1e-6)
    assert not np.allclose(rows[0], rows[1], atol=1e-3)
    out = anndata.read_h5ad(tmp_path / "mixed" / "cells.h5ad")
    assert list(out.obs_names) == list(cells.obs_names[order])
    assert np.array_equal(out.obsm["X_encoder"], rows[1])
    assert np.array_equal(out.X.toarray(), cells[order].X.toarray())


def test_a_large_slice_is_read_in_groups_of_similar_cells(act, placing, tissue):
    _, run = act("extract", run=placing.path, data=tissue, depth="all", cells_at_once=32, device="cpu")
    whole, groups = (np.load(run.path / f"{name}.npy") for name in ("encoder", "layer_1"))
    assert (np.abs(whole).sum(axis=1) > 0).all()
    assert (np.abs(groups).sum(axis=1) > 0).all()
