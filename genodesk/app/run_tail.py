"""RunTail: hands a page the events of one run as they come, a long history in slices that no eye notices."""

import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from genodesk.core.events import Cursor, EventReader

_SLICE_S = 0.004  # of parsing in one turn of the event loop
_LEAST_BYTES, _MOST_BYTES = 8_192, 1_000_000
_POLL_MS, _RESTING_MS = 75, 1000


class RunTail(QObject):
    """Reads a run's events from the first on. `restarted` says that the file is another one: forget what came before.

    `caught_up` comes once, when everything that had happened before was handed over.
    """

    events = Signal(list)
    restarted = Signal()
    caught_up = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self._reader = EventReader(folder / "events.jsonl")
        self._bytes = _LEAST_BYTES
        self._pause_ms = _POLL_MS
        self._behind = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)
        self._timer.start(0)

    def set_alive(self, alive: bool) -> None:
        """A run that is going is looked at often, one that has ended now and then: it may be resumed."""
        if self._pause_ms == (_POLL_MS if alive else _RESTING_MS):
            return
        self._pause_ms = _POLL_MS if alive else _RESTING_MS
        if self._timer.isActive():
            self._timer.start(0)

    def stop(self) -> None:
        """Reads no more."""
        self._timer.stop()

    def _turn(self) -> None:
        before, start = self._reader.cursor, time.perf_counter()
        try:
            events = self._reader.read(self._bytes)
        except OSError:  # the folder is out of reach just now
            events = []
        after = self._reader.cursor
        moved = after != before
        if moved:
            share = _SLICE_S / max(time.perf_counter() - start, 1e-6)
            self._bytes = int(min(max(self._bytes * min(share, 2.0), _LEAST_BYTES), _MOST_BYTES))
        self._timer.start(0 if moved else self._pause_ms)
        if _is_another(before, after):
            self.restarted.emit()
        if events:
            self.events.emit(events)
        if not moved and self._behind:
            self._behind = False
            self.caught_up.emit()


def _is_another(before: Cursor, after: Cursor) -> bool:
    return before.offset > 0 and (after.generation != before.generation or after.offset < before.offset)
