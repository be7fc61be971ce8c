"""RunPlace: how the run's folder is called and where it lies; named by date in the runs folder if not said."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from genodesk.app.forms.files import ask_for_path
from genodesk.app.widgets import button, label, set_tone
from genodesk.core.ids import folder_name, new_run_id, utc_now
from genodesk.core.settings import FileKind

if TYPE_CHECKING:
    from genodesk.app.desk_settings import DeskSettings

_TITLE_WIDTH = 96  # px


class RunPlace(QWidget):
    """A name and a folder, both of which may be left empty."""

    changed = Signal()

    def __init__(self, workflow: str, action: str, settings: "DeskSettings") -> None:
        super().__init__()
        self._settings = settings
        self._words = (workflow, action)
        self.name = QLineEdit()
        self.name.setPlaceholderText(_tr("named by date and time"))
        self.name.setAccessibleName(_tr("Name of the run"))
        self.folder = QLineEdit()
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
        for edit in (self.name, self.folder):
            edit.textChanged.connect(lambda _text: self._tell())

    def path(self) -> Path | None:
        """The folder of the run; None where it is named by date in the runs folder."""
        name, folder = self.name.text().strip(), self.folder.text().strip()
        if not name and not folder:
            return None
        place = Path(folder).expanduser().absolute() if folder else self._settings.runs_folder
        return place / (name or folder_name(new_run_id(utc_now()), *self._words))

    def complaint(self) -> str:
        """Why the run cannot be made there; empty where it can."""
        name = self.name.text().strip()
        if name in (".", "..") or any(mark in name for mark in '/\\:*?"<>|'):
            return _tr('A name cannot hold any of / \\ : * ? " < > |')
        path = self.path()
        if path is not None and path.exists() and (not path.is_dir() or any(path.iterdir())):
            return _tr("There is something of this name already. Choose another name.")
        return ""

    def clear(self) -> None:
        """Back to a folder named by date."""
        self.name.clear()
        self.folder.clear()

    def _browse(self) -> None:
        ask_for_path(self, self.folder.setText, FileKind(folder=True), "folder")

    def _tell(self) -> None:
        text = self.complaint()
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        self.changed.emit()


def _tr(text: str) -> str:
    return QCoreApplication.translate("RunPlace", text)
