"""Loads what the first moments need, step by step, so that the window answers in between.

Only modules without Qt may be loaded in a thread beside the window: while one thread makes a class that Qt knows,
another that is inside Qt can crash (seen with PySide6 6.10).
"""

import importlib
import logging
import pkgutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

import genodesk.app

_log = logging.getLogger("genodesk")
_CLOSING_S = 10.0
_PAUSE_MS = 5

_WITHOUT_QT = ("numpy", "subprocess", "xml.etree.ElementTree", "multiprocessing.connection", "cProfile", "pydoc")
"""What the desk and its plotting library load besides Qt's own."""


@dataclass(frozen=True)
class Step:
    """Something to load. `beside` means in a thread, for what makes no class that Qt knows."""

    name: str
    load: Callable[[], object]
    beside: bool = False


class Warming(QObject):
    """Takes one step after the other. `reached` tells the name of each, in the window's thread; `done` comes last."""

    reached = Signal(str)
    done = Signal()
    _loaded = Signal(str)

    def __init__(self, steps: Sequence[Step], parent: QObject) -> None:
        super().__init__(parent)
        self._steps = iter(steps)
        self._thread: threading.Thread | None = None
        self._loaded.connect(self._tell)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._next)
        self._next()

    def close(self) -> None:
        """Takes no further step."""
        self._steps = iter(())
        self._pause.stop()
        if self._thread is not None:
            self._thread.join(_CLOSING_S)

    def _next(self) -> None:
        step = next(self._steps, None)
        if step is None:
            self.done.emit()
            return
        if step.beside:
            self._thread = threading.Thread(target=self._load, args=(step,), name="warming", daemon=True)
            self._thread.start()
        else:
            self._load(step)

    def _load(self, step: Step) -> None:
        try:
            step.load()
        except Exception:  # whoever needs it meets the same fault, and says so in its own place
            _log.exception("%s cannot be loaded ahead", step.name)
        self._loaded.emit(step.name)

    def _tell(self, name: str) -> None:
        try:
            self.reached.emit(name)
        finally:
            self._pause.start()


def needed_first() -> Iterator[Step]:
    """What every first page needs and can be loaded beside the window: the jobs' modules, the workflows' words."""
    yield Step("jobs", partial(importlib.import_module, "genodesk.jobs.catalogue"), beside=True)
    yield Step("declarations", _load_declarations, beside=True)


def without_qt() -> Iterator[Step]:
    """What else can be loaded beside the window."""
    return (Step(name, partial(importlib.import_module, name), beside=True) for name in _WITHOUT_QT)


def modules(package: str) -> Iterator[Step]:
    """Each module of a package of the desk, for example "pages.runs", as a step of its own."""
    places = [f"{place}/{package.replace('.', '/')}" for place in genodesk.app.__path__]
    for module in pkgutil.iter_modules(places, f"genodesk.app.{package}."):
        if not module.ispkg:
            yield Step(module.name, partial(importlib.import_module, module.name))


def _load_declarations() -> None:
    from genodesk.core.workflow import get_workflow, workflow_names

    for name in workflow_names():
        get_workflow(name)
