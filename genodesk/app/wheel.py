"""The wheel scrolls the page. A number, a list or a slider takes it only once the keyboard is on it."""

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollBar,
    QWidget,
)


class WheelGuard(QObject):
    """Watches one window that is shown; goes with it.

    It sits where events reach the window, before a control is given the focus for being wheeled over, and where only
    few of them pass: a filter on the whole application would see every event of every object.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        window.windowHandle().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        del watched
        if event.type() != QEvent.Type.Wheel or not isinstance(event, QWheelEvent):
            return False
        control = _control_at(self._window, event.position().toPoint())
        if control is None or control.hasFocus() or QApplication.activePopupWidget() is not None:
            return False
        area = control.parentWidget()
        while area is not None and not isinstance(area, QAbstractScrollArea):
            area = area.parentWidget()
        if area is not None:
            scrolled = QWheelEvent(
                QPointF(area.viewport().mapFrom(self._window, event.position().toPoint())),
                event.globalPosition(),
                event.pixelDelta(),
                event.angleDelta(),
                event.buttons(),
                event.modifiers(),
                event.phase(),
                event.inverted(),
            )
            QApplication.sendEvent(area.viewport(), scrolled)
        return True


def _control_at(window: QWidget, place: QPoint) -> QWidget | None:
    widget = window.childAt(place)
    while widget is not None and widget is not window:
        if isinstance(widget, QAbstractSpinBox | QComboBox):
            return widget
        if isinstance(widget, QAbstractSlider):
            return None if isinstance(widget, QScrollBar) else widget
        widget = widget.parentWidget()
    return None
