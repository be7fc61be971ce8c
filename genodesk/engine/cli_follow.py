"""Follows a run in a terminal: a bar or plain lines beside the answer, Ctrl+C as a request, a summary."""

import signal
import sys
import textwrap
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import Any, Protocol

from genodesk.core.errors import UserError
from genodesk.core.events import Cursor, Event, Log, MetricValues, Progress, Requested, StateChange, Warned
from genodesk.core.metrics import Metric, meaning
from genodesk.core.run import RunFolder
from genodesk.core.scores import scores_of, sentences
from genodesk.core.workflow import Workflow, workflow_or_bare
from genodesk.engine.cli_print import (
    WIDEST,
    cell,
    duration,
    note,
    print_error,
    print_json,
    printable,
    say,
)
from genodesk.engine.cli_scores import score_lines
from genodesk.jobs.outcome import DONE, ERROR, STOPPED
from genodesk.jobs.status import RunStatus, read
from genodesk.jobs.watch import follow

PLAIN_EVERY_S = 5.0
SHOWN_METRICS = 2
BAR_WIDTH = 24
BARS_PER_SECOND = 4


class Display(Protocol):
    """Shows progress beside the answer."""

    def progress(self, event: Progress, metrics: str) -> None: ...

    def line(self, text: str) -> None: ...

    def close(self) -> None: ...


def follow_run(folder: RunFolder, as_json: bool, cursor: Cursor | None = None, said: Collection[str] = ()) -> int:
    """Shows the run until it ends, then its result; returns the exit code. Leaving early does not end the run."""
    return finish(folder, follow_to_end(folder, as_json, cursor, said), as_json)


def follow_to_end(
    folder: RunFolder, as_json: bool, cursor: Cursor | None = None, said: Collection[str] = ()
) -> RunStatus:
    """Shows the run's progress beside the answer until it ends; returns how it ended.

    Remarks that were `said` before the run began are not shown again.
    """
    display = display_for(folder.info.action, as_json)
    vocabulary = workflow_or_bare(folder.info.workflow).metrics
    metrics = ""
    with _interrupts(folder, display):
        for event in follow(folder, cursor):
            if isinstance(event, MetricValues):
                metrics = _few(event, vocabulary)
            if _remark(event) not in said:
                show_event(event, display, metrics)
    display.close()
    return read(folder.path)


def display_for(title: str, as_json: bool) -> Display:
    """A bar on a terminal, plain lines in a pipe, nothing for programs."""
    if as_json:
        return Silent()
    return Bar(title) if sys.stderr.isatty() else PlainLines()


def show_event(event: Event, display: Display, metrics: str = "") -> None:
    """Shows what a person follows; `metrics` are the newest numbers in words."""
    if isinstance(event, Progress):
        display.progress(event, metrics if event.unit == "steps" else "")  # beside other work they mean nothing
    elif isinstance(event, Warned):
        display.line(f"warning: {_remark(event)}")
    elif isinstance(event, Log):
        display.line(event.text)
    elif isinstance(event, StateChange) and event.state in ("preparing", "queued", "running"):
        display.line(f"{event.state.capitalize()}{f': {event.cause}' if event.cause else ''}")
    elif isinstance(event, Requested):
        words = {"stop": "Stopping after this step", "pause": "Pausing after this step", "stop-now": "Stopping now"}
        display.line(words[event.request])


def progress_text(event: Progress, metrics: str = "") -> str:
    """How far the work is, the time that is left, and the newest numbers."""
    done = f"{event.done:,.0f}" if event.total is None else f"{event.done:,.0f} of {event.total:,.0f}"
    left = f"{duration(event.eta_s)} left" if event.eta_s is not None and event.done != event.total else ""
    parts = (f"{done} {event.unit}", event.text, left, metrics)
    return printable(", ".join(part for part in parts if part))


def finish(folder: RunFolder, status: RunStatus, as_json: bool) -> int:
    """Prints what came of a run that has ended; returns the exit code that tells the same."""
    last = folder.last_exit()
    code = last.code if last is not None else ERROR
    if status.state == "failed":
        print_error(failure(status), as_json)
        return code if code != DONE else ERROR
    if as_json:
        result = folder.result() or {}
        run = {"id": status.id, "folder": str(status.folder), "state": status.state}
        print_json(result if "run" in result else {**result, "run": run})
    else:
        say("\n".join(summary_lines(folder, status)))
    return DONE if status.state == "finished" else STOPPED


def failure(status: RunStatus) -> UserError:
    """Why a run failed, in words."""
    error = status.error
    if error is not None:
        details = "" if error.user or not error.traceback else f"Details: {status.folder / error.traceback}"
        hint = f"{error.hint} {details}".strip()
        return UserError(error.message, hint, error.where or str(status.folder))
    return UserError(
        f"The run ended early ({status.cause or 'no reason was left behind'}).",
        f"Continue it with `genodesk-engine runs resume {status.folder}`.",
        str(status.folder),
    )


def summary_lines(folder: RunFolder, status: RunStatus) -> list[str]:
    """What a person wants to know of a run that has ended: how it went, what is best, what the baselines reach."""
    workflow = workflow_or_bare(folder.info.workflow)
    vocabulary = workflow.metrics
    lines = [f"{status.state.capitalize()}{_lasted(status)}."]
    if status.state in ("stopped", "paused"):
        lines.append(f"Continue with: genodesk-engine runs resume {status.folder}")
    if status.state == "failed":
        error = failure(status)
        lines += [error.message, *([error.hint] if error.hint else [])]
    if status.best is not None:
        best = status.best
        title = meaning(best.metric, vocabulary).title
        lines.append(f"Best {best.split} {title}: {cell(best.value)} at step {best.step:,}")
    scores = lines_of_scores(folder.result() or {}, workflow)
    if scores:
        lines += ["", *scores, ""]
    figures = len(list(folder.figures.glob("*.json"))) if folder.figures.is_dir() else 0
    lines.append(f"Folder: {status.folder}{f' (figures: {figures})' if figures else ''}")
    return lines


def lines_of_scores(result: Mapping[str, Any], workflow: Workflow) -> list[str]:
    """The scores of a result with what must be known beside them, and how they are counted; none without scores."""
    beside = [*sentences(result, "warnings"), *sentences(result, "remarks")]
    lines = score_lines(scores_of(result, workflow.metrics, workflow.methods), workflow.metrics, beside)
    if lines and isinstance(how := result.get("how"), str):
        lines += textwrap.wrap(how, WIDEST)
    return lines


class Silent:
    """Shows nothing; for programs."""

    def progress(self, event: Progress, metrics: str) -> None:
        """Nothing."""

    def line(self, text: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class PlainLines:
    """A line now and then; for pipes and logs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = float("-inf")

    def progress(self, event: Progress, metrics: str) -> None:
        complete = event.total is not None and event.done >= event.total
        if self._clock() - self._last < PLAIN_EVERY_S and not complete:
            return
        self._last = self._clock()
        note(progress_text(event, metrics))

    def line(self, text: str) -> None:
        note(text)

    def close(self) -> None:
        """Nothing is left open."""


class Bar:
    """A bar with the time that is left; for terminals. Once closed, it comes back with the next progress."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress
        from rich.table import Column

        rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")  # a narrow terminal cuts the words, not the bar
        self._bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(BAR_WIDTH),
            TextColumn("{task.fields[words]}", markup=False, table_column=rest),
            console=Console(stderr=True),
            expand=True,
            refresh_per_second=BARS_PER_SECOND,
            transient=True,
        )
        self._task = self._bar.add_task(title, total=None, words="")
        self._bar.start()

    def progress(self, event: Progress, metrics: str) -> None:
        self._bar.start()
        self._bar.update(self._task, completed=event.done, total=event.total, words=progress_text(event, metrics))

    def line(self, text: str) -> None:
        from rich.text import Text

        self._bar.console.print(Text(printable(text)))

    def close(self) -> None:
        self._bar.stop()


@contextmanager
def _interrupts(folder: RunFolder, display: Display) -> Iterator[None]:
    """The first Ctrl+C asks the run to stop, the second to stop now, the third leaves it to itself."""
    asked = 0

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            folder.ask("stop")
            display.line("The run is asked to stop; press Ctrl+C again to stop it at once.")
        elif asked == 2:
            folder.ask("stop-now")
        else:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _few(event: MetricValues, vocabulary: tuple[Metric, ...]) -> str:
    """The first numbers of which more or less is better, in words."""
    split = "" if event.split == "train" else f"{event.split} "
    found = [
        f"{split}{metric.title} {cell(value)} {metric.unit}".rstrip()
        for name, value in event.values.items()
        if value is not None and (metric := meaning(name, vocabulary)).better != "neither"
    ]
    return ", ".join(found[:SHOWN_METRICS])


def _remark(event: Event) -> str:
    """What the run tells people in this event, or nothing."""
    if isinstance(event, Warned):
        return f"{event.message} {event.hint}".rstrip()
    return event.text if isinstance(event, Log) else ""


def _lasted(status: RunStatus) -> str:
    try:
        seconds = (datetime.fromisoformat(status.changed) - datetime.fromisoformat(status.started)).total_seconds()
    except ValueError:
        return ""
    return f" after {duration(seconds)}"
