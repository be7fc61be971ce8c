"""How answers are made (temperature, length, seed), as a person wants them, and the sheet in which that is chosen."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from genodesk.app.forms.draft import Draft
from genodesk.app.forms.form import Form
from genodesk.app.pages.chat.talking import WORKFLOW, Talking
from genodesk.app.widgets import button, column, disable, enable, label, row, scrolled
from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, problems
from genodesk.core.settings import group_at
from genodesk.core.workflow import get_workflow

NAMES = ("temperature", "top_p", "repetition_penalty", "most_tokens", "seed")
_WHOLE = ("most_tokens", "seed")
_SIZE = (680, 410)


class MannerSheet(QDialog):
    """The settings of the next answers. `chosen` gives those that differ from the usual, by name."""

    chosen = Signal(dict)

    def __init__(self, owner: QWidget, now: Mapping[str, Any]) -> None:
        super().__init__(owner)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Answer settings"))
        self.resize(*_SIZE)
        self.draft = _draft(now)
        self.draft.setParent(self)
        titles = [group_at(self.draft.action.settings, self.draft.leaves[name].path[:-1])[0] for name in NAMES]
        self.form = Form(self.draft, [self.draft.leaves[name] for name in NAMES], known=titles)
        self.form.open_fold()
        self.form.build()
        told = label(self.tr("They hold for the next answers; each answer keeps those it was made with."), mute=True)
        told.setWordWrap(True)
        self.usual = button(self.tr("Back to usual"), self.draft.reset_all, kind="quiet")
        leave = button(self.tr("Cancel"), self.reject)
        self.done_button = button(self.tr("Use them"), self.accept, kind="primary")
        last = row(self.usual, 1, leave, self.done_button)
        whole = column(told, scrolled(self.form), last, margins=(16, 16, 16, 16), spacing=12)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        self.form.take_focus()
        self.draft.changed.connect(self._check)
        self.accepted.connect(lambda: self.chosen.emit(_differing(self.draft)))
        self._check()

    def _check(self) -> None:
        found = _problems(self.draft)
        self.form.show_problems({name: (f"{error.message} {error.hint}", "bad") for name, error in found.items()})
        if found:
            disable(self.done_button, next(iter(found.values())).message)
        else:
            enable(self.done_button)
        if self.draft.changed_names:
            enable(self.usual)
        else:
            disable(self.usual, self.tr("Everything is as usual."))


def choose_manner(owner: QWidget, talking: Talking) -> None:
    """Asks how the next answers are to be made."""
    sheet = MannerSheet(owner, talking.manner)
    sheet.chosen.connect(talking.set_manner)
    sheet.show()


def manner_button(owner: QWidget, talking: Talking) -> QPushButton:
    """Opens the sheet, and tells whether the next answers are made in the usual way."""
    made = button("", lambda: choose_manner(owner, talking), kind="link")

    def tell() -> None:
        usual = not talking.manner
        made.setText(_tr("Answer settings…") if usual else _tr("Answer settings (changed)…"))

    talking.manner_changed.connect(tell)
    tell()
    return made


def kept_manner(state: object) -> dict[str, Any]:
    """Of what was written down, whatever still makes sense."""
    if not isinstance(state, dict):
        return {}
    draft = _draft({name: value for name, value in state.items() if _is_number(name, value)})
    bad = _problems(draft)
    return {name: value for name, value in _differing(draft).items() if name not in bad}


def _is_number(name: str, value: object) -> bool:
    return type(value) is int or (type(value) is float and name not in _WHOLE)


def _draft(values: Mapping[str, Any]) -> Draft:
    workflow = get_workflow(WORKFLOW)
    made = Draft(workflow, workflow.action("chat"))
    made.restore({"values": {name: value for name, value in values.items() if name in NAMES}})
    return made


def _problems(draft: Draft) -> dict[str, UserError]:
    found = problems(draft.action.settings, Layer(draft.nested(), "answer settings"))
    return {name: error for name, error in found if name in NAMES}


def _differing(draft: Draft) -> dict[str, Any]:
    return {name: draft.value(name) for name in draft.changed_names if name in NAMES}


def _tr(text: str) -> str:
    return QCoreApplication.translate("Manner", text)
