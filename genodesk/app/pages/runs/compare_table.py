"""A table of several runs: the settings in which they differ, or their states and scores."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from genodesk.app.amounts import number
from genodesk.app.pages.runs.record import RunRecord
from genodesk.app.pages.runs.run_settings import settings_shown
from genodesk.app.pages.runs.settings_tab import words
from genodesk.app.run_words import state_word, vocabulary
from genodesk.app.widgets import Card, Segments, label
from genodesk.core.errors import UserError
from genodesk.core.metrics import meaning
from genodesk.core.scores import heading, scores_of

_FEW = 4  # runs whose columns share the width
_NAMES_PX, _COLUMN_PX = 230, 160
Rows = list[tuple[str, list[str]]]


class CompareTable(QWidget):
    """Settings of a run never change and are read once; states and scores are brought up to date by `refresh`."""

    def __init__(self) -> None:
        super().__init__()
        self.which = Segments(
            [("settings", self.tr("Settings that differ")), ("scores", self.tr("Scores"))], name=self.tr("What to list")
        )
        self.which.chosen.connect(lambda _: self._list())
        self.table = QTableWidget()
        self.table.setAccessibleName(self.tr("Differences"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setMinimumHeight(120)
        self.table.horizontalHeader().setDefaultSectionSize(_COLUMN_PX)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().hide()
        self.nothing = label("", mute=True)
        card = Card("", self.which)
        card.body.addWidget(self.nothing)
        card.body.addWidget(self.table, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(card)
        self._records: Sequence[RunRecord] = []
        self._names: Sequence[str] = []
        self._settings: dict[str, dict[str, str]] = {}  # by the id of the run
        self._shown: list[object] = []

    def show_runs(self, records: Sequence[RunRecord], names: Sequence[str]) -> None:
        """Shows these runs under these names."""
        self._records, self._names = records, names
        self._list()

    def refresh(self) -> None:
        """Shows states and scores anew where one of them is another."""
        if self.which.current() == "scores" and self._states() != self._shown:
            self._list()

    def rows(self) -> Rows:
        """What is listed: a title, then a cell for each run."""
        return self._scores() if self.which.current() == "scores" else self._different_settings()

    def _list(self) -> None:
        of_scores = self.which.current() == "scores"
        rows = self.rows()
        self._shown = self._states()
        self.nothing.setVisible(not rows)
        self.nothing.setText(
            self.tr("None of these runs has scores yet.")
            if of_scores
            else self.tr("These runs have the same settings.")
        )
        self.table.setVisible(bool(rows))
        self.table.setColumnCount(len(self._names) + 1)
        self.table.setRowCount(len(rows))
        for row, (title, cells) in enumerate(rows):
            for column, text in enumerate((title, *cells)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_side(column))
                item.setToolTip(text)
                self.table.setItem(row, column, item)
        first = self.tr("Score") if of_scores else self.tr("Setting")
        for column, text in enumerate((first, *self._names)):
            item = QTableWidgetItem(text)
            item.setTextAlignment(_side(column))
            self.table.setHorizontalHeaderItem(column, item)
        few = len(self._names) <= _FEW
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch if few else QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, _NAMES_PX)

    def _states(self) -> list[object]:
        return [(record.status.state, record.status.best, record.status.has_result) for record in self._records]

    def _different_settings(self) -> Rows:
        for record in self._records:
            if record.status.id not in self._settings:
                self._settings[record.status.id] = _settings_of(record)
        rows = _side_by_side([self._settings[record.status.id] for record in self._records])
        return [(title, cells) for title, cells in rows if len(set(cells)) > 1]

    def _scores(self) -> Rows:
        """State and scores of every run."""
        columns: list[dict[str, str]] = []
        for record in self._records:
            known = vocabulary(record.status)
            rows = scores_of(record.folder.result() or {}, known)
            values = {heading(name, known): number(value) for name, value in rows[0].values.items()} if rows else {}
            best = record.status.best
            if best is not None:
                title = self.tr("Best {metric}").format(metric=meaning(best.metric, known).title)
                values = {title: number(best.value), **values}
            columns.append(values)
        if not any(columns):
            return []
        states = (self.tr("State"), [state_word(record.status) for record in self._records])
        return [states, *_side_by_side(columns)]


def _settings_of(record: RunRecord) -> dict[str, str]:
    try:
        return {title: words(value) for title, value in settings_shown(record.folder).all}
    except UserError:  # the run's own tab of settings tells
        return {}


def _side_by_side(columns: Sequence[dict[str, str]]) -> Rows:
    """A row for every title that any run has."""
    titles = dict.fromkeys(title for column in columns for title in column)
    return [(title, [column.get(title, "–") for column in columns]) for title in titles]


def _side(column: int) -> Qt.AlignmentFlag:
    return (Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
