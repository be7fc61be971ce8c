"""Collects garbage in the window's thread only, in moments that do not stand in anybody's way.

Python would collect in whatever thread allocates: a full collection walks over every loaded module (50 to 90 ms in
which nothing is drawn), and one in a thread beside the window may delete an object of Qt there, which Qt forbids.
"""

import gc

from PySide6.QtCore import QObject

from genodesk.app.timers import every

_EVERY_MS = 1000


class GarbageCollector(QObject):
    """Takes the place of Python's automatic collection."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = every(self, _EVERY_MS, _collect)

    def tidy(self) -> None:
        """Collects what was made since the last time: after each step of loading, so that no step takes long."""
        gc.collect(1)

    def begin(self) -> None:
        """What is loaded by now stays as long as the program and is not walked over; what comes later is collected."""
        gc.freeze()
        self._timer.start()

    def close(self) -> None:
        """Hands collection back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()


def _collect() -> None:
    """The oldest generation that is due by Python's own thresholds, if any."""
    due = [count > threshold for count, threshold in zip(gc.get_count(), gc.get_threshold(), strict=True)]
    for generation in (2, 1, 0):
        if due[generation]:
            gc.collect(generation)
            return
