"""EstimateCard: what a training will take - parameters, memory, time - told by the engine once settings settle."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from genodesk.app.amounts import duration
from genodesk.app.forms.draft import Draft
from genodesk.app.tasks import Tasks
from genodesk.app.timers import once
from genodesk.app.widgets import Bar, Card, FactsTable, button, label, set_tone
from genodesk.core.errors import UserError

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_SETTLE_MS = 600
_EASY, _TIGHT = 0.6, 0.9  # shares of the free memory
_GIGA = 1e9


class EstimateCard(Card):
    """Works while it is awake and the draft makes sense. What is `known` is not asked twice, by whichever card."""

    def __init__(
        self, desk: "Desk", draft: Draft, known: dict[str, dict[str, Any]], parent: QWidget | None = None
    ) -> None:
        super().__init__(_tr("What it will take"))
        self.setParent(parent)
        self._desk = desk
        self._draft = draft
        self._known = known
        self._tasks = Tasks(desk.tell)
        self._asked: tuple[Any, ...] | None = None
        self._settle = once(self, _SETTLE_MS, self._ask)
        self.facts = FactsTable()
        self.note = label("", "small", wrap=True, mute=True)
        self.busy = Bar(_tr("Working it out"))
        self.busy.set_share(None)
        self.again = button(_tr("Try again"), self._ask_again)
        for widget in (self.facts, self.busy, self.note, self.again):
            self.body.addWidget(widget)
        self._show_rows([])
        self._show("")

    def wake(self, awake: bool, valid: bool | None) -> None:
        """Whether the card is in sight, and whether the settings make sense; None while that is being checked."""
        if valid and self._question() == self._asked:
            return
        self._settle.stop()
        self._tasks.cancel()
        self._asked = None
        if valid is False:
            self._show_rows([])
            self._show(_tr("Told as soon as data and settings fit together."))
        elif awake:  # the numbers shown so far stay until the next ones are known
            self._show(_tr("Building the model and timing one step of it…"), busy=True)
            if valid:
                self._settle.start()

    def shut(self) -> None:
        """Ends the open question."""
        self._settle.stop()
        self._tasks.cancel()

    def _question(self) -> tuple[Any, ...]:
        return (self._draft.nested(), self._draft.preset)

    def _ask_again(self) -> None:
        self._show(_tr("Building the model and timing one step of it…"), busy=True)
        self._ask()

    def _ask(self) -> None:
        self._asked = self._question()
        self._tasks.start(self._answer(), "estimate", on_error=self._failed)

    async def _answer(self) -> None:
        question = repr(self._question())
        if question not in self._known:
            answer = await self._desk.engine.ask("estimate", **self._draft.as_request())
            self._known[question] = answer["estimate"] or {}
        estimate = self._known[question]
        self._show_rows(estimate_rows(estimate))
        self._show("" if estimate else _tr("This cannot be told beforehand."))

    def _failed(self, error: UserError) -> None:
        self._show_rows([])
        self._show(" ".join(part for part in (error.message, error.hint) if part), failed=True)

    def _show_rows(self, rows: list[tuple[str, ...]]) -> None:
        self.facts.set_rows(rows)
        self.facts.setVisible(bool(rows))

    def _show(self, text: str, *, busy: bool = False, failed: bool = False) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.busy.setVisible(busy)
        self.again.setVisible(failed)
        set_tone(self.note, "warn" if failed else "")


def estimate_rows(estimate: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The rows of the table: (name, value, tone); what the workflow does not tell is left out."""
    rows: list[tuple[str, ...]] = []
    parameters, active = estimate.get("parameters"), estimate.get("active_parameters")
    if parameters:
        rows.append((_tr("Parameters"), f"{parameters:,}"))
    if active and active != parameters:
        rows.append((_tr("Used for each cell"), f"{active:,}"))
    if estimate.get("trained_parameters"):
        rows.append((_tr("Trained"), f"{estimate['trained_parameters']:,}"))
    needed, free = estimate.get("memory_bytes"), estimate.get("memory_available_bytes")
    if needed and free:
        share = needed / free
        tone = "good" if share <= _EASY else "warn" if share <= _TIGHT else "bad"
        words = {"good": _tr("fits well"), "warn": _tr("tight"), "bad": _tr("too much")}[tone]
        text = _tr("{needed} of {free} GB free").format(needed=_gigabytes(needed), free=_gigabytes(free))
        rows.append((_tr("Memory"), f"{text}\n● {words}", tone))
    if estimate.get("seconds_per_step"):
        rows.append((_tr("One step"), _short(estimate["seconds_per_step"])))
    if estimate.get("seconds"):
        rows.append((_tr("Time here"), _tr("about {time}").format(time=duration(estimate["seconds"]))))
    return rows


def _gigabytes(size: float) -> str:
    return f"{size / _GIGA:.1f}" if size < 10 * _GIGA else f"{size / _GIGA:.0f}"


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _tr(text: str) -> str:
    return QCoreApplication.translate("EstimateCard", text)
