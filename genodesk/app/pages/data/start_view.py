"""What the Data page shows before a file is open: where to drop one, what can be opened, and what was open before."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.widgets import Card, ElidedLabel, Picture, button, column, label, row

_WIDTH = 680
_MOST_RECENT = 5


class StartView(QWidget):
    """`file_wanted` and `folder_wanted` ask for a dialog, `sample_wanted` for the samples."""

    file_wanted = Signal()
    folder_wanted = Signal()
    sample_wanted = Signal()

    def __init__(self, recent: list[Path], open_path: Callable[[Path], object]) -> None:
        super().__init__()
        inside = QWidget()
        inside.setMaximumWidth(_WIDTH)
        parts = column(self._zone(), spacing=8)
        if recent:
            parts.addSpacing(16)
            parts.addWidget(label(self.tr("Opened before"), "heading"))
        for path in recent[:_MOST_RECENT]:
            parts.addWidget(_RecentFile(path, open_path))
        inside.setLayout(parts)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 8, 0, 0)
        whole.addStretch(1)
        middle = row(1, inside, 1)
        middle.setStretch(1, 1000)
        whole.addLayout(middle)
        whole.addStretch(2)

    def _zone(self) -> Card:
        zone = Card()
        known = label(
            self.tr(
                "Cells and genes (.h5ad, AnnData zarr, 10x .h5, Visium folder), sequences (FASTA, GenBank), regions "
                "and cultures of yeast (zarr, .h5ad, .csv, .xlsx), tables (.csv, .tsv), models and runs."
            ),
            wrap=True,
            mute=True,
        )
        known.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = row(
            1,
            button(self.tr("Open a file…"), self.file_wanted.emit, kind="primary", icon="file"),
            button(self.tr("Open a folder…"), self.folder_wanted.emit, icon="open"),
            button(
                self.tr("See it work"), self.sample_wanted.emit, icon="play", tip=self.tr("Samples, no file needed")
            ),
            1,
        )
        whole = zone.body
        whole.setContentsMargins(24, 24, 24, 24)
        whole.addWidget(Picture("tissue", "accent", 48), 0, Qt.AlignmentFlag.AlignHCenter)
        whole.addWidget(label(self.tr("Drop a file here"), "title"), 0, Qt.AlignmentFlag.AlignHCenter)
        whole.addWidget(known)
        whole.addSpacing(8)
        whole.addLayout(buttons)
        return zone


class _RecentFile(QWidget):
    """The name of a file to press, its folder beside it."""

    def __init__(self, path: Path, open_path: Callable[[Path], object]) -> None:
        super().__init__()
        name = button(path.name, lambda: open_path(path), kind="link", icon="file", tip=str(path))
        line = row(name, ElidedLabel(str(path.parent), "small", mute=True, middle=True), spacing=8)
        line.setStretch(1, 1)
        self.setLayout(line)
