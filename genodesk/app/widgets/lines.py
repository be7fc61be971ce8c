"""Lists whose lines are painted: the ground of a line by its state, and words that end in an ellipsis."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from genodesk.app.theme import font, theme

_RADIUS = 6
Index = QModelIndex | QPersistentModelIndex
PaintLine = Callable[[QPainter, QRect, Index], object]
"""Paints what stands on a line, into an area."""


class LinePainter(QStyledItemDelegate):
    """Lines of one height on a round ground where they are chosen or under the pointer; the keyboard has a frame."""

    def __init__(
        self, view: QAbstractItemView, height: int, paint_line: PaintLine, gap: tuple[int, int] = (0, 0)
    ) -> None:
        super().__init__(view)
        self._height, self._paint_line, self._gap = height, paint_line, gap  # around the ground: across, down

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(0, self._height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        across, down = self._gap
        area = QRect(option.rect).adjusted(across, down, -across, -down)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("soft" if chosen else "hover"))
            painter.drawRoundedRect(area, _RADIUS, _RADIUS)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme().colour("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0, 0, -1, -1), _RADIUS, _RADIUS)
        self._paint_line(painter, area, index)
        painter.restore()


def write(
    painter: QPainter,
    area: QRect,
    text: str,
    kind: str,
    colour: str,
    *,
    right: bool = False,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> int:
    """Writes one line of text in a size and a colour of the theme, at the left or the right; how wide it became."""
    painter.setFont(font(kind))
    painter.setPen(theme().colour(colour))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    shown = painter.fontMetrics().elidedText(text, elide, area.width())
    painter.drawText(area, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
    return painter.fontMetrics().horizontalAdvance(shown)
