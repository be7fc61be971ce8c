"""Small drop-down lists with a name, as the cards beside the cells use them."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from genodesk.app.widgets import label, row

_NAME_WIDTH = 84


def choice_box(name: str, options: Sequence[tuple[str, Any]] = ()) -> QComboBox:
    """A list of (text, value); it never grows wider than its card."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(6)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    fill(box, options)
    return box


def fill(box: QComboBox, options: Sequence[tuple[str, Any]], value: Any = None) -> None:
    """Other options, without telling anybody; `value` is chosen where it is one of them, else the first."""
    box.blockSignals(True)
    box.clear()
    for text, data in options:
        box.addItem(text, data)
    box.setCurrentIndex(max(0, find(box, value)) if options else -1)
    box.blockSignals(False)


def find(box: QComboBox, value: Any) -> int:
    """The line of a value, -1 where there is none."""
    return next((line for line in range(box.count()) if box.itemData(line) == value), -1)


def choose(box: QComboBox, value: Any) -> None:
    """Chooses a value where it is one of the options."""
    line = find(box, value)
    if line >= 0:
        box.setCurrentIndex(line)


def labelled(name: str, widget: QWidget) -> QWidget:
    """A widget with its name at the left."""
    made = QWidget()
    told = label(name, mute=True)
    told.setFixedWidth(_NAME_WIDTH)
    told.setBuddy(widget)
    line = row(told, widget, spacing=8)
    line.setStretch(1, 1)
    made.setLayout(line)
    return made
