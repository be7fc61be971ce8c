"""The tables of a run as CSV files: whole tables written at once, and metrics.csv that grows row by row."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genodesk.core.disk import is_disk_full, write_atomically
from genodesk.core.errors import UserError

_HEADER = ("step", "epoch", "split", "metric", "value")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_table(path: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """Writes columns of equal length as CSV in UTF-8. Text that a spreadsheet would run as a formula gets a quote mark.

    Raises UserError for columns of unequal length.
    """
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise UserError(f"The columns of this table differ in length: {lengths}.", "", str(path))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in columns])
    writer.writerows([safe_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, text.getvalue().encode())


def safe_cell(value: Any) -> Any:
    """A cell as a spreadsheet may show it: text that looks like a formula is marked as text. Numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


class MetricsTable:
    """metrics.csv: one row a value, steps in order, each step and split once, also over several attempts.

    On a full disk rows wait in memory and are written with the next that fit.
    """

    def __init__(self, path: Path, continued: bool) -> None:
        self._path = path
        self._repeats = continued and path.exists()
        self._first_step: int | None = None
        self._cleaned: set[str] = set()
        self._waiting = ""

    def add(self, step: int, epoch: float | None, split: str, values: Mapping[str, float]) -> None:
        """Appends the values of a step. Raises OSError for anything but a full disk."""
        if self._repeats:
            self._cut(step, split)
        text = io.StringIO()
        shown = "" if epoch is None else repr(float(epoch))
        rows = [(step, shown, safe_cell(split), safe_cell(name), repr(float(value))) for name, value in values.items()]
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._waiting += text.getvalue()
        try:
            self._append()
        except OSError as error:
            if not is_disk_full(error):
                raise

    def _cut(self, step: int, split: str) -> None:
        """Removes what an earlier attempt wrote beyond its last checkpoint: the steps from here on are made again."""
        if self._first_step is None:
            self._first_step = step
        elif step != self._first_step:
            self._repeats = False
            return
        if split in self._cleaned:
            return
        self._cleaned.add(split)
        first = len(self._cleaned) == 1
        with self._path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        kept = [row for row in rows if len(row) == len(_HEADER) and _stays(row, step, split, first)]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([_HEADER, *kept])
        write_atomically(self._path, text.getvalue().encode())

    def _append(self) -> None:
        """Writes what waits, whole or not at all."""
        if not self._path.exists():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._waiting = ",".join(_HEADER) + "\n" + self._waiting
        data = self._waiting.encode()
        with self._path.open("ab", buffering=0) as file:
            start = file.tell()
            try:
                written = 0
                while written < len(data):
                    written += file.write(data[written:])
            except OSError:
                file.truncate(start)
                raise
        self._waiting = ""


def _stays(row: list[str], step: int, split: str, first: bool) -> bool:
    try:
        number = int(row[0])
    except ValueError:
        return False
    later = number > step and first
    return not later and not (number == step and row[2] == safe_cell(split))
