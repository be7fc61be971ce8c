"""ClassList: the rows of a legend, each with the colour of its class, its name and how many cells are of it."""

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from genodesk.app.plots.colouring import missing_on
from genodesk.app.theme import font, theme
from genodesk.core.palette import MISSING

_ROW = 26
_SWATCH = 12
_FEWEST_ROWS = 3
_MOST_ROWS = 24
_CODE, _COUNT, _COLOUR = (Qt.ItemDataRole.UserRole + i for i in range(3))
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class ClassRow:
    """One class: its code, name, number of shown cells and colour."""

    code: int
    name: str
    count: int
    colour: str


class ClassList(QListView):
    """A list whose rows are turned off and on; `changed` tells that some were."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._model = QStandardItemModel(self)
        self._twice = False
        self.setModel(self._model)
        self.setItemDelegate(_RowPainter(self))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        # The focus is drawn around the row it is on.
        self.setStyleSheet("QListView { background: transparent; border: none; padding: 0; }")

    def fill(self, rows: list[ClassRow], hidden: set[int]) -> None:
        """Shows these rows, those of hidden codes turned off."""
        if self._codes() != [row.code for row in rows]:
            self._model.setRowCount(0)
            for _ in rows:
                self._model.appendRow(QStandardItem())
            self.setCurrentIndex(self._model.index(0, 0))
        for item, row in zip(self._items(), rows, strict=True):
            item.setText(row.name)
            item.setData(f"{row.name}, {row.count:,}", Qt.ItemDataRole.AccessibleTextRole)
            item.setToolTip(self.tr("{name}\nClick: hide or show. Double click: show alone.").format(name=row.name))
            item.setData(row.code, _CODE)
            item.setData(row.count, _COUNT)
            item.setData(row.colour, _COLOUR)
            item.setCheckable(True)
            self._turn(item, on=row.code not in hidden)
        self.updateGeometry()

    def codes(self) -> set[int]:
        """The codes of all rows."""
        return set(self._codes())

    def hidden(self) -> set[int]:
        """The codes of the rows that are turned off."""
        return {item.data(_CODE) for item in self._items() if item.checkState() == Qt.CheckState.Unchecked}

    def sizeHint(self) -> QSize:
        return QSize(200, _ROW * min(self._model.rowCount(), _MOST_ROWS))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, _ROW * min(self._model.rowCount(), _FEWEST_ROWS))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self._model.itemFromIndex(self.currentIndex())
        if item is not None and event.key() == Qt.Key.Key_Space:
            self._toggle(item)
        elif item is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._show_alone(item)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        # Not the base class, which would turn the row by its own rules. A double click ends with a release too.
        twice, self._twice = self._twice, False
        item = self._model.itemFromIndex(self.indexAt(event.position().toPoint()))
        if item is not None and event.button() == Qt.MouseButton.LeftButton and not twice:
            self._toggle(item)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        item = self._model.itemFromIndex(self.indexAt(event.position().toPoint()))
        if item is not None and event.button() == Qt.MouseButton.LeftButton:
            self._twice = True
            self._show_alone(item)

    def _items(self) -> list[QStandardItem]:
        return [self._model.item(row) for row in range(self._model.rowCount())]

    def _codes(self) -> list[int]:
        return [item.data(_CODE) for item in self._items()]

    def _toggle(self, item: QStandardItem) -> None:
        self._turn(item, on=item.checkState() == Qt.CheckState.Unchecked)
        self.changed.emit()

    def _show_alone(self, chosen: QStandardItem) -> None:
        """Turns all others off, or all on where they are off already."""
        alone = not self.codes() - self.hidden() - {chosen.data(_CODE)}
        for item in self._items():
            self._turn(item, on=alone or item is chosen)
        self.changed.emit()

    def _turn(self, item: QStandardItem, *, on: bool) -> None:
        item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)


class _RowPainter(QStyledItemDelegate):
    """A disc as in the map, hollow where the class is hidden; the name, its middle cut if too long; the count."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        del option, index
        return QSize(120, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        row: QRect = option.rect
        off = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.Unchecked
        self._ground(painter, option, row)
        middle = row.center().y() + 1
        colour = QColor(_seen(index.data(_COLOUR)))
        painter.setPen(QPen(colour, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush if off else colour)
        painter.drawEllipse(row.left() + 7, middle - _SWATCH // 2, _SWATCH - 1, _SWATCH - 1)
        count = f"{index.data(_COUNT):,}"
        metrics = QFontMetrics(font("small"))
        wide = metrics.horizontalAdvance(count) + 2
        painter.setFont(font("small"))
        painter.setPen(theme().colour("mute"))
        right = QRect(row.right() - wide - 8, row.top(), wide, row.height())
        painter.drawText(right, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), count)
        left = row.left() + 7 + _SWATCH + 9
        room = QRect(left, row.top(), right.left() - 8 - left, row.height())
        painter.setPen(theme().colour("mute" if off or not index.data(_COUNT) else "text"))
        name = metrics.elidedText(index.data(Qt.ItemDataRole.DisplayRole), Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, row: QRect) -> None:
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        if option.state & QStyle.StateFlag.State_MouseOver or focused:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("soft"))
            painter.drawRoundedRect(row.adjusted(0, 1, 0, -1), 4, 4)
        if focused:
            painter.setPen(QPen(theme().colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(row.adjusted(1, 1, -1, -2), 4, 4)


def _seen(colour: str) -> str:
    """The colour as the map shows it."""
    ground = theme().colour("panel")
    return missing_on((ground.red(), ground.green(), ground.blue())) if colour == MISSING else colour
