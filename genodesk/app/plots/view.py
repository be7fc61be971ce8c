"""PlotView: one pair of axes to look into with mouse and keyboard. Its owner adds layers that paint inside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from genodesk.app.plots.axes import Frame
from genodesk.app.theme import theme
from genodesk.core.figure import Axis

Layer = Callable[[QPainter], None]

_PAN = 0.1
_FAR = 8.0
_OVER = 3.0  # so that a dot on the rim is whole
_ZOOM = 1.25
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


@dataclass(frozen=True)
class Snapshot:
    """A view without its widget: the part of the plane it shows, its size in pixels of the screen, and their ratio."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: float
    height: float
    ratio: float
    upside_down: bool = False

    def places(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points of the plane [points] in pixels from the plot's upper left corner, at most a few screens away."""
        across = np.clip((x - self.x[0]) / ((self.x[1] - self.x[0]) or 1), -_FAR, _FAR)
        up = np.clip((y - self.y[0]) / ((self.y[1] - self.y[0]) or 1), -_FAR, _FAR)
        return self.width * across, self.height * (up if self.upside_down else 1 - up)


class PlotView(pg.GraphicsView):
    """Drag pans, the wheel zooms, a double click fits; arrows, + and −, 0 and Home do the same.

    Logarithmic axes show exponents: whoever paints gives log10 of the numbers.
    """

    view_changed = Signal()
    fit_wanted = Signal()
    pointed = Signal(object)
    stepped = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 110)
        self.viewport().setAutoFillBackground(False)
        self.setStyleSheet("background: transparent")
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.frame = Frame()
        self._layers: list[Layer] = []
        self.box = _Box()
        self.scene().addItem(self.box)
        self.box.fit_wanted.connect(self.fit_wanted)
        self.box.sigRangeChanged.connect(self._rearrange)
        self.scene().sigMouseMoved.connect(self._point)
        theme().changed.connect(self.repaint_soon)
        self._square = False
        self._ringed = False
        self._arranging = False
        self._arrange()

    def set_axes(
        self,
        x: Axis,
        y: Axis,
        *,
        grid: str = "y",
        baseline: bool = True,
        upside_down: bool = False,
        square: bool = False,
    ) -> None:
        """What the axes are called and written with; a square plot leaves room at its sides where it must."""
        self._square = square
        self.frame.x, self.frame.y, self.frame.grid, self.frame.baseline = x, y, grid, baseline
        self.box.invertY(upside_down)
        self._arrange()
        self.repaint_soon()

    def add_layer(self, layer: Layer) -> None:
        """Something painted inside the plot, in pixels of the widget, above what was added before."""
        self._layers.append(layer)
        self.repaint_soon()

    def show_range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Shows this part of the plane; an extent of nothing is widened."""
        self.box.setRange(xRange=_widened(*x), yRange=_widened(*y), padding=0)

    def shown_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The part of the plane in view, as (x, y)."""
        (x0, x1), (y0, y1) = self.box.viewRange()
        return (x0, x1), (y0, y1)

    def plot_rect(self) -> QRectF:
        """Where the plot lies in the widget, without axes."""
        return self.box.geometry()

    def clip(self) -> QRectF:
        """The part of the widget that layers may paint on."""
        return self.plot_rect().adjusted(-_OVER, -_OVER, _OVER, _OVER)

    def place(self, x: float, y: float) -> QPointF:
        """A point of the plane on the widget."""
        places = self.places(np.array([x]), np.array([y]))
        return QPointF(float(places[0][0]), float(places[1][0]))

    def places(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points of the plane [points] in pixels of the widget, at most a few screens away from it."""
        plot = self.plot_rect()
        across, down = self.snapshot().places(x, y)
        return plot.left() + across, plot.top() + down

    def snapshot(self) -> Snapshot:
        """What the plot shows at this moment, for another thread."""
        plot = self.plot_rect()
        down = self.box.yInverted()
        return Snapshot(*self.shown_range(), plot.width(), plot.height(), self.devicePixelRatioF(), down)

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        del rect
        self.frame.paint(painter, self.plot_rect(), *self.shown_range(), self.place)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        del rect
        painter.setClipRect(self.clip())
        for layer in self._layers:
            painter.save()
            layer(painter)
            painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._ringed and self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().colour("accent"), 1.5))
            painter.drawRoundedRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1), 6, 6)
            painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "frame"):
            self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _ARROWS and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.stepped.emit(_ARROWS[key][0] or _ARROWS[key][1])
        elif key in _ARROWS:
            (x0, x1), (y0, y1) = self.shown_range()
            right, up = _ARROWS[key]
            up = -up if self.box.yInverted() else up
            self.box.translateBy(x=right * _PAN * (x1 - x0), y=up * _PAN * (y1 - y0))
            self.box.moved_by_hand.emit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            closer = key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal)
            factor = 1 / _ZOOM if closer else _ZOOM
            self.box.scaleBy((factor, factor))
            self.box.moved_by_hand.emit()
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.fit_wanted.emit()
        else:
            QWidget.keyPressEvent(self, event)

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self.pointed.emit(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ringed = event.reason() in _BY_KEYBOARD
        self.repaint_soon()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.repaint_soon()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._ringed = False

    def _rearrange(self, *_: object) -> None:
        self._arrange()
        self.view_changed.emit()

    def _arrange(self) -> None:
        """Gives the plot the room that the words leave."""
        if self._arranging:
            return
        self._arranging = True
        room = QRectF(self.viewport().rect())
        # With a locked aspect a new size changes the range and with it the words, so a second look is needed.
        for _ in range(2):
            plot = self.frame.layout(room, *self.shown_range())
            spare = plot.width() - plot.height() if self._square else 0.0
            self.box.setGeometry(plot.adjusted(max(spare, 0) / 2, max(-spare, 0), -max(spare, 0) / 2, 0))
        self._arranging = False
        self.view_changed.emit()

    def _point(self, place: QPointF) -> None:
        inside = self.plot_rect().contains(place)
        self.pointed.emit(self.box.mapSceneToView(place) if inside else None)

    def repaint_soon(self) -> None:
        """Paints anew when the event loop comes to it."""
        self.viewport().update()


class _Box(pg.ViewBox):
    """A view box without menu that pans by the left button only and tells of double clicks."""

    fit_wanted = Signal()
    moved_by_hand = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.disableAutoRange()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        super().mouseDragEvent(event, axis)
        self.moved_by_hand.emit()

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        super().wheelEvent(event, axis)
        self.moved_by_hand.emit()

    def mouseClickEvent(self, event: Any) -> None:
        if event.double() and event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.fit_wanted.emit()


def _widened(low: float, high: float) -> tuple[float, float]:
    if low < high:
        return low, high
    air = abs(low) * 0.05 or 0.5
    return low - air, high + air
