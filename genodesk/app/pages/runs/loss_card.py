"""The loss card of a run: one number over the steps, of every part of the data it was measured on."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout

from genodesk.app.pages.runs.curves_card import CurvesCard
from genodesk.app.pages.runs.part import RunPart
from genodesk.app.run_list import is_over
from genodesk.app.run_words import vocabulary
from genodesk.core.metrics import meaning
from genodesk.core.palette import OKABE_ITO
from genodesk.core.scores import heading

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_FIRST = "loss"


class LossCard(RunPart):
    """Begins with the loss, where there is one."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self.card = CurvesCard(self.tr("How it learns"))
        self.card.plot.setAccessibleName(self.tr("Curves over the steps"))
        self.card.content.setMinimumHeight(180)
        self.card.chosen.connect(self.refresh)
        self.card.export_wanted.connect(self.export_curves)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.card)

    def clear(self) -> None:
        self.card.forget()

    def refresh(self) -> None:
        assert self.record is not None
        known = vocabulary(self.record.status)
        names = sorted(self.record.curves, key=lambda name: name != _FIRST)
        self.card.offer([(name, heading(name, known)) for name in names])
        chosen = self.card.choice()
        if chosen is None:
            if not self.record.caught_up:
                self.card.tell_nothing(self.tr("Reading what the run wrote…"))
            elif is_over(self.record.status):
                self.card.tell_nothing(
                    self.tr("This run left no curves"), self.tr("It ended before its first numbers.")
                )
            else:
                self.card.tell_nothing(
                    self.tr("No numbers yet"), self.tr("The curves begin here with the first steps of the run.")
                )
            return
        for split, curve in self.record.curves[chosen].items():
            self.card.draw(split, curve, _colour(split))

    def export_curves(self) -> None:
        """Opens the export of the curves as they are shown."""
        from genodesk.app.plots.export import ExportPanel

        if self.record is not None and self.card.drawn():
            title = meaning(self.card.choice(), vocabulary(self.record.status)).title
            figure = self.card.plot.to_figure("curves", title)
            ExportPanel.open(self.desk, figure, runs=[self.record.folder.path])


def _colour(split: str) -> str:
    """Training and validation keep their colours in every run."""
    known = ("train", "validation", "test")
    return OKABE_ITO[known.index(split) if split in known else 3]
