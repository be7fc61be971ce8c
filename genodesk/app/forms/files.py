"""Fields for files and folders: typed, browsed for, taken from the recent ones, or dropped; and for finished runs."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QLineEdit, QListWidget, QMenu, QPushButton, QWidget

from genodesk.app.drop_zone import paths_of
from genodesk.app.forms.choices import Choices
from genodesk.app.forms.field import Field, items_of, leaf_may_be_empty
from genodesk.app.widgets import button, column, disable, enable
from genodesk.core.layers import path_of
from genodesk.core.settings import FileKind, Leaf

Recent = Callable[[], Sequence[Path]]
_PATH_WIDTH = 160  # px, at least
_LIST_HEIGHT = 104


class PathField(Field):
    """The base of the fields of this module: it also takes what is dropped on it."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self.kind = leaf.file or FileKind()
        self.setAcceptDrops(True)

    @abstractmethod
    def choose(self, path: str) -> None:
        """Takes a file or folder as if the person had named it by hand."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_of(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        for path in paths_of(event) if self.leaf.is_list else paths_of(event)[:1]:
            self.choose(str(path))


class FileField(PathField):
    """One file or folder. Relative paths are the person's own affair; everything chosen here is absolute."""

    def __init__(self, leaf: Leaf, recent: Recent = tuple) -> None:
        super().__init__(leaf)
        self.edit = QLineEdit()
        self.edit.setMinimumWidth(_PATH_WIDTH)
        self.edit.setAcceptDrops(False)  # the whole field takes what is dropped
        self.edit.setPlaceholderText(_placeholder(self.kind))
        self.edit.textEdited.connect(lambda _text: self.edited.emit())
        self.take_control(self.edit, 1)
        self.browse = _browse_button(self, _tr("Browse"), self.kind, self.choose, recent)
        self.line.addWidget(self.browse)

    def value(self) -> Any:
        text = self.edit.text().strip()
        if not text:
            return None if leaf_may_be_empty(self.leaf) or self.leaf.required else ""
        return str(path_of(text)) if text.startswith("~") else text

    def set_value(self, value: Any) -> None:
        if self.value() != value:
            self.edit.setText("" if value is None else str(value))

    def choose(self, path: str) -> None:
        self.edit.setText(path)
        self.edit.setModified(True)
        self.edited.emit()


class FilesField(PathField):
    """Several files, one below the other."""

    def __init__(self, leaf: Leaf, recent: Recent = tuple) -> None:
        super().__init__(leaf)
        self.list = QListWidget()
        self.list.setObjectName("ticks")
        self.list.setMinimumWidth(_PATH_WIDTH)
        self.list.setFixedHeight(_LIST_HEIGHT)
        self.list.currentRowChanged.connect(lambda _row: self._tell())
        self.take_control(self.list, 1)
        self._remove = button(_tr("Remove"), self.remove)
        self.browse = _browse_button(self, _tr("Add"), self.kind, self.choose, recent)
        self.line.addLayout(column(self.browse, self._remove, 1, spacing=4))
        self._tell()

    def value(self) -> Any:
        return [self.list.item(row).text() for row in range(self.list.count())]

    def set_value(self, value: Any) -> None:
        if self.value() != value:
            self.list.clear()
            self.list.addItems([str(path) for path in items_of(value)])
        self._tell()

    def choose(self, path: str) -> None:
        """Adds a file; one that is there already is not added again."""
        if path not in self.value():
            self.list.addItem(path)
            self.edited.emit()
        self._tell()

    def remove(self) -> None:
        """Takes the chosen file off the list."""
        self.list.takeItem(self.list.currentRow())
        self._tell()
        self.edited.emit()

    def _tell(self) -> None:
        if self.list.currentRow() < 0:
            disable(self._remove, _tr("Choose a file of the list first."))
        else:
            enable(self._remove)


class RunField(PathField):
    """A finished run of this computer, or another folder with a trained model."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self._runs: Sequence[tuple[str, str]] = ()
        self.box = Choices()
        self.box.setMinimumWidth(_PATH_WIDTH)
        self.box.setPlaceholderText(_tr("Choose a finished run"))
        self.box.activated.connect(lambda _row: self.edited.emit())
        self.take_control(self.box, 1)
        self.browse = _browse_button(self, _tr("Browse"), self.kind, self.choose, tuple)
        self.line.addWidget(self.browse)

    def set_runs(self, runs: Sequence[tuple[str, str]]) -> None:
        """Offers finished runs: (what they are called, folder)."""
        if runs == self._runs:
            return  # the list may be open
        self._runs = runs
        chosen = self.value()
        self.box.clear()
        for title, folder in runs:
            self.box.addItem(title, folder)
        self.box.setCurrentIndex(-1)
        self.set_value(chosen)

    def value(self) -> Any:
        return self.box.currentData()

    def set_value(self, value: Any) -> None:
        if value is not None and self.box.findData(value) < 0:
            self.box.addItem(str(value), value)
        self.box.setCurrentIndex(-1 if value is None else self.box.findData(value))
        self.box.setToolTip(str(value or ""))

    def choose(self, path: str) -> None:
        self.set_value(path)
        self.edited.emit()


class _BrowseMenu(QMenu):
    """The ways to a file: the system's dialogs, and the recent files that fit. Filled when it opens."""

    def __init__(self, owner: QWidget, kind: FileKind, chosen: Callable[[str], object], recent: Recent) -> None:
        super().__init__(owner)
        self._owner, self._kind, self._chosen, self._recent = owner, kind, chosen, recent
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        self.clear()
        if not self._kind.folder:
            self.addAction(_tr("A file…"), lambda: ask_for_path(self._owner, self._chosen, self._kind, "file"))
        self.addAction(_tr("A folder…"), lambda: ask_for_path(self._owner, self._chosen, self._kind, "folder"))
        recent = fitting(self._recent(), self._kind)
        if recent:
            self.addSeparator()
        for path in recent:
            self.addAction(path.name, lambda path=path: self._chosen(str(path))).setToolTip(str(path))


def fitting(paths: Sequence[Path], kind: FileKind) -> list[Path]:
    """Those of the paths that bear one of the endings; all where none is asked for."""
    return [path for path in paths if not kind.suffixes or path.suffix.lower() in kind.suffixes]


def _browse_button(
    owner: QWidget, text: str, kind: FileKind, chosen: Callable[[str], object], recent: Recent
) -> QPushButton:
    """One button: the dialog itself where there is one way only, else a menu of the ways."""
    if kind.role == "output" or kind.folder:
        way = "save" if kind.role == "output" else "folder"
        return button(f"{text}…", lambda: ask_for_path(owner, chosen, kind, way))
    made = button(text)
    made.setMenu(_BrowseMenu(owner, kind, chosen, recent))
    made.setProperty("menu", True)
    return made


def ask_for_path(owner: QWidget, chosen: Callable[[str], object], kind: FileKind, way: str) -> QFileDialog:
    """Opens the system's dialog for a `file`, a `folder` or a file to `save`, without waiting for it."""
    dialog = QFileDialog(owner)
    if way == "folder":
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    else:
        dialog.setFileMode(QFileDialog.FileMode.AnyFile if way == "save" else QFileDialog.FileMode.ExistingFile)
        if way == "save":
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        if kind.suffixes:
            shown = " ".join(f"*{suffix}" for suffix in kind.suffixes)
            dialog.setNameFilters([_tr("Fitting files ({endings})").format(endings=shown), _tr("All files (*)")])
    dialog.fileSelected.connect(chosen)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def _placeholder(kind: FileKind) -> str:
    endings = ", ".join(suffix.removeprefix(".") for suffix in kind.suffixes)
    if kind.role == "output":
        return _tr("where it is written")
    return _tr("Drop it here, or browse ({endings})").format(endings=endings) if endings else _tr("Drop it here")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Field", text)
