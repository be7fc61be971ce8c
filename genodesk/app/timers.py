"""Timers as the desk uses them: once after a pause, or again and again. Both wait until they are started."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def once(owner: QObject, milliseconds: int, then: Callable[[], object]) -> QTimer:
    """Calls `then` so long after its start; started anew before that, it waits anew."""
    made = every(owner, milliseconds, then)
    made.setSingleShot(True)
    return made


def every(owner: QObject, milliseconds: int, then: Callable[[], object]) -> QTimer:
    """Calls `then` again and again, from its start until it is stopped."""
    made = QTimer(owner)
    made.setInterval(milliseconds)
    made.timeout.connect(then)
    return made
