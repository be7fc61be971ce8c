"""What a painter of one kind of figure hands to the panel that shows it, and the ink that all panels share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter

from genodesk.app.plots.load import Arrays, drawable
from genodesk.app.plots.view import PlotView, Snapshot
from genodesk.app.theme import theme
from genodesk.core.figure import Axis, Figure, Series
from genodesk.core.figure_look import DASHES, baseline_shade, reference_numbers, series_colours

Extent = tuple[float, float, float, float]
"""Least and greatest x, least and greatest y, in the plane: logarithms on a logarithmic axis."""


@dataclass(frozen=True)
class Plotted:
    """One panel ready to be painted. `tell` puts what lies at a point of the plane into words.

    `raster` makes a picture of what is too much to paint at once; it is shown beneath and made in another thread.
    """

    x: Axis
    y: Axis
    extent: Extent
    paint: Callable[[QPainter, PlotView], None]
    tell: Callable[[float, float], str]
    raster: Callable[[Snapshot], QImage] | None = None
    grid: str = "y"
    baseline: bool = True
    upside_down: bool = False
    square: bool = False
    least_height: int = 110


class Ink:
    """The numbers of a figure and the colours of its series, the same in all panels. Made in the raster's thread."""

    def __init__(self, figure: Figure, arrays: Arrays) -> None:
        self.figure = figure
        self._numbers = {name: drawable(array) for name, array in arrays.items()}
        self._ours = series_colours(figure)
        self._references = reference_numbers(figure)

    def numbers(self, series: Series, *roles: str) -> list[np.ndarray]:
        """The series' arrays of these roles, as float64 with NaN for what cannot be drawn."""
        return [self._numbers[series.data[role]] for role in roles]

    def colour(self, series: Series) -> QColor:
        """The colour of a series of ours."""
        return QColor(self._ours[series.name])

    def grey(self, series: Series) -> QColor:
        """The grey of a baseline among bars, on the surface of now."""
        return QColor(baseline_shade(self._references[series.name], theme().css("panel")))

    def dash(self, series: Series) -> tuple[float, ...]:
        """The pattern of a reference line."""
        return DASHES[self._references[series.name] % len(DASHES)]

    @property
    def ours(self) -> dict[str, str]:
        """The colour of every series of ours."""
        return dict(self._ours)

    @property
    def references(self) -> dict[str, int]:
        """The number of every reference."""
        return dict(self._references)


def in_plane(numbers: np.ndarray, axis: Axis) -> np.ndarray:
    """The numbers where their axis has them: logarithms, with NaN for what has none, or themselves."""
    if not axis.log:
        return numbers
    return np.log10(numbers, where=numbers > 0, out=np.full(numbers.shape, np.nan))


def span(*arrays: np.ndarray, air: float = 0.0) -> tuple[float, float]:
    """The least and greatest finite number of all, with a share of the distance added at both ends."""
    numbers = np.concatenate([np.zeros(0), *arrays])
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return 0.0, 1.0
    low, high = float(numbers.min()), float(numbers.max())
    return low - air * (high - low), high + air * (high - low)
