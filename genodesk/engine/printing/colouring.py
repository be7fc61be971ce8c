"""The colours of one drawing's points: one colour a class or one scale for all its panels, and the legend they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import LogNorm, Normalize, to_rgba

from genodesk.core.figure import ColourScale
from genodesk.core.figure_files import MATRIX_KINDS
from genodesk.core.palette import CONTINUOUS, MATRIX, MISSING, OKABE_ITO, class_colours
from genodesk.engine.drawing import Drawing, drawable

# A few extreme cells would otherwise make all others one colour; the colour bar's arrows say that there are some.
_PERCENTILES = (1.0, 99.0)


@dataclass(frozen=True)
class Colouring:
    """How values become colours. `legend` holds (colour, word) for every class that occurs."""

    scale: ColourScale | None
    classes: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    norm: Any
    extend: str
    map_name: str

    @property
    def continuous(self) -> bool:
        """Whether a colour bar explains the colours."""
        return self.norm is not None

    def of_points(self, values: np.ndarray | None, plain: str = OKABE_ITO[0]) -> tuple[np.ndarray, np.ndarray]:
        """Colours [points, 4] and which points are known [points], for class codes, quantities or neither."""
        if values is None:
            return np.asarray([to_rgba(plain)]), np.ones(0, dtype=bool)
        if self.continuous:
            known = np.isfinite(values)
            rgba = matplotlib.colormaps[self.map_name](self.norm(np.where(known, values, self.norm.vmin)))
        else:
            known = np.isfinite(values) & (values >= 0)
            table = np.asarray([to_rgba(colour) for colour in (*self.classes, MISSING)])
            rgba = table[np.where(known, values, len(self.classes)).astype(int)]
            known &= np.isin(np.where(known, values, 0).astype(int), self._coloured())
        rgba[~known] = to_rgba(MISSING)
        return rgba, known

    def _coloured(self) -> np.ndarray:
        return np.flatnonzero([colour != MISSING for colour in self.classes])


def colouring_of(drawing: Drawing) -> Colouring:
    """The one colouring that all panels of a drawing share, so that equal colours mean equal things."""
    figure = drawing.figure
    scale = figure.colour
    if figure.kind == "confusion":
        return Colouring(scale, (), (), Normalize(0.0, 1.0), "neither", MATRIX)
    if figure.kind == "hexbin":
        return Colouring(scale, (), (), LogNorm(1.0, 10.0), "neither", MATRIX)
    role = "matrix" if figure.kind in MATRIX_KINDS else "value"
    found = [
        drawable(drawing.arrays[series.data[role]]).ravel()
        for panel in figure.panels
        for series in panel.series
        if role in series.data and not series.reference
    ]
    values = np.concatenate(found) if found else np.zeros(0)
    if scale is not None and scale.kind == "category" and role == "value":
        return _by_class(scale, values, unknown="unchanged" if figure.kind == "volcano" else "missing")
    if not found:
        return Colouring(scale, (), (), None, "neither", CONTINUOUS)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    extend = "neither"
    if role == "value" and finite.size:
        inner = np.percentile(finite, _PERCENTILES)
        if inner[0] < inner[1]:
            extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get(
                (bool(inner[0] > low), bool(inner[1] < high)), "neither"
            )
            low, high = float(inner[0]), float(inner[1])
    if low == high:
        low, high = low - 0.5, high + 0.5
    legend = ((MISSING, "missing"),) if role == "value" and finite.size < values.size else ()
    return Colouring(scale, (), legend, Normalize(low, high), extend, MATRIX if role == "matrix" else CONTINUOUS)


def _by_class(scale: ColourScale, values: np.ndarray, unknown: str) -> Colouring:
    known = np.isfinite(values) & (values >= 0)
    counts = np.bincount(values[known].astype(int), minlength=len(scale.categories))
    classes = class_colours([int(n) for n in counts])
    legend = [
        (colour, word)
        for colour, word, n in zip(classes, scale.categories, counts, strict=True)
        if n and colour != MISSING
    ]
    others = sum(1 for colour, n in zip(classes, counts, strict=True) if n and colour == MISSING)
    if others:
        legend.append((MISSING, f"{others} rarer classes"))
    if not known.all():
        legend.append((MISSING, f"or {unknown}" if others else unknown))
    return Colouring(scale, classes, tuple(legend), None, "neither", CONTINUOUS)
