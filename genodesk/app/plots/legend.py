"""Legend: what the colours of cells mean. Classes with their counts, to hide and show; or the scale of a quantity.

Knows what a ColourKey tells, not the view that it explains.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from genodesk.app.plots.cells import CellsView
from genodesk.app.plots.class_list import ClassList, ClassRow
from genodesk.app.plots.colour_bar import ColourBar
from genodesk.app.plots.colouring import UNKNOWN, ColourKey
from genodesk.core.palette import MISSING


class Legend(QWidget):
    """A click or Space hides a class or shows it again, a double click or Enter shows it alone, then all again.

    `shown_changed` tells the codes of the classes that are shown; -1 are the cells whose class is not known.
    """

    shown_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key: ColourKey | None = None
        self._views: tuple[CellsView, ...] = ()
        self._list = ClassList(self.tr("Classes and their colours"))
        self._list.changed.connect(self._hide)
        self._bar = ColourBar()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list)
        layout.addWidget(self._bar)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.set_key(None)

    def follow(self, view: CellsView, *alike: CellsView) -> None:
        """Explains the colours of a view from now on, and hides its classes there and in views of the same classes."""
        self._views = (view, *alike)
        view.key_changed.connect(self._follow)
        self._follow()

    def set_key(self, key: ColourKey | None) -> None:
        """Explains other colours. Where the classes are the same, the hidden ones stay hidden."""
        hidden = self._list.hidden() if key and self._key and key.scale == self._key.scale else set()
        self._key = key
        by_class = key is not None and key.scale.kind == "category"
        self._list.setVisible(by_class)
        self._bar.setVisible(key is not None and not by_class)
        if key is None:
            return
        if by_class:
            self._list.setAccessibleDescription(key.scale.label)
            self._list.fill(self._rows(key), hidden)
        else:
            self._bar.set_key(key)
        self.updateGeometry()

    @property
    def shown(self) -> set[int]:
        """The codes of the classes that are shown."""
        return self._list.codes() - self._list.hidden()

    @property
    def hidden(self) -> set[int]:
        """The codes of the classes that are turned off."""
        return self._list.hidden()

    def _follow(self) -> None:
        self.set_key(self._views[0].key)

    def _hide(self) -> None:
        for view in self._views:
            view.set_hidden(self.hidden)
        self.shown_changed.emit(self.shown)

    def _rows(self, key: ColourKey) -> list[ClassRow]:
        """The classes that have cells at all."""
        rows = [
            ClassRow(code, name, key.counts[code], key.colours[code])
            for code, name in enumerate(key.scale.categories)
            if key.totals[code]
        ]
        if key.missing[0]:
            rows.append(ClassRow(UNKNOWN, self.tr("not known"), key.missing[1], MISSING))
        return rows
