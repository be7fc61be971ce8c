"""DeviceCards: the devices of this computer to choose from, each with whether it is ready and, where not, why."""

import sys
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QRadioButton, QWidget

from genodesk.app.widgets import Card, label, set_tone

_COLUMNS = 2
_GIGA = 1024.0  # MB


class DeviceCards(QWidget):
    """One card a kind of device. `chosen` names the kind that the person picked."""

    chosen = Signal(str)

    def __init__(self, kinds: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards = {kind: DeviceCard(kind, self) for kind in kinds if kind != "mps" or sys.platform == "darwin"}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        for number, card in enumerate(self.cards.values()):
            grid.addWidget(card, number // _COLUMNS, number % _COLUMNS)
            card.picked.connect(self.chosen)
        for number in range(_COLUMNS):
            grid.setColumnStretch(number, 1)

    def show_machine(self, machine: dict[str, Any]) -> None:
        """Takes up the engine's answer about this computer."""
        for kind, card in self.cards.items():
            there = any(device["kind"] == kind for device in machine["accelerators"])
            card.tell(*device_words(kind, machine), there)

    def set_current(self, kind: str) -> None:
        """Marks the chosen one, without a signal."""
        for name, card in self.cards.items():
            card.mark(name == kind)


class DeviceCard(Card):
    """A device: its name, its facts and a button to choose it, which the whole card stands for."""

    picked = Signal(str)

    def __init__(self, kind: str, parent: QWidget | None = None) -> None:
        super().__init__()
        self.setParent(parent)
        self._kind = kind
        self.choice = QRadioButton(_name(kind))
        self.choice.setAutoExclusive(False)
        self.choice.clicked.connect(lambda _on: self._pick())
        self.facts = label(_tr("Looking…"), "small", wrap=True, mute=True)
        self.facts.setContentsMargins(28, 0, 0, 0)
        self.body.setSpacing(4)
        self.body.addWidget(self.choice)
        self.body.addWidget(self.facts)
        self.body.addStretch(1)
        self.setProperty("pressable", True)

    def tell(self, facts: str, ready: bool, there: bool) -> None:
        """Shows what is known of the device; one that is not ready cannot be chosen, and says why.

        Only what is there and not ready is a reason to look twice.
        """
        self.facts.setText(facts)
        self.choice.setAccessibleDescription(facts)
        set_tone(self.facts, "warn" if there and not ready else "")
        self.choice.setEnabled(ready or self.choice.isChecked())
        self.choice.setToolTip("" if ready else facts)

    def mark(self, on: bool) -> None:
        """Shows whether this is the chosen one."""
        self.choice.setChecked(on)
        if self.property("chosen") != on:
            self.setProperty("chosen", on)
            self.style().unpolish(self)
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.choice.isEnabled():
            self._pick()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.choice.isEnabled():
            self._pick()
        else:
            super().keyPressEvent(event)

    def _pick(self) -> None:
        self.choice.setChecked(True)
        self.picked.emit(self._kind)


def device_words(kind: str, machine: dict[str, Any]) -> tuple[str, bool]:
    """What to say of a kind of device, and whether it is ready."""
    chosen, missing = machine["chosen"], machine["missing"]
    if kind == "auto":
        name = chosen.get("name")
        if name is None:
            return str(chosen["reason"]), False
        return _tr("The fastest that is ready, now {name}. {reason}").format(name=name, reason=chosen["reason"]), True
    if kind in missing:
        return str(missing[kind]), False
    if kind == "cpu":
        return _tr("{name}, {cores} cores, {free} of {memory} GB memory free").format(
            name=machine["processor"],
            cores=machine["cores"],
            free=f"{machine['free_memory_mb'] / _GIGA:.0f}",
            memory=f"{machine['memory_mb'] / _GIGA:.0f}",
        ), True
    found = [device for device in machine["accelerators"] if device["kind"] == kind]
    return "\n".join(map(_accelerator_words, found)), True


def _accelerator_words(device: dict[str, Any]) -> str:
    if device["memory_mb"] is None:
        return str(device["name"])
    free = device["free_mb"] if device["free_mb"] is not None else device["memory_mb"]
    return _tr("{name}, {free} of {memory} GB memory free").format(
        name=device["name"], free=f"{free / _GIGA:.0f}", memory=f"{device['memory_mb'] / _GIGA:.0f}"
    )


def _name(kind: str) -> str:
    names = {
        "auto": _tr("Automatic"),
        "cpu": _tr("Processor"),
        "cuda": _tr("NVIDIA GPU"),
        "mps": _tr("Apple GPU"),
        "npu": _tr("Ascend NPU"),
    }
    return names.get(kind, kind)


def _tr(text: str) -> str:
    return QCoreApplication.translate("DeviceCards", text)
