"""What can be asked of GeneChat by the palette and by keys while it is in front."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from genodesk.app.commands import Command
from genodesk.app.pages.chat.manner import choose_manner

if TYPE_CHECKING:
    from genodesk.app.pages.chat.page import ChatPage

COMMANDS = ("chat new", "chat stop", "chat manner", "chat export")
STOP_KEYS = "Ctrl+."


def chat_commands(page: "ChatPage") -> list[Command]:
    """The commands named in COMMANDS."""
    group, words = _tr("GeneChat"), _tr("ask gene question answer")
    asked = lambda: "" if page.talking.conversation.turns else _tr("Nothing was asked yet.")  # noqa: E731
    how = lambda: choose_manner(page, page.talking)  # noqa: E731
    busy = lambda: "" if page.talking.busy else _tr("No answer is under way.")  # noqa: E731
    return [
        Command("chat new", _tr("New conversation"), page.begin, group, "Ctrl+N", words, asked),
        Command("chat stop", _tr("Stop the answer"), page.talking.stop, group, STOP_KEYS, words, busy),
        Command("chat manner", _tr("Answer settings…"), how, group, "", "temperature top-p seed length"),
        Command(
            "chat export", _tr("Export the conversation…"), page.export, group, "Ctrl+E", "markdown json save", asked
        ),
    ]


def _tr(text: str) -> str:
    return QCoreApplication.translate("ChatCommands", text)
