"""Fields of which the possible values are known: from the declaration, or from what was found in the data."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QListWidget, QListWidgetItem, QVBoxLayout

from genodesk.app.forms.field import WORD_WIDTH, Field, WordsField, items_of, leaf_may_be_empty
from genodesk.core.settings import Leaf

_ROWS_SHOWN = 7


class Choices(QComboBox):
    """A list to choose from that a turn of the mouse wheel scrolls past instead of changing it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceField(Field):
    """One of the declared choices, or none where the setting may be absent."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self.box = Choices()
        self.box.setMinimumWidth(WORD_WIDTH)
        if leaf_may_be_empty(leaf):
            self.box.addItem(leaf.choice_titles.get("", _tr("none")), None)
        for choice in leaf.choices:
            self.box.addItem(leaf.choice_titles.get(choice, choice), choice)
        self.box.activated.connect(lambda _row: self.edited.emit())
        self.take_control(self.box)

    def value(self) -> Any:
        return self.box.currentData()

    def set_value(self, value: Any) -> None:
        place = self.box.findData(value)
        if place < 0:  # a value of another version or of a file: shown as it is, so that its problem makes sense
            self.box.addItem(str(value), value)
            place = self.box.count() - 1
        self.box.setCurrentIndex(place)


class SeveralField(Field):
    """Any number of the declared choices, each with a tick."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self.list = _Ticks(self.edited.emit)
        self.list.show_items(leaf.choices, leaf.choice_titles)
        self.take_control(self.list)

    def value(self) -> Any:
        return self.list.ticked()

    def set_value(self, value: Any) -> None:
        self.list.tick(items_of(value))


class OfferedField(Field):
    """A name from the data, offered in a list; any other can be typed."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self.box = Choices()
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setMinimumWidth(WORD_WIDTH)
        completer, line = self.box.completer(), self.box.lineEdit()
        assert completer is not None
        assert line is not None
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseSensitive)
        line.setAccessibleName(leaf.title)
        if leaf_may_be_empty(leaf):
            line.setPlaceholderText(_tr("none"))
        line.textEdited.connect(lambda _text: self.edited.emit())
        self.box.activated.connect(lambda _row: self.edited.emit())
        self.take_control(self.box)

    def value(self) -> Any:
        text = self.box.currentText().strip()
        return None if not text and leaf_may_be_empty(self.leaf) else text

    def set_value(self, value: Any) -> None:
        text = "" if value is None else str(value)
        if self.box.currentText() != text:
            self.box.setEditText(text)

    def set_offers(self, offers: list[str]) -> None:
        if offers == [self.box.itemText(row) for row in range(self.box.count())]:
            return  # somebody may be typing, or choosing from the open list
        text = self.box.currentText()
        self.box.clear()
        self.box.addItems(offers)
        self.box.setCurrentIndex(self.box.findText(text))
        self.box.setEditText(text)


class CategoriesField(Field):
    """Some of the classes of a column: ticks where the classes are known, else words with commas."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self._offers: list[str] = []
        self._words = WordsField(leaf)
        self._list = _Ticks(self.edited.emit)
        self._list.setAccessibleName(leaf.title)
        self._list.hide()
        self._words.edited.connect(self.edited)
        both = QVBoxLayout()
        both.addWidget(self._words)
        both.addWidget(self._list)
        self.line.addLayout(both)
        self.setFocusProxy(self._words.edit)

    def value(self) -> Any:
        return self._words.value() if self._list.isHidden() else self._list.ticked()

    def set_value(self, value: Any) -> None:
        chosen = [str(item) for item in items_of(value)]
        self._words.set_value(chosen)
        if self._offers and not {*chosen} <= {*self._list.names()}:
            self._list_classes(chosen)
        self._list.tick(chosen)

    def set_offers(self, offers: list[str]) -> None:
        if offers == self._offers:
            return  # the keyboard may be on the list
        chosen = self.value()
        self._offers = offers
        self._list_classes(chosen)
        self._list.setVisible(bool(offers))
        self._words.setVisible(not offers)
        self.setFocusProxy(self._list if offers else self._words.edit)
        self.set_value(chosen)

    def _list_classes(self, chosen: list[str]) -> None:
        """The classes of the data, then what was chosen though it is none of them."""
        self._list.show_items([*self._offers, *(name for name in chosen if name not in self._offers)], {})


class _Ticks(QListWidget):
    """A short list with a tick at each item; Space sets and takes it."""

    def __init__(self, changed: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("ticks")
        self.setFixedWidth(WORD_WIDTH)
        self._showing = False
        self.itemChanged.connect(lambda _item: None if self._showing else changed())

    def show_items(self, names: Sequence[str], titles: Mapping[str, str]) -> None:
        self._showing = True
        self.clear()
        for name in names:
            item = QListWidgetItem(titles.get(name, name))
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip(item.text())
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
            self.addItem(item)
        self._showing = False
        row = self.sizeHintForRow(0) if names else 0
        self.setFixedHeight(min(_ROWS_SHOWN, len(names)) * row + 2 * self.frameWidth() + 8)

    def names(self) -> list[str]:
        return [self.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.count())]

    def ticked(self) -> list[str]:
        items = [self.item(row) for row in range(self.count())]
        return [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked]

    def tick(self, names: list[str]) -> None:
        self._showing = True
        for row in range(self.count()):
            on = self.item(row).data(Qt.ItemDataRole.UserRole) in names
            self.item(row).setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self._showing = False


def _tr(text: str) -> str:
    return QCoreApplication.translate("Field", text)
