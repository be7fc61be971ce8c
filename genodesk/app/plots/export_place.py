"""ExportPlace: the file that a figure is saved to, typed or browsed for; its ending and the kind of file agree."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget

from genodesk.app.widgets import button, row

_ENDINGS = (".png", ".svg", ".pdf", ".csv")


class ExportPlace(QWidget):
    """`changed` tells another path, `kind_typed` the ending that a person gave it, `save_wanted` the Enter key."""

    changed = Signal()
    kind_typed = Signal(str)
    save_wanted = Signal()

    def __init__(self, first: Path) -> None:
        super().__init__()
        self.line = QLineEdit(str(first))
        self.line.setAccessibleName(self.tr("File to save to"))
        self.line.textChanged.connect(lambda _text: self.changed.emit())
        self.line.editingFinished.connect(lambda: self.kind_typed.emit(self.path().suffix[1:].lower()))
        self.line.returnPressed.connect(self.save_wanted)
        self._kind = ""
        self.setLayout(row(self.line, button(self.tr("Browse…"), self._browse)))

    def path(self) -> Path:
        """What is named now; a path without a name where nothing is."""
        return Path(self.line.text().strip()).expanduser()

    def follow(self, kind: str) -> None:
        """Gives the file the ending of the chosen kind."""
        self._kind = kind
        path = Path(self.line.text().strip())
        if path.name:
            known = path.suffix.lower() in _ENDINGS
            self.line.setText(str(path.with_suffix(f".{kind}") if known else path.with_name(f"{path.name}.{kind}")))

    def _browse(self) -> None:
        offered = f"{self._kind.upper()} (*.{self._kind})"
        chosen, _ = QFileDialog.getSaveFileName(self, self.tr("Save figure"), self.line.text(), offered)
        if chosen:
            self.line.setText(chosen)
            self.follow(self._kind)
