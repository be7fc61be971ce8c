"""What is seen while a file is dragged over the window: that it may be dropped anywhere, and what becomes of it.

It takes no drop itself: fields below it that want a file keep theirs, the window gets all others.
"""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QMainWindow, QWidget

from genodesk.app.theme import theme
from genodesk.app.widgets import Picture, column, label

_EDGE, _RADIUS = 12, 12
_ICON = 40
_VEIL = 150  # of 255: the page stays to be seen, so that one can aim at a field


class DropZone(QWidget):
    """A veil over the window with a frame and a few words."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._window = window
        picture = Picture("download", "accent", _ICON)
        words = label(self.tr("Drop to open"), "title")
        what = label(
            self.tr("Cells (h5ad, zarr, 10x), sequences (FASTA, GenBank), the folder of a run, or settings (yaml)"),
            mute=True,
        )
        sheet = QFrame()
        sheet.setObjectName("palette")
        inside = column(picture, words, what, spacing=8, margins=(32, 24, 32, 24))
        for item in (picture, words, what):
            inside.setAlignment(item, Qt.AlignmentFlag.AlignHCenter)
        sheet.setLayout(inside)
        whole = column(1, sheet, 1)
        whole.setAlignment(sheet, Qt.AlignmentFlag.AlignHCenter)
        self.setLayout(whole)
        self.hide()

    def appear(self) -> None:
        """Covers the window."""
        self.place()
        self.show()
        self.raise_()

    def place(self) -> None:
        """Fits the window."""
        self.setGeometry(self._window.rect())

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = theme().colour("soft")
        veil.setAlpha(_VEIL)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(theme().colour("accent"), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(self.rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE), _RADIUS, _RADIUS)
        painter.end()


def paths_of(event: QDropEvent) -> list[Path]:
    """The files and folders of this computer that are dragged."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
