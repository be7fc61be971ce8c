"""Several runs side by side: one number of all of them over the steps, and the settings and scores that differ."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.amounts import when
from genodesk.app.pages.runs.compare_table import CompareTable
from genodesk.app.pages.runs.curves_card import CurvesCard
from genodesk.app.pages.runs.record import Curve, RunRecord
from genodesk.app.run_list import is_over
from genodesk.app.run_names import alike, short_name
from genodesk.app.run_tail import RunTail
from genodesk.app.run_words import vocabulary, workflow_title
from genodesk.app.timers import once
from genodesk.app.widgets import label
from genodesk.core.errors import UserError
from genodesk.core.events import Event
from genodesk.core.palette import OKABE_ITO, colours
from genodesk.core.scores import heading
from genodesk.jobs.status import RunStatus

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

MOST = len(OKABE_ITO)
_REPAINT_MS = 100
Key = tuple[str, str]
"""A metric and the split it was measured on."""


class Compare(QWidget):
    """Follows up to eight runs; those beyond are counted, not drawn."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__()
        self.desk = desk
        self.title = label("", "title")
        self.subtitle = label("", mute=True)
        self.curves = CurvesCard(self.tr("Curves"))
        self.curves.plot.setAccessibleName(self.tr("Curves of the selected runs"))
        self.curves.plot.setMinimumHeight(160)
        self.curves.numbers.setMinimumWidth(220)
        self.curves.chosen.connect(self.draw_now)
        self.curves.export_wanted.connect(self._export)
        self.without = label("", "small", mute=True, wrap=True)
        self.table = CompareTable()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        for widget, stretch in (
            (self.title, 0),
            (self.subtitle, 0),
            (self.curves, 1),
            (self.without, 0),
            (self.table, 1),
        ):
            whole.addWidget(widget, stretch)
        self._asked: list[str] = []
        self._records: list[RunRecord] = []
        self._tails: list[RunTail] = []
        self._repaint = once(self, _REPAINT_MS, self.draw_now)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._schedule()

    def show_runs(self, runs: Sequence[RunStatus]) -> None:
        """Shows these runs; the same ones again only take their newest status."""
        if [run.id for run in runs] != self._asked:
            self._begin(runs)
            return
        newest = {run.id: run for run in runs}
        for record, tail in zip(self._records, self._tails, strict=True):
            record.status = newest[record.status.id]
            tail.set_alive(not is_over(record.status))
        self.table.refresh()

    def leave(self) -> None:
        """Follows them no more."""
        for tail in self._tails:
            tail.stop()
            tail.deleteLater()
        self._repaint.stop()
        self.curves.forget()
        self.table.show_runs([], [])
        self._asked, self._records, self._tails = [], [], []

    def names(self) -> list[str]:
        """What the runs are called here: made different by when they were started, where need be."""
        plain = [short_name(record.status) for record in self._records]
        twins = alike(record.status for record in self._records)
        times = [when(record.status.created, exact=record.status.id in twins) for record in self._records]
        timed = [f"{name}, {time}" for name, time in zip(plain, times, strict=True)]
        names = plain if len(set(plain)) == len(plain) else timed
        return names if len(set(names)) == len(names) else [f"{name} ({i + 1})" for i, name in enumerate(names)]

    def draw_now(self) -> None:
        """Draws what is new of the chosen number."""
        self.curves.offer([(key, self._words(key)) for key in self._keys()])
        key, names = self.curves.choice(), self.names()
        if key is None:
            return
        shades = colours(len(self._records))
        without = []
        for name, record, shade in zip(names, self._records, shades, strict=True):
            curve = _curve(record, key)
            if curve is None:
                without.append(name)
            else:
                self.curves.draw(name, curve, shade)
        self.without.setVisible(bool(without))
        self.without.setText(self.tr("Without this number: {names}").format(names=", ".join(without)))

    def _begin(self, runs: Sequence[RunStatus]) -> None:
        self.leave()
        self._asked = [run.id for run in runs]
        for run in runs[:MOST]:
            try:
                record = RunRecord(run)
            except UserError as error:
                self.desk.tell(error)
                continue
            tail = RunTail(run.folder, self)
            tail.set_alive(not is_over(run))
            tail.events.connect(lambda events, record=record: self._take(record, events))
            tail.restarted.connect(lambda record=record: self._restart(record))
            self._records.append(record)
            self._tails.append(tail)
        self.title.setText(self.tr("{n} runs").format(n=len(runs)))
        beyond = self.tr("The first {n} are drawn.").format(n=MOST) if len(runs) > MOST else ""
        workflows = ", ".join(dict.fromkeys(workflow_title(run) for run in runs))
        self.subtitle.setText(" · ".join(part for part in (workflows, beyond) if part))
        self.without.hide()
        self.table.show_runs(self._records, self.names())

    def _take(self, record: RunRecord, events: list[Event]) -> None:
        record.add(events)
        self._schedule()

    def _schedule(self) -> None:
        if self.isVisible() and not self._repaint.isActive():
            self._repaint.start()

    def _restart(self, record: RunRecord) -> None:
        record.clear()
        self.curves.erase()
        self._schedule()

    def _keys(self) -> list[Key]:
        """The numbers there are: those of most runs first, then the loss, then what was measured on held-out data."""
        counts: dict[Key, int] = {}
        for record in self._records:
            for metric, splits in record.curves.items():
                for split in splits:
                    counts[metric, split] = counts.get((metric, split), 0) + 1
        return sorted(counts, key=lambda key: (-counts[key], key[0] != "loss", key[1] == "train"))

    def _words(self, key: Key) -> str:
        owner = next(record for record in self._records if _curve(record, key) is not None)
        return f"{heading(key[0], vocabulary(owner.status))} · {key[1]}"

    def _export(self) -> None:
        from genodesk.app.plots.export import ExportPanel

        drawn = self.curves.drawn()
        if drawn:
            figure = self.curves.plot.to_figure("compared", self.curves.numbers.currentText())
            named = zip(self.names(), self._records, strict=True)
            ExportPanel.open(self.desk, figure, runs=[record.folder.path for name, record in named if name in drawn])


def _curve(record: RunRecord, key: Key) -> Curve | None:
    return record.curves.get(key[0], {}).get(key[1])
