"""Gestures: what mouse, wheel, touchpad and keys do to a camera, and the outline that a lasso draws.

Knows no cells: it tells where the pointer stands and which outline was drawn.
"""

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QWidget

from genodesk.app.plots.camera import Camera

_STEP = 60  # px an arrow key moves
_KEY_ZOOM = 1.3
_WHEEL_ZOOM = 1.0016  # per eighth of a degree
_NEXT_POINT = 3.0  # px between two points of an outline
_MOVES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class Gestures(QObject):
    """Listens to one widget. `outline` are the points of a lasso in units, kept until the next one or Esc."""

    pointed = Signal(object)
    outlined = Signal(object)
    outline_changed = Signal()

    def __init__(self, widget: QWidget, camera: Camera) -> None:
        super().__init__(widget)
        self.camera = camera
        self.outline: list[tuple[float, float]] = []
        self.lasso = False
        self._widget = widget
        self._pulled: QPointF | None = None
        self._drawing = False
        widget.setMouseTracking(True)
        widget.installEventFilter(self)
        self._show_cursor()

    def set_lasso(self, on: bool) -> None:
        """Whether the left button draws an outline instead of moving the view."""
        self.lasso = on
        self.clear()
        self._show_cursor()

    def clear(self) -> None:
        """Takes the outline away."""
        self._drawing = False
        if self.outline:
            self.outline = []
            self.outline_changed.emit()

    def to_plane(self, point: QPointF) -> tuple[float, float]:
        """The place in the plane under a point of the widget."""
        camera, widget = self.camera, self._widget
        x = camera.x + (point.x() - widget.width() / 2) / camera.scale
        return x, camera.y - (point.y() - widget.height() / 2) / camera.scale

    def to_widget(self, x: float, y: float) -> QPointF:
        """The point of the widget at a place in the plane."""
        camera, widget = self.camera, self._widget
        return QPointF(
            widget.width() / 2 + (x - camera.x) * camera.scale, widget.height() / 2 - (y - camera.y) * camera.scale
        )

    def polygon(self) -> QPolygonF:
        """The outline on the widget."""
        return QPolygonF([self.to_widget(x, y) for x, y in self.outline])

    @property
    def drawing(self) -> bool:
        """Whether the outline is still being drawn."""
        return self._drawing

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        del watched
        match event:
            case QWheelEvent():
                self._wheel(event)
            case QKeyEvent() if event.type() == QEvent.Type.KeyPress:
                return self._key(event)
            case QKeyEvent() if event.type() == QEvent.Type.ShortcutOverride and self._wants(event):
                event.accept()
                return True
            case QNativeGestureEvent() if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.camera.zoom(1.0 + event.value(), *self.to_plane(event.position()))
            case QMouseEvent():
                return self._mouse(event)
            case _:
                if event.type() == QEvent.Type.Leave:
                    self.pointed.emit(None)
                return False
        return True

    def _mouse(self, event: QMouseEvent) -> bool:
        match event.type():
            case QEvent.Type.MouseButtonPress:
                self._press(event)
            case QEvent.Type.MouseMove:
                self._moved(event.position())
            case QEvent.Type.MouseButtonRelease:
                self._release()
            case QEvent.Type.MouseButtonDblClick if not self.lasso:
                self.camera.fit()
            case _:
                return False
        return True

    def _press(self, event: QMouseEvent) -> None:
        self._widget.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.lasso and event.button() == Qt.MouseButton.LeftButton:
            self._drawing = True
            self.outline = [self.to_plane(event.position())]
            self.outline_changed.emit()
        elif event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pulled = event.position()
            self._show_cursor()

    def _moved(self, point: QPointF) -> None:
        if self._drawing:
            if (point - self.to_widget(*self.outline[-1])).manhattanLength() >= _NEXT_POINT:
                self.outline.append(self.to_plane(point))
                self.outline_changed.emit()
        elif self._pulled is not None:
            by, self._pulled = point - self._pulled, point
            self.camera.move(-by.x() / self.camera.scale, by.y() / self.camera.scale)
        else:
            self.pointed.emit(point)

    def _release(self) -> None:
        self._pulled = None
        self._show_cursor()
        if self._drawing:
            self._drawing = False
            if len(self.outline) < 3:
                self.outline = []
            self.outline_changed.emit()
            self.outlined.emit(np.array(self.outline, dtype=np.float64).reshape(-1, 2))

    def _wheel(self, event: QWheelEvent) -> None:
        if event.angleDelta().y():
            self.camera.zoom(_WHEEL_ZOOM ** event.angleDelta().y(), *self.to_plane(event.position()))
        event.accept()

    def _wants(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Escape and bool(self.outline)

    def _key(self, event: QKeyEvent) -> bool:
        camera, key = self.camera, Qt.Key(event.key())
        if event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier):
            return False
        if key in _MOVES:
            right, up = _MOVES[key]
            camera.move(right * _STEP / camera.scale, up * _STEP / camera.scale)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            camera.zoom(_KEY_ZOOM, camera.x, camera.y)
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            camera.zoom(1 / _KEY_ZOOM, camera.x, camera.y)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            camera.fit()
        elif key == Qt.Key.Key_Escape and self.outline:
            self.clear()
            self.outlined.emit(np.zeros((0, 2)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.lasso:
            self._outline_all()
        else:
            return False
        return True

    def _outline_all(self) -> None:
        """What the lasso is without a mouse: all that is in view."""
        width, height = self._widget.width(), self._widget.height()
        corners = ((1, 1), (width - 1, 1), (width - 1, height - 1), (1, height - 1))
        self.outline = [self.to_plane(QPointF(x, y)) for x, y in corners]
        self.outline_changed.emit()
        self.outlined.emit(np.array(self.outline))

    def _show_cursor(self) -> None:
        pulling = self._pulled is not None
        shape = Qt.CursorShape.ClosedHandCursor if pulling else Qt.CursorShape.OpenHandCursor
        self._widget.setCursor(Qt.CursorShape.CrossCursor if self.lasso and not pulling else shape)
