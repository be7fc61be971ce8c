"""Hexagons coloured by how many points fall into them, for more points than a scatter plot can show."""

import math
from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from genodesk.app.plots.colouring import ColourKey
from genodesk.app.plots.matrix import matrix_ramp
from genodesk.app.plots.plotted import Ink, Plotted, in_plane, span
from genodesk.app.plots.strokes import draw_curve
from genodesk.app.plots.view import PlotView
from genodesk.app.theme import theme
from genodesk.core.figure import ColourScale, Panel

_ACROSS = 48
_LEAST_MOST = 10  # the scale always spans a power of ten
_UP = 26  # rows of a lattice with sides as in a plot a little wider than high


class Hexagons:
    """How many points (x, y) [points] fall into the cells of two shifted lattices, as in print.

    `counts` by cell; `centres` (x, y) [cells] and `shades` [cells], places in the ramp of colours.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, *, square: bool) -> None:
        self.x_span, self.y_span = span(x), span(y)
        up = round(_ACROSS / math.sqrt(3)) if square else _UP
        self.size = tuple(max(high - low, 1e-12) / n for (low, high), n in ((self.x_span, _ACROSS), (self.y_span, up)))
        keys, counts = np.unique(self._keys(x, y), return_counts=True) if x.size else np.zeros((2, 0), int)
        self.counts = dict(zip(keys.tolist(), counts.tolist(), strict=True))
        self.most = max(self.counts.values(), default=1)
        which, column, row = keys % 2, (keys // 2) % (1 << 20), keys >> 21
        self.centres = (
            self.x_span[0] + (column - 1 + which / 2) * self.size[0],
            self.y_span[0] + (row - 1 + which / 2) * self.size[1],
        )
        share = np.log(np.maximum(counts, 1)) / math.log(max(self.most, _LEAST_MOST))
        self.shades = (share * 31).round().astype(int) * 8 + 7

    def at(self, x: float, y: float) -> int:
        """The number of points in the cell around a place."""
        if not (self.x_span[0] - self.size[0] <= x <= self.x_span[1] + self.size[0]):
            return 0
        if not (self.y_span[0] - self.size[1] <= y <= self.y_span[1] + self.size[1]):
            return 0
        return self.counts.get(int(self._keys(np.array([x]), np.array([y]))[0]), 0)

    def _keys(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """One number for the cell of each point: the nearer of the two lattices' nearest cells."""
        across, up = (x - self.x_span[0]) / self.size[0], (y - self.y_span[0]) / self.size[1]
        first = np.rint(across), np.rint(up)
        second = np.floor(across), np.floor(up)
        far_first = (across - first[0]) ** 2 + 3 * (up - first[1]) ** 2
        far_second = (across - second[0] - 0.5) ** 2 + 3 * (up - second[1] - 0.5) ** 2
        nearer = far_first < far_second
        column, row = (np.where(nearer, a, b).astype(np.int64) + 1 for a, b in zip(first, second, strict=True))
        return ((row << 20) + column) * 2 + ~nearer


def hexbin_panel(panel: Panel, ink: Ink) -> tuple[Plotted, int]:
    """The panel, and the greatest number of points in one hexagon."""
    lines, points = [], [np.zeros((2, 0))]
    for series in panel.series:
        x, y = ink.numbers(series, "x", "y")
        both = np.array((in_plane(x, panel.x), in_plane(y, panel.y)))
        both = both[:, np.isfinite(both).all(axis=0)]
        if series.reference:
            lines.append((both, ink.dash(series)))
        else:
            points.append(both)
    x, y = np.concatenate(points, axis=1)
    cells = Hexagons(x, y, square=panel.equal_aspect)
    wide, high = span(x, *(line[0] for line, _ in lines), air=0.03), span(y, *(line[1] for line, _ in lines), air=0.03)
    if panel.equal_aspect:
        wide = high = (min(wide[0], high[0]), max(wide[1], high[1]))
    plotted = Plotted(
        x=panel.x,
        y=panel.y,
        extent=(*wide, *high),
        paint=partial(_paint, cells, lines),
        tell=partial(_tell, cells),
        square=panel.equal_aspect,
    )
    return plotted, cells.most


def hexbin_key(scale: ColourScale | None, label: str, most: int) -> ColourKey:
    """What the colour bar tells; the colours follow the logarithm of the number."""
    return ColourKey(scale or ColourScale(kind="continuous", label=label), limits=(1.0, float(max(most, _LEAST_MOST))))


def _paint(cells: Hexagons, lines: list, painter: QPainter, view: PlotView) -> None:
    corner = view.place(*cells.size) - view.place(0, 0)
    # A little more, so that neighbours leave no gap.
    half, third = abs(corner.x()) / 2 + 0.3, abs(corner.y()) / 3 + 0.3
    across = np.array([0, half, half, 0, -half, -half, 0])
    down = np.array([-third, -third / 2, third / 2, third, third / 2, -third / 2, -third])
    x, y = view.places(*cells.centres)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    ramp = matrix_ramp()
    for shade in np.unique(cells.shades).tolist():
        chosen = cells.shades == shade
        shapes = (x[chosen, None] + across).ravel(), (y[chosen, None] + down).ravel()
        joined = np.tile(np.arange(across.size) < across.size - 1, int(chosen.sum()))
        painter.setBrush(QColor(*ramp[shade].tolist()))
        path = pg.functions.arrayToQPath(*shapes, connect=joined)
        path.setFillRule(Qt.FillRule.WindingFill)
        painter.drawPath(path)
    for line, dash in lines:
        draw_curve(painter, *view.places(*line), theme().colour("text"), 1.3, dash)


def _tell(cells: Hexagons, x: float, y: float) -> str:
    count = cells.at(x, y)
    return f"{count:,}" if count else ""
