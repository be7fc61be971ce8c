"""Events: what happened in a run, one JSON line each, appended by one writer and read by anybody from a byte offset."""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from genodesk.core.disk import draw_on_reserve, is_disk_full
from genodesk.core.ids import timestamp, utc_now

FORMAT = 1
MAXIMUM_LINE = 1_000_000  # bytes; a longer line is not an event and is skipped
State = Literal["queued", "preparing", "running", "pausing", "paused", "stopping", "stopped", "finished", "failed"]
Request = Literal["stop-now", "stop", "pause"]
REQUESTS: tuple[Request, ...] = get_args(Request)  # the most urgent first

_Number = Annotated[
    float | None, BeforeValidator(lambda v: None if isinstance(v, float) and not math.isfinite(v) else v)
]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    seq: int = 0
    time: str = ""


class Begin(_Event):
    """The first line of every events file; `generation` tells a reader that the file was replaced."""

    kind: Literal["begin"] = "begin"
    format: int = FORMAT
    run: str
    generation: str


class Attempt(_Event):
    """A worker process is about to start."""

    kind: Literal["attempt"] = "attempt"
    number: int
    host: str
    pid: int
    reason: Literal["start", "resume", "relaunch"] = "start"


class StateChange(_Event):
    """The run's state changed; `cause` says why it failed."""

    kind: Literal["state"] = "state"
    state: State
    cause: str = ""


class Requested(_Event):
    """A request from `requests/` was taken up."""

    kind: Literal["request"] = "request"
    request: Request


class Progress(_Event):
    """How far the work is; `eta_s` is null until it can be told."""

    kind: Literal["progress"] = "progress"
    done: float
    total: float | None = None
    unit: str = "steps"
    eta_s: _Number = None
    text: str = ""


class MetricValues(_Event):
    """Numbers of one step. A value that is not finite becomes null."""

    kind: Literal["metric"] = "metric"
    step: int
    epoch: float | None = None
    split: str = "train"
    values: dict[str, _Number]


class FigureMade(_Event):
    """A figure was written or replaced; `path` is relative to the run folder."""

    kind: Literal["figure"] = "figure"
    name: str
    path: str
    step: int | None = None


class Artifact(_Event):
    """A file or folder worth naming appeared."""

    kind: Literal["artifact"] = "artifact"
    path: str
    role: str


class Log(_Event):
    """A line for people."""

    kind: Literal["log"] = "log"
    text: str


class Warned(_Event):
    """Something a person should know and may act on; the run goes on."""

    kind: Literal["warning"] = "warning"
    message: str
    hint: str = ""


class Failed(_Event):
    """Why the run ended early. `user` is true for a person's mistake; else `traceback` names the file that holds it."""

    kind: Literal["error"] = "error"
    message: str
    hint: str = ""
    where: str = ""
    user: bool = False
    traceback: str = ""


class Result(_Event):
    """The result document was written."""

    kind: Literal["result"] = "result"
    path: str


Event = (
    Begin
    | Attempt
    | StateChange
    | Requested
    | Progress
    | MetricValues
    | FigureMade
    | Artifact
    | Log
    | Warned
    | Failed
    | Result
)
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
_SAVED_AT_ONCE = (Begin, Attempt, StateChange, Failed, Result)


def parse_event(line: bytes | str) -> Event | None:
    """The event in one line, or None for a line that is blank or not an event."""
    if not line.strip() or len(line) > MAXIMUM_LINE:
        return None
    try:
        return _EVENT.validate_json(line)
    except (ValidationError, ValueError, RecursionError):
        return None


class EventWriter:
    """Appends events with seq 0, 1, 2, ... across reopenings. There must be one writer at a time (the run's lock).

    `reserve` is a file whose space is drawn on when the disk is full, so that states and messages can still be written;
    progress and metrics never draw on it. An event that cannot be written raises OSError and leaves no torn line.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = utc_now, reserve: Path | None = None) -> None:
        self._now = now
        self._reserve = reserve
        self._next = _next_seq(path)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
        if os.fstat(self._file).st_size and not _ends_a_line(self._file):
            self._append(b"\n", reserve)

    @property
    def next_seq(self) -> int:
        """The number the next event gets; 0 means that the file holds no event yet."""
        return self._next

    def write(self, event: Event) -> Event:
        """Appends one event, numbered and timed; returns it as written. States and results reach the disk at once."""
        event = event.model_copy(update={"seq": self._next, "time": timestamp(self._now())})
        reserve = None if isinstance(event, Progress | MetricValues) else self._reserve
        self._append(event.model_dump_json().encode() + b"\n", reserve)
        self._next += 1
        checkpoint = isinstance(event, Artifact) and event.role == "checkpoint"
        if checkpoint or isinstance(event, _SAVED_AT_ONCE):
            os.fsync(self._file)
        return event

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _append(self, line: bytes, reserve: Path | None) -> None:
        start = os.fstat(self._file).st_size
        written = 0
        while written < len(line):
            try:
                written += os.write(self._file, line[written:])
            except OSError as error:
                if reserve is None or not is_disk_full(error) or not draw_on_reserve(reserve):
                    os.ftruncate(self._file, start)
                    raise


@dataclass(frozen=True)
class Cursor:
    """Where a reader is: which file (its generation) and how many bytes of it were taken."""

    generation: str = ""
    offset: int = 0


class EventReader:
    """Tails an events file. Complete lines are taken once; a half-written last line is left for the next read."""

    def __init__(self, path: Path, cursor: Cursor | None = None) -> None:
        self.path = path
        self.cursor = cursor or Cursor()

    def read(self, maximum_bytes: int = 4 * MAXIMUM_LINE) -> list[Event]:
        """The events since the cursor, which moves past them. An empty list when there is nothing new.

        Reads about `maximum_bytes`, more only to complete one line. The cursor starts again at 0 where the file was
        replaced or cut. A line longer than MAXIMUM_LINE is passed over.
        """
        try:
            with self.path.open("rb") as file:
                first = file.readline(MAXIMUM_LINE)
                generation = _generation(first)
                if generation != self.cursor.generation or os.fstat(file.fileno()).st_size < self.cursor.offset:
                    self.cursor = Cursor(generation, 0)
                if not first.endswith(b"\n") and len(first) < MAXIMUM_LINE:
                    return []  # the writer has just begun; what it adds now has a generation that is not known yet
                file.seek(self.cursor.offset)
                data = file.read(maximum_bytes)
                if b"\n" not in data and len(data) == maximum_bytes <= MAXIMUM_LINE:
                    data += file.readline(MAXIMUM_LINE)
        except FileNotFoundError:
            return []
        taken = data[: data.rfind(b"\n") + 1]
        if not taken and len(data) > MAXIMUM_LINE:  # too long for an event; its rest will be none either
            taken = data
        self.cursor = Cursor(self.cursor.generation, self.cursor.offset + len(taken))
        return [event for line in taken.split(b"\n") if (event := parse_event(line)) is not None]

    def __iter__(self) -> Iterator[Event]:
        """Everything that is there now."""
        before = None
        while before != self.cursor:  # a read may bring no event and yet move on, past lines that are none
            before = self.cursor
            yield from self.read()


def encode(event: Event) -> dict[str, Any]:
    """The event as JSON values."""
    return event.model_dump(mode="json")


def _generation(first_line: bytes) -> str:
    event = parse_event(first_line) if first_line.endswith(b"\n") else None
    return event.generation if isinstance(event, Begin) else ""


def _ends_a_line(file: int) -> bool:
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1) == b"\n"


def _next_seq(path: Path, tail: int = 65_536) -> int:
    """One more than the last valid seq, read from the end of the file."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return 0
    with path.open("rb") as file:
        while True:
            file.seek(max(0, size - tail))
            for line in reversed(file.read().split(b"\n")):
                event = parse_event(line)
                if event is not None:
                    return event.seq + 1
            if tail >= size:
                return 0
            tail *= 8
