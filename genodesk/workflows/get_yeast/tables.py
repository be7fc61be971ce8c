"""Reads one table from CSV, TSV or XLSX: names of columns, text, and float32 where a caller asks for numbers.

Knows no yeast; whatever a spreadsheet can do to a table ends here in a sentence that says how to save it properly.
"""

import csv
import warnings
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.engine.data.store import looked_up
from genodesk.engine.data.workbook import SUFFIX, first_sheet

KINDS = (".csv", ".tsv", SUFFIX)
HEADER_BYTES = 4_000_000
ROWS_LOOKED_AT = 200
_SAVE = "Save it as CSV UTF-8 (comma separated)."


def is_table(path: Path) -> bool:
    """Whether the name is that of a table."""
    return path.suffix.lower() in KINDS


class Table:
    """A table whose header and first rows were looked at: `names` of the columns, and `start` as text."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # A workbook has to be opened as a whole, a text file not.
        self._rows: list[list[str]] | None
        self.names, self._rows = _sheet(path) if path.suffix.lower() == SUFFIX else (_text_names(path), None)

    @cached_property
    def start(self) -> pd.DataFrame:
        """The first 200 rows as text."""
        if self._rows is not None:
            return pd.DataFrame(self._rows[:ROWS_LOOKED_AT], columns=self.names, dtype=object)
        return _text_table(self.path, self.names, set(), ROWS_LOOKED_AT)

    def read(self, numbers: Collection[str] = ()) -> pd.DataFrame:
        """All rows; index = row number in the file, the header being row 1.

        Text columns hold `object` text, "" for an empty cell. The columns named in `numbers` come as float32, NaN for
        an empty cell. Raises UserError for what is no proper table, naming row and column.
        """
        if self._rows is not None:
            table = pd.DataFrame(self._rows, columns=self.names, dtype=object)
        else:
            table = _text_table(self.path, self.names, set(numbers))
        if not len(table):
            raise UserError("The table has a header but no rows.", "Choose a table with data.", str(self.path))
        table.index = pd.RangeIndex(2, len(table) + 2)
        for name in numbers:
            if table[name].dtype == object:
                table[name] = to_numbers(table[name], self.path)
        return table

    def refuse_short_rows(self, table: pd.DataFrame) -> None:
        """Raises UserError where a row of `table`, which was read of this text file, has fewer cells than the header.

        Only a row whose last cell is empty can be one, so that most files are not looked through again.
        """
        last = table[self.names[-1]]
        if self._rows is not None or not (last.isna() | (last == "")).any():
            return
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, delimiter=_separator(self.path))
            for cells in lines:
                if cells and len(cells) < len(self.names):
                    raise UserError(
                        f"This row has {len(cells)} cells, the header {len(self.names)}.",
                        "Give every row as many cells as the header, also where some are empty.",
                        f"{self.path}, row {lines.line_num}",
                    )


def to_numbers(column: pd.Series, path: Path, kind: type = np.float32) -> pd.Series:
    """The column as float32 or another `kind`, NaN for an empty cell or NA.

    Raises UserError naming the first row that is no number.
    """
    text = column.astype(str).str.strip()
    empty = text.str.casefold().isin(("", "nan", "na", "n/a", "null", "none"))
    values = pd.to_numeric(text.where(~empty), errors="coerce")
    wrong = values.isna() & ~empty
    if wrong.any():
        row = wrong.idxmax()
        raise UserError(
            f"{text[row]!r} is not a number.",
            "Write a number with a point as decimal sign, or leave the cell empty.",
            f"{path}, row {row}, column {column.name}",
        )
    return values.astype(kind)


def _text_names(path: Path) -> list[str]:
    start = _start(path)
    line = start.splitlines()[0]
    if len(line.encode()) >= HEADER_BYTES - 4:
        raise UserError("The first line never ends: this is no table.", _SAVE, str(path))
    mark = _separator(path)
    names = next(csv.reader([line], delimiter=mark), [])
    others = {";": "semicolons", "\t": "tabs", ",": "commas", "|": "bars"}
    # A name may hold the other mark, so what counts is how often each one divides the line.
    busiest = max(others, key=line.count)
    if len(names) < 2 and line.count(busiest) > 0 and busiest != mark:
        raise UserError(
            f"The columns are separated by {others[busiest]} instead of {others[mark]}.",
            f"{_SAVE[:-1]}, with a point as decimal sign." if mark == "," else "Separate the columns by tabs.",
            str(path),
        )
    return _checked_names(names, path)


def _start(path: Path) -> str:
    """The beginning of a text file, after looking whether it is UTF-8 text at all."""
    looked_up(path)
    try:
        with path.open("rb") as file:
            start = file.read(HEADER_BYTES)
    except OSError as error:
        raise UserError("The file cannot be read.", "Check its permissions, or copy it.", str(path)) from error
    if not start.strip():
        raise UserError("The file is empty.", "Choose another file.", str(path))
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or start[:200].count(b"\0") > 20:
        raise UserError("The file is UTF-16 text, not UTF-8.", _SAVE, str(path))
    if start[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise UserError("The file is a spreadsheet, whatever its name says.", f"Name it .xlsx, or: {_SAVE}", str(path))
    try:
        # The last letter of the piece may be cut in two.
        return start.decode("utf-8-sig") if len(start) < HEADER_BYTES else start[:-4].decode("utf-8-sig", "ignore")
    except UnicodeDecodeError as error:
        raise UserError(
            f"The file is not UTF-8 text: byte {error.start} belongs to no letter.", _SAVE, str(path)
        ) from error


def _text_table(path: Path, names: list[str], numbers: set[str], rows: int | None = None) -> pd.DataFrame:
    kinds = {name: np.float32 if name in numbers else str for name in names}
    for tried in (kinds, dict.fromkeys(names, str)):  # as text where a number is none: the caller finds the cell
        try:
            return _read(path, names, tried, rows)
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            raise UserError(
                f"The rows do not all have {len(names)} columns like the header.",
                "Quote cells that hold a comma, and give every row the same columns.",
                str(path),
            ) from error
        except UnicodeDecodeError as error:
            raise UserError("The file is not UTF-8 text throughout.", _SAVE, str(path)) from error
        except (ValueError, OverflowError):
            continue
    raise UserError("The table cannot be read.", _SAVE, str(path))


def _read(path: Path, names: list[str], kinds: Mapping[str, type], rows: int | None) -> pd.DataFrame:
    with warnings.catch_warnings():
        # Rows longer than the header are told by an error or, if all of them are, by a warning.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path,
            sep=_separator(path),
            names=names,
            header=0,
            dtype=kinds,
            na_values={name: [""] for name, kind in kinds.items() if kind is not str},
            keep_default_na=False,
            encoding="utf-8-sig",
            index_col=False,
            on_bad_lines="error",
            nrows=rows,
        )


def _separator(path: Path) -> str:
    return "\t" if path.suffix.lower() == ".tsv" else ","


def _sheet(path: Path) -> tuple[list[str], list[list[str]]]:
    """Names and text cells of the first sheet of a workbook."""
    names, *rows = first_sheet(path) or [[]]
    return _checked_names(names, path), rows


def _checked_names(names: Iterable[str], path: Path) -> list[str]:
    cleaned = [str(name).strip() for name in names]
    if len(cleaned) < 2:
        raise UserError("The table has fewer than two columns.", f"Choose another file, or: {_SAVE}", str(path))
    if cleaned[0] == "":
        cleaned[0] = "Unnamed: 0"  # how a table of pandas calls its row numbers
    named = [name for name in cleaned if name]
    if len(named) < len(cleaned):
        raise UserError(
            f"Column {cleaned.index('') + 1} has no name.",
            "Give every column one name in the first row, without merged cells.",
            str(path),
        )
    repeated = sorted({name for name in named if named.count(name) > 1}) if len(set(named)) < len(named) else []
    if repeated:
        raise UserError(
            f"Several columns are called {repeated[0]!r}.", "Give every column a name of its own.", str(path)
        )
    return cleaned
