"""What a question to the interactive worker is, and what stays between questions: open files and a folder for arrays.

Knows no answer and no protocol.
"""

import itertools
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from genodesk.core.disk import Stamp, stamp
from genodesk.core.errors import UserError
from genodesk.engine.data.cell_file import CellFile
from genodesk.engine.data.cells import open_cells
from genodesk.engine.data.sequences import SequenceFile, open_sequences
from genodesk.engine.data.store import looked_up
from genodesk.engine.data.text_table import TextTable, open_table
from genodesk.engine.data.workbook import first_sheet
from genodesk.engine.described import Described
from genodesk.engine.inspection import look_into

FILES_KEPT_OPEN = 4
TABLES_KEPT = 8
DESCRIPTIONS_KEPT = 4
ARRAYS_KEPT = 16

Key = tuple[str, Stamp]
Thing = TypeVar("Thing")
Look = tuple[dict[str, Any], Described | None]


class Cancelled(Exception):
    """Nobody waits for this answer any more."""


@dataclass
class _OpenFile:
    """A file of cells once somebody has opened it; who holds `reading` may use it."""

    reading: threading.Lock = field(default_factory=threading.Lock)
    stack: ExitStack = field(default_factory=ExitStack)
    cells: CellFile | None = None

    def close(self) -> None:
        with self.reading:
            self.stack.close()


@dataclass
class _Kept:
    """The one thing kept under a name, for example the model that talks."""

    making: threading.Lock = field(default_factory=threading.Lock)
    key: object = None
    thing: Any = None


class Session:
    """What stays between questions: open files of cells, where rows of tables begin, models, the folder for arrays."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._files: OrderedDict[Key, _OpenFile] = OrderedDict()
        self._tables: OrderedDict[Key, TextTable] = OrderedDict()
        self._looks: OrderedDict[tuple[Key, str], Look] = OrderedDict()
        self._arrays: deque[Path] = deque()
        self._things: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    @contextmanager
    def cells(self, path: Path) -> Iterator[CellFile]:
        """The file of cells, opened anew only if it changed; one question at a time reads it. Raises UserError."""
        key = _key(path)
        while True:
            opened = self._kept(key)
            with opened.reading:
                if self._files.get(key) is not opened:  # it was closed for another file in this moment
                    continue
                try:
                    if opened.cells is None:
                        opened.cells = opened.stack.enter_context(open_cells(path))
                except BaseException:
                    with self._lock:
                        self._files.pop(key, None)
                    raise
                yield opened.cells
                return

    def table(self, path: Path, between_blocks: Callable[[], None]) -> TextTable:
        """The table in text, looked through anew only if it changed. Raises UserError."""
        key = _key(path)
        with self._lock:
            found = self._tables.get(key)
        if found is None:
            found = open_table(path, between_blocks)
            with self._lock:
                self._tables[key] = found
                while len(self._tables) > TABLES_KEPT:
                    self._tables.popitem(last=False)
        return found

    def workbook(self, path: Path) -> list[list[str]]:
        """The rows of a workbook's first sheet, its names above, read anew only if it changed. Raises UserError."""
        return self.keep("workbook", _key(path), lambda: first_sheet(path))

    def sequences(self, path: Path, between_blocks: Callable[[], None] = lambda: None) -> SequenceFile:
        """The file of sequences, looked through anew only if it is another one or changed; repeated ids are numbered.

        Raises UserError.
        """

        def opened() -> SequenceFile:
            return open_sequences(path, duplicates="rename", between_blocks=between_blocks)

        return self.keep("sequences", _key(path), opened)

    def look(self, path: Path, asked: str = "") -> Look:
        """What `inspect` tells of a file and, of a workflow's own, its description. Raises UserError.

        A description is made anew only if the file changed; all else is told from headers each time.
        """
        key = (_key(path), asked)
        with self._lock:
            found = self._looks.get(key)
        if found is None:
            found = look_into(path, asked, self.sequences)
            if found[1] is not None:
                with self._lock:
                    self._looks[key] = found
                    while len(self._looks) > DESCRIPTIONS_KEPT:
                        self._looks.popitem(last=False)
        return found

    def keep(self, name: str, key: object, make: Callable[[], Thing]) -> Thing:
        """What `make` gives, made anew only if `key` is another than the last time under this name.

        The old thing is let go before the new one is made, so that memory need not hold two models at once.
        """
        with self._lock:
            kept = self._things.setdefault(name, _Kept())
        with kept.making:
            if kept.thing is None or kept.key != key:
                kept.key = kept.thing = None
                kept.thing = make()
                kept.key = key
            thing: Thing = kept.thing
        return thing

    def save(self, array: np.ndarray) -> str:
        """Writes an array to a new .npy file of the session; returns its path. Raises UserError where there is no room.

        The oldest files are removed in turn: whoever asked has opened them long since.
        """
        path = self._folder / f"{next(self._numbers)}.npy"
        try:
            np.save(path, array, allow_pickle=False)
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            raise UserError(
                "There is no room to hand over the values.", "Free some space on this disk.", str(self._folder)
            ) from error
        with self._lock:
            self._arrays.append(path)
            old = [self._arrays.popleft() for _ in range(len(self._arrays) - ARRAYS_KEPT)]
        for array_file in old:
            with suppress(OSError):  # Windows keeps a file that somebody looks into
                array_file.unlink()
        return str(path)

    def close_changed(self) -> None:
        """Closes the files that were written anew: an HDF5 file is opened as it was as long as it is open anywhere."""
        with self._lock:
            changed = [self._files.pop(key) for key in list(self._files) if stamp(Path(key[0])) != key[1]]
        for opened in changed:
            opened.close()

    def close(self) -> None:
        """Closes what is not being read."""
        for opened in self._files.values():
            if opened.reading.acquire(blocking=False):
                opened.stack.close()

    def _kept(self, key: Key) -> _OpenFile:
        """The file of this key, the newest used; those used longest ago are closed."""
        with self._lock:
            opened = self._files.setdefault(key, _OpenFile())
            self._files.move_to_end(key)
            dropped = [self._files.popitem(last=False)[1] for _ in range(len(self._files) - FILES_KEPT_OPEN)]
        for other in dropped:
            other.close()
        return opened


@dataclass(frozen=True)
class Question:
    """One request: its parameters, whether somebody still waits for the answer, and the way to send parts of it."""

    session: Session
    params: dict[str, Any]
    cancelled: threading.Event
    tell: Callable[[dict[str, Any]], object] = lambda _: None
    """Sends a part of the answer ahead, for example a word, as JSON values."""

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

    def asked(self) -> str:
        """The workflow that a file is looked at for, "" for none. Raises UserError."""
        return self.text("workflow") if "workflow" in self.params else ""

    def raise_if_cancelled(self) -> None:
        """Raises Cancelled where nobody waits any more."""
        if self.cancelled.is_set():
            raise Cancelled


def _key(path: Path) -> Key:
    looked_up(path)
    return str(path), stamp(path)


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
