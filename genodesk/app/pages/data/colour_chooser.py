"""A line to choose what cells are coloured by: type a part of the name of a label, number or gene, pick from the list.

Genes are searched by a function it is given, since there may be tens of thousands.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from genodesk.app.icons import icon
from genodesk.app.pages.data.description import kind_text
from genodesk.app.tasks import Tasks
from genodesk.app.theme import theme
from genodesk.app.timers import once
from genodesk.app.widgets import write

Choice = dict[str, str]
"""{"column": name}, {"gene": name}, or {} for one colour."""
GeneSearch = Callable[[str], Awaitable[list[tuple[str, str]]]]
"""A part of a name -> (name, other name) of genes."""

_CHOICE = Qt.ItemDataRole.UserRole
_BESIDE = Qt.ItemDataRole.UserRole + 1
_SETTLE_MS = 120
_LINES_SHOWN = 14
_COLOURABLE = ("categorical", "numeric", "boolean", "text")


class ColourChooser(QLineEdit):
    """Shows what is chosen; a click, the arrow down or typing opens the list. `chosen` tells a new choice."""

    chosen = Signal(object)

    def __init__(self, columns: list[dict[str, Any]], find_genes: GeneSearch, tasks: Tasks) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Colour by"))
        self.setPlaceholderText(self.tr("Label, number or gene"))
        self.addAction(icon("down", "mute"), QLineEdit.ActionPosition.TrailingPosition).triggered.connect(
            self.open_list
        )
        self.choice: Choice = {}
        self._columns = [column for column in columns if column["kind"] in _COLOURABLE]
        self._find_genes = find_genes
        self._tasks = tasks
        self._items = QStandardItemModel(self)
        self._searched = self._waiting = False
        # Not the line's own completer, which would write the lines that are passed over into it.
        completer = self._completer = QCompleter(self._items, self)
        completer.setWidget(self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setMaxVisibleItems(_LINES_SHOWN)
        popup = self._popup = QListView()
        popup.setObjectName("popup")
        theme().dress(popup)  # a window of its own
        completer.setPopup(popup)
        popup.setItemDelegate(_Line(popup))
        completer.activated[QModelIndex].connect(lambda index: self._take(index.data(_CHOICE)))  # type: ignore[index]
        self._settle = once(self, _SETTLE_MS, self._search)
        self.textEdited.connect(self._edited)
        self.set_choice({})

    def set_choice(self, choice: Choice) -> None:
        """Shows a choice without telling anybody."""
        self.choice = dict(choice)
        self.setText(choice.get("column") or choice.get("gene") or self._plain())
        self._select_all()

    def open_list(self) -> None:
        """Everything there is to choose from, the first genes included."""
        self.setFocus()
        self._select_all()
        self._fill("", None)
        self._search("")

    def offered(self) -> list[str]:
        """The names in the list."""
        items = [self._items.item(line) for line in range(self._items.rowCount())]
        return [item.text() for item in items if item.isEnabled()]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.open_list()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()  # else a click would take back the selection of the whole text

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()  # likewise

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_F4) and not self._popup.isVisible():
            self.open_list()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_first()
            event.accept()  # else the list would close, and with it what it says where nothing was found
        elif event.key() == Qt.Key.Key_Escape and self.text() != self._name():
            self._settle.stop()
            self._popup.hide()
            self.set_choice(self.choice)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._select_all()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._settle.stop()
            self._waiting = False
            self.set_choice(self.choice)

    def _select_all(self) -> None:
        """Whatever is typed next replaces what is shown; the beginning of a long name stays in view."""
        self.setCursorPosition(0)
        if self.hasFocus():
            self.setSelection(len(self.text()), -len(self.text()))

    def _edited(self, text: str) -> None:
        self._waiting = False
        self._popup.setCurrentIndex(QModelIndex())
        self._fill(text, None)
        self._settle.start()

    def _search(self, text: str | None = None) -> None:
        sought = self.text() if text is None else text
        self._tasks.start(self._add_genes(sought), f"genes {id(self)}")

    async def _add_genes(self, text: str) -> None:
        genes = await self._find_genes(text.strip())
        if self.hasFocus():
            self._fill(text, genes)
            if self._waiting:
                self._take_first()

    def _fill(self, text: str, genes: list[tuple[str, str]] | None) -> None:
        """The list anew: what the columns offer that contain the text, then the genes; None where not known yet."""
        self._searched = genes is not None
        sought = text.strip().casefold()
        highlighted = self._popup.currentIndex().row()
        self._items.clear()
        if not sought:
            self._add(self._plain(), "", {})
        for column in self._columns:
            if sought in column["name"].casefold():
                self._add(column["name"], kind_text(column), {"column": column["name"]})
        for name, other in genes or ():
            self._add(name, other or self.tr("gene"), {"gene": name})
        if not self._items.rowCount():
            told = self.tr("Nothing is called “{text}”") if self._searched else self.tr("Looking for “{text}” …")
            self._add(told.format(text=text.strip()), "", {})
            self._items.item(0).setEnabled(False)
        if self.isVisible():
            self._completer.complete()
            kept = 0 <= highlighted < len(self.offered())
            self._popup.setCurrentIndex(self._popup.model().index(highlighted, 0) if kept else QModelIndex())

    def _add(self, name: str, beside: str, choice: Choice) -> None:
        item = QStandardItem(name)
        item.setData(choice, _CHOICE)
        item.setData(beside, _BESIDE)
        item.setData(f"{name}, {beside}" if beside else name, Qt.ItemDataRole.AccessibleTextRole)
        self._items.appendRow(item)

    def _take_first(self) -> None:
        """The line passed to by the arrows, else the first; where genes are still sought, as soon as they are found."""
        self._waiting = not self.offered() and not self._searched
        passed = self._popup.currentIndex()
        if passed.isValid() and self._popup.isVisible():
            self._take(passed.data(_CHOICE))
        elif self.offered() and self.text() != self._name():
            self._take(self._items.item(0).data(_CHOICE))

    def _take(self, choice: Choice) -> None:
        self._settle.stop()
        self._waiting = False
        self._tasks.cancel(f"genes {id(self)}")
        self._popup.hide()
        changed = dict(choice) != self.choice
        self.set_choice(choice)
        if changed:
            self.chosen.emit(self.choice)

    def _name(self) -> str:
        return self.choice.get("column") or self.choice.get("gene") or self._plain()

    def _plain(self) -> str:
        return self.tr("One colour")


class _Line(QStyledItemDelegate):
    """A name at the left and, smaller, what it is at the right."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(option.rect, theme().colour("soft"))
        room = QRect(option.rect).adjusted(8, 0, -8, 0)
        half = room.adjusted(room.width() - room.width() // 2, 0, 0, 0)
        room.setRight(room.right() - write(painter, half, str(index.data(_BESIDE)), "small", "mute", right=True) - 10)
        write(painter, room, str(index.data()), "body", "text")
        painter.restore()
