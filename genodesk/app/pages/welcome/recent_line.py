"""A line for something that was used last: an icon, its name, and a few words below; the whole line can be pressed."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton

from genodesk.app.icons import icon
from genodesk.app.widgets import write

_HEIGHT, _LEFT, _PICTURE = 48, 40, 18


class RecentLine(QPushButton):
    """A quiet button of two lines; what is too long is shortened in the middle and told whole by the tooltip."""

    def __init__(self, picture: str, name: str, words: str, does: Callable[[], object]) -> None:
        super().__init__()
        self.setProperty("kind", "quiet")
        self.setAutoDefault(False)
        self.setAccessibleName(f"{name}, {words}")
        self.setToolTip(f"{name}\n{words}")
        self.setMinimumHeight(_HEIGHT)
        self._picture = icon(picture, "mute")
        self._name, self._words = name, words
        self.clicked.connect(lambda _checked=False: does())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        self._picture.paint(painter, 12, (self.height() - _PICTURE) // 2, _PICTURE, _PICTURE)
        upper = self.rect().adjusted(_LEFT, 5, -12, -self.height() // 2)
        lower = self.rect().adjusted(_LEFT, self.height() // 2, -12, -5)
        for kind, colour, area, text in (("body", "text", upper, self._name), ("small", "mute", lower, self._words)):
            write(painter, area, text, kind, colour, elide=Qt.TextElideMode.ElideMiddle)
        painter.end()

    def sizeHint(self) -> QSize:
        return QSize(_LEFT + 160, _HEIGHT)
