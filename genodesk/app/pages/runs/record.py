"""RunRecord: what a run's events add up to for the panels that show it. Knows no widget.

Panels ask what is new since they last looked; nothing is drawn because an event came.
"""

import math
import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from PySide6.QtCore import QCoreApplication

from genodesk.app.run_words import word_of_request, word_of_state
from genodesk.core.events import (
    Artifact,
    Attempt,
    Event,
    Failed,
    FigureMade,
    Log,
    MetricValues,
    Requested,
    Result,
    StateChange,
    Warned,
)
from genodesk.core.run import RunFolder
from genodesk.jobs.status import RunStatus

Level = Literal["info", "warning", "error"]
_DEVICE = re.compile(r"Computing on (?P<name>.+?) \((?P<kind>\w+)(?::\d+)?\)")


@dataclass
class Curve:
    """One metric of one split over the steps. `cuts` counts how often points were taken back by a resumed run."""

    steps: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    cuts: int = 0

    def add(self, step: float, value: float | None) -> None:
        """Appends a point; a step that was made before replaces what came from there on."""
        if self.steps and step <= self.steps[-1]:
            first = bisect_left(self.steps, step)
            del self.steps[first:], self.values[first:]
            self.cuts += 1
        self.steps.append(step)
        self.values.append(math.nan if value is None else value)


@dataclass(frozen=True)
class Message:
    """Something the run said to people."""

    time: str
    level: Level
    text: str


class RunRecord:
    """One run as its events tell it, and its newest status."""

    def __init__(self, status: RunStatus) -> None:
        self.status = status
        self.folder = RunFolder.open(status.folder)
        self.caught_up = False
        self.clear()

    def clear(self) -> None:
        """Forgets all events."""
        self.curves: dict[str, dict[str, Curve]] = {}  # by metric, then by split
        self.messages: list[Message] = []
        self.said: list[Message] = []  # of these what the newest attempt itself said and warned of
        self.figures: dict[str, int] = {}  # name -> how often it was drawn
        self.files = 0  # artifacts and results so far
        self.device = ""

    def add(self, events: Sequence[Event]) -> None:
        """Takes events in, in their order."""
        for event in events:
            if isinstance(event, MetricValues):
                for name, value in event.values.items():
                    self.curves.setdefault(name, {}).setdefault(event.split, Curve()).add(event.step, value)
            elif isinstance(event, FigureMade):
                self.figures[event.name] = self.figures.get(event.name, 0) + 1
            elif isinstance(event, Artifact | Result):
                self.files += 1
            elif isinstance(event, Log):
                self._say(event, "info", event.text)
                if (found := _DEVICE.search(event.text)) is not None:
                    self.device = found["name"] if found["kind"] != "cpu" else "CPU"
                else:
                    self.said.append(self.messages[-1])
            elif isinstance(event, Warned):
                self._say(event, "warning", f"{event.message} {event.hint}".strip())
                self.said.append(self.messages[-1])
            elif isinstance(event, Failed):
                self._say(event, "error", f"{event.message} {event.hint}".strip())
            elif isinstance(event, StateChange):
                word = word_of_state(event.state).capitalize()
                self._say(event, "info", f"{word}: {event.cause}" if event.cause else word)
            elif isinstance(event, Requested):
                self._say(event, "info", word_of_request(event.request).capitalize())
            elif isinstance(event, Attempt) and event.number > 1:
                self.said = []
                told = QCoreApplication.translate("RunRecord", "Started again (attempt {n})").format(n=event.number)
                self._say(event, "info", told)

    def _say(self, event: Event, level: Level, text: str) -> None:
        self.messages.append(Message(event.time, level, text))
