"""What can be asked of the run that is shown, by the palette: what the buttons of its head do."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QPushButton

from genodesk.app.commands import Command

if TYPE_CHECKING:
    from genodesk.app.pages.runs.page import RunsPage

COMMANDS = ("run pause", "run stop", "run stop now", "run resume", "run again", "run use", "run export")


def run_commands(page: "RunsPage") -> list[Command]:
    """The commands named in COMMANDS."""
    head = page.panel.header
    titles = (
        (_tr("Pause this run"), head.pause),
        (_tr("Stop this run"), head.stop),
        (_tr("Stop this run now"), head.stop_now),
        (_tr("Resume this run"), head.resume),
        (_tr("Run this again with changes…"), head.again),
        (_tr("Use this model…"), head.using),
        (_tr("Export figures and tables of this run…"), head.export),
    )
    return [
        Command(name, title, partial(_press, made), _tr("Runs"), reason=partial(_why_not, page, made))
        for name, (title, made) in zip(COMMANDS, titles, strict=True)
    ]


def _press(made: QPushButton) -> None:
    if made.menu() is not None:
        made.setFocus()
        made.showMenu()
    else:
        made.click()


def _why_not(page: "RunsPage", made: QPushButton) -> str:
    """Why a button of the head does nothing now; empty where it does something."""
    if not page.panel.header.isVisible() or page.panel.record is None:
        return _tr("Choose one run first.")
    if made.isHidden():
        return _tr("As this run stands, that cannot be done.")
    return "" if made.isEnabled() else made.toolTip()


def _tr(text: str) -> str:
    return QCoreApplication.translate("RunCommands", text)
