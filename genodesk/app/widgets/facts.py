"""A short table of facts: a name at the left, its value at the right."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from genodesk.app.widgets.containers import clear
from genodesk.app.widgets.text import label, set_tone


class FactsTable(QWidget):
    """Rows of (name, value) or (name, value, tone); numbers come already written out. Set anew at every change."""

    def __init__(self, rows: Sequence[tuple[str, ...]] = ()) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[str, ...]] = []
        self.set_rows(rows)

    def rows(self) -> list[tuple[str, ...]]:
        """What is shown."""
        return list(self._rows)

    def set_rows(self, rows: Sequence[tuple[str, ...]]) -> None:
        """Shows these rows instead."""
        if list(rows) == self._rows:
            return
        self._rows = list(rows)
        clear(self._grid)
        for number, (name, value, *tone) in enumerate(self._rows):
            told = label(value, wrap=True, selectable=True)
            told.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            set_tone(told, tone[0] if tone else "")
            self._grid.addWidget(label(name, mute=True), number, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(told, number, 1)
