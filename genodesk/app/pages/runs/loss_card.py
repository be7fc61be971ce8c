"""The loss card: one metric over the steps, of every split there is, with smoothing and a logarithmic axis."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QSizePolicy, QSlider, QVBoxLayout

from genodesk.app.pages.runs.part import RunPart
from genodesk.app.pages.runs.record import Curve
from genodesk.app.plots.lines import LinePlot
from genodesk.app.run_words import vocabulary
from genodesk.app.widgets import Card, icon_button, label, row
from genodesk.core.metrics import meaning
from genodesk.core.palette import OKABE_ITO
from genodesk.core.scores import heading

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_FIRST = "loss"
_SMOOTHEST = 99


class LossCard(RunPart):
    """Draws what is new since it last looked; a curve is drawn anew only where a resumed run took points back."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self.numbers = QComboBox()
        self.numbers.setAccessibleName(self.tr("Number to draw"))
        self.numbers.setMinimumWidth(150)
        self.numbers.activated.connect(self._choose)
        self.log = QCheckBox(self.tr("Log axis"))
        self.log.toggled.connect(self._set_log)
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, _SMOOTHEST)
        self.smoothing.setFixedWidth(96)
        self.smoothing.setAccessibleName(self.tr("Smoothing"))
        self.smoothing.valueChanged.connect(lambda value: self.plot.set_smoothing(value / 100))
        self.export = icon_button("export", self.tr("Export these curves"), self.export_curves)
        self.card = Card(self.tr("How it learns"), self.export)
        smooth = label(self.tr("Smoothing"), "small", mute=True)
        self.card.body.addLayout(row(self.numbers, 1, smooth, self.smoothing, self.log))
        self.plot = LinePlot()
        self.plot.setAccessibleName(self.tr("Curves over the steps"))
        self.plot.setMinimumHeight(200)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # it takes what is left
        self.card.body.addWidget(self.plot, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.card)
        self._chosen = _FIRST
        self._drawn: dict[str, tuple[int, int]] = {}  # split -> (cuts, points)

    def hasHeightForWidth(self) -> bool:
        return False  # what is drawn fits any height; else the scrolled area would give it all it could use

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def clear(self) -> None:
        self.numbers.clear()
        self._chosen = _FIRST
        self._erase()

    def refresh(self) -> None:
        assert self.record is not None
        self._offer()
        for split, curve in self.record.curves.get(self._chosen, {}).items():
            self._draw(split, curve)

    def export_curves(self) -> None:
        """Opens the export of the curves as they are shown."""
        from genodesk.app.plots.export import ExportPanel

        if self.record is not None and self._drawn:
            title = meaning(self._chosen, vocabulary(self.record.status)).title
            ExportPanel.open(self.desk, self.plot.to_figure("curves", title))

    def _offer(self) -> None:
        """The metrics there are, the loss first."""
        assert self.record is not None
        names = sorted(self.record.curves, key=lambda name: name != _FIRST)
        if [self.numbers.itemData(i) for i in range(self.numbers.count())] == names:
            return
        known = vocabulary(self.record.status)
        self.numbers.clear()
        for name in names:
            self.numbers.addItem(heading(name, known), name)
        if names and self._chosen not in names:
            self._show(names[0])
        self.numbers.setCurrentIndex(max(0, self.numbers.findData(self._chosen)))
        self._name()

    def _choose(self) -> None:
        self._show(self.numbers.currentData())
        self.refresh()

    def _show(self, metric: str) -> None:
        self._chosen = metric
        self._erase()
        self._name()

    def _name(self) -> None:
        if self.record is not None:
            known = vocabulary(self.record.status)
            self.plot.set_labels(self.tr("Step"), heading(self._chosen, known))

    def _erase(self) -> None:
        for split in self._drawn:
            self.plot.remove(split)
        self._drawn = {}

    def _draw(self, split: str, curve: Curve) -> None:
        cuts, points = self._drawn.get(split, (-1, 0))
        total = len(curve.steps)
        if (cuts, points) == (curve.cuts, total):
            return
        first = points if cuts == curve.cuts else 0
        steps, values = np.array(curve.steps[first:]), np.array(curve.values[first:])
        if first:
            self.plot.append(split, steps, values)
        else:
            self.plot.set_line(split, steps, values, colour=_colour(split))
        self._drawn[split] = (curve.cuts, total)

    def _set_log(self, on: bool) -> None:
        self.plot.set_log(y=on)


def _colour(split: str) -> str:
    """Training and validation keep their colours in every run."""
    known = ("train", "validation", "test")
    return OKABE_ITO[known.index(split) if split in known else 3]
