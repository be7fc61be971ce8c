"""Loads what the first moments need in a thread of its own, so that the window answers meanwhile.

Only modules are loaded there and declarations read; every widget is made by the thread of the window.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

_log = logging.getLogger("genodesk")
_CLOSING_S = 10.0

LATER = (
    "plots.lines",
    "plots.figures",
    "plots.export",
    *(f"pages.runs.{tab}" for tab in ("overview", "figures_tab", "table_tab", "log_tab", "settings_tab", "files_tab")),
    *(f"pages.data.{tab}" for tab in ("table_tab", "spatial_tab", "embedding_tab")),
)
"""What pages load when it is first seen, so that they do not wait for it then."""

Step = tuple[str, Callable[[], object]]
"""A name and what loads something."""


class Warming(QObject):
    """Takes one step after the other. `reached` tells the name of each, in the thread of the window.

    The next step begins when everybody has dealt with the last, so that the two threads do not get in each other's way.
    """

    reached = Signal(str)
    _loaded = Signal(str)

    def __init__(self, steps: Sequence[Step], parent: QObject) -> None:
        super().__init__(parent)
        self._steps = steps
        self._closing = False
        self._dealt_with = threading.Event()
        self._loaded.connect(self._tell)
        self._thread = threading.Thread(target=self._load, name="warming", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Takes no further step."""
        self._closing = True
        self._dealt_with.set()
        self._thread.join(_CLOSING_S)

    def _load(self) -> None:
        for name, load in self._steps:
            if self._closing:
                return
            try:
                load()
            except Exception:  # whoever needs it meets the same fault, and says so in its own place
                _log.exception("%s cannot be loaded ahead", name)
            self._loaded.emit(name)
            self._dealt_with.wait()
            self._dealt_with.clear()

    def _tell(self, name: str) -> None:
        try:
            self.reached.emit(name)
        finally:
            self._dealt_with.set()


def load_declarations() -> None:
    """Reads what the installed workflows declare."""
    from genodesk.core.workflow import get_workflow, workflow_names

    for name in workflow_names():
        get_workflow(name)
