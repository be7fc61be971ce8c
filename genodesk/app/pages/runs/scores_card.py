"""The card "How good is it?": the run's scores beside simple methods and chance, and what follows from them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout

from genodesk.app.amounts import number
from genodesk.app.pages.runs.part import RunPart
from genodesk.app.run_list import is_over
from genodesk.app.run_words import vocabulary
from genodesk.app.theme import font
from genodesk.app.widgets import Card, FactsTable, disable, enable, icon_button, label, set_tone
from genodesk.core.metrics import Metric, meaning
from genodesk.core.scores import Scores, best_baseline, decimals, heading, scores_of, sentences, verdict
from genodesk.core.workflow import workflow_or_bare

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

Index = QModelIndex | QPersistentModelIndex
_ROW_PX, _HEAD_PX, _LEAST_PX, _WIDEST_NAME_PX = 21, 56, 82, 204
_BAR_PX = 14  # of the bar that scrolls to further columns
_FRAME_PX = 36  # of the card around the table
_ROLE = Qt.ItemDataRole
_HELD_BACK = ("validation", "test")  # other splits are of stages and of what is learned from


class ScoresCard(RunPart):
    """Before there is a result it shows the best numbers on held-out data so far."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self.copy = icon_button("copy", self.tr("Copy these scores for a spreadsheet"), self.copy_scores)
        self.card = Card(self.tr("How good is it?"), self.copy)
        self.said = label("", wrap=True, selectable=True)
        self.warned = label("", wrap=True, selectable=True)
        set_tone(self.warned, "warn")
        self.remarked = label("", "small", wrap=True, selectable=True)
        self.so_far = FactsTable()
        self.table = QTableView()
        self.table.setAccessibleName(self.tr("Scores of this run and of simple methods"))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setFixedHeight(_HEAD_PX)
        self.table.horizontalScrollBar().valueChanged.connect(self._tell_legend)
        self.legend = label("", "small", wrap=True, mute=True)
        for widget in (self.said, self.warned, self.remarked, self.so_far, self.table, self.legend):
            self.card.body.addWidget(widget)
        self.card.body.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.card)
        self._shown: object = None
        self._rows: list[Scores] = []
        self._known: tuple[Metric, ...] = ()

    def clear(self) -> None:
        self._shown = None
        self._show_table([], ())
        self.so_far.set_rows([])
        self.said.setText("")
        self._show_beside({})

    def refresh(self) -> None:
        assert self.record is not None
        status = self.record.status
        now = (status.has_result, is_over(status), status.state, status.metrics, status.best)
        if now == self._shown:
            return
        self._shown = now
        known = vocabulary(status)
        result = (self.record.folder.result() if status.has_result else None) or {}
        rows = scores_of(result, known, workflow_or_bare(status.workflow).methods)
        self._show_beside(result)
        self._show_table(rows, known)
        self.so_far.setVisible(not rows)
        if rows:
            self._judge(rows, known)
        else:
            self._show_so_far(known)

    @property
    def has_scores(self) -> bool:
        """Whether the run has left scores, as it was drawn last."""
        return not self.table.isHidden()

    def copy_scores(self) -> None:
        """Puts the table on the clipboard, with tabs between the columns."""
        model = self.table.model()
        columns = range(model.columnCount())
        head = [model.headerData(column, Qt.Orientation.Horizontal) for column in columns]
        rows = [[model.index(row, column).data() for column in columns] for row in range(model.rowCount())]
        QGuiApplication.clipboard().setText("\n".join("\t".join(cells) for cells in [head, *rows]))
        self.desk.toast(self.tr("Copied"), level="good")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As many whole columns as there is room for; the others are reached by scrolling."""
        model = self.table.model()
        if model is None:
            return
        metrics = QFontMetrics(font("heading"))
        titles = [model.index(row, 0).data() for row in range(model.rowCount())]
        names = min(_WIDEST_NAME_PX, 24 + max(metrics.horizontalAdvance(title) for title in titles))
        room = self.width() - _FRAME_PX - names
        shown = max(1, min(model.columnCount() - 1, room // _LEAST_PX))
        self.table.setColumnWidth(0, names)
        for column in range(1, model.columnCount()):
            self.table.setColumnWidth(column, max(_LEAST_PX, room // shown))
        self._tell_legend()

    def _tell_legend(self) -> None:
        """Which way each column that is in sight is better."""
        if self._rows:
            self.legend.setText(_legend(self._rows, self._in_sight(), self._known))

    def _in_sight(self) -> list[str]:
        """The metrics whose columns can be seen whole."""
        edge, names = self.width() - _FRAME_PX, list(self._rows[0].values)
        places = {name: self.table.columnViewportPosition(column) for column, name in enumerate(names, start=1)}
        ends = {name: places[name] + self.table.columnWidth(column) for column, name in enumerate(names, start=1)}
        return [name for name in names if places[name] >= 0 and ends[name] <= edge] or names[:1]

    def _judge(self, rows: list[Scores], known: tuple[Metric, ...]) -> None:
        found = verdict(rows, known)
        self.said.setVisible(found is not None)
        if found is None:
            return
        beats = self.tr("Beats the best simple method, {name}, in {metric}: {own} against {other}.")
        loses = self.tr("Does not beat the best simple method, {name}, in {metric}: {own} against {other}.")
        self.said.setText(
            (beats if found.beats else loses).format(
                name=found.baseline.name,
                metric=found.metric.title,
                own=number(found.own),
                other=number(found.other),
            )
        )
        set_tone(self.said, "good" if found.beats else "warn")

    def _show_beside(self, result: Mapping[str, Any]) -> None:
        """What must be known beside the scores, in the workflow's own sentences."""
        for shown, told in (
            (self.warned, sentences(result, "warnings")),
            (self.remarked, sentences(result, "remarks")),
        ):
            shown.setText(" ".join(told))
            shown.setVisible(bool(told))

    def _show_so_far(self, known: tuple[Metric, ...]) -> None:
        assert self.record is not None
        status = self.record.status
        held_back: list[tuple[str, ...]] = []
        if status.best is not None and status.best.split in _HELD_BACK:
            metric = meaning(status.best.metric, known)
            held_back.append(
                (self.tr("Best {metric}").format(metric=metric.title), number(status.best.value), "accent")
            )
            held_back.append((self.tr("at step"), f"{status.best.step:,}"))
        for split, values in status.metrics.items():
            if split in _HELD_BACK:
                held_back += [(heading(name, known), number(value)) for name, value in values.items()]
        learnt_from = [
            (heading(n, known), number(v)) for n, v in status.metrics.get("train", {}).items() if n == "loss"
        ]
        self.so_far.set_rows(held_back or learnt_from)
        if is_over(status):
            said = {
                "paused": self.tr(
                    "It is paused. Scores beside simple methods come when it was resumed and is finished."
                ),
                "finished": self.tr("This run left no scores."),
            }.get(status.state, self.tr("It ended before the final scores."))
        elif held_back:
            said = self.tr("So far, on data held back. Scores beside simple methods come at the end.")
        elif learnt_from:
            said = self.tr("So far, on the data it learns from, which says nothing yet about new data.")
        else:
            said = self.tr("The first numbers appear here soon.")
        self.said.setText(said)
        self.said.show()
        set_tone(self.said, "")

    def _show_table(self, rows: list[Scores], known: tuple[Metric, ...]) -> None:
        self.table.setVisible(bool(rows))
        (enable(self.copy) if rows else disable(self.copy, self.tr("There are no scores yet.")))
        self.legend.setVisible(bool(rows))
        self._rows, self._known = rows, known
        if not rows:
            return
        former = self.table.model()
        self.table.setModel(_ScoreModel(rows, known, self))
        if former is not None:
            former.deleteLater()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.setFixedHeight(_HEAD_PX + _ROW_PX * len(rows) + _BAR_PX)
        self._fit()


class _ScoreModel(QAbstractTableModel):
    def __init__(self, rows: list[Scores], known: tuple[Metric, ...], parent: ScoresCard) -> None:
        super().__init__(parent)
        self._rows = rows
        self._known = known
        self._names = list(rows[0].values)
        self._places = [decimals([row.values[name] for row in rows]) for name in self._names]
        self._best = [best_baseline(rows, name, known) for name in self._names]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._names) + 1

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        if role == _ROLE.FontRole:
            return font("heading") if row.kind == "model" and index.row() == 0 else font("body")
        if role == _ROLE.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == _ROLE.ToolTipRole and column == 0:
            return _title(row)
        if role != _ROLE.DisplayRole:
            return None
        if column == 0:
            return _title(row)
        value, places = row.values[self._names[column - 1]], self._places[column - 1]
        if value is None:
            return "–"
        shown = f"{value:.2e}" if places is None else f"{value:,.{places}f}"
        return f"★ {shown}" if self._best[column - 1] == index.row() else shown

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == _ROLE.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == 0 else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
        if role == _ROLE.DisplayRole:
            return self.tr("Method") if section == 0 else heading(self._names[section - 1], self._known)
        return None


def _title(row: Scores) -> str:
    if row.kind == "model":
        named = _tr("This run ({estimate})")
        return named.format(estimate=row.name) if row.name else _tr("This run")
    return f"{row.name[:1].upper()}{row.name[1:]}" or _tr("Chance")


def _legend(rows: list[Scores], names: list[str], known: tuple[Metric, ...]) -> str:
    metrics = [meaning(name, known) for name in names]
    lower = [metric.title for metric in metrics if metric.better == "lower"]
    higher = [metric.title for metric in metrics if metric.better == "higher"]
    parts = []
    if any(row.kind == "baseline" for row in rows):
        parts.append(_tr("★ best simple method."))
    if higher and lower:
        parts.append(_tr("Higher is better, except {names}.").format(names=", ".join(lower)))
    elif higher or lower:
        parts.append(_tr("Higher is better.") if higher else _tr("Lower is better."))
    return " ".join(parts)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ScoresCard", text)
