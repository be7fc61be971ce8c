"""A card of curves over the steps: which number, how smooth, which axis, and their way out as a file.

It draws what is new since it last looked. Whose curves they are is known to those who use it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QSizePolicy, QSlider, QWidget

from genodesk.app.pages.runs.record import Curve
from genodesk.app.plots.lines import LinePlot
from genodesk.app.widgets import Card, Content, column, icon_button, label, row

_SMOOTHEST = 99


class CurvesCard(QWidget):
    """`chosen` tells that another number is wanted: nothing is drawn then until `draw` is called again."""

    chosen = Signal()
    export_wanted = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.plot = LinePlot()
        self.numbers = QComboBox()
        self.numbers.setAccessibleName(self.tr("Number to draw"))
        self.numbers.setMinimumWidth(150)
        self.numbers.activated.connect(self._choose)
        self.log = QCheckBox(self.tr("Log axis"))
        self.log.toggled.connect(lambda on: self.plot.set_log(y=on))
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, _SMOOTHEST)
        self.smoothing.setFixedWidth(96)
        self.smoothing.setAccessibleName(self.tr("Smoothing"))
        self.smoothing.valueChanged.connect(lambda value: self.plot.set_smoothing(value / 100))
        smooth = label(self.tr("Smoothing"), "small", mute=True)
        self.controls = QWidget()
        self.controls.setLayout(row(self.numbers, 1, smooth, self.smoothing, self.log))
        self.content = Content(self.plot)
        self.content.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # it takes what is left
        self.export = icon_button("export", self.tr("Export these curves"), self.export_wanted.emit)
        card = Card(title, self.export)
        card.body.addWidget(self.controls)
        card.body.addWidget(self.content, 1)
        self.setLayout(column(card))
        self._choice: Any = None
        self._drawn: dict[str, tuple[int, int]] = {}  # name -> (cuts, points)
        self._said = ""

    def hasHeightForWidth(self) -> bool:
        return False  # what is drawn fits any height; else a scrolled area would give it all it could use

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def tell_nothing(self, title: str, text: str = "") -> None:
        """What stands in the place of axes as long as there are no numbers."""
        if not self._drawn and self._said != f"{title}\n{text}":
            self._said = f"{title}\n{text}"
            self.content.show_empty("chart", title, text)

    def offer(self, numbers: Sequence[tuple[Any, str]]) -> None:
        """The numbers there are, as (key, words for the axis), the one to begin with first; what was chosen stays."""
        self.controls.setVisible(bool(numbers))
        keys = [key for key, _ in numbers]
        if [self.numbers.itemData(i) for i in range(self.numbers.count())] == keys:
            return
        self.numbers.clear()
        for key, words in numbers:
            self.numbers.addItem(words, key)
        if self._choice not in keys:
            self._choice = keys[0] if keys else None
            self.erase()
        self.numbers.setCurrentIndex(keys.index(self._choice) if keys else -1)
        self._name_axes()

    def choice(self) -> Any:
        """The key of the number that is drawn; None before there is any."""
        return self._choice

    def drawn(self) -> list[str]:
        """The names of the curves on show."""
        return list(self._drawn)

    def draw(self, name: str, curve: Curve, colour: str) -> None:
        """Draws what is new of a curve; all of it where points were taken back."""
        cuts, points = self._drawn.get(name, (-1, 0))
        total = len(curve.steps)
        if (cuts, points) == (curve.cuts, total):
            return
        if not self._drawn:
            self._said = ""
            self.content.show_content()
            self.plot.fit()
        first = points if cuts == curve.cuts else 0
        steps, values = np.array(curve.steps[first:]), np.array(curve.values[first:])
        if first:
            self.plot.append(name, steps, values)
        else:
            self.plot.set_line(name, steps, values, colour=colour)
        self._drawn[name] = (curve.cuts, total)

    def erase(self) -> None:
        """Takes all curves away."""
        for name in self._drawn:
            self.plot.remove(name)
        self._drawn = {}

    def forget(self) -> None:
        """As it was at first: no curves, no numbers to choose from."""
        self.erase()
        self.numbers.clear()
        self._choice = None

    def _choose(self) -> None:
        self._choice = self.numbers.currentData()
        self.erase()
        self._name_axes()
        self.chosen.emit()

    def _name_axes(self) -> None:
        self.plot.set_labels(self.tr("Step"), self.numbers.currentText())
