"""Several runs side by side: one metric of all of them over the steps, and the settings and scores that differ."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from genodesk.app.pages.runs.record import RunRecord
from genodesk.app.pages.runs.run_settings import settings_shown
from genodesk.app.pages.runs.settings_tab import words
from genodesk.app.plots.lines import LinePlot
from genodesk.app.run_list import is_over
from genodesk.app.run_tail import RunTail
from genodesk.app.run_words import number, short_name, state_word, vocabulary, when, workflow_title
from genodesk.app.widgets import Card, Segments, icon_button, label
from genodesk.core.errors import UserError
from genodesk.core.metrics import meaning
from genodesk.core.palette import colours
from genodesk.core.scores import heading, scores_of
from genodesk.jobs.status import RunStatus

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

MOST = 8
_FEW = 4  # runs whose columns share the width
_REPAINT_MS = 100
Rows = list[tuple[str, list[str]]]


class Compare(QWidget):
    """Follows up to eight runs; those beyond are named, not drawn."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__()
        self.desk = desk
        self.title = label("", "title")
        self.subtitle = label("", mute=True)
        self.numbers = QComboBox()
        self.numbers.setAccessibleName(self.tr("Number to draw"))
        self.numbers.setMinimumWidth(220)
        self.numbers.activated.connect(self._choose)
        self.plot = LinePlot()
        self.plot.setAccessibleName(self.tr("Curves of the selected runs"))
        self.plot.setMinimumHeight(180)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # it takes what is left
        self.export = icon_button("export", self.tr("Export these curves"), self._export)
        curves = Card(self.tr("Curves"), self.numbers, self.export)
        curves.body.addWidget(self.plot, 1)
        self.which = Segments(
            [("settings", self.tr("Settings that differ")), ("scores", self.tr("Scores"))], name=self.tr("What to list")
        )
        self.which.chosen.connect(lambda _: self._list())
        self.table = QTableWidget()
        self.table.setAccessibleName(self.tr("Differences"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setMinimumHeight(120)
        self.table.horizontalHeader().setDefaultSectionSize(160)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().hide()
        self.nothing = label("", mute=True)
        below = Card("", self.which)
        below.body.addWidget(self.nothing)
        below.body.addWidget(self.table, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        for widget, stretch in ((self.title, 0), (self.subtitle, 0), (curves, 1), (below, 1)):
            whole.addWidget(widget, stretch)
        self._records: list[RunRecord] = []
        self._tails: list[RunTail] = []
        self._drawn: dict[str, tuple[int, int]] = {}
        self._chosen: tuple[str, str] | None = None
        self._repaint = QTimer(self)
        self._repaint.setSingleShot(True)
        self._repaint.setInterval(_REPAINT_MS)
        self._repaint.timeout.connect(self.draw_now)

    def show_runs(self, runs: list[RunStatus]) -> None:
        """Shows these runs; the same ones again only take their newest status."""
        shown = runs[:MOST]
        if [run.id for run in shown] == [record.status.id for record in self._records]:
            for record, run in zip(self._records, shown, strict=True):
                record.status = run
            return
        self.leave()
        for run in shown:
            try:
                record = RunRecord(run)
            except UserError as error:
                self.desk.tell(error)
                continue
            tail = RunTail(run.folder, self)
            tail.set_alive(not is_over(run))
            tail.events.connect(lambda events, record=record: self._take(record, events))
            tail.restarted.connect(record.clear)
            self._records.append(record)
            self._tails.append(tail)
        self.title.setText(self.tr("{n} runs").format(n=len(runs)))
        beyond = self.tr("The first {n} are drawn.").format(n=MOST) if len(runs) > MOST else ""
        workflows = ", ".join(dict.fromkeys(workflow_title(run) for run in runs))
        self.subtitle.setText(" · ".join(part for part in (workflows, beyond) if part))
        self._list()

    def leave(self) -> None:
        """Follows them no more."""
        for tail in self._tails:
            tail.stop()
            tail.deleteLater()
        self._repaint.stop()
        self._erase()
        self._records, self._tails = [], []

    def names(self) -> list[str]:
        """What the runs are called here: made different by when they were started, where need be."""
        plain = [short_name(record.status) for record in self._records]
        timed = [f"{name}, {when(record.status.created)}" for name, record in zip(plain, self._records, strict=True)]
        names = plain if len(set(plain)) == len(plain) else timed
        return names if len(set(names)) == len(names) else [f"{name} ({i + 1})" for i, name in enumerate(names)]

    def draw_now(self) -> None:
        """Draws what is new of the chosen metric."""
        self._offer()
        if self._chosen is None:
            return
        metric, split = self._chosen
        shades = colours(max(len(self._records), 1))
        for number_, (name, record) in enumerate(zip(self.names(), self._records, strict=True)):
            curve = record.curves.get(metric, {}).get(split)
            if curve is None or self._drawn.get(name) == (curve.cuts, len(curve.steps)):
                continue
            cuts, points = self._drawn.get(name, (-1, 0))
            first = points if cuts == curve.cuts else 0
            steps, values = np.array(curve.steps[first:]), np.array(curve.values[first:])
            if first:
                self.plot.append(name, steps, values)
            else:
                self.plot.set_line(name, steps, values, colour=shades[number_])
            self._drawn[name] = (curve.cuts, len(curve.steps))

    def _take(self, record: RunRecord, events: list[Any]) -> None:
        record.add(events)
        if not self._repaint.isActive():
            self._repaint.start()

    def _offer(self) -> None:
        found = {
            (metric, split): None
            for record in self._records
            for metric, splits in record.curves.items()
            for split in splits
        }
        keys = sorted(found, key=lambda key: (key[0] != "loss", key[1] == "train"))
        if [self.numbers.itemData(i) for i in range(self.numbers.count())] == keys:
            return
        self.numbers.clear()
        known = vocabulary(self._records[0].status)
        for key in keys:
            self.numbers.addItem(f"{heading(key[0], known)} · {key[1]}", key)
        if keys and self._chosen not in keys:
            self._show(keys[0])
        self.numbers.setCurrentIndex(keys.index(self._chosen) if self._chosen in keys else -1)

    def _choose(self) -> None:
        self._show(tuple(self.numbers.currentData()))
        self.draw_now()

    def _show(self, key: tuple[str, str]) -> None:
        self._chosen = key
        self._erase()
        self.plot.set_labels(self.tr("Step"), heading(key[0], vocabulary(self._records[0].status)))

    def _export(self) -> None:
        from genodesk.app.plots.export import ExportPanel

        if self._drawn:
            ExportPanel.open(self.desk, self.plot.to_figure("compared", self.numbers.currentText()))

    def _erase(self) -> None:
        for name in self._drawn:
            self.plot.remove(name)
        self._drawn = {}

    def _list(self) -> None:
        rows = self._settings() if self.which.current() == "settings" else self._scores()
        self.nothing.setVisible(not rows)
        self.nothing.setText(
            self.tr("These runs have the same settings.")
            if self.which.current() == "settings"
            else self.tr("None of these runs has scores yet.")
        )
        self.table.setVisible(bool(rows))
        names = self.names()
        self.table.setColumnCount(len(names) + 1)
        self.table.setHorizontalHeaderLabels(
            [self.tr("Setting") if self.which.current() == "settings" else self.tr("Score"), *names]
        )
        self.table.setRowCount(len(rows))
        for row, (title, cells) in enumerate(rows):
            self.table.setItem(row, 0, QTableWidgetItem(title))
            for column, cell in enumerate(cells, start=1):
                item = QTableWidgetItem(cell)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(cell)
                self.table.setItem(row, column, item)
        few = len(names) <= _FEW
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch if few else QHeaderView.ResizeMode.Interactive)
        for column in range(len(names) + 1):
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            self.table.horizontalHeaderItem(column).setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)

    def _settings(self) -> Rows:
        """The settings in which the runs differ."""
        columns: list[dict[str, str]] = []
        for record in self._records:
            try:
                columns.append({title: words(value) for title, value in settings_shown(record.folder).all})
            except UserError:
                columns.append({})
        titles = dict.fromkeys(title for column in columns for title in column)
        rows = [(title, [column.get(title, "–") for column in columns]) for title in titles]
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
                title = self.tr("Best {metric} so far").format(metric=meaning(best.metric, known).title)
                values = {title: number(best.value), **values}
            columns.append(values)
        titles = dict.fromkeys(title for column in columns for title in column)
        if not titles:
            return []
        states = (self.tr("State"), [state_word(record.status) for record in self._records])
        return [states, *((title, [column.get(title, "–") for column in columns]) for title in titles)]
