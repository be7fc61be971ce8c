"""What holds other widgets: cards, rows, columns, tabs and scrolled areas, with the spacing of the theme."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from genodesk.app.widgets.text import label

Item = QWidget | QLayout | int
"""A widget, a layout, or a stretch (0 and more)."""


class Card(QFrame):
    """A calm surface with an optional heading; widgets beside the heading stand at its right. Fill `body`."""

    def __init__(self, title: str = "", *beside: QWidget) -> None:
        super().__init__()
        self.setObjectName("card")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 12, 16, 16)
        whole.setSpacing(8)
        self.heading = label(title, "heading")
        self.heading.setParent(self)
        self.heading.setVisible(bool(title or beside))
        if title or beside:
            line = QHBoxLayout()
            line.setSpacing(8)
            line.addWidget(self.heading)
            line.addStretch(1)
            for widget in beside:
                line.addWidget(widget)
            whole.addLayout(line)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        whole.addLayout(self.body, 1)


class Rule(QFrame):
    """A thin horizontal line between two parts."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rule")
        self.setFixedHeight(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


class Tabs(QTabWidget):
    """Tabs in the style of the theme; the bar is reached by Tab and moved by arrow keys."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setDocumentMode(True)
        self.tabBar().setAccessibleName(name)
        self.tabBar().setExpanding(False)
        self.tabBar().setDrawBase(False)
        self.tabBar().setUsesScrollButtons(True)


def row(*items: Item, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QHBoxLayout:
    """Items beside each other; a number is a stretch."""
    made = QHBoxLayout()
    _fill(made, items, spacing, margins)
    return made


def column(*items: Item, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    """Items below each other; a number is a stretch."""
    made = QVBoxLayout()
    _fill(made, items, spacing, margins)
    return made


def scrolled(inside: QWidget) -> QScrollArea:
    """The widget in an area that scrolls up and down and shows no frame."""
    inside.setObjectName("canvas")
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    return area


def clear(layout: QLayout) -> None:
    """Takes every widget out of a layout for good."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()


def _fill(made: QBoxLayout, items: tuple[Item, ...], spacing: int, margins: tuple[int, int, int, int]) -> None:
    made.setSpacing(spacing)
    made.setContentsMargins(*margins)
    for item in items:
        if isinstance(item, int):
            made.addStretch(item)
        elif isinstance(item, QLayout):
            made.addLayout(item)
        else:
            made.addWidget(item)
