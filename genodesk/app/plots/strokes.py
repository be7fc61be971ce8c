"""Curves, bands and points from arrays of pixels, painted at a price the screen can pay many times a second."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

# A real pen costs about 4 ms for every thousand pixels of its way, a line of one pixel a hundredth of that.
_PEN_REACHES = 4000.0
_TWO_LINES_REACH = 60_000.0
_TWO_LINES = (QPointF(-0.35, -0.35), QPointF(0.35, 0.35))


def draw_curve(
    painter: QPainter, x: np.ndarray, y: np.ndarray, colour: QColor, width: float, dash: tuple[float, ...] = ()
) -> None:
    """A curve through points in pixels [points]; a rugged one is drawn with lines of one pixel instead of a pen."""
    if x.size < 2:
        return
    way = float(np.abs(np.diff(y)).sum() + np.abs(np.diff(x)).sum())
    shape = polygon(x, y)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(colour, width if way < _PEN_REACHES else 1.0)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dash and way < _PEN_REACHES:
        pen.setDashPattern(list(dash))
    painter.setPen(pen)
    if way < _PEN_REACHES or way > _TWO_LINES_REACH or width <= 1:
        painter.drawPolyline(shape)
    else:
        for shift in _TWO_LINES:
            painter.drawPolyline(shape.translated(shift))


def draw_band(painter: QPainter, x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: QColor) -> None:
    """The area between two curves over the same x, all in pixels [points]."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(polygon(np.concatenate((x, x[::-1])), np.concatenate((low, high[::-1]))))


def draw_dots(painter: QPainter, x: np.ndarray, y: np.ndarray, colour: QColor, size: float) -> None:
    """Round dots of `size` pixels."""
    pen = QPen(colour, size)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    painter.drawPoints(polygon(x, y))


def polygon(x: np.ndarray, y: np.ndarray) -> QPolygonF:
    """Points in pixels as Qt wants them."""
    made: QPolygonF = pg.functions.arrayToQPolygonF(x, y)
    return made
