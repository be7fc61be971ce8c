"""Crosshair: a line at one place of a plot, a dot on every curve there, and a small card that tells their values."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from genodesk.app.plots.readings import Readings
from genodesk.app.theme import theme

_PAD = 10.0
_DOT = 4.0
_AWAY = 14.0


def paint_crosshair(painter: QPainter, plot: QRectF, readings: Readings, plain: QFont) -> None:
    """Draws it inside the plot; the card keeps to the side that has more room."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(theme().colour("edge"), 1))
    painter.drawLine(QPointF(readings.x, plot.top()), QPointF(readings.x, plot.bottom()))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for reading in readings.curves:
        painter.setPen(QPen(theme().colour("panel"), 1.5))
        painter.setBrush(QColor(reading.colour))
        painter.drawEllipse(reading.place, _DOT, _DOT)
    _paint_card(painter, plot, readings, plain)


def paint_tip(painter: QPainter, plot: QRectF, place: QPointF, words: str, plain: QFont) -> None:
    """One line of words beside a place of the plot."""
    metrics = QFontMetricsF(plain)
    words = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, max(plot.width() - 24, 40))
    width, height = metrics.horizontalAdvance(words) + 16, metrics.height() + 8
    left = min(max(place.x() + 12, plot.left()), plot.right() - width)
    top = place.y() - height - 8
    card = QRectF(left, top if top > plot.top() else place.y() + 16, width, height)
    _paint_ground(painter, card)
    painter.setFont(plain)
    painter.setPen(theme().colour("text"))
    painter.drawText(card, int(Qt.AlignmentFlag.AlignCenter), words)


def _paint_ground(painter: QPainter, card: QRectF) -> None:
    ground = theme().colour("panel")
    ground.setAlphaF(0.94)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(ground)
    painter.setPen(QPen(theme().colour("line"), 1))
    painter.drawRoundedRect(card, 6, 6)


def _paint_card(painter: QPainter, plot: QRectF, readings: Readings, plain: QFont) -> None:
    metrics = QFontMetricsF(plain)
    line = metrics.height() + 2
    names = max([metrics.horizontalAdvance(_shortened(metrics, reading.name)) for reading in readings.curves] or [0])
    values = max([metrics.horizontalAdvance(reading.value) for reading in readings.curves] or [0])
    raws = max([metrics.horizontalAdvance(reading.raw) for reading in readings.curves] or [0])
    inside = max(14 + names + 16 + values + (8 + raws if raws else 0), metrics.horizontalAdvance(readings.heading))
    width, height = inside + 2 * _PAD, line * (len(readings.curves) + 1) + 2 * _PAD - 4
    right = readings.x < plot.center().x()
    left = readings.x + _AWAY if right else readings.x - _AWAY - width
    card = QRectF(min(max(left, plot.left()), max(plot.right() - width, plot.left())), plot.top() + 4, width, height)
    _paint_ground(painter, card)
    painter.setFont(plain)
    top = card.top() + _PAD - 2
    row = QRectF(card.left() + _PAD, top, inside, line)
    painter.setPen(theme().colour("mute"))
    painter.drawText(row, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), readings.heading)
    for reading in readings.curves:
        row.translate(0, line)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(reading.colour))
        painter.drawEllipse(QPointF(row.left() + 4, row.center().y()), 3.5, 3.5)
        painter.setPen(theme().colour("text"))
        painter.drawText(row.adjusted(14, 0, 0, 0), _LEFT, _shortened(metrics, reading.name))
        painter.drawText(row.adjusted(0, 0, -(8 + raws if raws else 0), 0), _RIGHT, reading.value)
        painter.setPen(theme().colour("mute"))
        painter.drawText(row, _RIGHT, reading.raw)


_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def _shortened(metrics: QFontMetricsF, name: str) -> str:
    return metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, 180)
