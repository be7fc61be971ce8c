"""PastButton: the newest conversations in a menu, all of them in a list, and what can be done with the one of now."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton

from genodesk.app.amounts import when
from genodesk.app.pages.chat.history import Conversation, conversations
from genodesk.app.pages.chat.past_list import PastList, title_of
from genodesk.app.tasks import Tasks

_LISTED = 12
_LONGEST = 60


class PastButton(QPushButton):
    """`opened` gives a conversation of before; `current` tells the one of now."""

    opened = Signal(object)
    export_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, folder: Path, current: Callable[[], Conversation], tasks: Tasks) -> None:
        super().__init__(self.tr("Conversations"))
        self._folder, self._current, self._tasks = folder, current, tasks
        self.setProperty("kind", "plain")
        self.setAutoDefault(False)
        self.setMenu(QMenu(self))
        self.menu().setToolTipsVisible(True)
        self.menu().aboutToShow.connect(self._fill)

    def show_all(self) -> PastList:
        """Opens the list of all conversations below the button."""
        made = PastList(self, self._folder, self._current().path, self._tasks)
        made.opened.connect(self.opened)
        made.appear()
        return made

    def _fill(self) -> None:
        menu, current = self.menu(), self._current()
        menu.clear()
        reason = "" if current.turns else self.tr("Nothing was asked yet.")
        _offer(menu.addAction(self.tr("Export…"), self.export_wanted.emit), reason)
        _offer(menu.addAction(self.tr("Delete this conversation"), self.delete_wanted.emit), reason)
        others = [one for one in conversations(self._folder, _LISTED + 2) if one.path != current.path]
        menu.addSection(self.tr("Earlier") if others else self.tr("No earlier conversation"))
        for other in others[:_LISTED]:
            title = title_of(other).replace("&", "&&")
            action = menu.addAction(title if len(title) < _LONGEST else f"{title[: _LONGEST - 1]}…")
            action.setToolTip(f"{when(other.time.isoformat())} · {Path(other.about.path).name}")
            action.triggered.connect(lambda _checked=False, other=other: self.opened.emit(other))
        if len(others) > _LISTED:
            menu.addAction(self.tr("All conversations…"), self.show_all)


def _offer(action: QAction, reason: str) -> None:
    """Switches an entry off where there is a reason, and says that."""
    action.setEnabled(not reason)
    action.setToolTip(reason or action.text())
