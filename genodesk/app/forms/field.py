"""Field: one control that shows and takes the value of one setting, and the plain ones: texts, numbers, yes or no.

A field knows its setting and nothing of the draft, the engine or other fields. What makes no sense is kept as typed.
"""

import math
import re
from abc import abstractmethod
from typing import Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from genodesk.core.layers import grouped
from genodesk.core.settings import Leaf

NUMBER_WIDTH, WORD_WIDTH, _LINE_HEIGHT = 140, 200, 34  # px


class Field(QWidget):
    """The base of all fields. `edited` is sent by the person's hand only, never by `set_value`.

    What is abstract is so for readers and a test: Qt's classes have a metaclass of their own, which does not ask.
    """

    edited = Signal()

    def __init__(self, leaf: Leaf) -> None:
        super().__init__()
        self.leaf = leaf
        self.line = QHBoxLayout(self)
        self.line.setContentsMargins(0, 0, 0, 0)
        self.line.setSpacing(8)

    @abstractmethod
    def value(self) -> Any:
        """The JSON value, or the typed text where that is none."""

    @abstractmethod
    def set_value(self, value: Any) -> None:
        """Shows a value, or a typed text that is none."""

    def complaint(self) -> str:
        """What is wrong with what stands in the field, told at once; empty where nothing is."""
        return ""

    def set_offers(self, offers: list[str]) -> None:
        """Proposes values found in the data. A field without use for them ignores this."""

    def mark(self, wrong: bool, told: str = "") -> None:
        """Shows or hides the red edge; `told` is what stands below the field, for screen readers."""
        control = self.focusProxy()
        assert control is not None
        control.setAccessibleDescription(" ".join(part for part in (told, self.leaf.help) if part))
        if bool(control.property("wrong")) != wrong:
            control.setProperty("wrong", wrong)
            control.style().unpolish(control)
            control.style().polish(control)

    def take_control(self, control: QWidget, stretch: int = 0) -> None:
        """Puts in the control that has the focus; it bears the setting's title."""
        control.setAccessibleName(self.leaf.title)
        self.setFocusProxy(control)
        self.line.addWidget(control, stretch)


class TextField(Field):
    """A line of text; empty means none where the setting may be absent."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self.edit = QLineEdit()
        self.edit.setMinimumWidth(WORD_WIDTH)
        self.edit.textEdited.connect(lambda _text: self.edited.emit())
        self.take_control(self.edit, 1)

    def value(self) -> Any:
        text = self.edit.text().strip()
        return None if not text and leaf_may_be_empty(self.leaf) else text

    def set_value(self, value: Any) -> None:
        if self.value() != value:
            self.edit.setText("" if value is None else str(value))


class WordsField(Field):
    """Several words or numbers, with commas between them."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self.edit = QLineEdit()
        self.edit.setMinimumWidth(WORD_WIDTH)
        self.edit.setPlaceholderText(_tr("with commas between"))
        self.edit.textEdited.connect(lambda _text: self.edited.emit())
        self.take_control(self.edit, 1)

    def value(self) -> Any:
        words = [word.strip() for word in self.edit.text().split(",") if word.strip()]
        if self.leaf.plain_type not in (int, float):
            return words
        return [word if number is None else number for word in words for number in [number_of(word, self.leaf)]]

    def set_value(self, value: Any) -> None:
        if self.value() != value:
            self.edit.setText(", ".join(map(number_text, items_of(value))))

    def complaint(self) -> str:
        wrong = [word for word in self.value() if isinstance(word, str)]
        if self.leaf.plain_type in (int, float) and wrong:
            return _tr("“{text}” is not a number.").format(text=wrong[0])
        return ""


class NumberField(Field):
    """A number, also written as 1e-3 or 1,000. Anything else is refused in place and stays as typed."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self.edit = QLineEdit()
        self.edit.setFixedWidth(NUMBER_WIDTH)
        if leaf_may_be_empty(leaf):
            self.edit.setPlaceholderText(_tr("not set"))
        self.edit.textEdited.connect(lambda _text: self.edited.emit())
        self.take_control(self.edit)

    def value(self) -> Any:
        text = self.edit.text().strip()
        if not text and leaf_may_be_empty(self.leaf):
            return None
        number = number_of(text, self.leaf)
        return text if number is None else number

    def set_value(self, value: Any) -> None:
        if self.value() != value:
            self.edit.setText("" if value is None else number_text(value))

    def complaint(self) -> str:
        value = self.value()
        if isinstance(value, str):
            if not value:
                return _tr("A number is needed.")
            if re.fullmatch(r"[+-]?\d+,\d+", value):
                return _tr("Write decimals with a point: {text}").format(text=value.replace(",", "."))
            if self.leaf.plain_type is int and number_of(value, None) is not None:
                return _tr("A whole number is needed.")
            return _tr("“{text}” is not a number.").format(text=value)
        if value is None or _within(value, self.leaf):
            return ""
        return _tr("Allowed: {allowed}.").format(allowed=range_text(self.leaf))


class SwitchField(Field):
    """Yes or no."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self.box = QCheckBox(_tr("off"))
        self.box.setMinimumHeight(_LINE_HEIGHT)
        self.box.toggled.connect(lambda on: self.box.setText(_tr("on") if on else _tr("off")))
        self.box.clicked.connect(lambda _on: self.edited.emit())
        self.take_control(self.box)

    def value(self) -> Any:
        return self.box.isChecked()

    def set_value(self, value: Any) -> None:
        self.box.setChecked(value is True)


def leaf_may_be_empty(leaf: Leaf) -> bool:
    """Whether a setting may be left without a value."""
    return type(None) in getattr(leaf.annotation, "__args__", ())


def items_of(value: Any) -> list[Any]:
    """The items of a value of a setting that takes several; of a file, it may be a single one by mistake."""
    return value if isinstance(value, list) else [] if value is None else [value]


def number_of(text: str, leaf: Leaf | None) -> int | float | None:
    """The number a text stands for, or None; whole where the setting is whole."""
    plain = text.strip().replace("\u2212", "-")
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", plain):
        return None
    try:
        return int(plain)
    except ValueError:
        number = float(plain)
    if not math.isfinite(number):
        return None
    if leaf is not None and leaf.plain_type is int:
        return int(number) if number.is_integer() else None
    return number


def number_text(value: Any) -> str:
    """A value as it stands in a field: 600, 0.002, 1e-05."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def range_text(leaf: Leaf) -> str:
    """What may be given: 1 – 100,000, above 0, at least 8; empty where all numbers may."""
    low = None if leaf.minimum is None else grouped(leaf.minimum)
    high = None if leaf.maximum is None else grouped(leaf.maximum)
    if low is not None and high is not None:
        if leaf.exclusive_minimum or leaf.exclusive_maximum:
            first = _tr("above {number}") if leaf.exclusive_minimum else _tr("at least {number}")
            last = _tr("below {number}") if leaf.exclusive_maximum else _tr("at most {number}")
            return f"{first.format(number=low)}, {last.format(number=high)}"
        return f"{low} – {high}"
    if low is not None:
        return (_tr("above {number}") if leaf.exclusive_minimum else _tr("at least {number}")).format(number=low)
    if high is not None:
        return (_tr("below {number}") if leaf.exclusive_maximum else _tr("at most {number}")).format(number=high)
    return ""


def _within(value: float, leaf: Leaf) -> bool:
    low, high = leaf.minimum, leaf.maximum
    above = low is None or value > low or (value == low and not leaf.exclusive_minimum)
    below = high is None or value < high or (value == high and not leaf.exclusive_maximum)
    return above and below


def _tr(text: str) -> str:
    return QCoreApplication.translate("Field", text)
