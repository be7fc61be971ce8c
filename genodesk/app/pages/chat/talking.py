"""Talking: sends questions to the worker that keeps models, and writes down whatever comes back. It draws nothing."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from genodesk.app.pages.chat.history import Conversation, Said
from genodesk.app.tasks import Tasks
from genodesk.core.errors import UserError

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

WORKFLOW = "genechat"
FREELY = 0.7  # the temperature of another answer to a question that has one


class Talking(QObject):
    """One conversation at a time. `turn_changed` names a turn that has new words or another state.

    `turns_changed` says that turns came or went, `windows` how much DNA was read for a turn (its number, done, total),
    `busy_changed` whether an answer is under way, `comparing_changed` whether a turn is held against shuffled DNA.
    """

    turn_changed = Signal(int)
    turns_changed = Signal()
    windows = Signal(int, int, int)
    busy_changed = Signal(bool)
    comparing_changed = Signal(int, bool)

    def __init__(self, desk: "Desk", conversation: Conversation, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.conversation = conversation
        self.seed = 0
        self._temperature = 0.0
        self._desk = desk
        self._tasks = Tasks(desk.tell)
        self._begun: dict[str, Any] = {}
        self._told_problem = False

    @property
    def busy(self) -> bool:
        """Whether an answer is under way."""
        turns = self.conversation.turns
        return bool(turns) and turns[-1].state == "answering"

    def show(self, conversation: Conversation) -> None:
        """Takes up another conversation; an answer under way is stopped."""
        self.stop()
        self._tasks.cancel("compare")
        self.conversation = conversation
        self._told_problem = False
        self.turns_changed.emit()

    def ask(self, question: str) -> None:
        """Asks; the answer comes word by word, each the likeliest."""
        self._ask(question, 0.0)

    def _ask(self, question: str, temperature: float) -> None:
        if self.busy or not question.strip():
            return
        self._temperature = temperature
        self.conversation.ask(question.strip())
        self._begun = {}
        self.turns_changed.emit()
        self.busy_changed.emit(True)
        self._tasks.start(self._answer(), "answer", on_error=self._failed)

    def again(self, number: int, question: str | None = None) -> None:
        """Asks a turn anew, as it was or as `question`; it and whatever came after are taken back.

        A question that has its answer is answered more freely, with the next seed, else it would be the same answer.
        """
        self.stop()
        turn = self.conversation.turns[number]
        freely = question is None and turn.state in ("answered", "stopped")
        self.seed += freely
        self.conversation.drop_from(number)
        self._ask(question or turn.question, FREELY if freely else 0.0)

    def stop(self) -> None:
        """Ends the answer under way; what was said stays."""
        if self.busy:
            self._tasks.cancel("answer")
            self.conversation.stop({**self._begun, "answer": self.conversation.turns[-1].answer})
            self._over()

    def compare(self, number: int) -> None:
        """Finds out how much likelier an answer is with its gene than with shuffled DNA, and keeps that with it."""
        turn = self.conversation.turns[number]
        if turn.state == "answered":
            self._tasks.start(self._compare(number, turn), "compare")
            self.comparing_changed.emit(number, True)

    def shut(self) -> None:
        """Stops whatever is under way."""
        self.stop()
        self._tasks.cancel()

    async def _answer(self) -> None:
        question = self._question("chat", len(self._turns))
        question["speaking"] = {"temperature": self._temperature}
        said = await self._desk.models.ask("workflow", self._hear, **question)
        self.conversation.finish(said)
        self._over()

    async def _compare(self, number: int, turn: Said) -> None:
        hear = partial(self._hear_windows, number)
        try:
            found = await self._desk.models.ask("workflow", hear, **self._question("shuffled", number + 1))
        finally:
            self.comparing_changed.emit(number, False)
        if number < len(self._turns) and self._turns[number] is turn:
            self.conversation.add(number, shuffled=found)
            self.turn_changed.emit(number)

    def _question(self, word: str, turns: int) -> dict[str, Any]:
        about = self.conversation.about
        return {
            "workflow": WORKFLOW,
            "ask": word,
            "path": about.path,
            "annotation": about.annotation,
            "genes": about.genes,
            "model": about.model,
            "part": about.part,
            "device": self._desk.settings.get("default_device", "auto"),
            "seed": self.seed,
            "turns": [
                {"question": turn.question, "answer": turn.answer}
                for turn in self._turns[:turns]
                if turn.state in ("answered", "stopped") or turn is self._turns[turns - 1]
            ],
        }

    @property
    def _turns(self) -> list[Said]:
        return self.conversation.turns

    def _hear(self, part: dict[str, Any]) -> None:
        self._hear_windows(len(self._turns) - 1, part)
        if "begin" in part:
            self._begun = {"provenance": part["begin"]}
        if "text" in part:
            self.conversation.hear(part["text"])
            self.turn_changed.emit(len(self._turns) - 1)

    def _hear_windows(self, number: int, part: dict[str, Any]) -> None:
        if "windows" in part:
            self.windows.emit(number, part["windows"]["done"], part["windows"]["total"])

    def _failed(self, error: UserError) -> None:
        if self.busy:
            self.conversation.fail(error.as_dict())
            self._over()

    def _over(self) -> None:
        self.turn_changed.emit(len(self._turns) - 1)
        self.busy_changed.emit(False)
        if self.conversation.problem and not self._told_problem:
            self._told_problem = True
            self._desk.toast(
                self.tr("This conversation cannot be kept ({why}).").format(why=self.conversation.problem),
                self.tr("Free some space, or export it."),
                "warn",
            )
