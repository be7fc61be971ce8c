"""PartChooser: which bases of a gene are read, where it is longer than what a model reads at once."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSpinBox, QWidget

from genodesk.app.widgets import Flow, column, label


class PartChooser(QWidget):
    """Shown for long genes only. `changed` gives the part as "first-last", counted from 1, both ends included."""

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.reason = label("", "small", wrap=True, mute=True)
        self.first = _base(self.tr("First base that is read"))
        self.last = _base(self.tr("Last base that is read"))
        self.first.valueChanged.connect(lambda _: self._fit(self.first))
        self.last.valueChanged.connect(lambda _: self._fit(self.last))
        line = Flow(label(self.tr("Read bases")), self.first, label(self.tr("to")), self.last)
        self.setLayout(column(self.reason, line, spacing=6))
        self._longest = 0
        self.hide()

    def show_gene(self, name: str, bases: int, longest: int, part: str) -> str:
        """Shows itself where a gene has more bases than the `longest`; gives the part that is read, "" for all."""
        self.setVisible(0 < longest < bases)
        if self.isHidden():
            return ""
        self._longest = longest
        text = self.tr("{name} has {bases:,} bases; {longest:,} of a gene are read at once. Choose which.")
        self.reason.setText(text.format(name=name, bases=bases, longest=longest))
        first, _, last = part.partition("-")
        for box in (self.first, self.last):
            box.blockSignals(True)
            box.setRange(1, bases)
        self.first.setValue(int(first) if first.isdigit() else 1)
        self.last.setValue(int(last) if last.isdigit() else self.first.value() + longest - 1)
        for box in (self.first, self.last):
            box.blockSignals(False)
        return self.part()

    def part(self) -> str:
        """The bases that are chosen."""
        return f"{self.first.value()}-{self.last.value()}"

    def _fit(self, moved: QSpinBox) -> None:
        """The other end follows, so that never more is chosen than is read."""
        other = self.last if moved is self.first else self.first
        first, last = self.first.value(), self.last.value()
        if moved is self.first:
            fitting = min(max(last, first), first + self._longest - 1)
        else:
            fitting = max(min(last, first), last - self._longest + 1)
        other.blockSignals(True)
        other.setValue(fitting)
        other.blockSignals(False)
        self.changed.emit(self.part())


def _base(name: str) -> QSpinBox:
    made = QSpinBox()
    made.setAccessibleName(name)
    made.setGroupSeparatorShown(True)
    made.setKeyboardTracking(False)
    made.setSingleStep(1000)
    return made
