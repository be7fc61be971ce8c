"""Actions of a workflow called in this process: settings as the command line makes them, a run folder, and attempts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genodesk.core.events import Artifact, Event, Log, Warned
from genodesk.core.ids import new_run_id, utc_now
from genodesk.core.layers import Layer, build, nest
from genodesk.core.run import RunFolder
from genodesk.core.settings import Settings
from genodesk.core.workflow import get_workflow, load_function
from genodesk.engine.devices import pick
from genodesk.engine.live_run import Run


def settings_of(workflow: str, action: str, **flat: Any) -> Settings:
    """Checked settings from leaf names, as the command line makes them."""
    kind = get_workflow(workflow).action(action).settings
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
    def said(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Log)]

    @property
    def warnings(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Warned)]

    @property
    def checkpoints_saved(self) -> list[str]:
        return [e.path for e in self.events if isinstance(e, Artifact) and e.role == "checkpoint"]

    def call(self, settings: Settings, stop_asked: Callable[[], bool] = lambda: False) -> Any:
        """One attempt at the action; what the function returns."""
        info = self.folder.info
        function = load_function(get_workflow(info.workflow).action(info.action).function)
        return function(settings, self.attempt(stop_asked))

    def attempt(self, stop_asked: Callable[[], bool] = lambda: False) -> Run:
        """The `run` of a new attempt."""
        self.folder.start_attempt()
        return Run(self.folder, pick("cpu"), self.folder.info.seed or 0, send=self.events.append, stop_asked=stop_asked)


def made(workflow: str, place: Path, action: str, settings: Settings) -> Made:
    """A new run folder for an action that was not called yet."""
    now = utc_now()
    folder = RunFolder.create(
        place, run_id=new_run_id(now), workflow=workflow, action=action, settings=settings, exact=True, now=now
    )
    return Made(folder)
