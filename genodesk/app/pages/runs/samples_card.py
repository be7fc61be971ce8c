"""The card of spatial samples: the tissue as measured beside the model's answer, at any step the run has kept."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QSizePolicy, QSlider, QVBoxLayout

from genodesk.app.pages.runs.part import RunPart
from genodesk.app.plots.figures import FigureView
from genodesk.app.timers import once
from genodesk.app.widgets import Card, icon_button, label
from genodesk.core.errors import UserError
from genodesk.core.figure import read_figure

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_FIRST = "truth_and_sample"
_RELOAD_MS = 500


class SamplesCard(RunPart):
    """Follows the newest picture until somebody moves the slider back."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self.names = QComboBox()
        self.names.setAccessibleName(self.tr("Figure"))
        self.names.activated.connect(self._choose)
        self.step = label("", "small", mute=True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setFixedWidth(180)
        self.slider.setAccessibleName(self.tr("Step of the picture"))
        self.slider.valueChanged.connect(self._slide)
        self.export = icon_button("export", self.tr("Export this picture"), self._export)
        self.card = Card(self.tr("Spatial sample"), self.names, self.step, self.slider, self.export)
        self.view = FigureView(heading=False)
        self.view.drawn.connect(self._name_card)
        self.view.setMinimumHeight(170)
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # it takes what is left
        self.card.body.addWidget(self.view, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.card)
        self._later = once(self, _RELOAD_MS, self._load)
        self._seen: dict[str, int] = {}
        self._spatial: dict[str, bool] = {}
        self._name = ""
        self._pictures: list[tuple[str, Path]] = []  # (words for the step, file), oldest first
        self._shown: tuple[Path, int] | None = None

    def hasHeightForWidth(self) -> bool:
        return False  # what is drawn fits any height; else the scrolled area would give it all it could use

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def clear(self) -> None:
        self._later.stop()
        self._seen, self._spatial = {}, {}
        self._name, self._pictures, self._shown = "", [], None
        self.names.clear()
        self.view.clear()
        self.hide()

    def refresh(self) -> None:
        assert self.record is not None
        if not self.record.caught_up or self.record.figures == self._seen:
            return
        self._seen = dict(self.record.figures)
        for name in self._seen:
            if not self._spatial.get(name):
                self._spatial[name] = self._is_spatial(name)
        names = sorted((name for name in self._seen if self._spatial[name]), key=lambda name: name != _FIRST)
        self.setVisible(bool(names))
        if not names:
            return
        if [self.names.itemData(i) for i in range(self.names.count())] != names:
            self.names.clear()
            for name in names:
                self.names.addItem(name.replace("_", " "), name)
        self._name = self._name or names[0]
        self.names.setCurrentIndex(self.names.findData(self._name))
        self.names.setVisible(len(names) > 1)
        if self._shown is None:
            self._load()
        elif not self._later.isActive():
            self._later.start()

    def shut(self) -> None:
        self._later.stop()

    def _name_card(self) -> None:
        title = self.view.figure.title if self.view.figure is not None else ""
        plain = self.tr("Spatial sample")
        self.card.heading.setText(f"{plain} · {title}" if title else plain)

    def _export(self) -> None:
        from genodesk.app.plots.export import ExportPanel

        if self.view.path is not None:
            ExportPanel.open(self.desk, self.view.path)

    def _is_spatial(self, name: str) -> bool:
        assert self.record is not None
        try:
            return read_figure(self.record.folder.figures / f"{name}.json").kind == "spatial"
        except UserError:  # it is being written, or damaged; the figures tab tells
            return False

    def _choose(self) -> None:
        self._name = self.names.currentData()
        self._shown = None
        self._load()

    def _load(self) -> None:
        """Finds the steps of the figure; the slider stays, or goes on to the newest where it stood there."""
        assert self.record is not None
        at_end = self._shown is None or self.slider.value() == self.slider.maximum()
        self._pictures = self._find(self.record.folder.figures)
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(self._pictures) - 1))
        if at_end:
            self.slider.setValue(self.slider.maximum())
        self.slider.blockSignals(False)
        for widget in (self.slider, self.step):
            widget.setVisible(len(self._pictures) > 1)
        self._slide()

    def _find(self, figures: Path) -> list[tuple[str, Path]]:
        history = figures / self._name
        kept = sorted(file for file in history.glob("*.json") if file.stem.isdecimal()) if history.is_dir() else []
        found = [(self.tr("step {n}").format(n=f"{int(file.stem):,}"), file) for file in kept]
        newest = figures / f"{self._name}.json"
        try:
            step = read_figure(newest).step
        except UserError:
            return found
        if step is None or not kept:  # drawn after the last step
            found.append((self.tr("at the end"), newest))
        return found

    def _slide(self) -> None:
        if not self._pictures:
            return
        words, path = self._pictures[min(self.slider.value(), len(self._pictures) - 1)]
        self.step.setText(words)
        now = (path, self._seen.get(self._name, 0) if path.stem == self._name else 0)
        if now != self._shown:
            self._shown = now
            self.view.show_figure(path)
