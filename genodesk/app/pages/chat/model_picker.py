"""ModelPicker: which model answers: the demonstration, a finished training of GeneChat, a folder that the settings know
or one chosen by hand.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy

from genodesk.app.amounts import when
from genodesk.app.forms.files import ask_for_path
from genodesk.app.pages.chat.talking import WORKFLOW
from genodesk.app.run_list import has_model
from genodesk.app.run_names import short_name
from genodesk.app.widgets.text import plain_tip
from genodesk.core.settings import FileKind
from genodesk.jobs.status import RunStatus

_OTHER = "\0"
_WIDTH = 220
_MOVES = (
    *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
    *(Qt.Key.Key_Home, Qt.Key.Key_End),
)


class ModelPicker(QComboBox):
    """`picked` gives the folder, "" for the demonstration.

    The arrow keys move in the open list, where Enter chooses: each model that is picked is loaded.
    """

    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Model"))
        self.setMinimumWidth(_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._current = ""
        self._runs: list[tuple[str, str]] = []
        self._folders: list[str] = []
        self.activated.connect(self._take)
        self._fill()

    def current(self) -> str:
        """The folder of the model, "" for the demonstration."""
        return self._current

    def set_current(self, model: str) -> None:
        """Shows a model as the chosen one, without a signal."""
        if model != self._current:  # else a list that is open would change under the pointer
            self._current = model
            self._fill()

    def set_runs(self, runs: Sequence[RunStatus]) -> None:
        """Offers the finished trainings among the runs."""
        fitting = [run for run in runs if run.workflow == WORKFLOW and has_model(run)]
        offered = [(f"{short_name(run)} · {when(run.created)}", str(run.folder)) for run in fitting]
        if offered != self._runs and not self.view().isVisible():
            self._runs = offered
            self._fill()

    def set_folders(self, folders: Sequence[str]) -> None:
        """Offers the folders of models that the settings know."""
        if list(folders) != self._folders and not self.view().isVisible():
            self._folders = list(folders)
            self._fill()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        letter = event.text().strip() if plain and event.text().isprintable() else ""
        if not letter and Qt.Key(event.key()) not in _MOVES:
            super().keyPressEvent(event)
            return
        self.showPopup()
        if letter:
            self.view().keyboardSearch(letter)

    def _fill(self) -> None:
        self.clear()
        self.addItem(self.tr("Demonstration model"), "")
        named = {folder: title for title, folder in self._runs}
        for folder in dict.fromkeys((*self._folders, *([self._current] if self._current else []))):
            named.setdefault(folder, Path(folder).name)
        often = Counter(named.values())
        for folder, name in named.items():
            alike = often[name] > 1 and name == Path(folder).name
            self.addItem(f"{Path(folder).parent.name}/{name}" if alike else name, folder)
            self.setItemData(self.count() - 1, plain_tip(folder), Qt.ItemDataRole.ToolTipRole)
        self.insertSeparator(self.count())
        self.addItem(self.tr("Another folder…"), _OTHER)
        self.setCurrentIndex(max(0, self.findData(self._current)))
        self.setToolTip(plain_tip(self._current))

    def _take(self) -> None:
        chosen = self.currentData()
        if chosen == _OTHER:
            self.setCurrentIndex(max(0, self.findData(self._current)))
            ask_for_path(self, self._pick, FileKind(folder=True), "folder")
        elif isinstance(chosen, str):
            self._pick(chosen)

    def _pick(self, model: str) -> None:
        if model != self._current:
            self.set_current(model)
            self.picked.emit(model)
