"""Bars and histograms: heights over words, how often numbers occur. As in print, ours in colour, baselines in grey."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from genodesk.app.plots.plotted import Ink, Plotted, in_plane, span
from genodesk.app.plots.strokes import draw_band, draw_curve
from genodesk.app.plots.ticks import number_words
from genodesk.app.plots.view import PlotView
from genodesk.app.theme import theme
from genodesk.core.figure import Panel
from genodesk.core.figure_look import NUMBERED_BARS, Bar, bars, bin_count, whisker
from genodesk.core.figure_text import bar_number, with_unit
from genodesk.core.palette import REFERENCE

_AIR = 0.12
_LINE = 20  # px a lying bar needs with its words
_MOST_LINES = 30
_FILL = 0.18
_CENTRE = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip)
_BESIDE = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)


def bar_panel(panel: Panel, ink: Ink, *, lying: bool) -> Plotted:
    """Bars over the words of the x axis; `lying` ones give each word a line of its own."""
    heights = [ink.numbers(series, "y")[0] for series in panel.series]
    places = []
    for series, y in zip(panel.series, heights, strict=True):
        x = ink.numbers(series, "x")[0]
        places.append({round(a): i for i, a in enumerate(x) if np.isfinite(a) and np.isfinite(y[i])})
    standing = bars(places)
    ends = [np.zeros(1)]
    for bar in standing:
        length, *whiskers = _length(panel, ink, heights, bar)
        ends.append(np.array([length, *whiskers]))
    low, high = span(*ends)
    air = _AIR * (high - low)
    along = (low - (air if low < 0 else 0), high + (air if high > 0 else 0))
    number = len(panel.x.ticks) or (max([place for found in places for place in found], default=0) + 1)
    across = (-0.6, number - 0.4)
    lines = min(len(standing), _MOST_LINES) if lying else 0
    return Plotted(
        x=panel.y if lying else panel.x,
        y=panel.x if lying else panel.y,
        extent=(*along, *across) if lying else (*across, *along),
        paint=partial(_paint_bars, panel, ink, heights, standing, lying),
        tell=partial(_tell_bar, panel, ink, heights, standing, lying),
        grid="x" if lying else "y",
        baseline=False,
        upside_down=lying,
        least_height=max(110, lines * _LINE + 50),
    )


def histogram_panel(panel: Panel, ink: Ink) -> Plotted:
    """How the numbers of each series are distributed, in bins that all series share."""
    samples = []
    for series in panel.series:
        numbers = in_plane(ink.numbers(series, "x")[0], panel.x)
        samples.append(numbers[np.isfinite(numbers)])
    edges = _edges(np.concatenate([np.zeros(0), *samples]))
    counts = [np.histogram(numbers, edges)[0] for numbers in samples]
    highest = max([int(found.max()) for found in counts], default=1) or 1
    return Plotted(
        x=panel.x,
        y=panel.y,
        extent=(float(edges[0]), float(edges[-1]), 0.0, highest * 1.06),
        paint=partial(_paint_bins, panel, ink, edges, counts),
        tell=partial(_tell_bin, panel, edges, counts),
    )


def lies_down(words: Sequence[str], metrics: QFontMetricsF, room: float) -> bool:
    """Whether the words of a bar chart need lines of their own."""
    return sum(metrics.horizontalAdvance(word) + 14 for word in words) > room


def _length(panel: Panel, ink: Ink, heights: list[np.ndarray], bar: Bar) -> tuple[float, float, float]:
    """The height of a bar, and the lower and upper end of its whisker."""
    series, length = panel.series[bar.series], float(heights[bar.series][bar.point])
    return length, *whisker(series, length, lambda role: float(ink.numbers(series, role)[0][bar.point]))


def _paint_bars(
    panel: Panel,
    ink: Ink,
    heights: list[np.ndarray],
    standing: list[Bar],
    lying: bool,
    painter: QPainter,
    view: PlotView,
) -> None:
    shown = np.concatenate([np.zeros(0), *heights])
    whole = bool(np.all(np.isnan(shown) | (shown == np.round(shown))))
    painter.setFont(view.frame.font)
    line = QFontMetricsF(view.frame.font).height()
    text = theme().colour("text")
    for bar in standing:
        series = panel.series[bar.series]
        length, low, high = _length(panel, ink, heights, bar)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.grey(series) if series.reference else ink.colour(series))
        painter.drawRect(_box(view, bar, length, lying))
        painter.setPen(QPen(text, 1.2))
        if low != high:
            painter.drawLine(_at(view, bar.at, low, lying), _at(view, bar.at, high, lying))
        if len(standing) <= NUMBERED_BARS:
            tip = _at(view, bar.at, max(length, high, 0.0), lying)
            words = bar_number(length, whole=whole)
            painter.setPen(text)
            if lying:
                painter.drawText(QRectF(tip.x() + 6, tip.y() - line / 2, 0, line), _BESIDE, words)
            else:
                painter.drawText(QRectF(tip.x(), tip.y() - line - 3, 0, line), _CENTRE, words)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(theme().colour("edge"), 1))
    plot, zero = view.plot_rect(), _at(view, 0.0, 0.0, lying)
    if lying:
        painter.drawLine(QPointF(zero.x(), plot.top()), QPointF(zero.x(), plot.bottom()))
    else:
        painter.drawLine(QPointF(plot.left(), zero.y()), QPointF(plot.right(), zero.y()))


def _tell_bar(
    panel: Panel, ink: Ink, heights: list[np.ndarray], standing: list[Bar], lying: bool, x: float, y: float
) -> str:
    at = y if lying else x
    for bar in standing:
        if abs(at - bar.at) <= bar.thick / 2:
            series = panel.series[bar.series]
            length, low, high = _length(panel, ink, heights, bar)
            place = round(float(ink.numbers(series, "x")[0][bar.point]))
            word = panel.x.ticks[place] if panel.x.ticks else ""
            error = _whisker_words(length, low, high)
            names = dict.fromkeys(part for part in (word, series.name) if part)
            return f"{' · '.join(names)}: {number_words(length, 0.001)}{error} {panel.y.unit}".rstrip()
    return ""


def _whisker_words(length: float, low: float, high: float) -> str:
    """What a whisker tells beside the height: how far it reaches, or its ends where it reaches further one way."""
    if low == high:
        return ""
    if np.isclose(high - length, length - low):
        return f" ± {bar_number(high - length, whole=False)}"
    return f" [{bar_number(low, whole=False)}, {bar_number(high, whole=False)}]"


def _at(view: PlotView, place: float, height: float, lying: bool) -> QPointF:
    return view.place(height, place) if lying else view.place(place, height)


def _box(view: PlotView, bar: Bar, length: float, lying: bool) -> QRectF:
    first = _at(view, bar.at - bar.thick / 2, 0.0, lying)
    return QRectF(first, _at(view, bar.at + bar.thick / 2, length, lying)).normalized()


def _paint_bins(
    panel: Panel, ink: Ink, edges: np.ndarray, counts: list[np.ndarray], painter: QPainter, view: PlotView
) -> None:
    ours = sum(not series.reference for series in panel.series)
    for series, found in zip(panel.series, counts, strict=True):
        stairs = np.repeat(edges, 2), np.concatenate(([0], np.repeat(found, 2), [0])).astype(np.float64)
        x, y = view.places(*stairs)
        floor = np.full_like(y, view.place(0.0, 0.0).y())
        if series.reference:
            draw_curve(painter, x, y, QColor(REFERENCE), 1.4, ink.dash(series))
        elif ours == 1:
            draw_band(painter, x, floor, y, ink.colour(series))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(theme().colour("panel"), 1))
            for i in range(3, x.size - 1, 2):
                painter.drawLine(QPointF(x[i], max(y[i], y[i - 1])), QPointF(x[i], floor[i]))
        else:
            faint = ink.colour(series)
            faint.setAlphaF(_FILL)
            draw_band(painter, x, floor, y, faint)
            draw_curve(painter, x, y, ink.colour(series), 1.6)


def _tell_bin(panel: Panel, edges: np.ndarray, counts: list[np.ndarray], x: float, y: float) -> str:
    del y
    i = int(np.searchsorted(edges, x, "right")) - 1
    if not 0 <= i < edges.size - 1:
        return ""
    low, high = (10 ** edges[i : i + 2] if panel.x.log else edges[i : i + 2]).tolist()
    fine = (high - low) / 10
    ends = f"{number_words(low, fine)} – {number_words(high, fine)}"
    told = [f"{series.name} {found[i]:,}" for series, found in zip(panel.series, counts, strict=True)]
    return f"{with_unit(ends, panel.x.unit)}: {', '.join(told)}"


def _edges(shown: np.ndarray) -> np.ndarray:
    """The edges of the bins [bins + 1]."""
    if not shown.size:
        return np.linspace(0.0, 1.0, 11)
    low, high = float(shown.min()), float(shown.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    first, third = np.percentile(shown, (25, 75)).tolist()
    return np.linspace(low, high, bin_count(shown.size, low, high, (first, third)) + 1)
