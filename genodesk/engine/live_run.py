"""What a workflow function knows of the outside world: the `run` it is given. Knows no workflow and starts nothing."""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from genodesk.core.disk import is_disk_full, write_json
from genodesk.core.errors import Stopped
from genodesk.core.events import Artifact, Event, FigureMade, Log, MetricValues, Progress, Result, Warned
from genodesk.core.run import RunFolder
from genodesk.engine.devices import Device
from genodesk.engine.run_tables import MetricsTable, write_table

if TYPE_CHECKING:  # both are imported when first used: not every action saves states or draws
    from genodesk.engine.drawing import Drawing
    from genodesk.engine.training.checkpoint import CheckpointStore


_RECENT_S = 30.0  # how far back the pace is looked at
_APART_S = 0.5  # moments of the past that are remembered lie at least so far apart


class Conversation(Protocol):
    """Somebody who reads along on a terminal, and may say something where `can_answer`."""

    @property
    def can_answer(self) -> bool:
        """Whether there is a keyboard, so that a person can be asked."""

    def write(self, text: str) -> None:
        """Shows a piece of text as it is, at once."""

    def ask(self, prompt: str) -> str | None:
        """A line from the person; None where there is nobody who could write one, or who is done."""


class CallRun:
    """The `run` of an action that answers at once and leaves no folder.

    `report` gets progress, logs and warnings as events; `stop_asked` is asked by `should_stop`, and `go_on` takes the
    wish back. `conversation` is None where a program reads the answer.
    """

    folder: RunFolder | None = None

    def __init__(
        self,
        device: Device,
        seed: int = 0,
        *,
        report: Callable[[Event], object] = lambda _: None,
        stop_asked: Callable[[], bool] = lambda: False,
        go_on: Callable[[], object] = lambda: None,
        conversation: Conversation | None = None,
    ) -> None:
        self.device = device
        self.conversation = conversation
        self.rng = np.random.default_rng(seed)
        self.rank = 0
        self.world_size = 1
        self._report = report
        self._stop_asked = stop_asked
        self._go_on = go_on
        self._pace = _Pace()

    def progress(self, done: float, total: float | None = None, *, unit: str = "steps", text: str = "") -> None:
        """Tells how far the work is; the time that is left follows from the pace so far."""
        self._report(Progress(done=done, total=total, unit=unit, text=text, eta_s=self._pace.left(done, total, unit)))

    def log(self, text: str) -> None:
        """Tells people something in a line."""
        self._report(Log(text=text))

    def warning(self, message: str, hint: str = "") -> None:
        """Tells people something they may want to act on; the work goes on."""
        self._report(Warned(message=message, hint=hint))

    def should_stop(self) -> bool:
        """Whether somebody asked to stop or pause. The function then saves its work and raises `Stopped`."""
        return self._stop_asked()

    def raise_if_stopped(self) -> None:
        """Raises `Stopped` where somebody asked to stop or pause."""
        if self.should_stop():
            raise Stopped

    def go_on(self) -> None:
        """Takes a wish to stop as done: it was for a part of the work, and the rest goes on."""
        self._go_on()


class Run(CallRun):
    """The `run` of an action that leaves a folder. Of several ranks only rank 0 writes and tells; the rest compute."""

    folder: RunFolder

    def __init__(
        self,
        folder: RunFolder,
        device: Device,
        seed: int = 0,
        *,
        send: Callable[[Event], object],
        stop_asked: Callable[[], bool] = lambda: False,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        super().__init__(device, seed, report=send if rank == 0 else lambda _: None, stop_asked=stop_asked)
        self.folder = folder
        self.rank = rank
        self.world_size = world_size
        continued = len(folder.attempt_folders()) > 1
        self._metrics = MetricsTable(folder.tables / "metrics.csv", continued) if rank == 0 else None

    def metric(
        self, step: int, values: Mapping[str, float], *, split: str = "train", epoch: float | None = None
    ) -> None:
        """Numbers of one step, as an event and as rows of tables/metrics.csv. Steps come in order."""
        if self._metrics is None:
            return
        numbers = {name: float(value) for name, value in values.items()}
        self._metrics.add(step, epoch, split, numbers)
        self._report(MetricValues(step=step, epoch=epoch, split=split, values=dict(numbers)))

    def figure(self, drawing: "Drawing", step: int | None = None) -> None:
        """Saves a drawing; with a step it also joins the figure's history. On a full disk it is left out."""
        if self.rank:
            return
        from genodesk.engine.drawing import save_drawing

        try:
            path = save_drawing(drawing, self.folder.figures, step)
        except OSError as error:
            if not is_disk_full(error):
                raise
            self.warning(f"The disk is full, so the figure {drawing.figure.name} was not saved.", "Free some space.")
            return
        self._report(FigureMade(name=drawing.figure.name, path=self._inside(path), step=step))

    def table(self, name: str, columns: Mapping[str, Sequence[Any]]) -> Path:
        """Writes tables/NAME.csv from columns of equal length and returns its path."""
        path = self.folder.tables / f"{name}.csv"
        if self.rank == 0:
            write_table(path, columns)
            self._report(Artifact(path=self._inside(path), role="table"))
        return path

    def artifact(self, path: str | Path, role: str) -> None:
        """Names a file or folder that appeared; a relative path is taken from the run folder."""
        self._report(Artifact(path=self._inside(self.folder.path / path), role=role))

    def result(self, document: Mapping[str, Any]) -> None:
        """Writes result.json; numpy numbers and arrays become plain ones, what is not finite becomes null."""
        if self.rank == 0:
            write_json(self.folder.result_file, json.loads(json.dumps(document, default=_plain)))
            self._report(Result(path=self.folder.result_file.name))

    @cached_property
    def checkpoints(self) -> "CheckpointStore":
        """The saved states of this run."""
        from genodesk.engine.training.checkpoint import CheckpointStore

        def saved(path: Path) -> None:
            self.artifact(path, "checkpoint")

        return CheckpointStore(self.folder.checkpoints, on_saved=saved, warn=self.warning)

    def _inside(self, path: Path) -> str:
        return path.relative_to(self.folder.path).as_posix() if path.is_relative_to(self.folder.path) else str(path)


class _Pace:
    """Tells the time that is left from the work of the last while: a slow or fast beginning is soon forgotten."""

    def __init__(self) -> None:
        self._work: tuple[str, float | None] | None = None
        self._past: deque[tuple[float, float]] = deque()  # (moment, done), of this work alone

    def left(self, done: float, total: float | None, unit: str) -> float | None:
        """Seconds, or None while that cannot be told."""
        now = time.monotonic()
        if self._work != (unit, total) or done < self._past[-1][1]:
            self._work = (unit, total)
            self._past.clear()
        while len(self._past) > 1 and now - self._past[1][0] >= _RECENT_S:
            self._past.popleft()
        if not self._past or now - self._past[-1][0] >= _APART_S:
            self._past.append((now, done))
        since, before = self._past[0]
        if total is None or done <= before:
            return None
        return (now - since) / (done - before) * max(total - done, 0.0)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"A result holds plain values, not a {type(value).__name__}.")
