"""What the desk remembers between two starts: one JSON file of the person's home, never anything secret."""

import contextlib
import copy
import json
import os
import threading
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from genodesk.app.timers import once
from genodesk.core.disk import write_atomically
from genodesk.jobs.places import home, runs_root

_SETTLE_MS = 400
_RECENT = 12
_LOOK_S = 0.02  # that the window waits for a disk


class DeskSettings(QObject):
    """Values by name, written a moment after a change and at the end."""

    changed = Signal(str)
    _looked = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = home() / "desk.json"
        self._values = self._read()
        self._later = once(self, _SETTLE_MS, self._save_beside)
        self._writing = threading.Lock()
        self._count = self._written = 0
        self._gone: set[str] = set()  # recent files that were not there when they were last looked for
        self._looking: threading.Thread | None = None
        self._looked.connect(self.changed)

    def get(self, key: str, default: Any = None) -> Any:
        """The value; `default` where there is none or one of another type."""
        value = self._values.get(key, default)
        return value if default is None or isinstance(value, type(default)) else default

    def set(self, key: str, value: Any) -> None:
        """Remembers a JSON value as it is now."""
        if self._values.get(key) != value or key not in self._values:
            self._values[key] = copy.deepcopy(value)  # whoever gave it may go on changing it
            self._later.start()
            self.changed.emit(key)

    @property
    def runs_folder(self) -> Path:
        """Where new runs are kept."""
        return Path(self.get("runs_folder", "") or runs_root())

    @property
    def recent_files(self) -> list[Path]:
        """The files opened last that still exist, the newest first.

        They are looked for in a thread. A disk that does not answer at once is not waited for: until it does, what was
        found the last time counts, and `changed` tells then.
        """
        known = [text for text in self.get("recent_files", []) if isinstance(text, str)]
        if self._looking is None or not self._looking.is_alive():
            self._looking = threading.Thread(target=self._look_for, args=(known,), name="recent files", daemon=True)
            self._looking.start()
            self._looking.join(_LOOK_S)
        return [Path(text) for text in known if text not in self._gone]

    def _look_for(self, files: list[str]) -> None:
        # Path.exists raises where the folder belongs to somebody else.
        gone = {text for text in files if not os.path.exists(text)}  # noqa: PTH110
        if gone != self._gone:
            self._gone = gone
            with contextlib.suppress(RuntimeError):  # the desk was closed meanwhile
                self._looked.emit("recent_files")

    def add_recent(self, path: Path) -> None:
        """Puts a file at the head of the recent ones."""
        others = [text for text in self.get("recent_files", []) if text != str(path)]
        self.set("recent_files", [str(path), *others][:_RECENT])

    @property
    def model_folders(self) -> list[str]:
        """The folders of models that are offered, in the order in which they came; none is looked into."""
        return [text for text in self.get("model_folders", []) if isinstance(text, str) and text]

    def add_model_folder(self, path: str) -> None:
        """Offers one more folder from now on."""
        self.set("model_folders", list(dict.fromkeys((*self.model_folders, path))))

    def remove_model_folder(self, path: str) -> None:
        """Offers a folder no more; what lies in it stays."""
        self.set("model_folders", [folder for folder in self.model_folders if folder != path])

    def save(self) -> None:
        """Writes what has changed. A disk that is full or read-only costs no more than the memory."""
        self._later.stop()
        self._write(*self._document())

    def _save_beside(self) -> None:
        """Writes in a thread of its own: a disk that is busy would hold up the window."""
        threading.Thread(target=self._write, args=self._document(), name="desk settings").start()

    def _document(self) -> tuple[int, bytes]:
        self._count += 1
        return self._count, json.dumps(self._values, ensure_ascii=False, indent=1).encode()

    def _write(self, number: int, document: bytes) -> None:
        with self._writing, contextlib.suppress(OSError):
            if number > self._written:  # else something newer was written meanwhile
                self._written = number
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_atomically(self._path, document)

    def _read(self) -> dict[str, Any]:
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}
