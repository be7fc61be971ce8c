"""The tab of tables: metrics.csv and every other table of the run, row by row however many there are."""

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QFileDialog, QHeaderView, QTableView, QVBoxLayout, QWidget

from genodesk.app.pages.runs.csv_rows import CsvRows
from genodesk.app.pages.runs.part import RunPart
from genodesk.app.pages.runs.rows_model import RowsModel
from genodesk.app.tasks import Tasks
from genodesk.app.timers import once
from genodesk.app.widgets import Content, button, disable, enable, ignore_selection, label, row
from genodesk.core.errors import UserError

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_LOOK_MS = 1000
_FEW = 7  # columns that share the width
_LEAST_PX, _WIDEST_PX, _AIR_PX = 72, 320, 12  # of a column, and beside what stands in it
_FITTED = 40  # columns; of more, each has the same width
_LOOKED_AT = 60  # rows, for the width of their columns
_MOST_COPIED = 100_000  # rows


class TableTab(RunPart):
    """Looks through a table in a thread and reads only the rows that are seen."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self._tasks = Tasks(desk.tell)
        self._reading = ThreadPoolExecutor(1, "run table")
        self.names = QComboBox()
        self.names.setAccessibleName(self.tr("Table"))
        self.names.setMinimumWidth(180)
        self.names.activated.connect(self._choose)
        self.count = label("", mute=True)
        self.copy = button(self.tr("Copy"), self.copy_selected, icon="copy", tip=self.tr("Copies the selected rows."))
        self.save = button(self.tr("Save as CSV…"), self._save_as, icon="save")
        self.view = _Table()
        self.view.setAccessibleName(self.tr("Rows of the table"))
        self.view.copy_wanted = self.copy_selected
        self.content = Content(self.view)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addLayout(row(self.names, self.count, 1, self.copy, self.save))
        whole.addWidget(self.content, 1)
        self.model: RowsModel | None = None
        self._tell_selection()
        self._again = once(self, _LOOK_MS, self._look_again)
        self._missed = self._looking = False

    def clear(self) -> None:
        self._tasks.cancel()
        self._again.stop()
        self.names.clear()
        self._set_rows(None)

    def refresh(self) -> None:
        self._missed = self._again.isActive()
        if self._missed:
            return
        self._again.start()
        if self._looking:  # through a long table, to its end
            self._missed = True
            return
        self._offer()
        self._tasks.start(self._look(), "look")

    def copy_selected(self) -> None:
        """Copies the selected rows with the header, as a spreadsheet takes them; they are read in the thread."""
        ranges = [] if self.model is None else self.view.selectionModel().selection().toList()
        count = sum(part.height() for part in ranges)
        if self.model is None or not count:
            return
        if count > _MOST_COPIED:
            self.desk.toast(
                self.tr("{n} rows are too many to copy.").format(n=f"{count:,}"),
                self.tr("Select at most {n}, or save the table as CSV.").format(n=f"{_MOST_COPIED:,}"),
                "warn",
            )
            return
        numbers = sorted({number for part in ranges for number in range(part.top(), part.bottom() + 1)})
        self._tasks.start(self._copy(self.model.rows, numbers), "copy")

    def export(self, path: Path) -> None:
        """Writes the table that is shown as a file."""
        if self.model is not None:
            self._tasks.start(self._write(self.model.rows.path, path), "export")

    def shut(self) -> None:
        self._again.stop()
        self._tasks.cancel()
        self._reading.shutdown(cancel_futures=True)

    def _offer(self) -> None:
        """The tables there are, metrics first."""
        assert self.record is not None
        tables = self.record.folder.tables
        names = sorted((file.stem for file in tables.glob("*.csv")), key=lambda n: (n != "metrics", n))
        if [self.names.itemData(i) for i in range(self.names.count())] != names:
            chosen = self.names.currentData()
            self.names.clear()
            for name in names:
                self.names.addItem(name.replace("_", " "), name)
            self.names.setCurrentIndex(max(0, self.names.findData(chosen)))
        if names:
            enable(self.save)
        else:
            disable(self.save, self.tr("There is no table yet."))
            self.content.show_empty(
                "table", self.tr("No tables yet"), self.tr("Numbers appear here with the first step.")
            )

    def _tell_selection(self) -> None:
        if self.model is None:
            disable(self.copy, self.tr("There is no table yet."))
        elif self.view.selectionModel().hasSelection():
            enable(self.copy)
        else:
            disable(self.copy, self.tr("Select rows of the table first."))

    def _look_again(self) -> None:
        if self._missed and self.record is not None:
            self.refresh()

    def _choose(self) -> None:
        self._set_rows(None)
        self._tasks.start(self._look(), "look")

    async def _look(self) -> None:
        name = self.names.currentData()
        if self.record is None or name is None:
            return
        path = self.record.folder.tables / f"{name}.csv"
        rows = self.model.rows if self.model is not None and self.model.rows.path == path else CsvRows(path)
        self._looking = True
        try:
            await asyncio.wrap_future(self._reading.submit(rows.update))
        finally:
            self._looking = False
        if self.model is None or self.model.rows is not rows:
            self._set_rows(rows)
        elif self.model.version != rows.version:
            few = self.model.rowCount() < _LOOKED_AT
            self.model.grow()
            if few:  # later ones would move columns that somebody may have set
                self.view.fit()
        self.content.show_content()
        self.count.setText(self.tr("1 row") if len(rows) == 1 else self.tr("{n} rows").format(n=f"{len(rows):,}"))

    def _set_rows(self, rows: CsvRows | None) -> None:
        former, self.model = self.model, None if rows is None else RowsModel(rows, self)
        self.view.setModel(self.model)
        if self.model is not None:
            ignore_selection(self.view)
            self.view.selectionModel().selectionChanged.connect(self._tell_selection)
            self.model.modelReset.connect(self._tell_selection)
        self._tell_selection()
        self.view.fit()
        if former is not None:
            former.deleteLater()
        self.count.setText("")

    def _save_as(self) -> None:
        dialog = QFileDialog(self, self.tr("Save the table"), f"{self.names.currentData()}.csv", "CSV (*.csv)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.export(Path(name)))
        dialog.open()

    async def _copy(self, rows: CsvRows, numbers: list[int]) -> None:
        QGuiApplication.clipboard().setText(await asyncio.wrap_future(self._reading.submit(rows.text_of, numbers)))
        copied = self.tr("1 row copied") if len(numbers) == 1 else self.tr("{n} rows copied")
        self.desk.toast(copied.format(n=f"{len(numbers):,}"), level="good")

    async def _write(self, source: Path, target: Path) -> None:
        try:
            await asyncio.wrap_future(self._reading.submit(shutil.copyfile, source, target))
        except OSError as error:
            raise UserError(
                self.tr("The table cannot be saved there ({reason}).").format(reason=error.strerror or error),
                self.tr("Choose another folder or name."),
                str(target),
            ) from None
        self.desk.toast(self.tr("Saved {name}").format(name=target.name), str(target.parent), "good")


class _Table(QTableView):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().setDefaultSectionSize(26)
        self.verticalHeader().setMinimumWidth(56)
        self.horizontalHeader().setDefaultSectionSize(140)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().setResizeContentsPrecision(_LOOKED_AT)
        self.copy_wanted: Any = None

    def fit(self) -> None:
        """Every column as wide as what it holds; a few share what room is left."""
        model = self.model()
        if model is None or not 0 < model.columnCount() <= _FITTED:
            return
        columns = range(model.columnCount())
        header = self.horizontalHeader()
        widths = [
            min(_WIDEST_PX, max(_LEAST_PX, self.sizeHintForColumn(column), header.sectionSizeHint(column)) + _AIR_PX)
            for column in columns
        ]
        numbers = self.verticalHeader()
        beside = max(numbers.sizeHint().width(), numbers.minimumWidth()) + self.verticalScrollBar().sizeHint().width()
        spare = self.width() - 2 * self.frameWidth() - beside - sum(widths)  # the viewport is not laid out yet
        header.setStretchLastSection(len(widths) <= _FEW and spare > 0)
        for column in columns:
            share = spare // len(widths) if spare > 0 and len(widths) <= _FEW else 0
            self.setColumnWidth(column, widths[column] + share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.model() is not None and self.model().columnCount() <= _FEW:
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted()
        else:
            super().keyPressEvent(event)
