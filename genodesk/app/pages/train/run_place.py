"""RunPlace: how the run's folder is called and where it lies; named by date in the runs folder if not said.

What is typed is kept in the draft.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from genodesk.app.forms.draft import Draft
from genodesk.app.forms.files import ask_for_path
from genodesk.app.run_names import name_of_data
from genodesk.app.widgets import button, label, set_tone
from genodesk.core.ids import folder_name, new_run_id, utc_now
from genodesk.core.layers import nest, path_of
from genodesk.core.settings import FileKind

if TYPE_CHECKING:
    from genodesk.app.desk_settings import DeskSettings

_TITLE_WIDTH = 96  # px


class RunPlace(QWidget):
    """A name and a folder, both of which may be left empty."""

    changed = Signal()

    def __init__(self, draft: Draft, settings: "DeskSettings") -> None:
        super().__init__()
        self._draft = draft
        self._settings = settings
        # One name by date as long as the wizard is open, so that the command shown is the one that is run.
        self._dated = folder_name(new_run_id(utc_now()), draft.workflow.name, draft.action.name)
        self.name = QLineEdit(draft.run_name)
        self.name.setPlaceholderText(_tr("optional"))
        self.name.setAccessibleName(_tr("Name of the run"))
        self.folder = QLineEdit(draft.run_folder)
        self.folder.setPlaceholderText(str(settings.runs_folder))
        self.folder.setAccessibleName(_tr("Folder for the run"))
        browse = button(_tr("Browse…"), self._browse)
        self.trouble = label("", "small", wrap=True)
        self.trouble.hide()
        set_tone(self.trouble, "bad")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, _TITLE_WIDTH)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label(_tr("Name")), 0, 0)
        grid.addWidget(self.name, 0, 1, 1, 2)
        grid.addWidget(label(_tr("Folder")), 1, 0)
        grid.addWidget(self.folder, 1, 1)
        grid.addWidget(browse, 1, 2)
        grid.addWidget(self.trouble, 2, 1, 1, 2)
        self.shown = label("", "small", wrap=True, mute=True)
        grid.addWidget(self.shown, 3, 1, 1, 2)
        for edit in (self.name, self.folder):
            edit.textChanged.connect(lambda _text: self._take())
        draft.changed.connect(self._show)
        draft.changed.connect(lambda _name: self._tell())
        self._tell()

    def path(self) -> Path | None:
        """The folder of the run; None where it is named by date in the runs folder."""
        name, folder = self.name.text().strip(), self.folder.text().strip()
        if not name and not folder:
            return None
        place = path_of(folder).absolute() if folder else self._settings.runs_folder
        return place / (name or self._dated)

    def complaint(self) -> str:
        """Why the run cannot be made there; empty where it can."""
        name = self.name.text().strip()
        if name in (".", "..") or any(mark in name for mark in '/\\:*?"<>|'):
            return _tr('A name cannot hold any of / \\ : * ? " < > |')
        path = self.path()
        try:
            taken = path is not None and path.exists() and (not path.is_dir() or any(path.iterdir()))
        except OSError as error:  # a name that is too long, a folder of somebody else
            return _tr("The run cannot be made there ({why}).").format(why=error.strerror or error)
        return _tr("There is something of this name already. Choose another name.") if taken else ""

    def _browse(self) -> None:
        ask_for_path(self, self.folder.setText, FileKind(folder=True), "folder")

    def _show(self, _name: str) -> None:
        for edit, text in ((self.name, self._draft.run_name), (self.folder, self._draft.run_folder)):
            if edit.text() != text:
                with QSignalBlocker(edit):
                    edit.setText(text)
                self._tell()

    def _take(self) -> None:
        self._draft.run_name, self._draft.run_folder = self.name.text(), self.folder.text()
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        text = self.complaint()
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        self.shown.setVisible(not text)
        shown = _tr("The run will be shown as “{name}”.")
        if not self.name.text().strip():
            shown = _tr("The run will be shown as “{name}”; its folder is named by date and time.")
        self.shown.setText(shown.format(name=self._called()))

    def _called(self) -> str:
        """The name under which the list of runs, its page and its messages will show the run."""
        draft = self._draft
        values = nest(draft.action.settings, {name: draft.value(name) for name in draft.leaves})
        own = self.name.text().strip()
        called = own or name_of_data(draft.action.settings, values) or draft.action.title
        return f"{called} · {draft.workflow.title}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("RunPlace", text)
