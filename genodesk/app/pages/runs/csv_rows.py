"""CsvRows: a CSV file of any length as rows that are read when they are looked at. Knows only where lines begin."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

_CHUNK = 8_000_000  # bytes looked through at once
_BLOCK = 256  # rows read together


class CsvRows:
    """The rows of a file that may grow. `update` and `text_of` may run in another thread than the reading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: list[str] = []
        self.version = 0
        self.file = (0, 0)  # device and number; other ones after the file was replaced
        self._ends = np.zeros(0, dtype=np.int64)  # where each row ends, the header first
        self._block: tuple[int, list[list[str]]] = (-1, [])

    def __len__(self) -> int:
        return max(0, len(self._ends) - 1)

    def update(self) -> None:
        """Looks through what was appended, or through everything where the file is another one.

        `version` then tells whether there are other rows than before.
        """
        try:
            with self.path.open("rb") as file:
                self._look(file)
        except OSError:
            if len(self._ends):
                self._ends, self.header = np.zeros(0, dtype=np.int64), []
                self.version += 1

    def row(self, number: int) -> list[str]:
        """The cells of a row; shorter or empty where the file was cut meanwhile."""
        first = number - number % _BLOCK
        block = self._block
        if block[0] != first or number - first >= len(block[1]):
            block = self._block = (first, self._read(first, min(first + _BLOCK, len(self))))
        rows = block[1]
        return rows[number - first] if number - first < len(rows) else []

    def text_of(self, numbers: Sequence[int]) -> str:
        """These rows with the header above, as a spreadsheet takes them: cells divided by tabs, all digits."""
        return "\n".join("\t".join(cells) for cells in (self.header, *map(self.row, numbers)))

    def _look(self, file: BinaryIO) -> None:
        about = os.fstat(file.fileno())
        identity = (about.st_dev, about.st_ino)
        known = self._ends
        if identity != self.file or (len(known) and about.st_size < known[-1]):
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
        changed = identity != self.file or len(ends) != len(self._ends)
        self.file = identity
        if changed:
            self._ends, self._block = ends, (-1, [])
            self.header = next(iter(self._parse(file, 0, int(ends[0]))), []) if len(ends) else []
            self.version += 1

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
        try:
            return list(csv.reader(f"{line}\n" for line in text.removesuffix("\n").split("\n")))
        except csv.Error:  # no table that a program of ours writes
            return []
