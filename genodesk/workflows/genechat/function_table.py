"""Tables of what genes do: an id and a function in each row, from CSV, TSV or XLSX."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.text_table import open_table
from genodesk.engine.data.workbook import SUFFIX, first_sheet

_KINDS = (".csv", ".tsv", ".txt", SUFFIX)
_IDS = ("id", "gene_id", "geneid", "locus_tag", "locus", "systematic_name", "orf", "accession", "entry")
_FUNCTIONS = ("function", "description", "summary", "answer", "product", "annotation", "note")
_NAMES = ("gene", "name", "symbol", "gene_name", "gene_symbol", "standard_name")


@dataclass(frozen=True)
class FunctionRow:
    """What one row says; `name` is "" where the table names no genes, `number` is the row in the file."""

    id: str
    name: str
    text: str
    number: int


def is_function_table(path: Path) -> bool:
    """Whether the name of a file is that of a table."""
    return path.suffix.lower() in _KINDS


def read_functions(path: Path, between: Callable[[], None] = lambda: None) -> list[FunctionRow]:
    """The rows in order; those without an id are left out, rows without text are kept.

    Raises UserError where no column holds ids or functions, and for an id with two different functions.
    """
    names, rows = _sheet(path) if path.suffix.lower() == SUFFIX else _text(path, between)
    plain = [name.strip().casefold().replace(" ", "_") for name in names]
    ids = _column(plain, (*_IDS, *_NAMES))
    functions = _column(plain, _FUNCTIONS)
    if ids is None or functions is None or ids == functions:
        missing = "ids of genes" if ids is None else "functions"
        raise UserError(
            f"No column of this table is known to hold {missing}; it has {first_few(names, 6)}.",
            "Call the columns id and function.",
            str(path),
        )
    called = _column(plain, _NAMES)
    found: dict[str, FunctionRow] = {}
    for number, row in enumerate(rows, start=2):
        cells = [cell.strip() for cell in row] + [""] * (len(names) - len(row))
        name = cells[ids]
        if not name:
            continue
        read = FunctionRow(
            name, cells[called] if called is not None else "", " ".join(cells[functions].split()), number
        )
        before = found.setdefault(name, read)
        if before.text != read.text:
            raise UserError(
                f"{name} has one function in row {before.number} and another in row {number}.",
                "Keep one row for each gene.",
                str(path),
            )
    if not found:
        raise UserError("The table has no rows with an id.", "Choose a table with data.", str(path))
    return list(found.values())


def _column(names: list[str], known: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _text(path: Path, between: Callable[[], None]) -> tuple[list[str], list[list[str]]]:
    table = open_table(path, between)
    return table.columns, table.rows(0, table.n_rows)


def _sheet(path: Path) -> tuple[list[str], list[list[str]]]:
    """Names and text cells of the first sheet of a workbook."""
    rows = first_sheet(path)
    if not rows:
        raise UserError("The table is empty.", "Choose a table with data.", str(path))
    return rows[0], rows[1:]
