"""Following a run from its folder: its events until it ends, and whether its heart beats."""

import time
from collections.abc import Iterator

from genodesk.core.events import Cursor, Event, EventReader
from genodesk.core.run import RunFolder
from genodesk.jobs.liveness import judge

_POLL_S = 0.05
_BEAT_S = 4.0  # a supervisor's heart beats once a second


def follow(folder: RunFolder, cursor: Cursor | None = None) -> Iterator[Event]:
    """Every event of a run from the cursor on, as they come, until nobody is left to write another."""
    reader = EventReader(folder.events, cursor)
    while True:
        over = _is_over(folder)  # asked before the last read, so that the last lines are never missed
        before = reader.cursor
        yield from reader.read()
        if reader.cursor == before:
            if over:
                return
            time.sleep(_POLL_S)


def heart_beats(folder: RunFolder) -> bool:
    """Whether the heartbeat moves within four seconds. Compares the file with itself, so clocks do not matter."""
    before = _beat(folder)
    until = time.monotonic() + _BEAT_S
    while time.monotonic() < until:
        time.sleep(_POLL_S)
        if _beat(folder) != before:
            return True
    return False


def _is_over(folder: RunFolder) -> bool:
    life = judge(folder)
    return life == "dead" or (life == "elsewhere" and not heart_beats(folder))


def _beat(folder: RunFolder) -> int:
    try:
        return folder.heartbeat.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
