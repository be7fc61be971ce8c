"""Which slice of the tissue is shown: all, or one of them, with steps to the one before and after."""

from typing import Any

import numpy as np
from PySide6.QtCore import Signal

from genodesk.app.pages.data.choices import choice_box, choose, fill, labelled
from genodesk.app.widgets import Card, disable, enable, icon_button, label, set_tone
from genodesk.core.errors import UserError


class SliceCard(Card):
    """`column_chosen` asks for the slices of another column.

    `slice_chosen` tells a mask [cells] and a name; None and no name for all.
    """

    column_chosen = Signal(str)
    slice_chosen = Signal(object, str)

    def __init__(self, columns: list[str]) -> None:
        self.before = icon_button("left", self.tr("Slice before"), lambda: self.step(-1))
        self.after = icon_button("right", self.tr("Next slice"), lambda: self.step(1))
        self.number = label("", "small", mute=True)
        super().__init__(self.tr("Slice"), self.number, self.before, self.after)
        self.columns = choice_box(self.tr("Column of slices"), [(name, name) for name in columns])
        self.columns.currentIndexChanged.connect(lambda _: self.column_chosen.emit(self.column))
        self.slice = choice_box(self.tr("Slice"))
        self.slice.currentIndexChanged.connect(lambda _: self._show())
        self.slice.setEnabled(False)
        self.trouble = label("", "small", wrap=True)
        set_tone(self.trouble, "bad")
        self.trouble.hide()
        self.body.addWidget(self.slice)
        self.body.addWidget(self.trouble)
        column_line = labelled(self.tr("Column"), self.columns)
        self.body.addWidget(column_line)
        column_line.setHidden(len(columns) < 2)
        self._codes: np.ndarray | None = None
        self._wanted = ""
        self._tell()

    @property
    def column(self) -> str:
        """The column that tells slices, empty where the file has none."""
        return self.columns.currentData() or ""

    def set_slices(self, codes: np.ndarray, names: list[str]) -> None:
        """The slices of the column: the code of each cell [cells] and their names. Keeps the one that was chosen."""
        self.trouble.hide()
        self._codes = codes
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        everything = (self.tr("All slices"), -1)
        told = [(f"{name}  ·  {counts[code]:,}", code) for code, name in enumerate(names) if counts[code]]
        fill(self.slice, [everything, *told], names.index(self._wanted) if self._wanted in names else -1)
        self._names = names
        self.slice.setEnabled(True)
        self._show()

    def step(self, by: int) -> None:
        """To the slice before or after, around at the ends; from all to the first or last."""
        lines = self.slice.count()
        if lines > 1:
            line = self.slice.currentIndex() + by
            self.slice.setCurrentIndex(lines - 1 if line < 1 else 1 if line >= lines else line)

    def show_error(self, error: UserError) -> None:
        """The column cannot tell slices: says why; all cells stay in view."""
        fill(self.slice, [])
        self.slice.setEnabled(False)
        self._codes = None
        self.trouble.setText(f"{error.message} {error.hint}")
        self.trouble.show()
        self._tell()
        self.slice_chosen.emit(None, "")

    def state(self) -> dict[str, Any]:
        """The column and the slice."""
        return {"slice_column": self.column, "slice": self._wanted}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes them up; the slice is chosen once the slices are known."""
        wanted = state.get("slice")
        self._wanted = wanted if isinstance(wanted, str) else ""
        self.columns.blockSignals(True)
        choose(self.columns, state.get("slice_column"))
        self.columns.blockSignals(False)

    def _show(self) -> None:
        code = self.slice.currentData()
        self._tell()
        if self._codes is None or code is None:
            return
        self._wanted = self._names[code] if code >= 0 else ""
        self.slice_chosen.emit(self._codes == code if code >= 0 else None, self._wanted)

    def _tell(self) -> None:
        n, line = self.slice.count() - 1, self.slice.currentIndex()
        self.number.setText(self.tr("{i} of {n}").format(i=line, n=n) if line > 0 else "")
        for made in (self.before, self.after):
            if n > 0:
                enable(made)
            else:
                disable(made, self.tr("The slices are not known yet."))
