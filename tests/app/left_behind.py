"""What a test of the desk left behind: tasks, timers, threads, processes, windows. It knows no page of the desk."""

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import psutil
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

Q = TypeVar("Q", bound=QObject)
_PATIENCE_S = 3.0


class LeftBehind:
    """Made before a test; afterwards `found()` says in words what that test did not clear away."""

    def __init__(self) -> None:
        self._threads = set(threading.enumerate())
        self._processes = _children()
        self._windows = set(map(id, QApplication.topLevelWidgets()))
        gc.freeze()  # what is there already is neither searched nor collected
        gc.disable()  # as in the desk: an object of Qt that another thread collects can end the process

    def found(self) -> list[str]:
        """Every thing left, after what is on its way out has had time to go. Removes what it can."""
        gc.collect()
        clear_deferred()
        try:
            return [*_tasks(), *_timers(), *self._other_threads(), *self._other_processes(), *self._others()]
        finally:
            gc.unfreeze()
            gc.enable()

    def _other_threads(self) -> Iterator[str]:
        def new() -> list[threading.Thread]:
            return [one for one in threading.enumerate() if one not in self._threads]

        for thread in _patiently(new):
            yield f"the thread {thread.name!r}"
        for qthread in _patiently(lambda: [one for one in _living(QThread) if one.isRunning()]):
            yield f"the thread {qthread!r}"
        if not QThreadPool.globalInstance().waitForDone(round(1000 * _PATIENCE_S)):
            yield "work in Qt's thread pool"

    def _other_processes(self) -> Iterator[str]:
        for process in _patiently(lambda: list(_children() - self._processes)):
            yield f"the process {process}"
            process.kill()

    def _others(self) -> Iterator[str]:
        for window in _windows():
            if id(window) not in self._windows:
                seen = "visible" if window.isVisible() else "hidden"
                yield f"the {seen} window {window!r} {window.accessibleName()!r}"
                window.close()
                window.deleteLater()
        clear_deferred()


def clear_deferred() -> None:
    """Deletes what was handed to deleteLater, wherever it was."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _tasks() -> Iterator[str]:
    for task in _patiently(lambda: [one for one in asyncio.all_tasks() if not one.cancelling()]):
        yield f"the task {task.get_name()!r} of {task.get_coro()}"
        task.cancel()
    for _ in range(3):
        QCoreApplication.processEvents()


def _timers() -> Iterator[str]:
    for timer in _living(QTimer):
        if timer.isActive():
            yield f"the timer of {timer.parent()!r}, every {timer.interval()} ms"
            timer.stop()


def _windows() -> list[QWidget]:
    """Windows of their own. Pop-ups of a widget go when it goes."""
    return [one for one in QApplication.topLevelWidgets() if isValid(one) and one.parent() is None]


def _living(kind: type[Q]) -> list[Q]:
    return [one for one in gc.get_objects() if issubclass(type(one), kind) and isValid(one)]


def _children() -> set[psutil.Process]:
    found = set()
    for process in psutil.Process().children(recursive=True):
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found.add(process)
        except psutil.Error:
            continue
    return found


T = TypeVar("T")


def _patiently(look: Callable[[], Iterable[T]]) -> list[T]:
    """What is still there after a while."""
    limit = time.monotonic() + _PATIENCE_S
    while (found := list(look())) and time.monotonic() < limit:
        QCoreApplication.processEvents()
        time.sleep(0.02)
    return found
