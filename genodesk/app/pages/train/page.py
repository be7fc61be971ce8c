"""TrainPage: the cards of all installed workflows, or the wizard of one of their actions. Keeps every draft.

An action that leaves no run has a form of its own in the wizard's place.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from genodesk.app.forms.draft import Draft
from genodesk.app.page import Page
from genodesk.app.pages.train.call_form import CallForm
from genodesk.app.pages.train.where_step import DEVICE
from genodesk.app.pages.train.wizard import Wizard
from genodesk.app.pages.train.workflow_cards import BrokenCard, WorkflowCard
from genodesk.app.timers import once
from genodesk.app.widgets import column as stacked
from genodesk.app.widgets import label, scrolled
from genodesk.core.errors import UserError
from genodesk.core.layers import Layer
from genodesk.core.settings import leaves
from genodesk.core.settings_file import read_named_settings_file
from genodesk.core.workflow import get_workflow, workflow_names

if TYPE_CHECKING:
    from genodesk.app.desk import Desk
    from genodesk.jobs.status import RunStatus

_COLUMNS = 2
_ALONE_WIDTH = 880  # px
_KEEPING_MS = 400
_log = logging.getLogger("genodesk")


class TrainPage(Page):
    """One wizard at a time is open; drafts of the others wait."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self.wizard: Wizard | CallForm | None = None
        self.cards: dict[str, WorkflowCard | BrokenCard] = {}
        self._drafts: dict[tuple[str, str], Draft] = {}
        # A desk that is killed loses no more than what was typed in the last moment.
        self._keep = once(self, _KEEPING_MS, lambda: desk.settings.set("page train", self.state()))
        self._stack = QStackedWidget()
        self.body.addWidget(self._stack)
        self._stack.addWidget(self._overview())

    def take(self, **arguments: Any) -> None:
        """workflow, action, values (nested), preset: opens the wizard filled in; settings_file: with what it says.

        Values with a preset replace everything chosen before, values alone are put on top of it. A form that is at
        work keeps its place.
        """
        if self._must_stay():
            return
        old = False
        try:
            if "settings_file" in arguments:
                draft = self._read(Path(arguments["settings_file"]))
            else:
                draft = self._draft(arguments["workflow"], arguments["action"])
                old = draft.is_touched and arguments.get("preset") is None
                draft.fill(Layer(arguments.get("values") or {}), arguments.get("preset"))
        except UserError as error:
            self.desk.tell(error)
            return
        self._open(draft, old=old)

    def open_action(self, workflow: str, action: str) -> None:
        """Opens the wizard of an action where it was left."""
        if self._must_stay():
            return
        draft = self._draft(workflow, action)
        self._open(draft, old=draft.is_touched)

    def close_wizard(self) -> None:
        """Back to the cards; the draft stays."""
        if self.wizard is not None:
            wizard, self.wizard = self.wizard, None
            wizard.shut()
            self._stack.removeWidget(wizard)
            wizard.deleteLater()
            card = self.cards.get(wizard.draft.workflow.name)
            if isinstance(card, WorkflowCard):
                card.focus()
        self._tell_kept()
        self._keep.start()

    def state(self) -> dict[str, Any]:
        drafts = [draft.state() for draft in self._drafts.values() if draft.is_touched]
        shown = None
        if self.wizard is not None:
            draft = self.wizard.draft
            shown = {"workflow": draft.workflow.name, "action": draft.action.name, "step": self.wizard.step}
        return {"drafts": drafts, "open": shown}

    def restore(self, state: dict[str, Any]) -> None:
        for kept in state.get("drafts", []):
            try:
                self._draft(kept["workflow"], kept["action"]).restore(kept)
            except (UserError, KeyError, TypeError):  # of a workflow that is no longer installed
                continue
        shown = state.get("open")
        if isinstance(shown, Mapping):
            try:
                draft = self._draft(str(shown.get("workflow")), str(shown.get("action")))
                self._open(draft, str(shown.get("step")))
            except UserError:
                pass
        self._tell_kept()

    def shut(self) -> None:
        self._keep.stop()
        if self.wizard is not None:
            self.wizard.shut()
        super().shut()

    def _overview(self) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        subtitle = label(self.tr("Choose what to do. Nothing starts before the last step."), mute=True)
        column.addLayout(stacked(label(self.tr("Train"), "title"), subtitle, spacing=4))
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        for number, name in enumerate(workflow_names()):
            card = self.cards[name] = self._card(name)
            grid.addWidget(card, number // _COLUMNS, number % _COLUMNS)
        for number in range(_COLUMNS):
            grid.setColumnStretch(number, 1)
        if len(self.cards) == 1:
            card.setMaximumWidth(_ALONE_WIDTH)
            grid.setColumnStretch(0, _COLUMNS)
        grid.setRowStretch(len(self.cards), 1)
        if not self.cards:
            grid.addWidget(label(self.tr("No workflow is installed."), mute=True), 0, 0)
        column.addWidget(scrolled(inside), 1)
        return whole

    def _card(self, name: str) -> WorkflowCard | BrokenCard:
        try:
            card = WorkflowCard(get_workflow(name))
        except UserError as error:
            return BrokenCard(name, error)
        except Exception:  # somebody else's package; the rest of the page must go on
            _log.exception("the workflow %s cannot be loaded", name)
            return BrokenCard(name, None)
        card.wanted.connect(lambda action, name=name: self.open_action(name, action))
        card.demo_wanted.connect(lambda card=card: self._see_it_work(card))
        return card

    def _draft(self, workflow: str, action: str) -> Draft:
        """The draft of an action, begun with the device that the person prefers. Raises UserError."""
        found = self._drafts.get((workflow, action))
        if found is None:
            known = get_workflow(workflow)
            wanted = known.action(action)
            device = next((leaf for leaf in leaves(wanted.settings) if leaf.name == DEVICE), None)
            preferred = self.desk.settings.get("default_device", "auto")
            fits = device is not None and preferred in device.choices
            found = Draft(known, wanted, self, preferred={DEVICE: preferred} if fits else {})
            found.changed.connect(lambda _name: self._keep.start())
            self._drafts[workflow, action] = found
        return found

    def _read(self, path: Path) -> Draft:
        """The draft that a settings file describes. Raises UserError."""
        values, named = read_named_settings_file(path)
        draft = self._draft(named["workflow"], named["action"])
        draft.fill(Layer(values, str(path), path.absolute().parent), str(named.get("preset") or "standard"))
        return draft

    def _must_stay(self) -> bool:
        """Whether a form at work is not to be left, which is then said: what it does would be lost."""
        why = self.wizard.why_not_closed if isinstance(self.wizard, CallForm) else ""
        if why:
            self.desk.toast(why, level="warn")
        return bool(why)

    def _open(self, draft: Draft, step: str = "", *, old: bool = False) -> None:
        self.close_wizard()
        self.wizard = (CallForm if draft.action.kind == "call" else Wizard)(self.desk, draft)
        self.wizard.taken_up.setVisible(old)
        self.wizard.left.connect(self.close_wizard)
        self._stack.addWidget(self.wizard)
        self._stack.setCurrentWidget(self.wizard)
        if isinstance(self.wizard, Wizard):
            self.wizard.moved.connect(self._keep.start)
            self.wizard.started.connect(self._started)
            self.wizard.go(step)  # here, where the wizard has its place: what is built elsewhere is dressed twice
        self.wizard.take_focus()
        self._keep.start()

    def _started(self, status: "RunStatus") -> None:
        self.close_wizard()
        self.desk.go("runs", run=str(status.folder))

    def _see_it_work(self, card: WorkflowCard) -> None:
        card.set_starting(True)
        work = self.tasks.start(self._demonstrate(card), f"demo {card.workflow.name}")
        work.add_done_callback(lambda _done: card.set_starting(False))

    async def _demonstrate(self, card: WorkflowCard) -> None:
        demo = card.workflow.demo
        assert demo is not None
        status = await self.desk.runs.submit(card.workflow.name, demo.action, dict(demo.settings), demo.preset)
        self.desk.go("runs", run=str(status.folder))

    def _tell_kept(self) -> None:
        for name, card in self.cards.items():
            if isinstance(card, WorkflowCard):
                drafts = [draft for (workflow, _), draft in self._drafts.items() if workflow == name]
                card.tell_kept([draft.action.title for draft in drafts if draft.is_touched])
