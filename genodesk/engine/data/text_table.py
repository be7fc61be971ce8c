"""Tables in text, as spreadsheets export them: their columns, how many rows, and any run of rows without the rest.

Knows rows and fields only; what the columns mean is for others to say.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

from genodesk.core.errors import UserError
from genodesk.engine.data.store import looked_up, plain_errors

STEP = 200  # rows from one remembered place to the next
_START = 256 * 2**10
_LONGEST_LINE = 4_000_000
_ROWS_BETWEEN = 50_000
_MARK = b"\xef\xbb\xbf"  # with which some programs begin UTF-8
_CONTROL = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))  # never in a text
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",\t;"
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

    @property
    def notices(self) -> list[str]:
        """A sentence where the letters had to be guessed."""
        if self.encoding == "utf-8":
            return []
        return [f"{self.path.name} is not UTF-8 and is read as GB 18030, in which Chinese spreadsheets are saved."]

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

    The text is UTF-8, else GB 18030, in which Chinese sheets are saved; cells are divided by commas, tabs or
    semicolons. Raises UserError for what is no table and for text in another encoding, as Western sheets are saved.
    """
    looked_up(path)
    with _opened(path) as file:
        start = file.read(_START)
        _refuse_no_text(start, path)
        begin = len(_MARK) if start.startswith(_MARK) else 0
        delimiter = _delimiter(start[begin:])
        file.seek(begin)
        if len(file.readline(_LONGEST_LINE)) == _LONGEST_LINE:
            raise UserError("The first line never ends: this is no table.", _HINT, str(path))
        file.seek(begin)
        encoding, n_rows, places = _look_through(file, begin, delimiter, path, between_blocks)
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


def _refuse_no_text(start: bytes, path: Path) -> None:
    text = start.removeprefix(_MARK).strip()
    if not text:
        raise UserError("The table is empty.", _HINT, str(path))
    if start.startswith(_SPREADSHEETS):
        raise UserError("The file is a spreadsheet, whatever its name says.", f"Name it .xlsx, or: {_HINT}", str(path))
    zeros = sorted(start[part::2].count(0) for part in (0, 1))
    alternating = zeros[0] == 0 and zeros[1] > 1 + len(start) // 4  # every second byte of plain letters is 0
    if start.startswith(_UTF16) or alternating:
        raise UserError("The table is UTF-16 text, not UTF-8.", _HINT, str(path))
    if len(start.translate(None, _CONTROL)) < len(start):
        raise UserError("The table is not text.", _HINT, str(path))
    if b"\n" not in text and b"\r" in text:
        raise UserError("The lines of the table end as old programs wrote them.", _HINT, str(path))


def _delimiter(start: bytes) -> str:
    """The sign that divides the first row most often; one that divides the second row alike is preferred."""
    lines = [line for line in re.sub(rb'"[^"]*"', b"", start).splitlines() if line.strip()]
    first, second = [*lines[:2], b"", b""][:2]

    def fit(sign: str) -> tuple[bool, int]:
        number = first.count(sign.encode())
        return number == second.count(sign.encode()) > 0, number

    return max(_DELIMITERS, key=fit)


def _look_through(
    file: IO[bytes], place: int, delimiter: str, path: Path, between_blocks: Callable[[], None]
) -> tuple[str, int, tuple[int, ...]]:
    """The encoding, the number of rows with the header, and the places of every 200th row below it."""
    letters = _Letters()

    def lines() -> Iterator[bytes]:
        nonlocal place
        for line in file:
            place += len(line)
            if not line.isascii():
                letters.meet(line)
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
    return letters.encoding(path), n_rows, tuple(places)


@dataclass
class _Letters:
    """Of the lines with letters beyond ASCII, how many are UTF-8, how many are not, and whether all are GB 18030.

    `signs` are those beyond ASCII of the others as GB 18030, `common` those of them that GB 2312 has: Chinese in daily
    use. µM and °C of a Western sheet give signs as well, but rare ones.
    """

    utf8: int = 0
    others: int = 0
    chinese: bool = True
    signs: int = 0
    common: int = 0

    def meet(self, line: bytes) -> None:
        if _is(line, "utf-8"):
            self.utf8 += 1
        else:
            self.others += 1
            self._count(line)
        self.chinese = self.chinese and _is(line, "gb18030")

    def _count(self, line: bytes) -> None:
        text = line.decode("gb18030", "ignore")
        plain = len(text.encode("ascii", "ignore"))
        self.signs += len(text) - plain
        self.common += (len(text.encode("gb2312", "ignore")) - plain) // 2  # two bytes a sign

    def encoding(self, path: Path) -> str:
        """Raises UserError for letters of another encoding, and for UTF-8 that is damaged in places."""
        if not self.others:
            return "utf-8"
        if not self.chinese or self.utf8 > self.others or 2 * self.common <= self.signs:
            raise UserError("The table is not UTF-8 text throughout.", _HINT, str(path))
        return "gb18030"


def _rows(lines: Iterable[bytes], encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The rows of these lines, without those that are blank."""
    return (row for row in csv.reader((line.decode(encoding, "replace") for line in lines), delimiter=delimiter) if row)


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
