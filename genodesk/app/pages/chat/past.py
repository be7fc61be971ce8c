"""PastButton: the conversations of before in a menu, and what can be done with the one of now."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QPushButton

from genodesk.app.amounts import when
from genodesk.app.pages.chat.history import Conversation, conversations

_LISTED = 12
_LONGEST = 60


class PastButton(QPushButton):
    """`opened` gives a conversation of before; `current` tells the one of now."""

    opened = Signal(object)
    export_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, folder: Path, current: Callable[[], Conversation]) -> None:
        super().__init__(self.tr("Conversations"))
        self._folder, self._current = folder, current
        self.setProperty("kind", "plain")
        self.setAutoDefault(False)
        self.setMenu(QMenu(self))
        self.menu().setToolTipsVisible(True)
        self.menu().aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        menu, current = self.menu(), self._current()
        menu.clear()
        asked = bool(current.turns)
        menu.addAction(self.tr("Export…"), self.export_wanted.emit).setEnabled(asked)
        menu.addAction(self.tr("Delete this conversation"), self.delete_wanted.emit).setEnabled(asked)
        others = [one for one in conversations(self._folder, _LISTED + 1) if one.path != current.path]
        menu.addSection(self.tr("Earlier") if others else self.tr("No earlier conversation"))
        for other in others[:_LISTED]:
            title = f"{', '.join(other.about.genes)}: {other.title}".replace("&", "&&")
            action = menu.addAction(title if len(title) < _LONGEST else f"{title[: _LONGEST - 1]}…")
            action.setToolTip(f"{when(other.time.isoformat())} · {Path(other.about.path).name}")
            action.triggered.connect(lambda _checked=False, other=other: self.opened.emit(other))
