"""The picture on the welcome page: a made-up strip of cortex, drawn cell by cell in the colours of data."""

import math
import random

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from genodesk.core.palette import OKABE_ITO

_CELLS, _LAYERS = 2400, 6
_FROM, _TO = math.radians(192), math.radians(348)  # of the arc, along the upper half of a circle
_RADIUS = (0.52, 1.0)
_DOT = 0.0075  # of the arc's outer radius


class TissuePicture(QWidget):
    """Fits its room; each layer of the tissue has its colour."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("A picture of cells in six layers of tissue"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(160, 64))
        chance = random.Random(7)
        self._cells = [_cell(chance) for _ in range(_CELLS)]

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        wide = 2 * math.cos(_FROM - math.pi)
        high = 1 - _RADIUS[0] * math.sin(_FROM - math.pi)
        scale = min(self.width() / (wide + 0.1), self.height() / (high + 0.1))
        left, top = self.width() / 2, (self.height() - high * scale) / 2 + scale
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(0, 0, 0, 0))
        for x, y, layer in self._cells:
            painter.setBrush(QColor(OKABE_ITO[layer]))
            painter.drawEllipse(QPointF(left + x * scale, top + y * scale), _DOT * scale, _DOT * scale)
        painter.end()


def _cell(chance: random.Random) -> tuple[float, float, int]:
    """Where a cell lies, in outer radii from the arc's centre, and its layer; edges between layers are soft."""
    angle = chance.uniform(_FROM, _TO)
    depth = chance.random()
    radius = math.sqrt(_RADIUS[0] ** 2 + depth * (_RADIUS[1] ** 2 - _RADIUS[0] ** 2))
    wave = 0.012 * math.sin(9 * angle)
    place = (radius - _RADIUS[0]) / (_RADIUS[1] - _RADIUS[0]) + chance.gauss(0, 0.035)
    layer = min(_LAYERS - 1, max(0, int(place * _LAYERS)))
    return (radius + wave) * math.cos(angle), (radius + wave) * math.sin(angle), layer
