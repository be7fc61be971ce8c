"""FoundTable: a table of any length with a line to search in it; what is found is asked for in parts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QLineEdit, QTableView

from genodesk.app.pages.data.table_model import TableModel, Words, rows_a_page
from genodesk.app.tasks import Tasks
from genodesk.app.timers import once
from genodesk.app.widgets import Card, Content, button, label
from genodesk.core.errors import UserError

_ROW_HEIGHT = 28
_TYPING_MS = 200

Find = Callable[[str, int, int], Awaitable[tuple[list[list[Any]], int, int]]]
"""(text, first row, how many) -> rows, how many match, how many there are in all."""


class FoundTable(Card):
    """`chosen` gives the values of a row: those of the columns, and whatever else the row holds; `failed` tells why
    none can be read.

    Columns have the widths given, the first takes what is left.
    """

    chosen = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        title: str,
        columns: Sequence[tuple[str, int]],
        find: Find,
        tasks: Tasks,
        *,
        placeholder: str,
        words: Mapping[int, Words],
    ) -> None:
        self.told = label("", "small", mute=True)
        super().__init__(title, self.told)
        self._columns = columns
        self._find = find
        self._tasks = tasks
        self._words = words
        self._choosing = False
        self.model: TableModel | None = None
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(placeholder)
        self.search.setAccessibleName(placeholder)
        self._typed = once(self, _TYPING_MS, self.load)
        self.search.textChanged.connect(lambda _: self._typed.start())
        self.view = QTableView()
        self.content = Content(self.view)
        self._dress_view(title)
        self.body.addWidget(self.search)
        self.body.addWidget(self.content, 1)

    def load(self) -> None:
        """Reads the rows that match the search, from the first."""
        self._tasks.start(self._load(), f"find {id(self)}", on_error=self._show_error)

    def choose(self, row: int) -> None:
        """Brings a row into view and chooses it."""
        if self.model is not None and 0 <= row < self.model.total:
            index = self.model.index(row, 0)
            self.view.scrollTo(index)
            chosen = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.view.selectionModel().setCurrentIndex(index, chosen)

    def shut(self) -> None:
        """Searches and reads nothing any more."""
        self._typed.stop()
        if self.model is not None:
            self.model.shut()

    async def _load(self) -> None:
        text = self.search.text()
        rows, matches, total = await self._find(text, 0, rows_a_page(len(self._columns)))
        names = [name for name, _ in self._columns]
        model = TableModel(names, matches, rows, lambda first, n: self._rows(text, first, n), self._tasks, self._words)
        model.setParent(self.view)
        model.failed.connect(self._show_error)
        before, self.model = self.model, model
        self.view.setModel(model)
        if before is not None:
            before.shut()
            before.deleteLater()
        model.arrived.connect(self._tell_chosen)
        self.view.selectionModel().currentRowChanged.connect(lambda *_: self._choose_current())
        across = self.view.horizontalHeader()
        for column, (_, width) in enumerate(self._columns):
            across.setSectionResizeMode(
                column, QHeaderView.ResizeMode.Fixed if column else QHeaderView.ResizeMode.Stretch
            )
            self.view.setColumnWidth(column, width)
        self.told.setText(
            f"{total:,}" if matches == total else self.tr("{n} of {all}").format(n=f"{matches:,}", all=f"{total:,}")
        )
        if matches:
            self.content.show_content()
        elif total:
            self.content.show_empty("search", self.tr("Nothing found"), self.tr("Search for another word."))
        else:
            self.content.show_empty("search", self.tr("None here"), self.tr("This sequence has none."))

    async def _rows(self, text: str, first: int, number: int) -> list[list[Any]]:
        return (await self._find(text, first, number))[0]

    def _choose_current(self) -> None:
        self._choosing = True
        self._tell_chosen()

    def _tell_chosen(self) -> None:
        """Tells of the row that was chosen last, as soon as it is here."""
        row = self.model.row(self.view.currentIndex().row()) if self.model is not None and self._choosing else None
        if row is not None:
            self._choosing = False
            self.chosen.emit(row)

    def _show_error(self, error: UserError) -> None:
        self.content.show_error(error, button(self.tr("Try again"), self.load, icon="again"))
        self.failed.emit(error)

    def _dress_view(self, title: str) -> None:
        self.view.setAccessibleName(title)
        self.view.setProperty("kind", "small")
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setShowGrid(False)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        down = self.view.verticalHeader()
        down.hide()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(_ROW_HEIGHT)
        self.view.horizontalHeader().setHighlightSections(False)
