"""A table of any length: only the parts that are looked at are asked for, a page of rows at a time.

It is given a function that reads rows and knows neither the engine nor the file.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from genodesk.app.tasks import Tasks
from genodesk.app.theme import theme
from genodesk.app.timers import once
from genodesk.core.errors import UserError

Index = QModelIndex | QPersistentModelIndex
Reader = Callable[[int, int], Awaitable[list[list[Any]]]]
"""Rows from a number on: (start, how many) -> rows."""
Words = Callable[[Any], str]
"""Writes a value that is there."""

_VALUES_A_PAGE = 20_000
_PAGES_KEPT = 64
_SETTLE_MS = 25
_AT_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_AT_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
LOADING, MISSING = "…", "–"


class TableModel(QAbstractTableModel):
    """Rows by number under named columns; what has not arrived yet reads as an ellipsis, a missing value as a dash.

    `failed` tells why rows cannot be read. `words` writes the values of single columns, `value_text` all others.
    Columns that hold numbers in `first`, the rows at hand from the start, stand at the right.
    """

    failed = Signal(object)
    arrived = Signal(int, int)

    def __init__(
        self,
        columns: Sequence[str],
        total: int,
        first: list[list[Any]],
        read: Reader,
        tasks: Tasks,
        words: Mapping[int, Words] | None = None,
    ) -> None:
        super().__init__()
        self.columns = list(columns)
        self._words = words or {}
        self.total = total
        self.rows_a_page = rows_a_page(len(columns))
        self._read = read
        self._tasks = tasks
        self._pages: OrderedDict[int, list[list[Any]]] = OrderedDict()
        self._wanted: list[int] = []
        self._reading: int | None = None
        self._task = f"rows {id(self)}"
        self._broken: UserError | None = None
        self._settle = once(self, _SETTLE_MS, self._read_next)
        self._right = {column for column in range(len(self.columns)) if _holds_numbers(row[column] for row in first)}
        whole = len(first) if len(first) >= total else len(first) - len(first) % self.rows_a_page
        for start in range(0, whole, self.rows_a_page):
            self._pages[start // self.rows_a_page] = first[start : start + self.rows_a_page]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self.total

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.TextAlignmentRole, Qt.ItemDataRole.ForegroundRole):
            return None
        page, row = divmod(index.row(), self.rows_a_page)
        rows = self._pages.get(page)
        if rows is None:
            self._want(page)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(index.column())
        text = LOADING
        if rows is not None and row < len(rows):
            value = rows[row][index.column()]
            text = MISSING if value is None else self._words.get(index.column(), value_text)(value)
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        return theme().colour("mute") if text in (LOADING, MISSING) else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section] if orientation == Qt.Orientation.Horizontal else f"{section + 1:,}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section) if orientation == Qt.Orientation.Horizontal else _AT_RIGHT
        return None

    def row(self, number: int) -> list[Any] | None:
        """The values of a row, None where they have not arrived yet. What a row has beyond the columns is not shown."""
        page, row = divmod(number, self.rows_a_page)
        rows = self._pages.get(page)
        return rows[row] if rows is not None and row < len(rows) else None

    async def text_of(self, first: int, last: int, columns: Sequence[int], most: int = 1000) -> str:
        """Rows `first` to `last` as text with tabs, the columns' names above. Raises UserError."""
        lines = ["\t".join(self.columns[column] for column in columns)]
        for start in range(first, last + 1, most):
            rows = await self._read(start, min(most, last + 1 - start))
            lines += ["\t".join(value_text(row[column]) for column in columns) for row in rows]
        return "\n".join(lines)

    def shut(self) -> None:
        """Reads no more rows."""
        self._wanted = []
        self._settle.stop()
        self._tasks.cancel(self._task)

    def _side(self, column: int) -> Qt.AlignmentFlag:
        return _AT_RIGHT if column in self._right else _AT_LEFT

    def _want(self, page: int) -> None:
        """What is looked at last is read first; pages that were scrolled past are forgotten."""
        if self._broken is not None or page == self._reading:
            return
        if page in self._wanted:
            self._wanted.remove(page)
        self._wanted = [*self._wanted[-3:], page]
        if self._reading is None and not self._settle.isActive():
            self._settle.start()

    def _read_next(self) -> None:
        while self._wanted and self._reading is None:
            page = self._wanted.pop()
            if page not in self._pages:
                self._reading = page
                self._tasks.start(self._fetch(page), self._task, on_error=self._break)

    async def _fetch(self, page: int) -> None:
        start = page * self.rows_a_page
        try:
            rows = await self._read(start, self.rows_a_page)
        finally:
            self._reading = None
        self._pages[page] = rows
        while len(self._pages) > _PAGES_KEPT:
            self._pages.popitem(last=False)
        last = min(start + self.rows_a_page, self.total) - 1
        self.dataChanged.emit(self.index(start, 0), self.index(last, len(self.columns) - 1))
        self.arrived.emit(start, last)
        self._read_next()

    def _break(self, error: UserError) -> None:
        self._broken = error
        self.failed.emit(error)


def rows_a_page(n_columns: int) -> int:
    """How many rows are read at once: fewer of wide tables."""
    return max(20, min(200, _VALUES_A_PAGE // max(1, n_columns)))


def value_text(value: Any) -> str:
    """A value as text: numbers with six digits, nothing where it is missing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _holds_numbers(values: Iterable[Any]) -> bool:
    """Whether all that is there are numbers, as such or written out."""
    there = [value for value in values if value is not None and value != ""]
    return bool(there) and all(not isinstance(value, bool) and _is_number(value) for value in there)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
