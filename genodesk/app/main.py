"""`genodesk`: opens the desk. The window is painted first; what takes longer to load comes after that."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from genodesk import __version__
from genodesk.app.application import application
from genodesk.app.desk import Desk
from genodesk.app.garbage import GarbageCollector
from genodesk.app.one_desk import OneDesk, hand_over
from genodesk.app.tasks import own_fault
from genodesk.app.theme import theme
from genodesk.app.window import Window
from genodesk.jobs.places import home

_LOG_BYTES = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the desk until its window is closed; the process's exit code."""
    given = _parsed(sys.argv[1:] if arguments is None else arguments)
    app = make_application()
    if hand_over(given.paths):
        return 0
    one = OneDesk(app)
    garbage = GarbageCollector(app)
    _keep_log()
    from qasync import QEventLoop

    loop = QEventLoop(app)
    window = open_window(given.paths)
    window.step_loaded.connect(garbage.tidy)
    window.loaded.connect(garbage.begin)
    tell_faults(window.desk)
    one.asked.connect(window.open_again)
    with loop:
        loop.run_forever()
    one.close()
    garbage.close()
    del window
    return 0


def make_application() -> QApplication:
    """The one application object, with its names."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("genodesk")
    app.setApplicationDisplayName("Genodesk")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("genodesk")
    return app


def open_window(paths: Sequence[Path] = ()) -> Window:
    """The window, shown; its first page follows as soon as the window has been painted."""
    desk = Desk()
    theme().apply(application(), desk.settings.get("theme", "system"))
    window = Window(desk)
    desk.setParent(window)
    window.first_painted.connect(lambda: QTimer.singleShot(0, lambda: window.open_first(list(paths))))
    window.show()
    return window


def tell_faults(desk: Desk) -> None:
    """A fault of ours is one calm sentence on the screen; what happened stands in the log."""

    def tell(*fault: Any) -> None:
        if issubclass(fault[0], KeyboardInterrupt):  # Ctrl+C where the desk was started from
            QApplication.closeAllWindows()
            return
        logging.getLogger("genodesk").critical("an unexpected fault", exc_info=fault)
        desk.tell(own_fault())

    sys.excepthook = tell


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("genodesk", description="Train, question and look at genomics models.")
    parser.add_argument("paths", nargs="*", type=Path, help="files, runs or settings to open")
    parser.add_argument("--version", action="version", version=__version__)
    return parser.parse_args(arguments)


def _keep_log() -> None:
    """Faults of ours go to desk.log in the person's home, which is begun anew when it has grown long."""
    path = home() / "desk.log"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        logging.basicConfig(filename=path, format="%(asctime)s %(levelname)s %(message)s", encoding="utf-8")
    except OSError:
        logging.basicConfig(stream=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
