"""The tab of settings: first what differs from the preset, then all of them, as a table, as YAML, as a command."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from genodesk.app.pages.runs.part import RunPart
from genodesk.app.pages.runs.run_settings import Shown, settings_shown
from genodesk.app.tasks import Tasks
from genodesk.app.theme import font
from genodesk.app.widgets import Card, Content, FactsTable, button, label, scrolled
from genodesk.core.run import RunFolder

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_MOST_COMMAND_PX = 220


class SettingsTab(RunPart):
    """Settings of a run never change, so they are read once, in a thread."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self._tasks = Tasks(desk.tell)
        self._reading = ThreadPoolExecutor(1, "run settings")
        self.preset = label("", mute=True, wrap=True)
        self.changed = FactsTable()
        self.all = FactsTable()
        self.command = QPlainTextEdit()
        self.command.setReadOnly(True)
        self.command.setFont(font("mono"))
        self.command.setAccessibleName(self.tr("The same as a command"))
        self.yaml = ""
        self.copy_yaml = button(self.tr("Copy as YAML"), lambda: self._copy(self.yaml), icon="copy")
        self.copy_command = button(
            self.tr("Copy the command"), lambda: self._copy(self.command.toPlainText()), icon="copy"
        )
        first = Card(self.tr("What was chosen"))
        first.body.addWidget(self.preset)
        first.body.addWidget(self.changed)
        self.command_card = Card(self.tr("The same as a command"), self.copy_command)
        self.command_card.body.addWidget(self.command)
        whole_card = Card(self.tr("All settings"), self.copy_yaml)
        whole_card.body.addWidget(self.all)
        inside = QWidget()
        cards = QVBoxLayout(inside)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(12)
        for card in (first, self.command_card, whole_card):
            cards.addWidget(card)
        cards.addStretch(1)
        self.content = Content(scrolled(inside))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.content)
        self._read = False

    def clear(self) -> None:
        self._tasks.cancel()
        self._read = False
        self.content.show_loading(self.tr("Reading the settings…"))

    def refresh(self) -> None:
        assert self.record is not None
        if self._read:
            return
        self._read = True
        self._tasks.start(self._load(self.record.folder), "load", on_error=self.content.show_error)

    def shut(self) -> None:
        self._tasks.cancel()
        self._reading.shutdown(cancel_futures=True)

    async def _load(self, folder: RunFolder) -> None:
        shown = await asyncio.wrap_future(self._reading.submit(settings_shown, folder))
        self._show(shown)
        self.content.show_content()

    def _show(self, shown: Shown) -> None:
        if shown.reason:
            said = shown.reason
        elif shown.changed:
            said = self.tr("Started from the preset {name}. Different from it:").format(name=shown.preset)
        else:
            said = self.tr("Exactly the preset {name}.").format(name=shown.preset)
        self.preset.setText(said)
        was = self.tr("{value}  (preset: {other})")
        self.changed.set_rows(
            [(title, was.format(value=words(here), other=words(there))) for title, here, there in shown.changed]
        )
        self.changed.setVisible(bool(shown.changed))
        self.all.set_rows([(title, words(value)) for title, value in shown.all])
        self.command_card.setVisible(bool(shown.command))
        self.command.setPlainText(shown.command)
        lines = shown.command.count("\n") + 1
        self.command.setFixedHeight(min(_MOST_COMMAND_PX, 26 + lines * self.command.fontMetrics().lineSpacing()))
        self.yaml = shown.yaml

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.desk.toast(self.tr("Copied"), level="good")


def words(value: Any) -> str:
    """A setting's value for people."""
    if value is None or value == []:
        return _tr("none")
    if isinstance(value, bool):
        return _tr("yes") if value else _tr("no")
    if isinstance(value, list):
        return ", ".join(map(words, value))
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _tr(text: str) -> str:
    return QCoreApplication.translate("SettingsTab", text)
