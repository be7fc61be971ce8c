"""XLSX workbooks as text: a glance at the first rows, or the first sheet whole. What cells mean, others say."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.engine.data.store import looked_up

SUFFIX = ".xlsx"
_SAVE = "Save it again, or export it as CSV in UTF-8."


def glance(path: Path, rows: int) -> tuple[list[str], list[list[str]]]:
    """(names of all sheets, the first rows of the first); the rest is not read. Raises UserError for no workbook."""
    with _opened(path, read_only=True) as book:
        return list(book.sheetnames), _text(book.worksheets[0].iter_rows(max_row=rows, values_only=True))


def first_sheet(path: Path) -> list[list[str]]:
    """The rows of the first sheet, "" for an empty cell; columns behind the last name and rows behind the last cell
    are left out.

    Raises UserError for what is no workbook, and for merged cells, which leave columns without names or values.
    """
    with _opened(path, read_only=False) as book:  # merged cells are told by a workbook read as a whole only
        sheet = book.worksheets[0]
        for merged in sheet.merged_cells.ranges:
            if merged.min_row == 1 or merged.size["columns"] > 1:
                raise UserError(
                    f"The cells {merged.coord} of sheet {sheet.title!r} are merged, so columns have no names of their "
                    "own.",
                    "Unmerge them and give every column one name in one row.",
                    str(path),
                )
        rows = _text(sheet.iter_rows(values_only=True))
    width = max((number for number, name in enumerate(rows[0], start=1) if name), default=0) if rows else 0
    rows = [row[:width] for row in rows]
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


@contextmanager
def _opened(path: Path, *, read_only: bool) -> Iterator[Any]:
    import openpyxl

    looked_up(path)
    try:
        book = openpyxl.load_workbook(path, read_only=read_only, data_only=True)
        try:
            yield book
        finally:
            book.close()
    except UserError:
        raise
    except Exception as error:  # zipfile, xml and openpyxl have no common error for "this is no workbook"
        raise UserError("The file is not a readable XLSX workbook.", _SAVE, str(path)) from error


def _text(rows: Any) -> list[list[str]]:
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: object) -> str:
    """As a person reads the cell: whole numbers without a point."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
