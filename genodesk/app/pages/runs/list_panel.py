"""The list of runs at the left of the page: state, name, progress or best number, age; filtered, searched, selected."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QItemSelectionModel, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from genodesk.app.icons import icon
from genodesk.app.pages.runs.list_model import RUN, STARTED, Index, RunListModel
from genodesk.app.run_list import is_over
from genodesk.app.run_names import short_name
from genodesk.app.run_words import (
    action_title,
    best_words,
    computer,
    is_silent,
    progress_words,
    reached_words,
    reason,
    share_done,
    state_icon,
    state_word,
    time_left,
    workflow_title,
)
from genodesk.app.theme import font, theme
from genodesk.app.timers import every
from genodesk.app.widgets import Content, LinePainter, button, write
from genodesk.jobs.liveness import this_host
from genodesk.jobs.status import RunStatus

WIDTH, NARROW = 296, 248
_ROW_HEIGHT = 76
_AGES_MS = 30_000


class ListPanel(QWidget):
    """The runs. `chosen` brings the ids of the selected ones in the order of the list."""

    chosen = Signal(list)
    deletion_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.set_narrow(False)
        self.model = RunListModel()
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search runs"))
        self.search.setAccessibleName(self.tr("Search runs"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.states = QComboBox()
        self.states.setAccessibleName(self.tr("Show only"))
        for key, text in (
            ("all", self.tr("All runs")),
            ("going", self.tr("Running or waiting")),
            ("finished", self.tr("Finished")),
            ("halted", self.tr("Paused or stopped")),
            ("failed", self.tr("Failed")),
        ):
            self.states.addItem(text, key)
        self.states.currentIndexChanged.connect(self._filter)
        self.view = _View()
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.tr("Runs"))
        self.view.deletion_wanted.connect(self.deletion_wanted)
        self.view.selectionModel().selectionChanged.connect(self._tell)
        self.content = Content(self.view)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self.search)
        whole.addWidget(self.states)
        whole.addWidget(self.content, 1)
        self._selected: list[str] = []
        self._ages = every(self, _AGES_MS, self.view.viewport().update)

    def set_narrow(self, narrow: bool) -> None:
        """Takes less room in a small window."""
        self.setFixedWidth(NARROW if narrow else WIDTH)

    def set_runs(self, runs: list[RunStatus]) -> None:
        """Shows the runs as they are now; what was selected stays selected."""
        there = {run.id for run in runs}
        self._selected = [run_id for run_id in self._selected if run_id in there]
        with self._quiet():
            self.model.set_runs(runs)
            self._reselect()
        self._show_state()
        self._tell()

    def select(self, run_ids: list[str]) -> None:
        """Selects runs; a filter that hides one of them is lifted."""
        if any(self.model.row_of(run_id) < 0 for run_id in run_ids):
            self.search.clear()
            self.states.setCurrentIndex(0)
        self._selected = [run_id for run_id in run_ids if self.model.row_of(run_id) >= 0]
        with self._quiet():
            self._reselect()
        self._tell()

    def remember(self, run_ids: list[str]) -> None:
        """Selects runs as soon as they are on the list."""
        self._selected = run_ids

    def first(self) -> str:
        """The id of the topmost run on show; empty where the filter hides all."""
        return self.model.run(0).id if self.model.rowCount() else ""

    def selected(self) -> list[str]:
        """The ids of the selected runs."""
        return list(self._selected)

    def set_active(self, active: bool) -> None:
        """Ages go on only while somebody can see them."""
        (self._ages.start if active else self._ages.stop)()

    def _filter(self) -> None:
        with self._quiet():
            self.model.set_filter(self.states.currentData(), self.search.text())
            self._reselect()
        self._show_state()

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Selects without telling of every step on the way."""
        self.view.selectionModel().blockSignals(True)
        yield
        self.view.selectionModel().blockSignals(False)

    def _reselect(self) -> None:
        """A reset of the model loses the selection; the ids remember it."""
        selection = self.view.selectionModel()
        rows = [row for run_id in self._selected if (row := self.model.row_of(run_id)) >= 0]
        if sorted(index.row() for index in selection.selectedIndexes()) == sorted(rows):
            return
        selection.clear()
        for row in reversed(rows):
            selection.setCurrentIndex(self.model.index(row), QItemSelectionModel.SelectionFlag.Select)
        if rows:
            self.view.scrollTo(self.model.index(rows[0]))
        self.view.viewport().update()

    def _show_state(self) -> None:
        if self.model.rowCount():
            self.content.show_content()
        elif self.content.currentWidget() is self.view:
            clear = button(self.tr("Show all runs"), self._lift)
            self.content.show_empty("search", self.tr("No run matches"), "", clear)

    def _lift(self) -> None:
        self.search.clear()
        self.states.setCurrentIndex(0)

    def _tell(self) -> None:
        selection = self.view.selectionModel()
        found = [self.model.run(index.row()).id for index in sorted(selection.selectedIndexes(), key=lambda i: i.row())]
        if found != self._selected and (found or not self._selected):
            self._selected = found
        self.chosen.emit(self.selected())


class _View(QListView):
    deletion_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(LinePainter(self, _ROW_HEIGHT, _paint_run, gap=(4, 2)))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSpacing(0)
        self.setStyleSheet("QListView { background: transparent; border: none; }")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.deletion_wanted.emit()
        else:
            super().keyPressEvent(event)


def _paint_run(painter: QPainter, box: QRect, index: Index) -> None:
    """One run on three lines."""
    run: RunStatus = index.data(RUN)
    name, colour = state_icon(run)
    icon(name, colour).paint(painter, QRect(box.left() + 8, box.top() + 8, 18, 18))
    left, right, top = box.left() + 36, box.right() - 8, box.top() + 7
    created: str = index.data(STARTED)
    width = QFontMetrics(font("small")).horizontalAdvance(created) + 8
    write(painter, QRect(right - width, top, width, 20), created, "small", "mute", right=True)
    write(painter, QRect(left, top, right - left - width - 4, 20), short_name(run), "heading", "text")
    elsewhere = computer(run) if run.host not in ("", this_host()) else ""
    what = " · ".join(part for part in (workflow_title(run), action_title(run), elsewhere) if part)
    write(painter, QRect(left, top + 21, right - left, 18), what, "small", "mute")
    _how(painter, run, QRect(left, top + 40, right - left, 18))


def _how(painter: QPainter, run: RunStatus, place: QRect) -> None:
    """How it stands: a bar while it goes, then the best number."""
    _, colour = state_icon(run)
    word = state_word(run).capitalize()
    room = QFontMetrics(font("small"))
    width = room.horizontalAdvance(word) + 8
    rest = place.adjusted(width, 0, 0, 0)
    done = share_done(run)
    if is_over(run) or done is None or is_silent(run):
        why = reason(run) or (time_left(run) if is_silent(run) else "")
        progress = reached_words(run) if is_over(run) else progress_words(run.progress)
        told = why or best_words(run) or progress
        if not why and room.horizontalAdvance(told) > rest.width():
            rest = place  # the icon tells the state, too
        else:
            write(painter, QRect(place.topLeft(), QSize(width, place.height())), word, "small", colour)
        elide = Qt.TextElideMode.ElideRight if why else Qt.TextElideMode.ElideMiddle  # the number must be seen
        write(painter, rest, told, "small", "mute", right=rest is not place, elide=elide)
        return
    write(painter, QRect(place.topLeft(), QSize(width, place.height())), word, "small", colour)
    bar = QRect(rest.left() + 4, rest.center().y() - 1, rest.width() - 4, 4)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour("track"))
    painter.drawRoundedRect(bar, 2, 2)
    painter.setBrush(theme().colour("accent"))
    painter.drawRoundedRect(QRect(bar.left(), bar.top(), round(bar.width() * done), bar.height()), 2, 2)
