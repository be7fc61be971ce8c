"""CsvRows: a CSV file of any length as rows that are read when they are looked at. Knows only where lines begin."""

import csv
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np

_CHUNK = 8_000_000  # bytes looked through at once
_BLOCK = 256  # rows read together


class CsvRows:
    """The rows of a file that may grow. `update` may run in another thread than the reading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: list[str] = []
        self._ends = np.zeros(0, dtype=np.int64)  # where each row ends, the header first
        self._file = (0, 0)  # device and number, to notice a replaced file
        self._block: tuple[int, list[list[str]]] = (-1, [])

    def __len__(self) -> int:
        return max(0, len(self._ends) - 1)

    def update(self) -> bool:
        """Looks through what was appended, or through everything where the file is another one. Whether it changed."""
        try:
            with self.path.open("rb") as file:
                return self._look(file)
        except OSError:
            changed = len(self._ends) > 0
            self._ends, self.header = np.zeros(0, dtype=np.int64), []
            return changed

    def row(self, number: int) -> list[str]:
        """The cells of a row; shorter or empty where the file was cut meanwhile."""
        first = number - number % _BLOCK
        if self._block[0] != first or number - first >= len(self._block[1]):
            self._block = (first, self._read(first, min(first + _BLOCK, len(self))))
        rows = self._block[1]
        return rows[number - first] if number - first < len(rows) else []

    def rows(self, first: int, last: int) -> list[list[str]]:
        """Rows `first` to `last`, that one not included."""
        return self._read(first, min(last, len(self)))

    def _look(self, file: BinaryIO) -> bool:
        about = os.fstat(file.fileno())
        identity = (about.st_dev, about.st_ino)
        known = self._ends
        if identity != self._file or (len(known) and about.st_size < known[-1]):
            known = np.zeros(0, dtype=np.int64)
        start = int(known[-1]) if len(known) else 0
        file.seek(start)
        found, quotes, position = [known], 0, start
        while chunk := file.read(_CHUNK):
            data = np.frombuffer(chunk, dtype=np.uint8)
            newlines = np.flatnonzero(data == 10)
            marks = np.flatnonzero(data == 34)
            if len(marks) or quotes:  # a line break inside quotes ends no row
                newlines = newlines[(quotes + np.searchsorted(marks, newlines)) % 2 == 0]
            quotes += len(marks)
            found.append(newlines + position + 1)
            position += len(chunk)
        ends = np.concatenate(found)
        changed = identity != self._file or len(ends) != len(self._ends)
        self._file = identity
        if changed:
            self._ends, self._block = ends, (-1, [])
            self.header = next(iter(self._parse(file, 0, int(ends[0]))), []) if len(ends) else []
        return changed

    def _read(self, first: int, last: int) -> list[list[str]]:
        if first >= last:
            return []
        try:
            with self.path.open("rb") as file:
                return self._parse(file, int(self._ends[first]), int(self._ends[last]))
        except (OSError, IndexError):
            return []

    def _parse(self, file: BinaryIO, start: int, end: int) -> list[list[str]]:
        file.seek(start)
        text = file.read(end - start).decode("utf-8", errors="replace")
        return list(csv.reader(text.splitlines(keepends=True)))
