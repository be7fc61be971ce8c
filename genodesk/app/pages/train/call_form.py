"""CallForm: an action that answers at once and leaves no run: its settings, one button, and what it made."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QVBoxLayout

from genodesk.app.command_document import document_of
from genodesk.app.forms.draft import Draft
from genodesk.app.forms.form import Form, Problem
from genodesk.app.pages.train.call_answer import CallAnswer
from genodesk.app.pages.train.checking import Checking, in_titles, shown_problems
from genodesk.app.pages.train.command_card import CommandCard
from genodesk.app.pages.train.draft_panel import DraftPanel
from genodesk.app.tasks import Tasks
from genodesk.app.timers import once
from genodesk.app.widgets import Bar, Card, ElidedLabel, button, column, disable, enable, label, row, scrolled, set_tone
from genodesk.core.command_text import command_words
from genodesk.core.errors import UserError

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_SIDE_SHARE, _FORM_SHARE = 2, 3
_log = logging.getLogger("genodesk")


class CallForm(DraftPanel):
    """Stands where a wizard stands for other actions. It has one step only."""

    step = ""

    def __init__(self, desk: "Desk", draft: Draft) -> None:
        super().__init__(desk, draft)
        self._tasks = Tasks(self._failed)
        self._busy = False
        self._there: dict[str, Path] = {}  # what lay where something is to be written, by setting
        self.checking = Checking(desk, draft, self)
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
        whole.addLayout(row(self.cancel, self.over, 1, self.stop, self.go_on))
        self._first = once(self, 0, self.checking.check)  # which needs the event loop
        self._first.start()
        self.checking.changed.connect(self._look)
        draft.changed.connect(self._draft_changed)
        self._refresh()

    @property
    def why_not_closed(self) -> str:
        """Why it has to stay open; empty where it may be closed."""
        return _tr("It is at work. Stop it first, or wait for its end.") if self._busy else ""

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
        settings, written = draft.settings(), list(_outputs(draft).values())
        words = command_words(draft.workflow.name, draft.action, settings, draft.preset)[1:]
        code, told, said = await self._desk.engine.command([*words, "--json"])
        made = document_of(told)
        if not made:
            _log.error("%s %s ended with %s: %s", draft.workflow.name, draft.action.name, code, said)
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

    def _look(self) -> None:
        """Sees what would be written over, as often as the settings are checked."""
        # Path.exists raises where the folder belongs to somebody else.
        self._there = {name: path for name, path in _outputs(self.draft).items() if os.path.exists(path)}  # noqa: PTH110
        self._refresh()

    def _refresh(self) -> None:
        problems = shown_problems(self.checking.verdict, {}, self.draft, asked=False)
        self.form.show_problems({**self._replaced(), **problems})
        self.command.set_verdict(self.checking.verdict)
        self.bar.setVisible(self._busy)
        self.stop.setVisible(self._busy)
        self.over.setVisible(self.draft.is_touched)
        at_work = _tr("It is at work.") if self._busy else ""
        for made, reason in (
            (self.cancel, self.why_not_closed),
            (self.over, at_work),
            (self.go_on, at_work or self._why_not()),
        ):
            if reason:
                disable(made, reason)
            else:
                enable(made)

    def _replaced(self) -> dict[str, Problem]:
        """A word of warning below each file that would be written over."""
        told: Problem = (_tr("Something of this name is there already and would be replaced."), "warn")
        now = _outputs(self.draft)
        return {name: told for name, path in self._there.items() if now.get(name) == path}

    def _why_not(self) -> str:
        """Why it cannot be started; empty where it can."""
        verdict = self.checking.verdict
        if verdict is None or self.checking.pending:
            return _tr("The settings are being checked.")
        return next((text for texts in verdict.problems.values() for text in texts), "")


def _outputs(draft: Draft) -> dict[str, Path]:
    """The files and folders that the settings name to be written, by setting."""
    leaves = (leaf for leaf in draft.leaves.values() if leaf.file is not None and leaf.file.role == "output")
    return {leaf.name: Path(str(draft.value(leaf.name))).absolute() for leaf in leaves if draft.value(leaf.name)}


def _tr(text: str) -> str:
    return QCoreApplication.translate("CallForm", text)
