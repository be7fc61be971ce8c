"""Reads one table from CSV, TSV or XLSX: names of columns, text, and float32 where a caller asks for numbers.

Knows no yeast; whatever a spreadsheet can do to a table ends here in a sentence that says how to save it properly.
"""

import warnings
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.engine.data.text_table import STEP, TextTable, open_table
from genodesk.engine.data.workbook import SUFFIX, first_sheet

KINDS = (".csv", ".tsv", SUFFIX)
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
        self._rows: list[list[str]] = []
        self._text: TextTable | None = None
        if path.suffix.lower() == SUFFIX:
            names, *self._rows = first_sheet(path) or [[]]
        else:
            self._text = open_table(path)
            names = self._text.columns
        self.names = _checked_names(names, path)

    @property
    def notices(self) -> list[str]:
        """What had to be guessed to read it."""
        return [] if self._text is None else self._text.notices

    @cached_property
    def start(self) -> pd.DataFrame:
        """The first 200 rows as text."""
        if self._text is None:
            return pd.DataFrame(self._rows[:ROWS_LOOKED_AT], columns=self.names, dtype=object)
        return _text_table(self._text, self.names, set(), ROWS_LOOKED_AT)

    def read(self, numbers: Collection[str] = ()) -> pd.DataFrame:
        """All rows; index = row number in the file, the header being row 1.

        Text columns hold `object` text, "" for an empty cell. The columns named in `numbers` come as float32, NaN for
        an empty cell. Raises UserError for what is no proper table, naming row and column.
        """
        if self._text is None:
            table = pd.DataFrame(self._rows, columns=self.names, dtype=object)
        else:
            table = _text_table(self._text, self.names, set(numbers))
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
        if self._text is None or not (last.isna() | (last == "")).any():
            return
        for start in range(0, self._text.n_rows, STEP):
            for number, cells in enumerate(self._text.rows(start, STEP), start=start + 2):
                if len(cells) < len(self.names):
                    raise UserError(
                        f"This row has {len(cells)} cells, the header {len(self.names)}.",
                        "Give every row as many cells as the header, also where some are empty.",
                        f"{self.path}, row {number}",
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


def _text_table(opened: TextTable, names: list[str], numbers: set[str], rows: int | None = None) -> pd.DataFrame:
    kinds = {name: np.float32 if name in numbers else str for name in names}
    for tried in (kinds, dict.fromkeys(names, str)):  # as text where a number is none: the caller finds the cell
        try:
            return _read(opened, names, tried, rows)
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            raise UserError(
                f"The rows do not all have {len(names)} columns like the header.",
                "Quote cells that hold the sign between columns, and give every row the same columns.",
                str(opened.path),
            ) from error
        except (ValueError, OverflowError):
            continue
    raise UserError("The table cannot be read.", _SAVE, str(opened.path))


def _read(opened: TextTable, names: list[str], kinds: Mapping[str, type], rows: int | None) -> pd.DataFrame:
    with warnings.catch_warnings():
        # Rows longer than the header are told by an error or, if all of them are, by a warning.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            opened.path,
            sep=opened.delimiter,
            names=names,
            header=0,
            dtype=kinds,
            na_values={name: [""] for name, kind in kinds.items() if kind is not str},
            keep_default_na=False,
            encoding="utf-8-sig" if opened.encoding == "utf-8" else opened.encoding,
            index_col=False,
            on_bad_lines="error",
            nrows=rows,
        )


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
