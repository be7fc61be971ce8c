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
    """The rows of the first sheet, "" for an empty cell; rows behind the last cell are left out.

    What is merged down the rows stands in each of them. Raises UserError for what is no workbook, for cells merged
    over columns or with the names, for a value in a column without a name (but for the first, which may number the
    rows), and for a formula without a result.
    """
    with _opened(path, formulas=True) as book:
        sheet = book.worksheets[0]
        merged = list(sheet.merged_cells.ranges)
        _refuse_merged_columns(sheet, path)
        cells = list(sheet.iter_rows())
        formulas = [cell.coordinate for row in cells for cell in row if cell.data_type == "f"]
        rows = _text([cell.value for cell in row] for row in cells)
    if formulas:
        with _opened(path) as book:
            sheet = book.worksheets[0]
            _refuse_uncomputed(sheet, formulas, path)
            rows = _text(sheet.iter_rows(values_only=True))
    rows = _named_columns(rows, path)
    while rows and not any(rows[-1]):
        rows.pop()
    for area in merged:
        column = area.min_col - 1
        for row in rows[area.min_row : area.max_row]:
            row[column : column + 1] = rows[area.min_row - 1][column : column + 1]
    return rows


def _refuse_merged_columns(sheet: Any, path: Path) -> None:
    for merged in sheet.merged_cells.ranges:
        if merged.min_row == 1 or merged.size["columns"] > 1:
            raise UserError(
                f"The cells {merged.coord} of sheet {sheet.title!r} are merged, so columns have no names of their own.",
                "Unmerge them and give every column one name in one row.",
                str(path),
            )


def _refuse_uncomputed(sheet: Any, formulas: list[str], path: Path) -> None:
    """Raises UserError for a formula whose result is not in the file, as programs write it that cannot calculate."""
    for place in formulas:
        cell = sheet[place]
        if cell.value is None and cell.data_type != "str":  # a formula may give an empty text
            raise UserError(
                f"The formula in cell {place} of sheet {sheet.title!r} has no result in the file.",
                "Open the file in a spreadsheet program and save it, or replace formulas by their values.",
                str(path),
            )


def _named_columns(rows: list[list[str]], path: Path) -> list[list[str]]:
    """The rows as far as columns have names. Raises UserError for a value in another column than the first without."""
    header = rows[0] if rows else []
    width = max((number for number, name in enumerate(header, start=1) if name), default=0)
    nameless = [place for place, name in enumerate(header) if not name and (place or not width)]
    for number, row in enumerate(rows, start=1):
        place = next((place for place in nameless if row[place]), None)
        if place is not None:
            raise UserError(
                f"The value {row[place][:60]!r} stands in a column without a name.",
                "Give its column a name in the first row, or empty the cell.",
                f"{path}, row {number}, column {place + 1}",
            )
    return [row[:width] for row in rows]


@contextmanager
def _opened(path: Path, *, read_only: bool = False, formulas: bool = False) -> Iterator[Any]:
    """A workbook, with results in place of `formulas`. Merged cells are told only where it is read as a whole."""
    import openpyxl

    looked_up(path)
    try:
        book = openpyxl.load_workbook(path, read_only=read_only, data_only=not formulas)
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
