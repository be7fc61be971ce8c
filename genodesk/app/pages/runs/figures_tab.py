"""The tab of figures: every figure of the run, the chosen one drawn large, and its way out as a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from genodesk.app.pages.runs.part import RunPart
from genodesk.app.plots.figures import FigureView
from genodesk.app.timers import once
from genodesk.app.widgets import Card, Content, button, row
from genodesk.core.errors import UserError
from genodesk.core.figure import read_figure

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_LIST_WIDTH, _LIST_HEIGHT, _NO_LIMIT = 200, 106, 16_777_215
_SIDE_BY_SIDE_PX = 740
_RELOAD_MS = 500


class FiguresTab(RunPart):
    """A figure that is drawn again by the run is drawn again here."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Figures"))
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(lambda *_: self._show())
        self.view = FigureView(heading=False)
        self.export = button(self.tr("Export…"), self._export, icon="export")
        self.card = Card(" ", self.export)
        self.card.body.addWidget(self.view, 1)
        inside = QWidget()
        self._line = row(self.list, self.card, spacing=12)
        self._line.setStretch(1, 1)
        inside.setLayout(self._line)
        self.content = Content(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.content)
        self._seen: dict[str, int] = {}
        self._titles: dict[str, str] = {}
        self._shown: tuple[str, int] | None = None
        self._later = once(self, _RELOAD_MS, self._show)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _SIDE_BY_SIDE_PX
        self._line.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        self.list.setMaximumSize(*((_LIST_WIDTH, _NO_LIMIT) if wide else (_NO_LIMIT, _LIST_HEIGHT)))

    def clear(self) -> None:
        self._later.stop()
        self.list.clear()
        self.view.clear()
        self._seen, self._titles, self._shown = {}, {}, None

    def refresh(self) -> None:
        assert self.record is not None
        if not self.record.figures:
            if self.record.caught_up and self._shown is None:
                self.content.show_empty(
                    "chart", self.tr("No figures yet"), self.tr("A run draws its figures while it goes or at its end.")
                )
            return
        if self.record.figures == self._seen or not self.record.caught_up:
            return
        new = [name for name in self.record.figures if name not in self._seen]
        self._seen = dict(self.record.figures)
        self.content.show_content()
        for name in new:
            item = QListWidgetItem(self._title(name))
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip(item.text())
            self.list.addItem(item)
        if self.list.currentRow() < 0:
            self.list.setCurrentRow(0)
        elif not self._later.isActive():
            self._later.start()

    def figure(self) -> Path | None:
        """The file of the figure that is shown."""
        item = self.list.currentItem()
        return None if item is None or self.record is None else self._path(item.data(Qt.ItemDataRole.UserRole))

    def shut(self) -> None:
        self._later.stop()

    def _title(self, name: str) -> str:
        if name not in self._titles:
            self._titles[name] = figure_title(self._path(name))
        return self._titles[name]

    def _path(self, name: str) -> Path:
        assert self.record is not None
        return self.record.folder.figures / f"{name}.json"

    def _show(self) -> None:
        path = self.figure()
        if path is None:
            return
        now = (path.stem, self._seen.get(path.stem, 0))
        if now != self._shown:
            self._shown = now
            self.card.heading.setText(self._title(path.stem))
            self.view.show_figure(path)

    def _export(self) -> None:
        from genodesk.app.plots.export import ExportPanel

        path = self.figure()
        if path is not None:
            ExportPanel.open(self.desk, path)


def figure_title(path: Path) -> str:
    """The title of a figure, or its file's name in words."""
    try:
        return read_figure(path).title or path.stem.replace("_", " ")
    except UserError:
        return path.stem.replace("_", " ")
