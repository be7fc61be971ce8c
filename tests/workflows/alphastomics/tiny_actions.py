"""A small training and a way to call actions in this process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genodesk.core.events import Artifact, Event, Warned
from genodesk.core.ids import new_run_id, utc_now
from genodesk.core.layers import Layer, build, nest
from genodesk.core.run import RunFolder
from genodesk.core.settings import Settings
from genodesk.core.workflow import get_workflow, load_function
from genodesk.engine.devices import pick
from genodesk.engine.live_run import Run

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


def trained_in(mode: str, tissue: Path, place: Path) -> Made:
    settings = settings_of("train", **TINY, data=tissue, training_mode=mode)
    run = made(place / "run", "train", settings)
    result = run.call(settings)
    run.folder.result_file.write_text("{}")
    assert result["refit"]
    return run
