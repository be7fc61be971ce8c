"""The settings page: how the desk looks, where it keeps things, what computes, what it does not do, and what it is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from genodesk.app.desk import Desk
from genodesk.app.page import Page
from genodesk.app.pages.settings.about import about_card
from genodesk.app.pages.settings.computing import ComputingCard
from genodesk.app.pages.settings.folders import FoldersCard
from genodesk.app.pages.settings.keyboard import KeyboardCard
from genodesk.app.pages.settings.models import ModelsCard
from genodesk.app.theme import theme
from genodesk.app.widgets import Card, Segments, column, label, row, scrolled
from genodesk.app.window_commands import choose_theme

_RIGHT = 300


class SettingsPage(Page):
    """Every change holds at once; there is nothing to confirm."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.header(self.tr("Settings"), self.tr("Changes hold at once and are kept on this computer."))
        self.theme = Segments(
            [
                ("system", self.tr("As the system")),
                ("light", self.tr("Light")),
                ("dark", self.tr("Dark")),
            ],
            theme().choice,
            self.tr("Theme"),
        )
        self.theme.chosen.connect(lambda choice: choose_theme(desk, choice))
        theme().changed.connect(self._follow_theme)
        self.folders = FoldersCard(desk)
        self.models = ModelsCard(desk)
        self.computing = ComputingCard(desk, self.tasks)
        self.about = about_card()
        self.keyboard = KeyboardCard(desk.commands)
        for card in (self.keyboard, self.about):
            card.setMinimumWidth(_RIGHT)
        left = column(self._appearance(), self.folders, self.models, self.computing, self._privacy(), 1, spacing=16)
        right = column(self.keyboard, self.about, 1, spacing=16)
        whole = row(left, right, spacing=16)
        whole.setStretch(0, 3)
        whole.setStretch(1, 2)
        inside = QWidget()
        inside.setLayout(whole)
        self.body.addWidget(scrolled(inside), 1)

    def shown(self) -> None:
        self.models.look()
        self.computing.look()
        self.keyboard.look()

    def shut(self) -> None:
        theme().changed.disconnect(self._follow_theme)
        super().shut()

    def _follow_theme(self) -> None:
        self.theme.set_current(theme().choice)

    def _appearance(self) -> Card:
        card = Card(self.tr("Appearance"))
        card.body.addLayout(row(label(self.tr("Theme")), self.theme, 1, spacing=16))
        return card

    def _privacy(self) -> Card:
        card = Card(self.tr("Privacy"))
        sentences = (
            self.tr("Your data, your runs and your models stay on this computer."),
            self.tr("Genodesk counts nothing and reports nothing: it has no telemetry that could be switched on."),
            self.tr("It never looks for updates by itself and works without the internet."),
        )
        for sentence in sentences:
            card.body.addWidget(label(sentence, wrap=True), 0, Qt.AlignmentFlag.AlignTop)
        return card
