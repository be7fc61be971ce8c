"""What a question to the interactive worker is, and what stays between questions: open files and a folder for arrays.

Knows no answer and no protocol.
"""

import itertools
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.cells import CellFile, open_cells

FILES_KEPT_OPEN = 4
ARRAYS_KEPT = 64


class Cancelled(Exception):
    """Nobody waits for this answer any more."""


class Session:
    """What stays between questions: open files of cells and the folder for arrays."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._files: OrderedDict[tuple[str, int, int], tuple[ExitStack, CellFile, threading.Lock]] = OrderedDict()
        self._arrays: deque[Path] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def cells(self, path: Path) -> Iterator[CellFile]:
        """The file of cells, opened anew only if it changed; one question at a time reads it. Raises UserError."""
        try:
            found = path.stat()
        except OSError:
            raise UserError("There is no such file.", "Check the name.", str(path)) from None
        key = (str(path), found.st_mtime_ns, found.st_size)
        while True:
            entry = self._open(key, path)
            _, cells, reading = entry
            with reading:
                if self._files.get(key) is entry:  # else it was closed for another file in this moment
                    yield cells
                    return

    def save(self, array: np.ndarray) -> str:
        """Writes an array to a new .npy file of the session; returns its path. The oldest files are removed in turn:
        whoever asked has opened them long since.
        """
        path = self._folder / f"{next(self._numbers)}.npy"
        np.save(path, array, allow_pickle=False)
        with self._lock:
            self._arrays.append(path)
            old = [self._arrays.popleft() for _ in range(len(self._arrays) - ARRAYS_KEPT)]
        for array_file in old:
            with suppress(OSError):  # Windows keeps a file that somebody looks into
                array_file.unlink()
        return str(path)

    def close(self) -> None:
        """Closes what is not being read."""
        for stack, _, reading in self._files.values():
            if reading.acquire(blocking=False):
                stack.close()

    def _open(self, key: tuple[str, int, int], path: Path) -> tuple[ExitStack, CellFile, threading.Lock]:
        """The open file, the newest used; those used longest ago are closed."""
        with self._lock:
            entry = self._files.get(key)
            if entry is None:
                stack = ExitStack()
                entry = (stack, stack.enter_context(open_cells(path)), threading.Lock())
                self._files[key] = entry
            self._files.move_to_end(key)
            dropped = [self._files.popitem(last=False)[1] for _ in range(len(self._files) - FILES_KEPT_OPEN)]
        for stack, _, reading in dropped:
            with reading:
                stack.close()
        return entry


@dataclass(frozen=True)
class Question:
    """One request: its parameters, and whether somebody still waits for the answer."""

    session: Session
    params: dict[str, Any]
    cancelled: threading.Event

    def text(self, name: str) -> str:
        """A parameter that must be there and be text. Raises UserError."""
        value = self.params.get(name)
        if not isinstance(value, str) or not value or "\0" in value or _has_lone_surrogate(value):
            raise UserError(f"The request needs {name}, as text.", "Add it.", name)
        return value

    def number(self, name: str, default: int = 0) -> int:
        """A parameter that is a whole number. Raises UserError."""
        value = self.params.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise UserError(f"{name} must be a whole number.", "Mend the request.", name)
        return value

    def raise_if_cancelled(self) -> None:
        """Raises Cancelled where nobody waits any more."""
        if self.cancelled.is_set():
            raise Cancelled


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
