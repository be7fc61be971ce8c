"""Scatter and volcano plots: points in the colours of a series, a class or a quantity, some with their names."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from genodesk.app.plots.cloud import Cloud, point_size, stamp
from genodesk.app.plots.colouring import Colouring
from genodesk.app.plots.plotted import Ink, Plotted, in_plane, span
from genodesk.app.plots.strokes import draw_curve, polygon
from genodesk.app.plots.ticks import number_words
from genodesk.app.plots.view import PlotView
from genodesk.app.theme import theme
from genodesk.core.figure import Panel, Series
from genodesk.core.figure_text import clean
from genodesk.core.palette import REFERENCE

_AIR = 0.04
_DISCS = 4000  # more than these become a picture, made in the raster's thread
_REACH = 8.0  # px
_SHUFFLED = 6
_BESIDE = ((8, 4), (-8, 4), (0, -9), (0, 17), (8, -9), (-8, -9))


def scatter_panel(panel: Panel, ink: Ink, colouring: Colouring | None, hidden: frozenset[int] = frozenset()) -> Plotted:
    """Points, and lines through the points of references. Points of the classes `hidden` are left out."""
    clouds: list[Cloud] = []
    lines, axes = [], (panel.x, panel.y)
    for series in panel.series:
        x, y = (in_plane(found, axis) for found, axis in zip(ink.numbers(series, "x", "y"), axes, strict=True))
        if series.reference:
            known = np.isfinite(x) & np.isfinite(y)
            lines.append((x[known], y[known], ink.dash(series)))
            continue
        own = _own(ink, series, colouring)
        colours = own.numbers if own is not None else np.ones(x.size, np.uint8)
        shown = ~np.isin(own.codes, list(hidden)) if own is not None and own.by_class else True
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y) & shown)
        # What is not known lies beneath; the others follow in a fixed shuffled order, so that no class hides another.
        rank = np.random.default_rng(0).permutation(x.size) + x.size * (colours > 0)
        known = known[np.argsort(rank[known], kind="stable")]
        squares = bool(len(clouds) % 2)
        clouds.append(Cloud(x[known], y[known], known, colours[known], own, ink.colour(series), squares))
    across = span(*(cloud.x for cloud in clouds), *(line[0] for line in lines), air=_AIR)
    up = span(*(cloud.y for cloud in clouds), *(line[1] for line in lines), air=_AIR)
    if panel.equal_aspect:
        across = up = (min(across[0], up[0]), max(across[1], up[1]))
    many = sum(cloud.x.size for cloud in clouds) > _DISCS
    return Plotted(
        x=panel.x,
        y=panel.y,
        extent=(*across, *up),
        paint=partial(_paint, panel, clouds, lines, many),
        raster=partial(stamp, clouds) if many else None,
        tell=partial(_tell, panel, clouds, (across[1] - across[0], up[1] - up[0])),
        square=panel.equal_aspect,
    )


def _own(ink: Ink, series: Series, colouring: Colouring | None) -> Colouring | None:
    """The colouring of one series, with the limits that all share."""
    if colouring is None or "value" not in series.data:
        return None
    limits = None if colouring.by_class else colouring.limits
    return Colouring(ink.numbers(series, "value")[0], colouring.scale, limits)


def _paint(panel: Panel, clouds: list[Cloud], lines: list, many: bool, painter: QPainter, view: PlotView) -> None:
    for x, y, dash in lines:
        draw_curve(painter, *view.places(x, y), QColor(REFERENCE), 1.3, dash)
    if not many:
        plot = view.plot_rect()
        size = point_size(sum(cloud.x.size for cloud in clouds), plot.width(), plot.height())
        for cloud in clouds:
            _discs(painter, *view.places(cloud.x, cloud.y), cloud, size)
    _name_marks(painter, view, panel, clouds)


def _discs(painter: QPainter, x: np.ndarray, y: np.ndarray, cloud: Cloud, size: float) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    table = cloud.table().round().astype(int).tolist()
    for part in _parts(cloud.colour):
        for number in np.unique(cloud.colour[part]).tolist():
            chosen = part[cloud.colour[part] == number]
            pen = QPen(QColor(*table[number]), size)
            pen.setCapStyle(Qt.PenCapStyle.SquareCap if cloud.squares else Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(polygon(x[chosen], y[chosen]))


def _parts(colour: np.ndarray) -> Iterator[np.ndarray]:
    """The points beneath, then the others in a few rounds, so that no class comes last everywhere."""
    beneath = int((colour == 0).sum())
    yield np.arange(beneath)
    yield from np.array_split(np.arange(beneath, colour.size), _SHUFFLED)


def _name_marks(painter: QPainter, view: PlotView, panel: Panel, clouds: list[Cloud]) -> None:
    """Writes words beside marked points where they overlap neither each other nor the rim; others are left out."""
    metrics = QFontMetricsF(view.frame.font)
    painter.setFont(view.frame.font)
    painter.setPen(theme().colour("text"))
    plot, taken = view.plot_rect(), list[QRectF]()
    ours = [series for series in panel.series if not series.reference]
    for series, cloud in zip(ours, clouds, strict=True):
        for point, word in series.marks.items():
            found = np.flatnonzero(cloud.point == point)
            if not found.size:
                continue
            place = view.place(float(cloud.x[found[0]]), float(cloud.y[found[0]]))
            shown = metrics.elidedText(clean(word), Qt.TextElideMode.ElideRight, 120)
            for dx, dy in _BESIDE:
                wide = metrics.horizontalAdvance(shown)
                left = place.x() + dx - (wide if dx < 0 else wide / 2 if dx == 0 else 0)
                box = QRectF(left, place.y() + dy - metrics.ascent(), wide, metrics.height())
                if plot.contains(box) and not any(box.intersects(other) for other in taken):
                    taken.append(box)
                    painter.drawText(QPointF(left, place.y() + dy), shown)
                    break


def _tell(panel: Panel, clouds: list[Cloud], extent: tuple[float, float], x: float, y: float) -> str:
    """The point nearest to a place, if one is near, in a plot of about 600 pixels."""
    ours = [series for series in panel.series if not series.reference]
    best, told = _REACH / 600, ""
    for series, cloud in zip(ours, clouds, strict=True):
        if not cloud.x.size:
            continue
        far = np.hypot((cloud.x - x) / extent[0], (cloud.y - y) / extent[1])
        i = int(np.argmin(far))
        if far[i] < best:
            best = float(far[i])
            name = series.marks.get(int(cloud.point[i]), series.name if len(ours) > 1 else "")
            words = ", ".join(
                f"{axis.label} {number_words(10**value if axis.log else value, size / 3000)}"
                for value, axis, size in zip((cloud.x[i], cloud.y[i]), (panel.x, panel.y), extent, strict=True)
            )
            told = f"{clean(name)}: {words}" if name else words
    return told
