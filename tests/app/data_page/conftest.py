"""The Data page on screen with a real engine, a tissue and sequences to open."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from data_files import N_CELLS
from left_behind import clear_deferred
from PySide6.QtWidgets import QWidget
from scipy import sparse

from genodesk.app.pages.data.page import DataPage


@pytest.fixture(scope="session")
def tissue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 cells in three slices of which one is small, two cell types, places in three dimensions, a map of 4 axes."""
    random = np.random.default_rng(1)
    kind = np.arange(N_CELLS) % 2
    cells = anndata.AnnData(
        sparse.csr_matrix(random.poisson(1 + 3 * kind[:, None], (N_CELLS, 12)).astype(np.float32)),
        obs=pd.DataFrame(
            {
                "cell_type": pd.Categorical.from_codes(kind, ["glia", "neuron"]),
                "slice_id": pd.Categorical(["a"] * 140 + ["b"] * 140 + ["c"] * 20),
                "area": np.linspace(1, 9, N_CELLS),
            },
            index=[f"cell{i}" for i in range(N_CELLS)],
        ),
        var=pd.DataFrame(index=[f"Gad{i}" for i in range(12)]),
        obsm={"spatial": random.uniform(0, 1000, (N_CELLS, 3)), "X_umap": random.normal(size=(N_CELLS, 4))},
    )
    path = tmp_path_factory.mktemp("cells") / "组织 1.h5ad"
    cells.write_h5ad(path)
    return path


@pytest.fixture(scope="session")
def store(tissue: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a zarr store."""
    path = tmp_path_factory.mktemp("store") / "cells.zarr"
    anndata.read_h5ad(tissue).write_zarr(path)
    return path


@pytest.fixture
def genes(tmp_path: Path) -> Path:
    """Three sequences: one with N, soft-masked and RNA letters, one to translate, one all of N."""
    path = tmp_path / "基因 1.fa"
    path.write_text(
        ">first an example\nACGUNNRacgtACGTACGTACGT\n>second\nATGGCTTGGTAA\n>unknown\nNNNN\n>none\n>first\nCCCC\n"
    )
    return path


@pytest.fixture
def page(desk: Any) -> Iterator[DataPage]:
    made = DataPage(desk)
    made.resize(1264, 860)
    made.show()
    yield made
    made.shut()
    made.close()
    made.deleteLater()
    clear_deferred()


@pytest.fixture
def opened(page: DataPage, until: Any) -> Any:
    async def opened(path: Path, tab: str = "") -> QWidget | None:
        page.take(path=str(path), tab=tab)
        await until(lambda: page.file is not None or page.content.error is not None, seconds=30)
        return page.file.show_tab(tab) if page.file is not None and tab else None

    return opened


@pytest.fixture
def shown(opened: Any, until: Any) -> Any:
    """Opens the Sequences tab of a file and waits for its first bases."""

    async def shown(path: Path) -> Any:
        tab = await opened(path, "sequences")
        await until(lambda: tab.ready)
        return tab

    return shown
