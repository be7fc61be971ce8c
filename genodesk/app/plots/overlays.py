"""What is painted over a picture of cells: scale bar, ring around a cell, outline of a lasso, focus."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from genodesk.app.theme import font, theme
from genodesk.core.figure_text import length_in_words, nice_length

_RIM = 14.0
_WIDEST_BAR = 420.0  # px of view that a bar is measured against, so that it stays a detail in a wide one


def paint_scale_bar(painter: QPainter, width: float, height: float, scale: float, unit: str) -> None:
    """A bar of a round length in the lower right corner, with its length above; `scale` is in pixels per unit."""
    length = nice_length(min(width, _WIDEST_BAR) / scale)
    words, pixels = length_in_words(length, unit), length * scale
    painter.setFont(font("small"))
    metrics = QFontMetricsF(font("small"))
    wide = max(pixels, metrics.horizontalAdvance(words))
    foot = height - _RIM
    ground = QRectF(width - _RIM - wide - 6, foot - metrics.height() - 8, wide + 12, metrics.height() + 14)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_faint(theme().colour("panel"), 0.82))
    painter.drawRoundedRect(ground, 4, 4)
    middle = width - _RIM - wide / 2
    painter.fillRect(QRectF(round(middle - pixels / 2), foot - 2, round(pixels), 2), theme().colour("text"))
    painter.setPen(theme().colour("text"))
    over = QRectF(middle - wide / 2, foot - 6 - metrics.height(), wide, metrics.height())
    painter.drawText(over, int(Qt.AlignmentFlag.AlignCenter), words)


def paint_ring(painter: QPainter, centre: QPointF, radius: float) -> None:
    """A ring that can be seen on any colour."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in (("panel", 5.0), ("text", 2.0)):
        painter.setPen(QPen(theme().colour(colour), width))
        painter.drawEllipse(centre, radius, radius)


def paint_outline(painter: QPainter, outline: QPolygonF, *, closed: bool) -> None:
    """The line of a lasso, filled faintly."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    accent = theme().colour("accent")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_faint(accent, 0.10))
    painter.drawPolygon(outline, Qt.FillRule.OddEvenFill)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(accent, 1.5, Qt.PenStyle.SolidLine if closed else Qt.PenStyle.DashLine))
    painter.drawPolygon(outline) if closed else painter.drawPolyline(outline)


def paint_focus(painter: QPainter, width: float, height: float) -> None:
    """The mark of the widget that the keyboard speaks to."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme().colour("accent"), 2.0))
    painter.drawRoundedRect(QRectF(1, 1, width - 2, height - 2), 6, 6)


def _faint(colour: QColor, opacity: float) -> QColor:
    faint = QColor(colour)
    faint.setAlphaF(opacity)
    return faint
