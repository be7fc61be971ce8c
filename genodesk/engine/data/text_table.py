"""Tables in text, as spreadsheets export them: their columns, how many rows, and any run of rows without the rest.

Knows rows and fields only; what the columns mean is for others to say.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

from genodesk.core.errors import UserError
from genodesk.engine.data.store import plain_errors

STEP = 200  # rows from one remembered place to the next
_START = 256 * 2**10
_ROWS_BETWEEN = 50_000
_MARK = b"\xef\xbb\xbf"  # with which some programs begin UTF-8
_CONTROL = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))  # never in a text
_HINT = "Export it again as CSV in UTF-8."


@dataclass(frozen=True)
class TextTable:
    """`columns` as the first row names them, `n_rows` below it, of which every 200th begins at one of `places`."""

    path: Path
    columns: list[str]
    delimiter: str
    encoding: str
    n_rows: int
    places: tuple[int, ...]

    def rows(self, start: int, number: int) -> list[list[str]]:
        """A run of rows, counted from 0 below the header, as they stand in the file: their lengths may differ.

        Raises UserError where the file cannot be read any more.
        """
        number = min(number, self.n_rows - start)
        if number <= 0:
            return []
        with _opened(self.path) as file:
            file.seek(self.places[start // STEP])
            return list(islice(_rows(file, self.encoding, self.delimiter), start % STEP, start % STEP + number))


def open_table(path: Path, between_blocks: Callable[[], None] = lambda: None) -> TextTable:
    """Looks through the file once for where its rows begin. `between_blocks` may raise to give up.

    The text is UTF-8, else taken for GB 18030, in which Chinese sheets are saved. Raises UserError for what is no
    table.
    """
    with _opened(path) as file:
        start = file.read(_START)
        delimiter = _delimiter(start, path)
        begin = len(_MARK) if start.startswith(_MARK) else 0
        file.seek(begin)
        encoding, n_rows, places = _look_through(file, begin, delimiter, between_blocks)
        file.seek(begin)
        header = next(_rows(file, encoding, delimiter))
    return TextTable(path, header, delimiter, encoding, n_rows - 1, places)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with plain_errors(path, ""):
        file = path.open("rb")
    with file:
        try:
            yield file
        except csv.Error as error:
            raise UserError(
                "The table cannot be read: a row is broken, or a quotation mark is never closed.", _HINT, str(path)
            ) from error
        except OSError as error:
            with plain_errors(path, ""):
                raise error


def _delimiter(start: bytes, path: Path) -> str:
    text = start.strip()
    if not text:
        raise UserError("The table is empty.", _HINT, str(path))
    if len(start.translate(None, _CONTROL)) < len(start):
        raise UserError("The table is not text.", _HINT, str(path))
    if b"\n" not in text and b"\r" in text:
        raise UserError("The lines of the table end as old programs wrote them.", _HINT, str(path))
    first = text.partition(b"\n")[0]
    return max(",\t;", key=lambda sign: first.count(sign.encode()))


def _look_through(
    file: IO[bytes], place: int, delimiter: str, between_blocks: Callable[[], None]
) -> tuple[str, int, tuple[int, ...]]:
    """The encoding, the number of rows with the header, and the places of every 200th row below it."""
    encoding = "utf-8"

    def lines() -> Iterator[bytes]:
        nonlocal place, encoding
        for line in file:
            place += len(line)
            if encoding == "utf-8" and not line.isascii() and not _is_utf8(line):
                encoding = "gb18030"
            yield line

    following = lines()
    n_rows, places, begin = 0, [], place
    for line in following:
        if line.count(b'"') % 2:  # a field in quotes goes on in the lines that follow
            next(_rows(chain([line], following), "latin-1", delimiter), None)
        if line.strip(b"\r\n"):
            if n_rows % STEP == 1:
                places.append(begin)
            n_rows += 1
            if n_rows % _ROWS_BETWEEN == 0:
                between_blocks()
        begin = place
    return encoding, n_rows, tuple(places)


def _rows(lines: Iterable[bytes], encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The rows of these lines, without those that are blank."""
    return (row for row in csv.reader((line.decode(encoding, "replace") for line in lines), delimiter=delimiter) if row)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
