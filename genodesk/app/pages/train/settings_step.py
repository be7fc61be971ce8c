"""SettingsStep: the second step of the wizard. A preset to start from, every other setting, and what it will take."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from genodesk.app.forms.draft import Draft
from genodesk.app.forms.form import Form
from genodesk.app.pages.train.command_card import CommandCard
from genodesk.app.pages.train.data_step import SIDE_WIDTH
from genodesk.app.pages.train.estimate_card import EstimateCard
from genodesk.app.widgets import Card, Segments, scrolled
from genodesk.core.settings import Leaf

if TYPE_CHECKING:
    from genodesk.app.desk import Desk


class SettingsStep(QWidget):
    """The settings that are neither data nor device."""

    def __init__(
        self,
        desk: "Desk",
        draft: Draft,
        leaves: tuple[Leaf, ...],
        estimates: dict[str, dict[str, Any]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._draft = draft
        options = [(name, preset_title(name)) for name in draft.action.preset_names]
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        self.presets = Segments(options, draft.preset, _tr("Start from"))
        self.presets.chosen.connect(draft.set_preset)
        card = Card(_tr("Settings"), self.presets)
        line.addWidget(card, 1)
        self.form = Form(draft, leaves)
        card.body.addWidget(scrolled(self.form))
        side = QWidget(self)
        side.setFixedWidth(SIDE_WIDTH)
        line.addWidget(side)
        beside = QVBoxLayout(side)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(16)
        self.estimate = EstimateCard(desk, draft, estimates, side)
        beside.addWidget(self.estimate)
        self.command = CommandCard(desk, draft, side)
        beside.addWidget(self.command, 1)
        self.presets.setHidden(len(options) < 2)
        self.estimate.setHidden(not draft.action.estimate)
        draft.changed.connect(self._refresh)
        self._refresh()

    def shut(self) -> None:
        """Ends the estimate."""
        self.estimate.shut()

    def _refresh(self, _name: str = "") -> None:
        self.presets.set_current(self._draft.preset)
        self.command.refresh()


def preset_title(name: str) -> str:
    """What a preset is called on the screen; the name itself where a workflow has one of its own."""
    titles = {"quick": _tr("Quick"), "standard": _tr("Standard"), "published": _tr("As published")}
    return titles.get(name, name)


def _tr(text: str) -> str:
    return QCoreApplication.translate("SettingsStep", text)
