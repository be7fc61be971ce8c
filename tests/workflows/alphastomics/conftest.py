"""AlphaSTomics actions called in this process on a tissue of four small slices: cheaper than a command line each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anndata
import pytest
import torch

from genodesk.core.events import Artifact, Event, Warned
from genodesk.core.ids import new_run_id, utc_now
from genodesk.core.run import RunFolder
from genodesk.core.settings import Layer, Settings, build, nest
from genodesk.core.workflow import get_workflow, load_function
from genodesk.engine.data.cells_write import write_h5ad
from genodesk.engine.devices import pick
from genodesk.engine.live_run import Run
from genodesk.workflows.alphastomics.synthetic import synthetic_cortex

TINY = {
    "hidden_dim": 16,
    "layers": 1,
    "heads": 2,
    "ffn_dim": 32,
    "expression_hidden": 8,
    "expression_head": 8,
    "max_steps": 6,
    "batch_size": 2,
    "warmup_steps": 1,
    "cells_per_batch": 32,
    "checkpoint_every": 2,
    "evaluate_every": 3,
    "log_every": 1,
    "device": "cpu",
}


def settings_of(action: str, **flat: Any) -> Settings:
    """Checked settings from leaf names, as the command line makes them."""
    kind = get_workflow("alphastomics").action(action).settings
    return build(kind, Layer(nest(kind, flat)))


@dataclass
class Made:
    """An action in a run folder, and what it told."""

    folder: RunFolder
    events: list[Event] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def warnings(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Warned)]

    @property
    def checkpoints_saved(self) -> list[str]:
        return [e.path for e in self.events if isinstance(e, Artifact) and e.role == "checkpoint"]

    def call(self, settings: Settings, stop_asked: Callable[[], bool] = lambda: False) -> Any:
        """One attempt at the action; what the function returns."""
        self.folder.start_attempt()
        seed = self.folder.info.seed or 0
        run = Run(self.folder, pick("cpu"), seed, send=self.events.append, stop_asked=stop_asked)
        function = load_function(get_workflow("alphastomics").action(self.folder.info.action).function)
        return function(settings, run)


def made(place: Path, action: str, settings: Settings) -> Made:
    """A new run folder for an action that was not called yet."""
    folder = RunFolder.create(
        place,
        run_id=new_run_id(utc_now()),
        workflow="alphastomics",
        action=action,
        settings=settings,
        exact=True,
        now=utc_now(),
    )
    return Made(folder)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """The last digits depend on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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


def trained_in(mode: str, tissue: Path, place: Path) -> Made:
    settings = settings_of("train", **TINY, data=tissue, training_mode=mode)
    run = made(place / "run", "train", settings)
    result = run.call(settings)
    run.folder.result_file.write_text("{}")
    assert result["refit"]
    return run


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
