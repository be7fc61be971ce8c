"""The card of a run that failed: why, what to do, where the details are, and one click towards another try."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QVBoxLayout

from genodesk.app.pages.runs.again import halved_batch, settings_of
from genodesk.app.pages.runs.part import RunPart
from genodesk.app.pages.train.checking import in_titles
from genodesk.app.run_words import cause_words
from genodesk.app.widgets import Card, button, label, row, set_tone
from genodesk.core.errors import UserError
from genodesk.core.settings import Leaf, leaves
from genodesk.core.workflow import workflow_or_bare
from genodesk.jobs.status import RunStatus

if TYPE_CHECKING:
    from genodesk.app.desk import Desk


class FailureCard(RunPart):
    """Hidden while all is well."""

    def __init__(self, desk: "Desk", try_smaller: Callable[[], object], show_log: Callable[[], object]) -> None:
        super().__init__(desk)
        self.card = Card()
        self.said = label("", "heading", wrap=True, selectable=True)
        set_tone(self.said, "bad")
        self.hint = label("", wrap=True, selectable=True)
        self.place = label("", "small", wrap=True, mute=True, selectable=True)
        self.smaller = button(
            self.tr("Try again with half the batch"),
            try_smaller,
            kind="primary",
            icon="again",
            tip=self.tr("Opens the wizard: the batch is halved, and twice as many batches make one update."),
        )
        self.log = button(self.tr("Show the log"), show_log, icon="log")
        for widget in (self.said, self.hint, self.place):
            self.card.body.addWidget(widget)
        self.card.body.addLayout(row(self.smaller, self.log, 1))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.card)
        self.hide()

    def clear(self) -> None:
        self.hide()

    def refresh(self) -> None:
        assert self.record is not None
        status = self.record.status
        self.setVisible(status.state == "failed")
        if status.state != "failed":
            return
        error = why(status)
        self.said.setText(error.message)
        self.hint.setText(error.hint)
        self.hint.setVisible(bool(error.hint))
        self.place.setText(error.where)
        self.place.setVisible(bool(error.where))
        self.smaller.setVisible(status.cause == "out of memory" and self._can_halve())

    def _can_halve(self) -> bool:
        assert self.record is not None
        try:
            return halved_batch(settings_of(self.record.folder)[0]) is not None
        except UserError:
            return False


def why(status: RunStatus) -> UserError:
    """Why a run failed, what to do, and where its details are."""
    error = status.error
    if error is None:
        cause = cause_words(status.cause) or _tr("no reason was left behind")
        message = _tr("The run ended early: {cause}.").format(cause=cause)
        return UserError(message, _tr("Resume it: it goes on from its last saved state."))
    known = settings_of_action(status)
    hint = in_titles(error.hint, known)
    if status.cause == "out of memory":  # the hint speaks of options of the command line
        hint = _tr(
            "In this order: halve the batch; choose a smaller model or fewer cells or genes; close other programs or "
            "use a computer with more memory."
        )
    details = _tr("Details: {file}").format(file=status.folder / error.traceback) if error.traceback else ""
    return UserError(in_titles(error.message, known), hint, _place(known, error.where) or details)


def settings_of_action(status: RunStatus) -> list[Leaf]:
    """The settings that a run of this kind has; none where its workflow is not installed here."""
    actions = workflow_or_bare(status.workflow).actions
    return [leaf for action in actions if action.name == status.action for leaf in leaves(action.settings)]


def _place(known: list[Leaf], where: str) -> str:
    """Where it was: a setting by its title, a file or anything else as it was told."""
    if not where:
        return ""
    name = where.removeprefix("--").replace("-", "_")
    title = next((leaf.title for leaf in known if leaf.name == name), "")
    return _tr("Setting: {title}").format(title=title) if title else where


def _tr(text: str) -> str:
    return QCoreApplication.translate("FailureCard", text)
