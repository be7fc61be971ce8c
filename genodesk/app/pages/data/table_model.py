"""A table of any length: only the parts that are looked at are asked for, a page of rows at a time.

It is given a function that reads rows and knows neither the engine nor the file.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from genodesk.app.pages.data.pages_read import PagesRead
from genodesk.app.tasks import Tasks
from genodesk.app.theme import theme

Index = QModelIndex | QPersistentModelIndex
Reader = Callable[[int, int], Awaitable[list[list[Any]]]]
"""Rows from a number on: (start, how many) -> rows."""
Words = Callable[[Any], str]
"""Writes a value that is there."""

_VALUES_A_PAGE = 20_000
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
        self._pages = PagesRead(self._read_page, tasks, self)
        self._pages.arrived.connect(self._tell)
        self._pages.failed.connect(self.failed)
        self._right = {column for column in range(len(self.columns)) if _holds_numbers(row[column] for row in first)}
        whole = len(first) if len(first) >= total else len(first) - len(first) % self.rows_a_page
        for start in range(0, whole, self.rows_a_page):
            self._pages.put(start // self.rows_a_page, first[start : start + self.rows_a_page])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self.total

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.TextAlignmentRole, Qt.ItemDataRole.ForegroundRole):
            return None
        page, row = divmod(index.row(), self.rows_a_page)
        rows = self._pages.want(page)
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
        """Rows `first` to `last` as text with tabs, numbers with all digits, the columns' names above.

        Raises UserError.
        """
        lines = ["\t".join(self.columns[column] for column in columns)]
        for start in range(first, last + 1, most):
            rows = await self._read(start, min(most, last + 1 - start))
            lines += ["\t".join(value_text(row[column], exact=True) for column in columns) for row in rows]
        return "\n".join(lines)

    def shut(self) -> None:
        """Reads no more rows."""
        self._pages.shut()

    def _side(self, column: int) -> Qt.AlignmentFlag:
        return _AT_RIGHT if column in self._right else _AT_LEFT

    async def _read_page(self, page: int) -> list[list[Any]]:
        return await self._read(page * self.rows_a_page, self.rows_a_page)

    def _tell(self, page: int) -> None:
        start = page * self.rows_a_page
        last = min(start + self.rows_a_page, self.total) - 1
        self.dataChanged.emit(self.index(start, 0), self.index(last, len(self.columns) - 1))
        self.arrived.emit(start, last)


def rows_a_page(n_columns: int) -> int:
    """How many rows are read at once: fewer of wide tables."""
    return max(20, min(200, _VALUES_A_PAGE // max(1, n_columns)))


def value_text(value: Any, *, exact: bool = False) -> str:
    """A value as text: numbers with six digits, or with all of theirs; nothing where it is missing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) and not exact else str(value)


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
