"""The pictures on the welcome page: what each workflow works with, made up and painted in the colours of data."""

import math
import random

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from genodesk.app.theme import theme
from genodesk.core.palette import OKABE_ITO

_CELLS, _LAYERS = 2400, 6
_FROM, _TO = math.radians(192), math.radians(348)  # of the arc, along the upper half of a circle
_RADIUS = (0.52, 1.0)
_DOT = 0.0075  # of the arc's outer radius
_BASES, _WINDOW, _STEP = 36, 12, 8  # of the gene, of each window that is read, and between two of them
_REGIONS = 24
_WIDE = 2.5  # how much wider than high the pictures of DNA are


class WorkflowPicture(QWidget):
    """A picture of `cells`, of a `gene` or of `regions`. It fits its room."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        pictures: dict[str, tuple[type[_TissuePainter | _GenePainter | _RegionPainter], str]] = {
            "cells": (_TissuePainter, self.tr("A picture of cells in six layers of tissue")),
            "gene": (_GenePainter, self.tr("A picture of a gene that is read in windows and talked about")),
            "regions": (_RegionPainter, self.tr("A picture of regions of a genome and how strongly each works")),
        }
        maker, name = pictures[shown]
        self._picture = maker()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(88, 64))

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        self._picture.paint(painter, self.width(), self.height())
        painter.end()


class _TissuePainter:
    """A strip of cortex, cell by cell; each layer has its colour."""

    def __init__(self) -> None:
        chance = random.Random(7)
        self._cells = [_cell(chance) for _ in range(_CELLS)]

    def paint(self, painter: QPainter, width: int, height: int) -> None:
        wide = 2 * math.cos(_FROM - math.pi)
        high = 1 - _RADIUS[0] * math.sin(_FROM - math.pi)
        scale = min(width / (wide + 0.1), height / (high + 0.1))
        left, top = width / 2, (height - high * scale) / 2 + scale
        for x, y, layer in self._cells:
            painter.setBrush(QColor(OKABE_ITO[layer]))
            painter.drawEllipse(QPointF(left + x * scale, top + y * scale), _DOT * scale, _DOT * scale)


class _GenePainter:
    """Bases in four colours, the windows they are read in below, and the answer as a speech balloon above."""

    def __init__(self) -> None:
        chance = random.Random(3)
        self._bases = [chance.choice((0, 1, 2, 4)) for _ in range(_BASES)]

    def paint(self, painter: QPainter, width: int, height: int) -> None:
        area = _area(width, height)
        step, high = area.width() / _BASES, area.height()
        strand = area.top() + 0.62 * high
        for number, base in enumerate(self._bases):
            painter.setBrush(QColor(OKABE_ITO[base]))
            bar = QRectF(area.left() + number * step, strand, step * 0.66, 0.16 * high)
            painter.drawRoundedRect(bar, step / 4, step / 4)
        painter.setBrush(theme().colour("mute"))
        for number, first in enumerate(range(0, _BASES - _WINDOW + 1, _STEP)):
            below = strand + (0.22 + 0.07 * (number % 2)) * high
            painter.drawRoundedRect(
                QRectF(area.left() + first * step, below, (_WINDOW - 0.34) * step, 0.03 * high), 2, 2
            )
        self._speak(painter, QRectF(area.left() + 0.3 * area.width(), area.top(), 0.4 * area.width(), 0.44 * high))

    def _speak(self, painter: QPainter, balloon: QRectF) -> None:
        unit = balloon.height() / 5
        painter.setBrush(theme().colour("accent"))
        painter.drawRoundedRect(balloon, unit, unit)
        foot = balloon.center().x()
        painter.drawPolygon(
            [
                QPointF(foot - unit, balloon.bottom() - 1),
                QPointF(foot + 0.6 * unit, balloon.bottom() - 1),
                QPointF(foot - unit, balloon.bottom() + 1.2 * unit),
            ]
        )
        painter.setBrush(theme().colour("accentText"))
        inner = balloon.adjusted(1.2 * unit, 0, -1.2 * unit, 0)
        for line, share in enumerate((1.0, 0.86, 0.52)):
            top = balloon.top() + (1.05 + 1.15 * line) * unit
            painter.drawRoundedRect(QRectF(inner.left(), top, share * inner.width(), 0.55 * unit), unit / 4, unit / 4)


class _RegionPainter:
    """Regions along a genome, coloured by their motif; each carries a bar as high as it is expressed."""

    def __init__(self) -> None:
        chance = random.Random(5)
        shapes = [abs(math.sin(number / 3.1)) for number in range(_REGIONS)]
        self._regions = [(chance.choice((0, 1, 2, 4)), 0.12 + 0.8 * one * chance.uniform(0.6, 1)) for one in shapes]

    def paint(self, painter: QPainter, width: int, height: int) -> None:
        area = _area(width, height)
        step, floor = area.width() / _REGIONS, area.top() + 0.8 * area.height()
        for number, (motif, strength) in enumerate(self._regions):
            left, wide = area.left() + number * step, step * 0.7
            painter.setBrush(QColor(OKABE_ITO[motif]))
            high = strength * 0.78 * area.height()
            painter.drawRoundedRect(QRectF(left, floor - high, wide, high), wide / 6, wide / 6)
            painter.drawEllipse(QPointF(left + wide / 2, floor + 0.12 * area.height()), wide * 0.28, wide * 0.28)
        painter.setBrush(theme().colour("mute"))
        painter.drawRect(QRectF(area.left(), floor + 0.03 * area.height(), area.width(), 1.5))


def _area(width: int, height: int) -> QRectF:
    """The middle of the room, in the proportions of a picture of DNA."""
    wide = min(0.94 * width, _WIDE * 0.9 * height)
    high = wide / _WIDE
    return QRectF((width - wide) / 2, (height - high) / 2, wide, high)


def _cell(chance: random.Random) -> tuple[float, float, int]:
    """Where a cell lies, in outer radii from the arc's centre, and its layer; edges between layers are soft."""
    angle = chance.uniform(_FROM, _TO)
    depth = chance.random()
    radius = math.sqrt(_RADIUS[0] ** 2 + depth * (_RADIUS[1] ** 2 - _RADIUS[0] ** 2))
    wave = 0.012 * math.sin(9 * angle)
    place = (radius - _RADIUS[0]) / (_RADIUS[1] - _RADIUS[0]) + chance.gauss(0, 0.035)
    layer = min(_LAYERS - 1, max(0, int(place * _LAYERS)))
    return (radius + wave) * math.cos(angle), (radius + wave) * math.sin(angle), layer
