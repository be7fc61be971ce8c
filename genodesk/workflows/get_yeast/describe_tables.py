"""Yeast data as tables to look at: samples by conditions, regions by motifs, motifs, expression.

Missing values are None, never 0; what does not apply (the dose of no drug) is an empty text.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from genodesk.engine.described import Rows
from genodesk.workflows.get_yeast.conditions import CATEGORIES, CULTURE, DOSES, NUMBERS, PRECULTURE, amount_text
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.encoding import in_words
from genodesk.workflows.get_yeast.vocabulary import NO_DRUG

Column = Callable[[slice], list[Any]]
FIELDS = (*CATEGORIES[:3], *PRECULTURE, CATEGORIES[3], "dose", *CULTURE)


def field_title(name: str) -> str:
    """A field of the conditions as a heading: "Preculture time (h)"; the two columns of doses are one field."""
    words, unit = ("dose", "") if name == "dose" else in_words(name)
    return words[:1].upper() + words[1:] + (f" ({unit.strip()})" if unit else "")


def field_values(conditions: pd.DataFrame, name: str) -> list[Any]:
    """The values of a field: text or numbers, None where nothing was recorded, "" for the dose of no drug."""
    if name == "dose":
        return [
            _dose(drug, *amounts)
            for drug, *amounts in zip(conditions["drug"], *(conditions[part] for part in DOSES), strict=True)
        ]
    if name in NUMBERS:
        return _numbers(conditions[name].to_numpy(dtype=np.float64))
    return [None if pd.isna(value) else str(value) for value in conditions[name]]


def sample_rows(data: YeastData) -> Rows:
    """A row for each sample: every field, the group of equal conditions, other columns, how much was measured."""
    columns: dict[str, Column] = {"Sample": _texts(data.samples)}
    for name in FIELDS:
        values = field_values(data.conditions, name)
        columns[field_title(name)] = values.__getitem__
    columns["Condition group"] = _texts(np.array([group or None for group in data.condition_group], dtype=object))
    if data.labels is not None:
        for name in data.labels:
            label = data.labels[name].astype(object)
            columns[str(name)] = _texts(label.where(label.notna() & (label != ""), None).to_numpy())
    if data.expression is not None:
        expression = data.expression
        columns["Regions measured"] = lambda part: np.isfinite(expression[part]).sum(axis=1).tolist()
        columns["Mean expression"] = lambda part: _numbers(_means(expression[part], axis=1))
    return _table("Samples", len(data.samples), columns)


def region_rows(data: YeastData) -> Rows:
    """A row for each region: its place, openness, what was measured there, and the score of every motif."""
    regions, columns = data.regions, {"Region": _texts(data.regions.ids)}
    if regions.chrom is not None and regions.start is not None and regions.end is not None:
        start, end = regions.start, regions.end
        columns["Chromosome"] = _texts(regions.chrom)
        columns["Start"] = lambda part: start[part].tolist()
        columns["End"] = lambda part: end[part].tolist()
        columns["Width"] = lambda part: (end[part] - start[part]).tolist()
    if data.accessibility is not None:
        opened = np.atleast_2d(data.accessibility)
        title = "Accessibility" if len(opened) == 1 else "Mean accessibility"
        columns[title] = lambda part: _numbers(_means(opened[:, part], axis=0))
    if data.expression is not None:
        expression = data.expression
        columns["Mean expression"] = lambda part: _numbers(_means(expression[:, part], axis=0))
        columns["Samples without a value"] = lambda part: np.isnan(expression[:, part]).sum(axis=0).tolist()
    motifs = data.motifs
    columns["Motifs found"] = lambda part: (motifs[part] > 0).sum(axis=1).tolist()
    for number, name in enumerate(data.motif_names):
        columns[name] = _scores(data, number)
    return _table("Regions", len(regions), columns)


def motif_rows(data: YeastData) -> Rows:
    """A row for each motif, those that are zero everywhere last."""
    names = [*data.motif_names, *data.dropped_motifs]
    empty = [0] * len(data.dropped_motifs)
    bearing = [*(data.motifs > 0).sum(axis=0).tolist(), *empty]
    highest = data.motifs.max(axis=0, initial=0.0) * (1 if data.motif_scale is None else data.motif_scale)
    used = ["yes"] * len(data.motif_names) + ["no, zero everywhere"] * len(data.dropped_motifs)
    columns: dict[str, Column] = {
        "Motif": names.__getitem__,
        "Regions with it": bearing.__getitem__,
        "Highest score": [*_numbers(highest), *empty].__getitem__,
        "Used": used.__getitem__,
    }
    return _table("Motifs", len(names), columns)


def expression_rows(data: YeastData) -> Rows:
    """A row for each region, a column for each sample."""
    expression = data.expression
    assert expression is not None
    ids = data.regions.ids

    def read(part: slice) -> list[list[Any]]:
        return [[str(name), *_numbers(values)] for name, values in zip(ids[part], expression[:, part].T, strict=True)]

    return Rows("Expression", ["Region", *map(str, data.samples)], len(ids), read)


def _table(title: str, total: int, columns: dict[str, Column]) -> Rows:
    def read(part: slice) -> list[list[Any]]:
        return [list(row) for row in zip(*(column(part) for column in columns.values()), strict=True)]

    return Rows(title, list(columns), total, read)


def _texts(values: np.ndarray) -> Column:
    return lambda part: [None if value is None else str(value) for value in values[part]]


def _scores(data: YeastData, number: int) -> Column:
    scale = 1.0 if data.motif_scale is None else float(data.motif_scale[number])
    return lambda part: _numbers(data.motifs[part, number] * scale)


def _means(values: np.ndarray, axis: int) -> np.ndarray:
    """Over what is there; NaN where nothing is."""
    there = np.isfinite(values)
    number = there.sum(axis=axis)
    total = np.where(there, values, 0).sum(axis=axis, dtype=np.float64)
    return np.divide(total, number, out=np.full(number.shape, np.nan), where=number > 0)


def _numbers(values: np.ndarray) -> list[float | None]:
    """With six digits, as a table shows them."""
    return [None if math.isnan(value) else float(f"{value:.6g}") for value in values.tolist()]


def _dose(drug: object, molar: float, mass: float) -> str | None:
    if drug == NO_DRUG:
        return ""
    told = [
        amount_text(amount, unit, " ").replace(" u", " µ")
        for amount, unit in ((molar, "M"), (mass, "g/L"))
        if not pd.isna(amount)
    ]
    return " + ".join(told) or None
