"""The plotted numbers of a figure as CSV, one line a point (or a row of a matrix), with the figure's own words."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from genodesk.core.figure import Axis, Panel, Series
from genodesk.core.figure_files import MATRIX_KINDS, ROLES
from genodesk.core.figure_text import clean, with_unit
from genodesk.engine.drawing import Drawing
from genodesk.engine.run_tables import safe_cell


def numbers_as_csv(drawing: Drawing) -> str:
    """All numbers of a drawing. Points have the columns panel, series and one a role; matrices keep their shape.

    A histogram gives the numbers that were counted. Words that a spreadsheet would run as formulas are guarded.
    """
    if drawing.figure.kind in MATRIX_KINDS:
        return _matrices(drawing)
    required, optional = ROLES[drawing.figure.kind]
    present = {role for panel in drawing.figure.panels for series in panel.series for role in series.data}
    roles = [role for role in (*required, *optional) if role in present]
    named = any(series.marks for panel in drawing.figure.panels for series in panel.series)
    header = ["panel", "series", *(_heading(drawing, role) for role in roles), *(["name"] if named else [])]
    return _csv(header, _points(drawing, roles, named))


def _points(drawing: Drawing, roles: list[str], named: bool) -> Iterator[list[Any]]:
    for panel in drawing.figure.panels:
        for series in panel.series:
            columns = [_column(drawing, panel, series, role) for role in roles]
            length = max(map(len, columns))
            padded = [column or [None] * length for column in columns]
            front = [clean(panel.title), clean(series.name)]
            for place, numbers in enumerate(zip(*padded, strict=True)):
                row = [*front, *numbers]
                yield [*row, clean(series.marks.get(place, ""))] if named else row


def _column(drawing: Drawing, panel: Panel, series: Series, role: str) -> list[Any]:
    """One role's values, codes put back into words; empty where the series does not have the role."""
    if role not in series.data:
        return []
    numbers = drawing.arrays[series.data[role]]
    colour = drawing.figure.colour
    if role == "value" and colour is not None and colour.kind == "category":
        return _words(numbers, colour.categories)
    axis = {"x": panel.x, "y": panel.y}.get(role)
    if axis is not None and axis.ticks:
        return _words(numbers, axis.ticks)
    values: list[Any] = numbers.tolist()
    return values


def _words(codes: np.ndarray, words: tuple[str, ...]) -> list[Any]:
    return [clean(words[int(code)]) if 0 <= code < len(words) else None for code in codes.tolist()]


def _heading(drawing: Drawing, role: str) -> str:
    """The axis' or scale's own label where all panels agree on it, else the role."""
    colour = drawing.figure.colour
    if role == "value" and colour is not None and colour.label:
        return with_unit(colour.label, colour.unit)
    axes = {panel.x if role == "x" else panel.y for panel in drawing.figure.panels} if role in ("x", "y") else set()
    if len(axes) == 1 and (axis := axes.pop()).label:
        return with_unit(axis.label, axis.unit)
    return role


def _matrices(drawing: Drawing) -> str:
    parts = []
    for panel in drawing.figure.panels:
        for series in panel.series:
            matrix = drawing.arrays[series.data["matrix"]]
            rows, columns = _names(panel.y, matrix.shape[0]), _names(panel.x, matrix.shape[1])
            corner = " / ".join(filter(None, (clean(panel.title), with_unit(panel.y.label, panel.y.unit))))
            lines = ([name, *numbers] for name, numbers in zip(rows, matrix.tolist(), strict=True))
            parts.append(_csv([corner, *columns], lines))
    return "\n".join(parts)


def _names(axis: Axis, length: int) -> list[str]:
    return [clean(word) for word in axis.ticks] or [str(i) for i in range(length)]


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Lines of cells; a missing number is an empty one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([safe_cell(word) for word in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else safe_cell(value)
