"""The runs as a list model that keeps still: a run that moved on repaints its own line, nothing else."""

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from genodesk.app.amounts import moment, when
from genodesk.app.run_names import alike, short_name
from genodesk.app.run_words import action_title, best_words, computer, how_far, state_word, workflow_title
from genodesk.jobs.status import RunStatus

Index = QModelIndex | QPersistentModelIndex
FILTERS: dict[str, tuple[str, ...]] = {
    "all": (),
    "going": ("queued", "preparing", "running", "pausing", "stopping"),
    "finished": ("finished",),
    "halted": ("paused", "stopped"),
    "failed": ("failed",),
}
RUN = Qt.ItemDataRole.UserRole
STARTED = Qt.ItemDataRole.UserRole + 1


class RunListModel(QAbstractListModel):
    """The runs that pass the filter, in the order given."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[RunStatus] = []
        self._shown: list[RunStatus] = []
        self._filter = "all"
        self._words: list[str] = []
        self._alike: set[str] = set()
        self._texts: dict[str, tuple[RunStatus, str]] = {}  # what is searched, by the id of the run

    def set_runs(self, runs: list[RunStatus]) -> None:
        """Takes the runs as they are now."""
        if [run.id for run in runs] != [run.id for run in self._runs]:
            self._alike = alike(runs)
        self._runs = runs
        self._show([run for run in runs if self._passes(run)])

    def set_filter(self, states: str, text: str) -> None:
        """Shows only runs in one of the FILTERS in which every word of `text` occurs."""
        self._filter, self._words = states, text.casefold().split()
        self._show([run for run in self._runs if self._passes(run)])

    def run(self, row: int) -> RunStatus:
        """The run in a row."""
        return self._shown[row]

    def row_of(self, run_id: str) -> int:
        """The row of a run, or -1."""
        return next((row for row, run in enumerate(self._shown) if run.id == run_id), -1)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        run = self._shown[index.row()]
        if role == RUN:
            return run
        if role == STARTED:
            return moment(run.created, exact=run.id in self._alike)
        if role == Qt.ItemDataRole.DisplayRole:
            return short_name(run)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (short_name(run), how_far(run), best_words(run), str(run.folder)) if part)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            started = when(run.created, exact=run.id in self._alike)
            parts = (short_name(run), workflow_title(run), action_title(run), state_word(run), best_words(run), started)
            return ", ".join(part for part in parts if part)
        return None

    def _passes(self, run: RunStatus) -> bool:
        states = FILTERS[self._filter]
        if states and run.state not in states:
            return False
        if not self._words:
            return True
        text = self._text(run)
        return all(word in text for word in self._words)

    def _text(self, run: RunStatus) -> str:
        known = self._texts.get(run.id)
        if known is not None and known[0] is run:
            return known[1]
        parts = (short_name(run), workflow_title(run), action_title(run), run.folder.name, state_word(run))
        text = " ".join((*parts, computer(run), run.id)).casefold()
        self._texts[run.id] = (run, text)
        return text

    def _show(self, runs: list[RunStatus]) -> None:
        if [run.id for run in runs] != [run.id for run in self._shown]:
            self.beginResetModel()
            self._shown = runs
            self.endResetModel()
            return
        before, self._shown = self._shown, runs
        for row, (old, new) in enumerate(zip(before, runs, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(row), self.index(row))
