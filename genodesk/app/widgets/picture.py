"""An icon that stands by itself, above or beside words."""

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from genodesk.app.icons import icon


class Picture(QWidget):
    """Paints an icon `size` pixels wide in a colour of the theme of now."""

    def __init__(self, name: str, colour: str, size: int) -> None:
        super().__init__()
        self._icon = icon(name, colour)
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        self._icon.paint(painter, self.rect())
        painter.end()
