"""The card of model folders: models that lie outside of the runs, offered wherever GeneChat asks for one."""

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QWidget

from genodesk.app.desk import Desk
from genodesk.app.forms.files import ask_for_path
from genodesk.app.widgets import Card, ElidedLabel, button, clear, column, label, row
from genodesk.core.settings import FileKind


class ModelsCard(Card):
    """The folders are those of the desk's settings; the engine looks into one when it is used."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(self.tr("Model folders"), button(self.tr("Add…"), self._ask, kind="link"))
        self._desk = desk
        self._list = column(spacing=8)
        self.body.addLayout(self._list)
        told = self.tr("GeneChat offers them beside the trainings of this computer. They are looked into when used.")
        self.body.addWidget(label(told, "small", mute=True, wrap=True))
        self.look()

    def look(self) -> None:
        """Lists what there is now; GeneChat adds a folder that was chosen there."""
        clear(self._list)
        for folder in self._desk.settings.model_folders:
            remove = button(self.tr("Remove"), partial(self._remove, folder))
            remove.setAccessibleName(self.tr("Remove from the list: {folder}").format(folder=folder))
            remove.setToolTip(self.tr("Takes it off this list. The folder itself stays."))
            name, place = label(Path(folder).name), ElidedLabel(folder, "small", mute=True, middle=True)
            line = row(column(name, place, spacing=4), remove)
            line.setStretch(0, 1)
            made = QWidget()
            made.setLayout(line)
            self._list.addWidget(made)

    def _ask(self) -> None:
        ask_for_path(self, self._add, FileKind(folder=True), "folder")

    def _add(self, folder: str) -> None:
        self._desk.settings.add_model_folder(folder)
        self.look()

    def _remove(self, folder: str) -> None:
        self._desk.settings.remove_model_folder(folder)
        self.look()
