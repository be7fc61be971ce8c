"""SeriesKey: the names of curves, bars or groups of points beside their colours; each may be switched off and on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from genodesk.app.theme import font, theme
from genodesk.core.figure_text import clean

Mark = Literal["line", "box", "dot"]

_SWATCH = 18
_GAP = 6
_WIDEST = 260
_OFF = 0.35


@dataclass(frozen=True)
class Entry:
    """One name and how it is drawn."""

    name: str
    colour: str
    mark: Mark = "line"
    dash: tuple[float, ...] = ()


class SeriesKey(QWidget):
    """Entries beside each other, on as many lines as they need. `toggled` tells a name and whether it is on."""

    toggled = Signal(str, bool)

    def __init__(self, name: str, *, switches: bool = True) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._switches = switches
        self._entries: list[Entry] = []
        self._buttons: dict[str, _KeyButton] = {}
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Shows these; what was switched off before stays off."""
        if list(entries) == self._entries:
            return
        self._entries = list(entries)
        old = self._buttons
        self._buttons = {}
        for entry in self._entries:
            button = _KeyButton(entry, switch=self._switches)
            button.setParent(self)
            button.setChecked(entry.name not in old or old[entry.name].isChecked())
            button.toggled.connect(lambda on, name=entry.name: self.toggled.emit(name, on))
            button.show()
            self._buttons[entry.name] = button
        for button in old.values():
            button.hide()
            button.deleteLater()
        self.setVisible(bool(self._entries))
        self._place()
        self.updateGeometry()

    def button(self, name: str) -> QAbstractButton:
        """The switch of one name."""
        return self._buttons[name]

    def names(self) -> list[str]:
        """The names shown, in order."""
        return list(self._buttons)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._flow(width, move=False)

    def sizeHint(self) -> QSize:
        wide = sum(button.sizeHint().width() for button in self._buttons.values())
        return QSize(wide, self._flow(max(self.width(), 1), move=False))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self._flow(max(self.width(), 80), move=False))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        self.setFixedHeight(max(self._flow(max(self.width(), 1), move=True), 1))

    def _flow(self, width: int, *, move: bool) -> int:
        """Lays the buttons out like words; returns the height they take."""
        x = y = tall = 0
        for button in self._buttons.values():
            size = button.sizeHint().boundedTo(QSize(width, 1000))
            if x and x + size.width() > width:
                x, y = 0, y + tall
            if move:
                button.setGeometry(QRect(x, y, size.width(), size.height()))
            x += size.width() + _GAP
            tall = size.height()
        return y + tall


def paint_swatch(painter: QPainter, room: QRectF, entry: Entry, colour: QColor) -> None:
    """The line, box or dot that stands for a series."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = room.center()
    if entry.mark == "line":
        pen = QPen(colour, 2)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if entry.dash:
            pen.setDashPattern(list(entry.dash))
        painter.setPen(pen)
        painter.drawLine(QPointF(room.left(), middle.y()), QPointF(room.right(), middle.y()))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if entry.mark == "box":
        painter.drawRoundedRect(QRectF(middle.x() - 5, middle.y() - 5, 10, 10), 2, 2)
    else:
        painter.drawEllipse(middle, 4.5, 4.5)


class _KeyButton(QAbstractButton):
    def __init__(self, entry: Entry, *, switch: bool) -> None:
        super().__init__()
        self._entry = entry
        self.setText(clean(entry.name))
        self._font = font("small")
        self.setCheckable(True)
        self.setChecked(True)
        self._switch = switch
        if switch:
            self.setToolTip(self.tr("Click to hide or show {name}").format(name=clean(entry.name)))
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if switch else Qt.FocusPolicy.NoFocus)
        theme().changed.connect(self.update)

    def nextCheckState(self) -> None:
        if self._switch:
            super().nextCheckState()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._font)
        return QSize(min(_SWATCH + 20 + metrics.horizontalAdvance(self.text()), _WIDEST), metrics.height() + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.underMouse() and self._switch:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("hover"))
            painter.drawRoundedRect(frame, 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(theme().colour("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame, 6, 6)
        painter.setOpacity(1.0 if self.isChecked() else _OFF)
        paint_swatch(painter, QRectF(6, 0, _SWATCH, self.height()), self._entry, QColor(self._entry.colour))
        painter.setPen(theme().colour("text" if self.isChecked() else "mute"))
        room = QRectF(_SWATCH + 12, 0, self.width() - _SWATCH - 16, self.height())
        painter.setFont(self._font)
        shown = QFontMetrics(self._font).elidedText(self.text(), Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)
        painter.end()
