"""CallForm: an action that answers at once and leaves no run: its settings, one button, and what it made."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.command_document import document_of
from genodesk.app.forms.draft import Draft
from genodesk.app.forms.form import Form, Problem
from genodesk.app.pages.train.call_answer import CallAnswer
from genodesk.app.pages.train.checking import Checking, in_titles, shown_problems
from genodesk.app.pages.train.command_card import CommandCard
from genodesk.app.tasks import Tasks
from genodesk.app.timers import once
from genodesk.app.widgets import Bar, Card, ElidedLabel, button, column, disable, enable, label, row, scrolled, set_tone
from genodesk.core.command_text import command_words
from genodesk.core.errors import UserError

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_SIDE_SHARE, _FORM_SHARE = 2, 3


class CallForm(QWidget):
    """Stands where a wizard stands for other actions. `left` is sent when the person wants out."""

    left = Signal()
    moved = Signal()
    started = Signal(object)
    step = ""

    def __init__(self, desk: "Desk", draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self._desk = desk
        self._tasks = Tasks(self._failed)
        self._busy = False
        self.checking = Checking(desk, draft, self)
        self.taken_up = label(_tr("This goes on from what you chose here before."), mute=True)
        self.taken_up.hide()
        self.form = Form(draft, list(draft.leaves.values()), recent=lambda: desk.settings.recent_files)
        card = Card(_tr("Settings"))
        card.body.addWidget(scrolled(self.form))
        self.answer = CallAnswer(desk)
        self.trouble = label("", wrap=True, selectable=True)
        set_tone(self.trouble, "bad")
        self.trouble.hide()
        self.bar = Bar(_tr("It is at work"))
        self.bar.set_share(None)
        self.command = CommandCard(desk, draft, self)
        title = ElidedLabel(f"{draft.action.title} · {draft.workflow.title}", "title")
        self.close_button = button(_tr("Close"), self.left.emit, tip=_tr("Everything you chose is kept"))
        self.over = button(_tr("Start over"), self.start_over, kind="quiet", tip=_tr("Forget everything chosen here"))
        self.stop = button(
            _tr("Stop"), self._stop, icon="stop", tip=_tr("Ends it; what it has not written yet is lost")
        )
        self.go_on = button(_tr("Start"), self.start, kind="primary")
        beside = column(self.answer, self.command, spacing=16)
        beside.setStretch(1, 1)
        middle = row(card, spacing=16)
        middle.addLayout(beside)
        middle.setStretch(0, _FORM_SHARE)
        middle.setStretch(1, _SIDE_SHARE)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(16)
        whole.addLayout(column(title, ElidedLabel(draft.action.summary, mute=True), spacing=4))
        whole.addWidget(self.taken_up)
        whole.addLayout(middle, 1)
        whole.addWidget(self.trouble)
        whole.addWidget(self.bar)
        whole.addLayout(row(self.close_button, self.over, 1, self.stop, self.go_on))
        self._first = once(self, 0, self.checking.check)  # which needs the event loop
        self._first.start()
        self.checking.changed.connect(self._refresh)
        draft.changed.connect(self._draft_changed)
        self._refresh()

    def go(self, _step: str) -> None:
        """There is one step only."""

    def take_focus(self) -> None:
        """Gives the first field to the keyboard."""
        self.form.take_focus()

    def start(self) -> None:
        """Has it done, once. Where that fails, everything stays as it is."""
        if not self._busy:
            self._busy = True
            self.trouble.hide()
            self.answer.hide()
            self._refresh()
            self._tasks.start(self._do(), "call")

    def start_over(self) -> None:
        """Forgets everything that was chosen, with a way back."""
        draft, before = self.draft, self.draft.state()
        draft.reset_all()
        self.taken_up.hide()
        self._desk.toast(_tr("Everything is as proposed again."), action=(_tr("Undo"), lambda: draft.restore(before)))

    def shut(self) -> None:
        """Ends every open question, and what is at work, which is then said."""
        if self._busy:
            self._tell_stopped()
        self._first.stop()
        self.draft.changed.disconnect(self._draft_changed)
        self._tasks.cancel()
        self.checking.shut()

    async def _do(self) -> None:
        draft = self.draft
        settings, written = draft.settings(), _outputs(draft)
        words = command_words(draft.workflow.name, draft.action, settings, draft.preset)[1:]
        _, told, _ = await self._desk.engine.command([*words, "--json"])
        made = document_of(told)
        if not made:
            raise UserError(_tr("It ended without an answer."), _tr("Try again; the desk's log may tell more."))
        self._show(made, written)

    def _show(self, made: dict[str, Any], written: list[Path]) -> None:
        self._busy = False
        self.answer.show_answer(made, written)
        self.checking.check()  # what is written now may stand in the way of the next one
        self._refresh()

    def _failed(self, error: UserError) -> None:
        self._busy = False
        leaves = self.draft.leaves.values()
        place = next((leaf.title for leaf in leaves if error.where == leaf.option), error.where)
        told = in_titles(f"{error.message} {error.hint}".strip(), leaves)
        self.trouble.setText(f"{place}: {told}" if place else told)
        self.trouble.show()
        self._refresh()

    def _stop(self) -> None:
        self._tasks.cancel()
        self._busy = False
        self._tell_stopped()
        self._refresh()

    def _tell_stopped(self) -> None:
        self._desk.toast(_tr("{title} was stopped.").format(title=self.draft.action.title))

    def _draft_changed(self, _name: str) -> None:
        self._refresh()

    def _refresh(self) -> None:
        verdict = self.checking.verdict
        problems = shown_problems(verdict, {}, self.draft, asked=False)
        self.form.show_problems({**_replaced(self.draft), **problems})
        self.command.refresh()
        self.bar.setVisible(self._busy)
        self.stop.setVisible(self._busy)
        self.over.setVisible(self.draft.is_touched)
        at_work = _tr("It is at work.") if self._busy else ""
        for made, reason in (
            (self.close_button, at_work and _tr("It is at work. Stop it first, or wait for its end.")),
            (self.over, at_work),
            (self.go_on, at_work or self._why_not()),
        ):
            if reason:
                disable(made, reason)
            else:
                enable(made)

    def _why_not(self) -> str:
        """Why it cannot be started; empty where it can."""
        verdict = self.checking.verdict
        if verdict is None or self.checking.pending:
            return _tr("The settings are being checked.")
        return next((text for texts in verdict.problems.values() for text in texts), "")


def _outputs(draft: Draft) -> list[Path]:
    """The files and folders that the settings name to be written."""
    leaves = (leaf for leaf in draft.leaves.values() if leaf.file is not None and leaf.file.role == "output")
    return [Path(str(draft.value(leaf.name))).absolute() for leaf in leaves if draft.value(leaf.name)]


def _replaced(draft: Draft) -> dict[str, Problem]:
    """A word of warning below each file that would be written over."""
    leaves = [leaf for leaf in draft.leaves.values() if leaf.file is not None and leaf.file.role == "output"]
    # Path.exists raises where the folder belongs to somebody else.
    there = [leaf for leaf in leaves if draft.value(leaf.name) and os.path.exists(str(draft.value(leaf.name)))]  # noqa: PTH110
    return {
        leaf.name: (_tr("Something of this name is there already and would be replaced."), "warn") for leaf in there
    }


def _tr(text: str) -> str:
    return QCoreApplication.translate("CallForm", text)
