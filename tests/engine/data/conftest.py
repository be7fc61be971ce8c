"""Files of cells for the reader tests: one small AnnData, and the measured ones where they lie beside the checkout."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.fixture
def adata() -> anndata.AnnData:
    """60 cells x 12 genes of counts in CSR, five columns of different kinds, places and a map that is none."""
    random = np.random.default_rng(7)
    counts = random.poisson(0.8, (60, 12)).astype(np.float32)
    obs = pd.DataFrame(
        {
            "slice_id": pd.Categorical(random.choice(["一号", "b", "c"], 60)),
            "x": random.random(60) * 500,
            "y": random.random(60) * 500,
            "n_seen": pd.array([None, *range(59)], dtype="Int64"),
            "note": [f"note {i}" for i in range(60)],
            "kept": random.random(60) > 0.5,
        },
        index=[f"cell{i}" for i in range(60)],
    )
    cells = anndata.AnnData(sparse.csr_matrix(counts), obs=obs, var=pd.DataFrame(index=[f"gene{i}" for i in range(12)]))
    cells.obsm["X_umap"] = random.random((60, 2))
    cells.obsm["spatial"] = random.random((60, 2)) * 1000
    cells.layers["log"] = np.log1p(counts)
    cells.uns["made"] = "here"
    return cells


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder whose name has a space and letters outside ASCII."""
    folder = tmp_path / "测试 data"
    folder.mkdir()
    return folder


@pytest.fixture
def h5ad(adata: anndata.AnnData, place: Path) -> Path:
    path = place / "细胞 1.h5ad"
    adata.write_h5ad(path)
    return path


@pytest.fixture
def damaged(h5ad: Path) -> Callable[[Callable[[h5py.File], Any]], Path]:
    """Apply a change to the h5ad's inside and return its path."""

    def apply(change: Callable[[h5py.File], Any]) -> Path:
        with h5py.File(h5ad, "r+") as file:
            change(file)
        return h5ad

    return apply


@pytest.fixture
def osmfish() -> Path:
    return _shared("spatial/osmfish_cortex.h5ad")


@pytest.fixture
def tenx() -> Path:
    return _shared("singlecell/visium_filtered_feature_bc_matrix.h5")


def _shared(name: str) -> Path:
    if not (SHARED / name).exists():
        pytest.skip(f"the measured data set {name} is not beside the checkout")
    return SHARED / name
