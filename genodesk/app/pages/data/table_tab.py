"""The Table tab: cells and genes, a table in text or one of a workflow's, row by row; go to a row, copy a selection."""

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSpinBox, QTableView, QVBoxLayout, QWidget

from genodesk.app.desk import Desk
from genodesk.app.pages.data.inspected import is_cells
from genodesk.app.pages.data.table_model import MISSING, TableModel, rows_a_page
from genodesk.app.tasks import Tasks
from genodesk.app.widgets import Card, Content, Segments, button, disable, enable, ignore_selection, label, row
from genodesk.core.errors import UserError

MOST_COPIED = 10_000
_ROW_HEIGHT = 28
_NARROWEST, _WIDEST = 72, 260
_MEASURED_ROWS = 40
_MEASURED_COLUMNS = 30


class TableTab(QWidget):
    """Rows of `obs` and `var`, of a text table, or of the table that a workflow has `told` of."""

    def __init__(self, desk: Desk, path: Path, found: dict[str, Any], told: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.desk = desk
        self.path = path
        self.tasks = Tasks(desk.tell)
        self.of = told["name"] if told is not None else "obs" if is_cells(found) else "rows"
        self.model: TableModel | None = None
        self._widths: dict[int, int] = {}
        self._n_columns = told["columns"] if told is not None else len(found["columns"])
        self._asked = {"workflow": found["workflow"]} if told is not None else {}
        self.which = Segments([("obs", self.tr("Cells")), ("var", self.tr("Genes"))], name=self.tr("Rows of"))
        self.which.chosen.connect(self.show_rows_of)
        if not is_cells(found):
            self.which.hide()
        self.told = label("", mute=True)
        self.goto = QSpinBox()
        self.goto.setAccessibleName(self.tr("Go to row"))
        self.goto.setGroupSeparatorShown(True)
        self.goto.setMinimum(1)
        self.goto.setMinimumWidth(120)
        self.goto.setKeyboardTracking(False)
        self.goto.valueChanged.connect(self.go_to_row)
        self.copying = button(self.tr("Copy"), self.copy, icon="copy", tip=self.tr("Copy the selected cells (Ctrl+C)"))
        self.view = QTableView()
        self.content = Content(self.view)
        self._dress_view()
        card = Card()
        card.body.setSpacing(12)
        goto_label = label(self.tr("Go to row"), mute=True)
        goto_label.setBuddy(self.goto)
        card.body.addLayout(row(self.which, self.told, 1, goto_label, self.goto, self.copying, spacing=12))
        card.body.addWidget(self.content, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 16, 0, 0)
        whole.addWidget(card)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.view, self.copy)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._nothing_selected()
        self.show_rows_of(self.of)

    def show_rows_of(self, of: str, top: int = 0) -> None:
        """`obs`, `var`, `rows`, or the name of a workflow's table, from the row `top` on, counted from 0."""
        self.of = of
        self.which.set_current(of)
        self.content.show_loading(self.tr("Reading the first rows"))
        self.tasks.start(self._open(of, top), "open", on_error=lambda error: self._show_error(error, top))

    def go_to_row(self, number: int) -> None:
        """Brings a row, counted from 1, to the middle and selects it."""
        if self.model is None:
            return
        index = self.model.index(number - 1, max(0, self.view.currentIndex().column()))
        self.view.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
        chosen = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().setCurrentIndex(index, chosen)

    def copy(self) -> None:
        """Copies the selected rows and columns as text with tabs; rows that are not here yet are read first."""
        self.tasks.start(self._copy(), "copy")

    def state(self) -> dict[str, Any]:
        """Which rows are shown."""
        return {"of": self.of}

    def restore(self, state: dict[str, Any]) -> None:
        """Shows them again."""
        if {self.of, state.get("of")} == {"obs", "var"}:
            self.show_rows_of(state["of"])

    def shut(self) -> None:
        """Ends what is being read."""
        if self.model is not None:
            self.model.shut()
        self.tasks.cancel()

    async def _open(self, of: str, top: int) -> None:
        first = await self._ask(of, 0, max(_MEASURED_ROWS, rows_a_page(self._n_columns)))
        names, rows, total = first["columns"], first["rows"], first["total"]
        if of in ("obs", "var"):
            names = [self.tr("Cell") if of == "obs" else self.tr("Gene"), *names[1:]]
        model = TableModel(names, total, rows, partial(self._read, of), self.tasks)
        model.setParent(self.view)
        model.failed.connect(lambda error: self._show_error(error, max(0, self.view.rowAt(0))))
        before, self.model = self.model, model
        self.view.setModel(model)
        ignore_selection(self.view)
        # Words may take the room that is left; numbers, which stand at the right, would be carried far from the others.
        self.view.horizontalHeader().setStretchLastSection(any(isinstance(values[-1], str) for values in rows))
        if before is not None:
            before.shut()
            before.deleteLater()
        self.view.selectionModel().selectionChanged.connect(self._selection_changed)
        self._nothing_selected()
        self._widths = {}
        self._widen(0, total - 1)
        model.arrived.connect(self._arrived)
        self.goto.blockSignals(True)
        self.goto.setMaximum(max(1, total))
        self.goto.setValue(top + 1)
        self.goto.blockSignals(False)
        told = self._told(total, len(names) - (of in ("obs", "var")), first["width"])
        if any(value is None for values in rows for value in values):
            told += " · " + self.tr("{mark} means missing").format(mark=MISSING)
        self.told.setText(told)
        self.content.show_content()
        if top:
            self.view.scrollTo(model.index(min(top, total - 1), 0), QAbstractItemView.ScrollHint.PositionAtTop)

    async def _read(self, of: str, start: int, number: int) -> list[list[Any]]:
        rows: list[list[Any]] = (await self._ask(of, start, number))["rows"]
        return rows

    async def _ask(self, of: str, start: int, number: int) -> dict[str, Any]:
        part: dict[str, Any] = {"of": of, "start": start, "rows": number}
        return await self.desk.engine.ask("preview", kind="table", path=str(self.path), **part, **self._asked)

    async def _copy(self) -> None:
        model, ranges = self.model, self.view.selectionModel().selection().toList()
        if model is None or not ranges:
            return
        first, last = min(r.top() for r in ranges), max(r.bottom() for r in ranges)
        columns = sorted({c for r in ranges for c in range(r.left(), r.right() + 1)})
        if last - first >= MOST_COPIED:
            self.desk.toast(
                self.tr("{n} rows are too many to copy.").format(n=f"{last - first + 1:,}"),
                self.tr("Select at most {n}.").format(n=f"{MOST_COPIED:,}"),
                "warn",
            )
            return
        QGuiApplication.clipboard().setText(await model.text_of(first, last, columns))
        self.desk.toast(self.tr("{n} rows copied.").format(n=f"{last - first + 1:,}"), level="good")

    def _selection_changed(self) -> None:
        if self.view.selectionModel().hasSelection():
            enable(self.copying)
        else:
            self._nothing_selected()

    def _nothing_selected(self) -> None:
        disable(self.copying, self.tr("Select cells of the table first."))

    def _show_error(self, error: UserError, top: int) -> None:
        """What went wrong, and another try that comes back to the same row."""
        again = button(self.tr("Try again"), lambda: self.show_rows_of(self.of, top), icon="again")
        self.content.show_error(error, again)

    def _told(self, total: int, shown: int, columns: int) -> str:
        if shown < columns:
            told = self.tr("{total} rows, the first {shown} of {columns} columns")
        else:
            told = self.tr("{total} rows, {columns} columns")
        return told.format(total=f"{total:,}", shown=f"{shown:,}", columns=f"{columns:,}")

    def _dress_view(self) -> None:
        self.view.setAccessibleName(self.tr("Table"))
        self.view.setShowGrid(False)
        self.view.setWordWrap(False)
        self.view.setAlternatingRowColors(True)
        self.view.setTabKeyNavigation(False)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        down = self.view.verticalHeader()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(_ROW_HEIGHT)
        across = self.view.horizontalHeader()
        across.setHighlightSections(False)
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def _arrived(self, first: int, last: int) -> None:
        top, bottom = self.view.rowAt(0), self.view.rowAt(self.view.viewport().height() - 1)
        self._widen(max(first, top), last if bottom < 0 else min(last, bottom))

    def _widen(self, first: int, last: int) -> None:
        """Columns as wide as what stands in these rows, within reason; never narrower than they are."""
        assert self.model is not None
        metrics = self.view.fontMetrics()
        rows = range(first, min(last + 1, first + _MEASURED_ROWS))
        for column, name in enumerate(self.model.columns[:_MEASURED_COLUMNS]):
            texts = [name, *(str(self.model.index(row, column).data()) for row in rows)]
            widest = max(metrics.horizontalAdvance(text) for text in texts) + 28
            wanted = min(_WIDEST, max(_NARROWEST, widest))
            if wanted > self._widths.get(column, 0):
                self._widths[column] = wanted
                self.view.setColumnWidth(column, wanted)
