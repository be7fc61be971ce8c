"""AlphaSTomics actions called in this process on a tissue of four small slices: cheaper than a command line each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import pytest
from attempts import Made
from tiny_actions import made, settings_of, trained_in

from genodesk.engine.data.cells_write import write_h5ad
from genodesk.workflows.alphastomics.synthetic import synthetic_cortex


@pytest.fixture
def act(tmp_path: Path) -> Callable[..., tuple[Any, Made]]:
    """Calls an action with settings by name; returns its answer and its run."""

    def call(action: str, place: str = "", **flat: Any) -> tuple[Any, Made]:
        settings = settings_of(action, **flat)
        run = made(tmp_path / (place or f"{action} run"), action, settings)
        return run.call(settings), run

    return call


@pytest.fixture(scope="session")
def cells() -> anndata.AnnData:
    """[320, 30] counts in four slices; tests that change it copy it."""
    return synthetic_cortex("demo", 3, 4, 80, 30)


@pytest.fixture(scope="session")
def tissue(cells: anndata.AnnData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tissue") / "cells.h5ad"
    write_h5ad(cells, path)
    return path


@pytest.fixture(scope="session")
def placing(tissue: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A model that places cells."""
    return trained_in("expr_to_pos", tissue, tmp_path_factory.mktemp("placing"))


@pytest.fixture(scope="session")
def painting(tissue: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A model that paints expression."""
    return trained_in("pos_to_expr", tissue, tmp_path_factory.mktemp("painting"))


@pytest.fixture(scope="session")
def making(tissue: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A model that makes cells from nothing."""
    return trained_in("joint", tissue, tmp_path_factory.mktemp("making"))
