"""WhereStep: the third step of the wizard. Which device of this computer computes, and what makes a run repeatable."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.forms.draft import Draft
from genodesk.app.forms.form import Form
from genodesk.app.pages.train.device_cards import DeviceCards
from genodesk.app.tasks import Tasks
from genodesk.app.widgets import Card, button, label, scrolled, set_tone
from genodesk.core.errors import UserError
from genodesk.core.settings import Leaf, group_at

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

DEVICE = "device"


class WhereStep(QWidget):
    """The settings of the group that says where and how repeatably a run computes."""

    def __init__(self, desk: "Desk", draft: Draft, leaves: tuple[Leaf, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._draft = draft
        self._tasks = Tasks(desk.tell)
        self._known = False
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        inside = QWidget()
        whole.addWidget(scrolled(inside))
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        self.again = button(_tr("Look again"), self.look, kind="quiet", icon="again")
        card = Card(_tr("This computer"), self.again)
        column.addWidget(card)
        device = draft.leaves.get(DEVICE)
        self.devices = DeviceCards(device.choices if device is not None else (), card)
        self.devices.chosen.connect(lambda kind: draft.set(DEVICE, kind))
        card.body.addWidget(self.devices)
        self.trouble = label("", "small", wrap=True)
        card.body.addWidget(self.trouble)
        self.trouble.hide()
        rest = Card(_tr("Seed and threads"))
        column.addWidget(rest)
        column.addStretch(1)
        self.form = Form(draft, [leaf for leaf in leaves if leaf.name != DEVICE], known=[_group_title(draft, leaves)])
        rest.body.addWidget(self.form)
        rest.setHidden(all(leaf.name == DEVICE for leaf in leaves))
        draft.changed.connect(self._refresh)
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._known:
            self.look()

    def look(self) -> None:
        """Asks the engine which devices are there and ready now."""
        self._tasks.start(self._look(), "devices", on_error=self._failed)

    def shut(self) -> None:
        """Ends the open question."""
        self._tasks.cancel()

    async def _look(self) -> None:
        machine = await self._desk.engine.ask("devices")
        self._known = True
        self.trouble.hide()
        self.devices.show_machine(machine)

    def _failed(self, error: UserError) -> None:
        self.trouble.setText(" ".join(part for part in (error.message, error.hint) if part))
        set_tone(self.trouble, "bad")
        self.trouble.show()

    def _refresh(self, _name: str = "") -> None:
        if DEVICE in self._draft.leaves:
            self.devices.set_current(str(self._draft.value(DEVICE)))


def _group_title(draft: Draft, leaves: tuple[Leaf, ...]) -> str:
    return group_at(draft.action.settings, leaves[0].path[:-1])[0]


def _tr(text: str) -> str:
    return QCoreApplication.translate("WhereStep", text)
