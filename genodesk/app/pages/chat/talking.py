"""Talking: sends questions to the worker that keeps models, and writes down whatever comes back. It draws nothing."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from genodesk.app.pages.chat.history import Conversation, Said
from genodesk.app.tasks import Tasks
from genodesk.core.errors import UserError

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

WORKFLOW = "genechat"
FREELY = 0.7  # the least temperature of another answer to a question that has one


@dataclass(frozen=True)
class Doing:
    """What the engine does for a turn: answers it or, `comparing`, holds its answer against shuffled DNA.

    `stage` is "model" while the model is loaded, "waiting" while that speaks of something else, then "reading".
    `windows` (done, total) tells how much DNA is read, (0, 0) before it is known.
    """

    comparing: bool = False
    stage: str = "model"
    windows: tuple[int, int] = (0, 0)


@dataclass(eq=False)
class _Work:
    """Something under way; it writes into its own conversation, whichever is shown."""

    conversation: Conversation
    turn: Said
    doing: Doing

    @property
    def number(self) -> int:
        """Which turn it is about, -1 where that was taken back."""
        return next((n for n, turn in enumerate(self.conversation.turns) if turn is self.turn), -1)

    @property
    def name(self) -> str:
        return f"turn {id(self.turn)}"


class Talking(QObject):
    """One conversation is shown at a time; what is under way in others goes on.

    `turn_changed` names a turn that has new words or another state, `turns_changed` says that turns came or went,
    `busy_changed` whether an answer is under way; all three are about the conversation that is shown. `ended_elsewhere`
    gives another one whose answer has come, or will not come. `manner_changed` says that `manner` is another one.
    """

    turn_changed = Signal(int)
    turns_changed = Signal()
    busy_changed = Signal(bool)
    ended_elsewhere = Signal(object)
    manner_changed = Signal()

    def __init__(self, desk: "Desk", conversation: Conversation, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.conversation = conversation
        self.manner: dict[str, Any] = {}  # how a person wants answers made, where that is not the usual way
        self._desk = desk
        self._tasks = Tasks(desk.tell)
        self._works: dict[int, _Work] = {}  # by the identity of their turns
        self._told: set[Path] = set()

    @property
    def busy(self) -> bool:
        """Whether an answer is under way."""
        return bool(self._turns) and self._turns[-1].state == "answering"

    def doing(self, turn: Said) -> Doing | None:
        """What is under way for a turn, None for nothing."""
        work = self._works.get(id(turn))
        return None if work is None else work.doing

    def show(self, conversation: Conversation) -> None:
        """Takes up another conversation. One read from the disk gives way to the one that is being written there."""
        live = (work.conversation for work in self._works.values() if work.conversation.path == conversation.path)
        self.conversation = next(live, conversation)
        self.turns_changed.emit()

    def set_manner(self, manner: dict[str, Any]) -> None:
        """How the next answers are made: settings of `chat` by name, those that are not named as usual."""
        self.manner = manner
        self.manner_changed.emit()

    def ask(self, question: str) -> None:
        """Asks; the answer comes word by word, each the likeliest unless a temperature was chosen."""
        self._ask(question)

    def again(self, number: int, question: str | None = None) -> None:
        """Asks a turn anew, as it was or as `question`; it and whatever came after are taken back.

        A question that stays and has an answer, or the beginning of one, keeps it and is answered more freely, with the
        next seed, else it would be the same answer.
        """
        self._quit(number)
        turn = self._turns[number]
        self.conversation.drop_from(number, again=question is None)
        self._ask(question or turn.question)

    def show_earlier(self, number: int) -> None:
        """Puts the answer that a question had before in the place of this one, which is kept."""
        self._quit(number)
        if self._turns[number].earlier:
            self.conversation.show_earlier(number)
            self.turns_changed.emit()

    def stop(self) -> None:
        """Ends the answer under way; what was said stays, and where that is nothing, the answer before comes back."""
        if self.busy:
            self._quit(len(self._turns) - 1)

    def quit(self) -> None:
        """Ends all that is under way in this conversation."""
        self._quit(0)

    def compare(self, number: int) -> None:
        """Finds out how much likelier an answer is with its gene than with shuffled DNA, and keeps that with it."""
        turn = self._turns[number]
        if turn.state == "answered" and id(turn) not in self._works:
            work = self._take_on(turn, Doing(comparing=True))
            self._tasks.start(self._compare(work), work.name)
            self.turn_changed.emit(number)

    def stop_comparing(self, number: int) -> None:
        """Leaves an answer as it is."""
        work = self._works.get(id(self._turns[number]))
        if work is not None and work.doing.comparing:
            self._end(work)

    def shut(self) -> None:
        """Stops whatever is under way, in every conversation."""
        for work in list(self._works.values()):
            self._end(work)

    def _ask(self, question: str) -> None:
        if self.busy or not question.strip():
            return
        work = self._take_on(self.conversation.ask(question.strip()), Doing())
        self.turns_changed.emit()
        self.busy_changed.emit(True)
        speaking = {name: value for name, value in self.manner.items() if name != "seed"}
        if work.turn.earlier:
            speaking["temperature"] = max(FREELY, speaking.get("temperature", 0.0))
        self._tasks.start(self._answer(work, speaking), work.name, on_error=partial(self._fail, work))

    def _take_on(self, turn: Said, doing: Doing) -> _Work:
        work = self._works[id(turn)] = _Work(self.conversation, turn, doing)
        return work

    async def _answer(self, work: _Work, speaking: dict[str, Any]) -> None:
        question = {**self._question("chat", work), "speaking": speaking}
        said = await self._desk.models.ask("workflow", partial(self._hear, work), **question)
        work.conversation.finish(said)
        self._over(work)

    async def _compare(self, work: _Work) -> None:
        try:
            question = self._question("shuffled", work)
            found = await self._desk.models.ask("workflow", partial(self._hear, work), **question)
            work.conversation.add(work.number, shuffled=found)
        finally:
            self._over(work)

    def _question(self, word: str, work: _Work) -> dict[str, Any]:
        """What is asked: of a turn that has an answer, with the model and the bases that gave it."""
        about, turn = work.conversation.about, work.turn
        before = work.conversation.turns[: work.number]
        turns = [*(one for one in before if one.state in ("answered", "stopped")), turn]
        return {
            "workflow": WORKFLOW,
            "ask": word,
            "path": about.path,
            "annotation": about.annotation,
            "genes": about.genes,
            "model": turn.model,
            "part": turn.part,
            "device": self._desk.settings.get("default_device", "auto"),
            "seed": self.manner.get("seed", 0) + len(turn.earlier),
            "turns": [{"question": one.question, "answer": one.answer} for one in turns],
        }

    @property
    def _turns(self) -> list[Said]:
        return self.conversation.turns

    def _hear(self, work: _Work, part: dict[str, Any]) -> None:
        if not self._goes_on(work):  # it was ended, and its words come late
            return
        if "stage" in part:
            work.doing = replace(work.doing, stage=part["stage"])
        if "windows" in part:
            work.doing = replace(work.doing, windows=(part["windows"]["done"], part["windows"]["total"]))
        if "begin" in part:
            work.conversation.trace(part["begin"])
        if "text" in part:
            work.conversation.hear(part["text"])
        self._tell(work)

    def _fail(self, work: _Work, error: UserError) -> None:
        if self._goes_on(work):
            work.conversation.fail(error.as_dict())
            self._over(work)

    def _quit(self, first: int) -> None:
        """Ends what is under way for the turn of this number and those after it."""
        for turn in self._turns[first:]:
            if (work := self._works.get(id(turn))) is not None:
                self._end(work)

    def _end(self, work: _Work) -> None:
        self._tasks.cancel(work.name)
        if not work.doing.comparing:
            work.conversation.stop()
        self._over(work)
        if not work.doing.comparing and work.turn.earlier and not work.turn.answer:
            work.conversation.show_earlier(work.number, drop=True)
            if work.conversation is self.conversation:
                self.turns_changed.emit()

    def _over(self, work: _Work) -> None:
        """Nothing is under way for the turn any more."""
        if not self._goes_on(work):
            return
        del self._works[id(work.turn)]
        self._tell(work)
        if not work.doing.comparing and work.conversation is self.conversation:
            self.busy_changed.emit(False)
        elif not work.doing.comparing and work.turn.state != "stopped":
            self.ended_elsewhere.emit(work.conversation)
        self._tell_problem(work.conversation)

    def _goes_on(self, work: _Work) -> bool:
        return self._works.get(id(work.turn)) is work

    def _tell(self, work: _Work) -> None:
        if work.conversation is self.conversation:
            self.turn_changed.emit(work.number)

    def _tell_problem(self, conversation: Conversation) -> None:
        if conversation.problem and conversation.path not in self._told:
            self._told.add(conversation.path)
            self._desk.toast(
                self.tr("This conversation cannot be kept ({why}).").format(why=conversation.problem),
                self.tr("Free some space, or export it."),
                "warn",
            )
