"""What stands around a plot: labels with units, ticks, scale bar and the words beside marked points.

Knows nothing of kinds of figures (`kinds.py`) or of the page (`page.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation

from genodesk.core.figure import Axis, Panel, Series
from genodesk.core.figure_text import clean, length_in_words, nice_length, plain_number, with_unit
from genodesk.engine.drawing import drawable
from genodesk.engine.figures_names import told_apart
from genodesk.engine.printing.colouring import Colouring
from genodesk.engine.printing.lettering import (
    MM_PER_POINT,
    SIZE,
    SMALL,
    SMALLEST,
    shorten,
    shorten_middle,
    width_mm,
    wrap,
)

INK = "#17202B"
LONGEST_TICK_MM = 34.0
_BESIDE = (
    (2.5, 0, "left", "center_baseline"),
    (-2.5, 0, "right", "center_baseline"),
    (0, 2.5, "center", "bottom"),
    (0, -2.5, "center", "top"),
    (2.5, 4, "left", "bottom"),
    (-2.5, 4, "right", "bottom"),
)


@dataclass(frozen=True)
class Paint:
    """What the painters of one figure share: the arrays, the colours and the size of one panel's axes in mm."""

    arrays: dict[str, np.ndarray]
    colouring: Colouring
    line_colours: dict[str, str]
    dashes: dict[str, Any]
    width: float
    height: float
    horizontal: bool = False
    longest_word: float = LONGEST_TICK_MM

    def numbers(self, series: Series, *roles: str) -> list[np.ndarray]:
        """The series' arrays of these roles, as float64 with NaN for what cannot be drawn."""
        return [drawable(self.arrays[series.data[role]]) for role in roles]

    def values(self, series: Series) -> np.ndarray | None:
        """What the points' colours stand for, if anything."""
        return self.numbers(series, "value")[0] if "value" in series.data else None


def dress(axes: Any, panel: Panel, paint: Paint) -> None:
    """Labels, scales, ticks and, where both axes have one unit, equal limits. The panel must be painted already."""
    x, y = (panel.y, panel.x) if paint.horizontal else (panel.x, panel.y)
    axes.set_xlabel(wrap(with_unit(x.label, x.unit), SIZE, paint.width - 4, 2))
    axes.set_ylabel(wrap(with_unit(y.label, y.unit), SIZE, paint.height - 4, 2))
    for axis, side, length in ((x, axes.xaxis, paint.width), (y, axes.yaxis, paint.height)):
        if axis.log and 0 < side.get_minpos() < np.inf:
            (axes.set_xscale if side is axes.xaxis else axes.set_yscale)("log", nonpositive="mask")
            _log_ticks(side)
        elif axis.ticks:
            _name_ticks(axes, axis, side, length, paint.longest_word)
        else:
            side.set_major_locator(MaxNLocator(nbins=max(int(length / 9), 3), steps=[1, 2, 2.5, 5, 10]))
    if panel.equal_aspect and not panel.x.ticks:
        limits = (*axes.get_xlim(), *axes.get_ylim())
        axes.set(xlim=(min(limits), max(limits)), ylim=(min(limits), max(limits)), aspect="equal")


def scale_bar(axes: Any, unit: str) -> None:
    """A bar of a round length below the lower right corner of a spatial panel, whose limits must be final."""
    low, high = axes.get_xlim()
    length = nice_length(high - low)
    figure = axes.figure
    below = ScaledTranslation(0, -1.5 / 25.4, figure.dpi_scale_trans)
    place = axes.get_xaxis_transform() + below
    axes.plot([high - length, high], [0, 0], color=INK, lw=1.2, clip_on=False, solid_capstyle="butt", transform=place)
    words = length_in_words(length, unit)
    lower = ScaledTranslation(0, -0.6 / 25.4, figure.dpi_scale_trans)
    axes.text(high, 0, words, ha="right", va="top", fontsize=SMALL, transform=place + lower)
    axes.set_xlim(low, high)


def place_marks(figure: Any, axes: Any, panel: Panel, paint: Paint) -> None:
    """Writes the words beside marked points where they overlap neither each other nor the frame.

    Needs the final layout. A word that finds no free place is left out.
    """
    renderer = figure.canvas.get_renderer()
    frame = axes.get_window_extent(renderer)
    taken: list[Any] = []
    for series in panel.series:
        if not series.marks:
            continue
        x, y = paint.numbers(series, "x", "y")
        for place, word in series.marks.items():
            if not (np.isfinite(x[place]) and np.isfinite(y[place])):
                continue
            for dx, dy, ha, va in _BESIDE:
                text = axes.annotate(
                    shorten(word, SMALL, 20.0),
                    (x[place], y[place]),
                    (dx, dy),
                    textcoords="offset points",
                    ha=ha,
                    va=va,
                    fontsize=SMALL,
                    color=INK,
                )
                text.set_in_layout(False)
                box = text.get_window_extent(renderer)
                inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
                if inside and not any(box.overlaps(other) for other in taken):
                    taken.append(box)
                    break
                text.remove()


def tick_words(words: tuple[str, ...], limit: float = LONGEST_TICK_MM) -> list[str]:
    """The words of a categorical axis, short enough to leave room for the plot; different ones stay different."""
    short = [shorten_middle(word, SIZE, limit) for word in words]
    if len(set(short)) < len(set(words)):
        short = list(told_apart([clean(word) for word in words], lambda text: width_mm(text, SIZE) <= limit))
    return short


def _log_ticks(side: Any) -> None:
    low, high = side.get_view_interval()
    if high < 50 * low:
        side.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    side.set_major_formatter(FuncFormatter(lambda value, _: plain_number(value)))
    side.set_minor_formatter(NullFormatter())


def _name_ticks(axes: Any, axis: Axis, side: Any, length: float, limit: float) -> None:
    """Words along an axis: small where they are many, turned where they are wide, every k-th where still too dense."""
    words = tick_words(axis.ticks, limit)
    pitch = length / len(words)
    lying = side is axes.xaxis and max(width_mm(word, SIZE) for word in words) > pitch - 1
    size = SIZE
    if side is axes.yaxis or lying:
        size = float(np.clip(pitch / 1.1 / MM_PER_POINT, SMALLEST, SIZE))
        step = max(int(np.ceil(SMALLEST * MM_PER_POINT / pitch)), 1)
    else:
        step = 1
    side.set_ticks(range(0, len(words), step), words[::step], fontsize=size, rotation=90 if lying else 0)
    side.set_tick_params(length=0)
