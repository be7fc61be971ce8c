"""A small icon in a colour of the theme, painted anew whenever the theme changes."""

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from genodesk.app.icons import icon


class Mark(QWidget):
    """resources/icons/NAME.svg at `size` px; it says nothing that does not stand beside it in words."""

    def __init__(self, name: str, colour: str, size: int = 16) -> None:
        super().__init__()
        self._icon = icon(name, colour)
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        self._icon.paint(painter, QRect(0, 0, self.width(), self.height()))
        painter.end()
