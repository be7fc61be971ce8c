"""Tab goes through a window as the eye does: in the order in which layouts place things, whenever they were built."""

from collections.abc import Sequence
from operator import itemgetter

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLayout,
    QProgressBar,
    QScrollArea,
    QStackedWidget,
    QTabWidget,
    QWidget,
)

_WHOLE = (QAbstractButton, QLabel, QProgressBar, QComboBox, QAbstractSpinBox)  # have no parts, or parts that follow


def move_focus(parts: Sequence[QWidget], forward: bool) -> bool:
    """Gives the focus to the next stop in `parts` of a window, or to the one before; False where there is none.

    The order is found anew each time, since pages come and rows are replaced.
    """
    stops: list[QWidget] = []
    for part in parts:
        _gather(part, stops)
    stops = [stop for stop in stops if stop.isEnabled()]
    if not stops:
        return False
    now = QApplication.focusWidget()
    while now is not None and now not in stops:  # inside a box that can be written into, for example
        now = now.parentWidget()
    step = 1 if forward else -1
    begin = stops.index(now) if now is not None else (-1 if forward else 0)
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    stops[(begin + step) % len(stops)].setFocus(reason)
    return True


def _gather(widget: QWidget, stops: list[QWidget]) -> None:
    """Adds the widgets on show, from this one inwards, at which Tab can stop, in the order of the layouts."""
    if widget.isHidden():
        return
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        stops.append(widget)
    if isinstance(widget, _WHOLE):
        return
    if (layout := widget.layout()) is not None and not isinstance(widget, QStackedWidget):
        _gather_from(layout, _child_widgets(widget), stops)
        return
    for inside in _inside(widget):
        if inside is not None:
            _gather(inside, stops)


def _gather_from(layout: QLayout, widgets: Sequence[QWidget], stops: list[QWidget]) -> None:
    """Goes through those of the widgets that a layout places, in its order.

    The layout is asked where they are, not what its items are: PySide keeps every item it has handed out as a part of
    the layout even when Qt has deleted it since, and the process ends when something else comes to lie in its place.
    """
    inner = [child for child in layout.children() if isinstance(child, QLayout)]
    parts: list[QWidget | QLayout] = [*widgets, *inner]
    placed = [(layout.indexOf(part), part) for part in parts]
    for place, part in sorted(placed, key=itemgetter(0)):
        if place < 0:
            continue
        if isinstance(part, QLayout):
            _gather_from(part, widgets, stops)
        else:
            _gather(part, stops)


def _inside(widget: QWidget) -> Sequence[QWidget | None]:
    """What a widget without a layout of ours holds."""
    if isinstance(widget, QScrollArea):
        return [widget.widget()]
    if isinstance(widget, QAbstractScrollArea):
        return []
    if isinstance(widget, QStackedWidget):
        return [widget.currentWidget()]
    if isinstance(widget, QTabWidget):
        return [widget.tabBar(), widget.cornerWidget(), widget.currentWidget()]
    children = _child_widgets(widget)
    children.sort(key=lambda child: (child.y(), child.x()))
    return children


def _child_widgets(widget: QWidget) -> list[QWidget]:
    return [child for child in widget.children() if isinstance(child, QWidget) and not child.isWindow()]
