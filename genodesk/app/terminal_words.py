"""What a hint says to people at a terminal, said to people at the desk: a command becomes the button that does it."""

import re

from PySide6.QtCore import QCoreApplication

from genodesk.core.errors import UserError
from genodesk.core.workflow import get_workflow

_RESUME = re.compile(r"`genodesk-engine runs resume\b[^`]*`")
_ACTION = re.compile(r"`genodesk-engine ([a-z][\w-]*) ([a-z][\w-]*)`")


def in_desk_words(text: str) -> str:
    """The text with commands in back-ticks replaced by what they are called here; others stay as they are."""
    resume = QCoreApplication.translate("TerminalWords", "Resume")
    return _ACTION.sub(_title, _RESUME.sub(f"“{resume}”", text))


def _title(found: re.Match[str]) -> str:
    try:
        workflow = get_workflow(found[1])
        return f"“{workflow.title}: {workflow.action(found[2]).title}”"
    except UserError:
        return found[0]
