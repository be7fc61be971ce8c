"""Weighing: finds anew what stands beside the answers of a conversation once other files are open. It draws nothing."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from genodesk.app.pages.chat.history import Conversation
from genodesk.app.pages.chat.sources import evidence_beside
from genodesk.app.pages.chat.talking import Talking
from genodesk.app.tasks import Tasks

if TYPE_CHECKING:
    from genodesk.app.desk import Desk


class Weighing(QObject):
    """`weighed` names a turn of the conversation on show that has other evidence than before."""

    weighed = Signal(int)

    def __init__(self, desk: "Desk", talking: Talking, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._talking = desk, talking
        self._tasks = Tasks(desk.tell)
        self._late: list[Conversation] = []  # whose answers under way are given the evidence of the files of before
        talking.busy_changed.connect(lambda busy: None if busy else self._weigh_late(talking.conversation))
        talking.ended_elsewhere.connect(self._weigh_late)

    def weigh(self, conversation: Conversation) -> None:
        """Holds every whole answer against the files that the conversation is about now."""
        if conversation.turns and conversation.turns[-1].state == "answering" and conversation not in self._late:
            self._late.append(conversation)
        whole = [number for number, turn in enumerate(conversation.turns) if turn.state == "answered"]
        if whole:
            self._tasks.start(self._weigh(conversation, whole), conversation.path.name)

    def leave(self, conversation: Conversation) -> bool:
        """Writes nothing more into this conversation; whether that ended work under way."""
        self._late = [one for one in self._late if one is not conversation]
        before = len(self._tasks)
        self._tasks.cancel(conversation.path.name)
        return len(self._tasks) < before

    def shut(self) -> None:
        """Ends whatever is under way."""
        self._tasks.cancel()

    def _weigh_late(self, conversation: Conversation) -> None:
        if conversation in self._late:
            self._late.remove(conversation)
            self.weigh(conversation)

    async def _weigh(self, conversation: Conversation, whole: list[int]) -> None:
        turns = [conversation.turns[number] for number in whole]
        found = await evidence_beside(self._desk.models, conversation.about, [turn.answer for turn in turns])
        for number, turn, beside in zip(whole, turns, found, strict=True):
            if number < len(conversation.turns) and conversation.turns[number] is turn:
                conversation.add(number, **beside)
                if conversation is self._talking.conversation:
                    self.weighed.emit(number)
