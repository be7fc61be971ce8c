"""The card of folders: where new runs are kept, which can be changed, and where the desk's own files lie."""

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QPushButton

from genodesk.app.desk import Desk
from genodesk.app.forms.files import ask_for_path
from genodesk.app.widgets import Card, ElidedLabel, button, column, disable, enable, label, row, set_tone
from genodesk.core.settings import FileKind
from genodesk.jobs.places import cache, home


class FoldersCard(Card):
    """Runs that exist stay where they are when the folder for new ones is changed."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(self.tr("Folders"))
        self._desk = desk
        self.runs = ElidedLabel("", "small", mute=True, middle=True)
        self.choose = button(self.tr("Change…"), self._ask)
        self.reset = button(self.tr("Usual place"), lambda: self._keep(""))
        self.wrong = label("", "small", wrap=True)
        set_tone(self.wrong, "bad")
        self.wrong.hide()
        own, spare = (ElidedLabel(str(place), "small", mute=True, middle=True) for place in (home(), cache()))
        self._add(self.tr("New runs"), self.runs, self._new_runs, self.choose, self.reset)
        self._add(self.tr("Genodesk's own files"), own, home)
        self._add(self.tr("What may be deleted at any time"), spare, cache)
        self.body.addWidget(self.wrong)
        self.body.addWidget(
            label(self.tr("Runs that exist stay where they are, and stay on the list."), "small", mute=True, wrap=True)
        )
        self._show()

    def _add(self, name: str, path: ElidedLabel, place: Callable[[], Path], *buttons: QPushButton) -> None:
        opens = button(self.tr("Open"), lambda: self._open(place()), icon="open")
        opens.setAccessibleName(self.tr("Open the folder: {name}").format(name=name))
        line = row(column(label(name), path, spacing=4), *buttons, opens)
        line.setStretch(0, 1)
        self.body.addLayout(line)

    def _new_runs(self) -> Path:
        return self._desk.settings.runs_folder

    def _ask(self) -> None:
        ask_for_path(self, self._keep, FileKind(role="output", folder=True), "folder")

    def _open(self, path: Path) -> None:
        self.wrong.hide()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            self._tell(self.tr("{path} cannot be opened. Is its disk connected?").format(path=path))
        else:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def _keep(self, path: str) -> None:
        """Takes the folder if something can be written there; otherwise says so and keeps the former one."""
        if path and not _can_hold_runs(Path(path)):
            self._tell(self.tr("Nothing can be written in {path}. Choose another folder.").format(path=path))
            return
        self.wrong.hide()
        self._desk.settings.set("runs_folder", path)
        self._show()

    def _tell(self, wrong: str) -> None:
        self.wrong.setText(wrong)
        self.wrong.show()

    def _show(self) -> None:
        self.runs.setText(str(self._new_runs()))
        if self._desk.settings.get("runs_folder", ""):
            enable(self.reset)
        else:
            disable(self.reset, self.tr("New runs are kept in the usual place already."))


def _can_hold_runs(path: Path) -> bool:
    return path.is_dir() and os.access(path, os.W_OK | os.X_OK)
