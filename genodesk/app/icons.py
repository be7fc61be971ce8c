"""Icons: our own line drawings in resources/icons, painted in the theme's colours at the moment they are shown."""

from functools import cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from genodesk.app.theme import theme
from genodesk.core.resources import resource


def icon(name: str, colour: str = "text") -> QIcon:
    """The icon resources/icons/NAME.svg in a colour of the theme; it follows the theme without being set anew."""
    return QIcon(_Tinted(name, colour))


class _Tinted(QIconEngine):
    def __init__(self, name: str, colour: str) -> None:
        super().__init__()
        self._name = name
        self._colour = colour

    def clone(self) -> QIconEngine:
        return _Tinted(self._name, self._colour)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        del state
        shade = "edge" if mode == QIcon.Mode.Disabled else self._colour
        _renderer(self._name, theme().css(shade)).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    drawing = resource(f"icons/{name}.svg").read_bytes().replace(b"currentColor", colour.encode())
    made = QSvgRenderer(QByteArray(drawing))
    made.setAspectRatioMode(Qt.AspectRatioMode.KeepAspectRatio)
    return made
