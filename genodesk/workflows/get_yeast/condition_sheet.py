"""From a condition sheet, one row a sample, to the typed conditions of samples: which row is which sample's."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.workflows.get_yeast.condition_cells import CultureSheet, parse_conditions
from genodesk.workflows.get_yeast.conditions import CONDITION_COLUMNS, typed
from genodesk.workflows.get_yeast.headers import DOSE, SAMPLE, read_header
from genodesk.workflows.get_yeast.tables import Table
from genodesk.workflows.get_yeast.vocabulary import plain


def read_sheet(path: Path, samples: Sequence[str] | np.ndarray, scaled: bool = False) -> CultureSheet:
    """Conditions of the samples, in their order. Raises UserError naming file, row and column.

    Without samples every row of the sheet is one, under a number where no column can hold ids. A sample without a row
    has everything missing.
    """
    opened = Table(path)
    table = opened.read()
    table = table[table.apply(lambda cells: cells.map(plain) != "").any(axis=1)]
    if not len(table):
        raise UserError("All rows of the sheet are empty.", "Choose a table with data.", str(path))
    fields = [header.field for header in map(read_header, table.columns) if header is not None]
    if not any(name in (*CONDITION_COLUMNS, DOSE) for name in fields):
        raise UserError(
            f"No column of this table is a condition; it has {first_few(table.columns, 6)}.",
            "Name columns medium, drug, dose, drug_time_h, drug_temperature_c, drug_od600 and so on.",
            str(path),
        )
    column = _sample_column(table, samples, str(path))
    notices = list(opened.notices)
    if column is None:
        ids = pd.Series([f"culture{number}" for number in range(1, len(table) + 1)], index=table.index, dtype=object)
        called = "row is called culture1" if len(table) == 1 else f"rows are called culture1 to culture{len(table)}"
        notices.append(f"{path.name} names no samples, so its {called}.")
    else:
        ids = table[column].map(plain)
        table = table.drop(columns=column) if _holds_ids_only(column) else table
    named = _named_rows(ids, path, column, notices)
    wanted = [str(sample) for sample in samples] if len(samples) else list(named)
    notices += _unmatched(wanted, named, path.name)
    there = [sample for sample in wanted if sample in named]
    read = parse_conditions(table.loc[[named[sample] for sample in there]], there, str(path), scaled)
    return replace(
        read,
        conditions=typed(read.conditions.reindex(wanted)),
        labels=read.labels.reindex(wanted),
        notices=notices + read.notices,
        named=column is not None,
    )


def _sample_column(table: pd.DataFrame, samples: Sequence[str] | np.ndarray, where: str) -> str | None:
    """The column that holds sample ids: the one with most of the data's samples, else the one that is called so.

    Without either it is the first column, or None where that holds a condition.
    """
    called = [str(name) for name in table.columns if (header := read_header(name)) and header.field == SAMPLE]
    first = str(table.columns[0])
    if not len(samples):
        return called[0] if called else first if _holds_ids_only(first) else None
    wanted = {str(sample) for sample in samples}
    found = {str(name): len(wanted & set(table[name].map(plain))) for name in table.columns}
    best = max(found, key=lambda name: (found[name], name in called))
    if not found[best]:
        taken = called[0] if called else first
        shown = first_few([text for text in table[taken].map(plain) if text], 3)
        raise UserError(
            f"The sheet describes none of the {len(wanted)} samples: its column {taken}, taken for their ids, holds "
            f"{shown}; the data have {first_few(samples, 3)}."
            + ("" if called else " The sheet seems to have no sample column."),
            "Give the samples the same ids in both." if called else "Add a column sample with the ids of the data.",
            where,
        )
    return best


def _holds_ids_only(column: str) -> bool:
    header = read_header(column)
    return header is None or header.field == SAMPLE


def _named_rows(ids: pd.Series, path: Path, column: str | None, notices: list[str]) -> dict[str, int]:
    """The row of each sample. Raises UserError for a repeated id, and where no row has one."""
    nameless = ids == ""
    if nameless.all():
        raise UserError("No row of the sheet names its sample.", "Fill in the ids.", f"{path}, column {column}")
    if nameless.any():
        rows = first_few(ids.index[nameless], 10)
        notices.append(f"{path.name}: rows without an id in column {column} are left out: {rows}.")
    repeated = ids[ids.duplicated() & ~nameless]
    if len(repeated):
        raise UserError(
            f"Sample {repeated.iloc[0]} occurs more than once in the sheet.",
            "Keep one row for each sample, or call the column sample that holds the ids.",
            f"{path}, row {repeated.index[0]}, column {column}",
        )
    return {str(sample): int(row) for row, sample in ids[~nameless].items()}


def _unmatched(wanted: Sequence[str], named: dict[str, int], name: str) -> list[str]:
    """What is to be said of samples without a row and of rows without a sample."""
    asked = set(wanted)
    without = [sample for sample in wanted if sample not in named]
    extra = [sample for sample in named if sample not in asked]
    notices = []
    if without:
        notices.append(
            f"{len(without)} of {len(wanted)} samples have no row in {name}, so all their conditions are missing: "
            f"{first_few(without, 10)}."
        )
    if extra:
        notices.append(f"{len(extra)} rows of {name} belong to no sample of the data: {first_few(extra, 5)}.")
    return notices
