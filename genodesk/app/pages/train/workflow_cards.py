"""A card a workflow: what it does, the way into its wizard, and the demonstration it declares."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton

from genodesk.app.widgets import Card, Rule, button, disable, enable, label, row, set_tone
from genodesk.core.errors import UserError
from genodesk.core.workflow import Action, Workflow

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE_HEIGHT = 26  # px


class WorkflowCard(Card):
    """`wanted` names an action whose wizard is to open; `demo_wanted` asks to see the workflow work."""

    wanted = Signal(str)
    demo_wanted = Signal()

    def __init__(self, workflow: Workflow) -> None:
        super().__init__(workflow.title)
        self.workflow = workflow
        self.body.addWidget(label(workflow.summary, wrap=True))
        actions = actions_here(workflow)
        self.demo = button(_tr("See it work"), self.demo_wanted.emit, icon="play")
        self.kept = label("", "small", wrap=True, mute=True)
        self.kept.hide()
        self.first: QPushButton | None = None
        if not actions:
            self.body.addWidget(label(_tr("It has nothing that runs here."), mute=True, wrap=True))
            return
        first, *others = actions
        self.first = button(f"{first.title}…", lambda: self.wanted.emit(first.name), kind="primary", tip=first.summary)
        self.body.addSpacing(4)
        self.body.addLayout(row(self.first, self.demo, 1))
        self.body.addWidget(self.kept)
        self.demo.setHidden(workflow.demo is None)
        self.others: dict[str, QPushButton] = {}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for number, action in enumerate(others):
            made = button(f"{action.title}…", partial(self.wanted.emit, action.name), kind="link")
            self.others[action.name] = made
            grid.addWidget(made, number, 0)
            summary = label(action.summary, "small", wrap=True, mute=True)
            summary.setMinimumHeight(_LINE_HEIGHT)
            grid.addWidget(summary, number, 1)
        if others:
            self.body.addSpacing(4)
            self.body.addWidget(Rule())
            self.body.addLayout(grid)
        self.body.addStretch(1)

    def focus(self) -> None:
        """Gives the first button to the keyboard."""
        if self.first is not None:
            self.first.setFocus()

    def tell_kept(self, actions: "Sequence[str]") -> None:
        """Says for which actions settings are kept from before."""
        self.kept.setText(_tr("Your settings are kept: {actions}.").format(actions=", ".join(actions)))
        self.kept.setVisible(bool(actions))

    def set_starting(self, starting: bool) -> None:
        """Whether the demonstration is on its way."""
        if starting:
            disable(self.demo, _tr("It is being started."))
        else:
            enable(self.demo)


class BrokenCard(Card):
    """Stands for a workflow whose declaration cannot be read, so that the others can be used."""

    def __init__(self, name: str, error: UserError | None) -> None:
        super().__init__(name)
        told = label(_tr("This workflow cannot be loaded."), wrap=True)
        set_tone(told, "bad")
        self.body.addWidget(told)
        why = f"{error.message} {error.hint}".strip() if error is not None else ""
        hint = _tr("Update or reinstall the package it came with. The desk's log tells more.")
        self.body.addWidget(label(why or hint, "small", wrap=True, mute=True))
        self.body.addStretch(1)


def actions_here(workflow: Workflow) -> list[Action]:
    """The actions that are asked for with a form: a training (what has a best metric) first, what makes no run last."""
    own = [action for action in workflow.actions if workflow.has_form(action)]
    return sorted(own, key=lambda action: (action.best is None, action.kind == "call"))


def _tr(text: str) -> str:
    return QCoreApplication.translate("WorkflowCard", text)
