"""The flat table: a row is a region in a sample, with motifs, accessibility, conditions and expression side by side.

A table of regions alone (each once, without expression) is the same without the columns of samples.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.workflows.get_yeast.columns import Columns, find_columns
from genodesk.workflows.get_yeast.data import Regions, place_of_ids
from genodesk.workflows.get_yeast.found import Found, words_of_one_hots
from genodesk.workflows.get_yeast.headers import read_one_hot
from genodesk.workflows.get_yeast.tables import Table, to_numbers

_COMMA = re.compile(r"^([-+]?\d+),(\d+)$")
SAME = 1e-4  # relative: scores of one region that differ less are the same number written twice


def read_flat(path: Path, target_column: str | None = None) -> Found:
    """Raw motif scores, accessibility, expression and conditions of a CSV, TSV or XLSX. Raises UserError."""
    where = str(path)
    opened = Table(path)
    opened.refuse_short_rows(opened.start)  # before what is in the columns is judged by their first cells
    columns, words = _without_words(find_columns(opened.names, target_column, where), opened.start)
    table = opened.read(columns.numbers)
    ids = _region_ids(table, columns)
    opened.refuse_short_rows(table)
    region, order = _codes(ids)
    sample, samples = _samples(table, columns)
    _refuse_repeats(region, sample, order, samples, columns, where)
    first = _first_rows(region, len(order))
    if not columns.target:
        _refuse_unnamed_expression(table, columns.motifs, region, first, where)
    return Found(
        regions=_regions(table, columns, order, first, path),
        motifs=_motifs(table, columns.motifs, region, first, where),
        motif_names=list(columns.motifs),
        accessibility=_accessibility(table, columns, region, sample, (len(samples), len(order))),
        expression=_spread(table, columns.target, region, sample, (len(samples), len(order))),
        samples=samples if columns.target or columns.sample or columns.conditions or columns.one_hots else samples[:0],
        sheet=_conditions(table, columns, sample, len(samples), where),
        notices=[*opened.notices, *([f"Columns of words that are not used: {first_few(words, 8)}."] if words else [])],
    )


def _without_words(columns: Columns, start: pd.DataFrame) -> tuple[Columns, list[str]]:
    """The columns without those taken for motifs whose first cells are all words."""
    words = [name for name in columns.motifs if _numbers(start[name]).isna().all()]
    return replace(columns, motifs=tuple(name for name in columns.motifs if name not in set(words))), words


def _numbers(cells: pd.Series) -> pd.Series:
    """The cells as numbers, NaN for words. A decimal comma is a number here, for `to_numbers` to refuse by its row."""
    return pd.to_numeric(cells.replace("", "0").str.replace(_COMMA, r"\1.\2", regex=True), errors="coerce")


def _region_ids(table: pd.DataFrame, columns: Columns) -> np.ndarray:
    if columns.region:
        return table[columns.region].astype(str).str.strip().to_numpy(dtype=object)
    parts = (table[name].astype(str) for name in (columns.chrom, columns.start, columns.end))
    return np.array(["_".join(row) for row in zip(*parts, strict=True)], dtype=object)


def _codes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A whole number for each value, and the values in order of first appearance."""
    codes, order = pd.factorize(values)
    return codes, np.asarray(order, dtype=object)


def _first_rows(codes: np.ndarray, number: int) -> np.ndarray:
    first = np.full(number, len(codes), dtype=np.int64)
    np.minimum.at(first, codes, np.arange(len(codes)))
    return first


def _samples(table: pd.DataFrame, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Which sample each row is of, and the names of samples: the column's, else one for each set of conditions."""
    if columns.sample:
        return _codes(table[columns.sample].astype(str).str.strip().to_numpy(dtype=object))
    telling = [*columns.conditions, *columns.one_hots]
    if not telling:
        return np.zeros(len(table), dtype=np.int64), np.array(["sample1"], dtype=object)
    codes = table.groupby(telling, sort=False, dropna=False).ngroup().to_numpy()
    return codes, np.array([f"sample{number + 1}" for number in range(codes.max() + 1)], dtype=object)


def _refuse_repeats(
    region: np.ndarray, sample: np.ndarray, regions: np.ndarray, samples: np.ndarray, columns: Columns, where: str
) -> None:
    pairs = pd.Index(region * len(samples) + sample)
    repeated = np.flatnonzero(pairs.duplicated())
    if len(repeated):
        row = int(repeated[0])
        hint = (
            "Keep one row for each region and sample."
            if columns.sample
            else "Add a column sample that tells replicates apart, or keep one row for each region."
        )
        raise UserError(
            f"Region {regions[region[row]]} occurs more than once in sample {samples[sample[row]]}.",
            hint,
            f"{where}, row {row + 2}",
        )


def _refuse_unnamed_expression(
    table: pd.DataFrame, names: tuple[str, ...], region: np.ndarray, first: np.ndarray, where: str
) -> None:
    """Raises UserError where a column taken for a motif differs within a region, as only expression does."""
    differing = {}
    for name in names:
        values = table[name].to_numpy()
        wrong = _differs(values, values[first][region])
        if wrong.any():
            differing[name] = int(wrong.argmax()) + 2
    if differing:
        candidates = list(differing)
        raise UserError(
            "No column is called expression, and within a region the numbers of "
            f"{first_few(candidates)} differ, which those of a motif do not.",
            f"Say which column is expression with --target-column, for example --target-column {candidates[-1]}.",
            f"{where}, row {differing[candidates[-1]]}",
        )


def _differs(values: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.abs(values - expected) > SAME * np.maximum(np.abs(expected), 1e-6)


def _motifs(
    table: pd.DataFrame, names: tuple[str, ...], region: np.ndarray, first: np.ndarray, where: str
) -> np.ndarray:
    """float32 [R, M]. Raises UserError for a score that is not the same in all rows of a region."""
    scores = np.empty((len(first), len(names)), dtype=np.float32)
    for number, name in enumerate(names):
        values = table[name].to_numpy()
        scores[:, number] = values[first]
        wrong = _differs(values, scores[region, number])
        if wrong.any():
            raise UserError(
                f"The score of motif {name} differs between rows of one region.",
                "A region's motifs are the same in every sample: correct the rows, or give the regions other ids.",
                f"{where}, row {int(wrong.argmax()) + 2}",
            )
    return scores


def _regions(table: pd.DataFrame, columns: Columns, ids: np.ndarray, first: np.ndarray, path: Path) -> Regions:
    if not columns.placed:
        return place_of_ids(ids)
    start, end = (to_numbers(table[name], path, np.float64).iloc[first] for name in (columns.start, columns.end))
    if start.isna().any() or end.isna().any():
        row = (start.isna() | end.isna()).idxmax()
        raise UserError("A region has no start or end.", "Fill in its place.", f"{path}, row {row}")
    chrom = table[columns.chrom].astype(str).to_numpy(dtype=object)[first]
    return Regions(ids, chrom, start.to_numpy().astype(np.int64), end.to_numpy().astype(np.int64))


def _accessibility(
    table: pd.DataFrame, columns: Columns, region: np.ndarray, sample: np.ndarray, shape: tuple[int, int]
) -> np.ndarray | None:
    spread = _spread(table, columns.accessibility, region, sample, shape)
    if spread is None:
        return None
    known = ~np.isnan(spread)
    first = spread[known.argmax(axis=0), np.arange(shape[1])]
    return first if ((spread == first) | ~known).all() else spread


def _spread(
    table: pd.DataFrame, column: str, region: np.ndarray, sample: np.ndarray, shape: tuple[int, int]
) -> np.ndarray | None:
    """One column as [S, R], NaN where there is no row."""
    if not column:
        return None
    spread = np.full(shape, np.nan, dtype=np.float32)
    spread[sample, region] = table[column].to_numpy(dtype=np.float32)
    return spread


def _conditions(
    table: pd.DataFrame, columns: Columns, sample: np.ndarray, number: int, where: str
) -> pd.DataFrame | None:
    telling = [*columns.conditions, *columns.one_hots]
    if not telling:
        return None
    first = _first_rows(sample, number)
    for name in telling:
        values = table[name].to_numpy()
        changed = np.flatnonzero((values != values[first][sample]) & ~pd.isna(values))
        if len(changed):
            raise UserError(
                f"Column {name} changes within sample {table[columns.sample].iloc[changed[0]]}.",
                "Give every row of a sample the same conditions.",
                f"{where}, row {changed[0] + 2}",
            )
    for name in columns.one_hots:
        field = (read_one_hot(name) or ("", ""))[0]
        if field in columns.conditions:
            raise UserError(f"Columns {field!r} and {name!r} both say the {field}.", "Keep one of them.", where)
    sheet = table[list(columns.conditions)].iloc[first]
    hots = table[list(columns.one_hots)].iloc[first].to_numpy(dtype=np.float32)
    return sheet.join(words_of_one_hots(hots, columns.one_hots, where).set_axis(sheet.index, axis=0))
