"""Readings: what all curves of a plot say at one place, in words and as pixels."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF

from genodesk.app.plots.curve import Curve
from genodesk.app.plots.ticks import number_words
from genodesk.app.plots.view import PlotView
from genodesk.core.figure import Axis


@dataclass(frozen=True)
class Drawn:
    """A curve as it is drawn: its colour and the weight of its moving average."""

    curve: Curve
    colour: str
    weight: float


@dataclass(frozen=True)
class Reading:
    """One curve at the crosshair: its value in words, what it is beneath the smoothing, and the pixel it lies at."""

    name: str
    colour: str
    value: str
    raw: str
    place: QPointF


@dataclass(frozen=True)
class Readings:
    """Everything at one place: the heading ("Step 1,200"), its pixel, and the curves."""

    heading: str
    x: float
    curves: tuple[Reading, ...]

    def in_words(self) -> str:
        """All of it as one line, for a screen reader."""
        return "; ".join([self.heading, *(f"{reading.name} {reading.value}" for reading in self.curves)])


def readings_at(at: float, drawn: Mapping[str, Drawn], view: PlotView, x_axis: Axis, y_axis: Axis) -> Readings | None:
    """Every curve's value at its point nearest to x = at, where the curve reaches that far; None where there is none.

    References have few points, so they are read off between them.
    """
    nearest = {name: one.curve.nearest(at) for name, one in drawn.items() if one.curve.x.size}
    points = [float(drawn[name].curve.x[i]) for name, i in nearest.items() if not drawn[name].curve.dash]
    anchor = min(points, key=lambda x: abs(x - at)) if points else at
    if not nearest or (x_axis.log and anchor <= 0):
        return None
    (x0, x1), (y0, y1) = view.shown_range()
    plot = view.plot_rect()
    fine_x, fine_y = (x1 - x0) / max(plot.width(), 1), (y1 - y0) / max(plot.height(), 1)
    found = []
    for name, i in nearest.items():
        one = drawn[name]
        curve = one.curve
        if not curve.x.min() <= anchor <= curve.x.max():
            continue
        x, raw = (anchor, curve.between(anchor)) if curve.dash else (float(curve.x[i]), float(curve.y[i]))
        value = float(curve.smoothed(one.weight)[i]) if one.weight else raw
        if (y_axis.log and value <= 0) or (x_axis.log and x <= 0):
            continue
        fine = (value * (10**fine_y - 1) if y_axis.log else fine_y) / 10
        place = view.place(_in_plane(x, x_axis), _in_plane(value, y_axis))
        below = number_words(raw, fine) if one.weight else ""
        found.append(Reading(name, one.colour, number_words(value, fine), below, place))
    fine = anchor * (10**fine_x - 1) if x_axis.log else fine_x
    words = f"{anchor:,.0f}" if anchor == round(anchor) else number_words(anchor, fine)
    heading = " ".join(part for part in (x_axis.label, words, x_axis.unit) if part)
    return Readings(heading, view.place(_in_plane(anchor, x_axis), y0).x(), tuple(found))


def _in_plane(value: float, axis: Axis) -> float:
    return float(np.log10(value)) if axis.log else value
