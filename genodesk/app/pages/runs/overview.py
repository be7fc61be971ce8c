"""The first tab of a run: how the loss goes, how good it is, and the tissue as measured beside the model's answer.

Of a run that trains nothing, what it does and what it made.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from genodesk.app.pages.runs.failure_card import FailureCard
from genodesk.app.pages.runs.loss_card import LossCard
from genodesk.app.pages.runs.made_card import MadeCard
from genodesk.app.pages.runs.part import RunPart
from genodesk.app.pages.runs.record import RunRecord
from genodesk.app.pages.runs.samples_card import SamplesCard
from genodesk.app.pages.runs.scores_card import ScoresCard
from genodesk.app.run_words import learns
from genodesk.app.widgets import row, scrolled

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_SIDE_BY_SIDE_PX = 740


class Overview(RunPart):
    """The cards of a run that say most."""

    def __init__(self, desk: "Desk", try_smaller: Callable[[], object], show_tab: Callable[[str], object]) -> None:
        super().__init__(desk)
        self.failure = FailureCard(desk, try_smaller, lambda: show_tab("log"))
        self.made = MadeCard(desk, show_tab)
        self.loss = LossCard(desk)
        self.scores = ScoresCard(desk)
        self.samples = SamplesCard(desk)
        self._cards: tuple[RunPart, ...] = (self.failure, self.made, self.loss, self.scores, self.samples)
        inside = QWidget()
        cards = QVBoxLayout(inside)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(12)
        cards.addWidget(self.failure)
        self._above = row(self.made, self.loss, self.scores, spacing=12)
        for place in (1, 2):
            self._above.setStretch(place, 1)
        cards.addLayout(self._above, 1)
        cards.addWidget(self.samples, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(inside))

    def show_run(self, record: RunRecord) -> None:
        super().show_run(record)
        for card in self._cards:
            card.show_run(record)

    def refresh(self) -> None:
        assert self.record is not None
        for card in self._cards:
            card.refresh()
        status = self.record.status
        training = learns(status) or bool(self.record.curves)
        self.loss.setVisible(training)
        self.scores.setVisible(training or self.scores.has_scores)
        self.made.setVisible(not training and status.state != "failed")
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Beside each other where there is room; scores without curves take the whole width."""
        alone = self.loss.isHidden() and not self.scores.isHidden()
        wide = self.width() >= _SIDE_BY_SIDE_PX and not alone
        self._above.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        self._above.setStretch(0, 0 if alone else 1)

    def shut(self) -> None:
        for card in self._cards:
            card.shut()
