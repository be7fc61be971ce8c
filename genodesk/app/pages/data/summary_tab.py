"""The Summary tab: what the file is in plain words, what was checked, its slices and its columns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from genodesk.app.pages.data.description import (
    Check,
    checks,
    facts,
    kind_text,
    overviews,
    sentence,
    values_of,
)
from genodesk.app.pages.data.inspected import is_cells, slice_column, slice_sizes
from genodesk.app.theme import theme
from genodesk.app.widgets import Card, ElidedLabel, FactsTable, Picture, column, label, row, scrolled

translate = QCoreApplication.translate

_SIDE = 328
_MOST_SLICES = 12
_WIDEST_NAME = 140
_WIDEST_FACTS = 460
_MOST_ROWS = 14
_MOST_TENSORS = 1000
_ROW_HEIGHT = 30
_AT_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class SummaryTab(QWidget):
    """Cards about one inspected file. `column_wanted` is a column that the person wants to see in the tissue."""

    column_wanted = Signal(str)

    def __init__(self, path: Path, found: dict[str, Any]) -> None:
        super().__init__()
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 16, 0, 0)
        grid.setSpacing(16)
        grid.setColumnStretch(0, 1)
        left, right = [_about_card(path, found)], []
        if found.get("columns") and is_cells(found):
            self.columns = _columns_table(found["columns"])
            self.columns.cellActivated.connect(lambda line, _: self.column_wanted.emit(found["columns"][line]["name"]))
            left.append(_card(self.tr("What is known of each cell"), self.columns))
        for overview in overviews(found):
            rows = [tuple(line) for line in overview["rows"]]
            left.append(_card(overview["title"], _table(overview["title"], overview["columns"], rows)))
        if found.get("tensors"):
            left.append(_card(self.tr("Tensors"), _tensors_table(found["tensors"])))
        if checks(found):
            right.append(_card(self.tr("Checks"), *(_check_line(check) for check in checks(found))))
        if slice_sizes(found):
            right.append(_slices_card(found))
        grid.addLayout(column(*left, 1, spacing=16), 0, 0)
        if right:
            beside = QWidget()
            beside.setFixedWidth(_SIDE)
            beside.setLayout(column(*right, 1, spacing=16))
            grid.addWidget(beside, 0, 1)
        grid.setRowStretch(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(inside))


class _Share(QWidget):
    """A thin bar as long as a share of the room."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(60, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        height, top = 6, (self.height() - 6) // 2
        painter.setBrush(theme().colour("track"))
        painter.drawRoundedRect(0, top, self.width(), height, 3, 3)
        painter.setBrush(theme().colour("accent"))
        painter.drawRoundedRect(0, top, max(height, round(self._share * self.width())), height, 3, 3)
        painter.end()


def _about_card(path: Path, found: dict[str, Any]) -> Card:
    where = ElidedLabel(str(path), "small", mute=True, middle=True)
    where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    told = facts(found)
    half = (len(told) + 1) // 2 if len(told) > 4 else len(told)
    tables = [FactsTable(part) for part in (told[:half], told[half:]) if part]
    beside = row(*tables, spacing=32)
    if len(tables) == 1:
        tables[0].setMaximumWidth(_WIDEST_FACTS)
        beside.addStretch(1)
    for number, table in enumerate(tables):
        table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        beside.setStretch(number, 1)
        beside.setAlignment(table, Qt.AlignmentFlag.AlignTop)
    card = Card()
    card.body.addWidget(label(sentence(found), wrap=True, selectable=True))
    card.body.addSpacing(4)
    card.body.addLayout(beside)
    card.body.addSpacing(4)
    card.body.addWidget(where)
    return card


def _card(title: str, *widgets: QWidget) -> Card:
    card = Card(title)
    for widget in widgets:
        card.body.addWidget(widget)
    return card


def _check_line(check: Check) -> QWidget:
    made = QWidget()
    text = label(check.text, wrap=True, selectable=True)
    mark = Picture("check", "good", 16) if check.good else Picture("warning", "warn", 16)
    line = row(mark, text, spacing=8)
    line.setAlignment(mark, Qt.AlignmentFlag.AlignTop)
    line.setStretch(1, 1)
    made.setLayout(line)
    return made


def _slices_card(found: dict[str, Any]) -> Card:
    sizes = sorted(slice_sizes(found).items(), key=lambda pair: -pair[1])
    card = Card(translate("SummaryTab", "Slices"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    longest = max(ElidedLabel(name).sizeHint().width() for name, _ in sizes[:_MOST_SLICES])
    grid.setColumnMinimumWidth(0, min(_WIDEST_NAME, longest + 4))
    for line, (name, n) in enumerate(sizes[:_MOST_SLICES]):
        grid.addWidget(ElidedLabel(name), line, 0)
        grid.addWidget(_Share(n / sizes[0][1]), line, 1)
        grid.addWidget(label(f"{n:,}", mute=True), line, 2, Qt.AlignmentFlag.AlignRight)
    card.body.addLayout(grid)
    column = slice_column(found)
    rest = (column["n_categories"] if column is not None else 0) - min(len(sizes), _MOST_SLICES)
    if rest > 0:
        card.body.addWidget(label(translate("SummaryTab", "and {n} more").format(n=f"{rest:,}"), mute=True))
    return card


def _columns_table(columns: list[dict[str, Any]]) -> QTableWidget:
    headings = (translate("SummaryTab", "Name"), translate("SummaryTab", "Kind"), translate("SummaryTab", "Values"))
    rows = [(described["name"], kind_text(described), values_of(described)) for described in columns]
    return _table(translate("SummaryTab", "What is known of each cell"), headings, rows)


def _tensors_table(tensors: list[dict[str, Any]]) -> QTableWidget:
    headings = (translate("SummaryTab", "Name"), translate("SummaryTab", "Numbers"), translate("SummaryTab", "Shape"))
    rows = [
        (told["name"], told["dtype"], " x ".join(f"{n:,}" for n in told["shape"])) for told in tensors[:_MOST_TENSORS]
    ]
    return _table(translate("SummaryTab", "Tensors"), headings, rows)


def _table(name: str, headings: Sequence[str], rows: Sequence[tuple[str, ...]]) -> QTableWidget:
    table = QTableWidget(len(rows), len(headings))
    table.setAccessibleName(name)
    across = table.horizontalHeader()
    across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    across.setHighlightSections(False)
    across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    across.setSectionResizeMode(len(headings) - 1, QHeaderView.ResizeMode.Stretch)
    numbers = {place for place, texts in enumerate(zip(*rows, strict=True)) if all(_is_number(text) for text in texts)}
    for place, text in enumerate(headings):
        heading = QTableWidgetItem(text)
        if place in numbers:
            heading.setTextAlignment(_AT_RIGHT)
        table.setHorizontalHeaderItem(place, heading)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    for line, texts in enumerate(rows):
        for place, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if place in numbers:
                item.setTextAlignment(_AT_RIGHT)
            item.setToolTip(text if place == len(texts) - 1 else "")
            table.setItem(line, place, item)
    table.setFixedHeight((min(len(rows), _MOST_ROWS) + 1) * _ROW_HEIGHT + 6)
    return table


def _is_number(text: str) -> bool:
    return text.replace(",", "").removesuffix(" %").replace(".", "", 1).isdecimal()
