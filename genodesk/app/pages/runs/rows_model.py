"""RowsModel: the rows of a table of a run, as its view asks for them. Reads only the rows that are seen."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from genodesk.app.pages.runs.csv_rows import CsvRows

Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole


class RowsModel(QAbstractTableModel):
    """Follows a file that other rows may be written to; `grow` takes them up."""

    def __init__(self, rows: CsvRows, parent: QObject) -> None:
        super().__init__(parent)
        self.rows = rows
        self.version, self._file = rows.version, rows.file
        self._count = len(rows)

    def grow(self) -> None:
        """The file has other rows now: more at the end, or all of them."""
        self.version, count = self.rows.version, len(self.rows)
        same, self._file = self._file == self.rows.file, self.rows.file
        if same and count > self._count:
            self.beginInsertRows(QModelIndex(), self._count, count - 1)
            self._count = count
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._count = count
            self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._count

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows.header)

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        if role not in (_ROLE.DisplayRole, _ROLE.TextAlignmentRole, _ROLE.ToolTipRole):
            return None
        cells = self.rows.row(index.row())
        text = cells[index.column()] if index.column() < len(cells) else ""
        if role == _ROLE.ToolTipRole:
            return text  # all digits, and all of a text that found no room
        value = _as_number(text)
        if role == _ROLE.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if value is None else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return text if value is None else _short(text, value)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        if role == _ROLE.TextAlignmentRole and orientation == Qt.Orientation.Horizontal and self._count:
            return self.data(self.index(0, section), role)  # a heading stands over its numbers
        if role == _ROLE.DisplayRole:
            if orientation == Qt.Orientation.Vertical:
                return f"{section + 1:,}"
            return self.rows.header[section].replace("_", " ") if section < len(self.rows.header) else ""
        return None


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _short(text: str, value: float) -> str:
    """Six digits are enough to read; what is copied or saved has all."""
    return text if len(text) <= 9 else f"{value:.6g}"
