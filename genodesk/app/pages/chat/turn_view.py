"""TurnView: one question and what came of it: words as they arrive, where they come from, and what can be done next."""

from collections.abc import Sequence
from math import exp
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from genodesk.app.pages.chat.answer_text import AnswerText
from genodesk.app.pages.chat.history import Said
from genodesk.app.widgets import button, clear, column, label, row, set_tone

_FAR = 12.0  # nats beyond which a ratio is told as "more than"


class TurnView(QWidget):
    """Shows a turn; `update_turn` after it has changed. What the person wants is signalled."""

    again_wanted = Signal()
    edit_wanted = Signal()
    compare_wanted = Signal()

    def __init__(self, turn: Said) -> None:
        super().__init__()
        self.turn = turn
        self.question = label(turn.question, wrap=True, selectable=True)
        bubble = QFrame()
        bubble.setObjectName("bubble")
        bubble.setLayout(column(self.question, margins=(12, 8, 12, 8)))
        bubble.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.origin = label("", "small", mute=True)
        self.demonstration = label(self.tr("demonstration model, generated genes"), "small")
        self.demonstration.setObjectName("badge")
        self.answer = AnswerText()
        self.facts = label("", "small", mute=True, wrap=True)
        self.doubt = label("", "small", wrap=True)
        set_tone(self.doubt, "warn")
        self.problem = label("", wrap=True, selectable=True)
        set_tone(self.problem, "bad")
        self._deeds = row(spacing=8)
        self._shown: tuple[object, ...] = ()
        asked = row(1, bubble)
        asked.setStretch(0, 1)
        asked.setStretch(1, 4)
        asked.setAlignment(bubble, Qt.AlignmentFlag.AlignRight)
        self.setLayout(
            column(
                asked,
                row(self.origin, self.demonstration, 1),
                self.answer,
                self.problem,
                self.facts,
                self.doubt,
                self._deeds,
                spacing=6,
                margins=(0, 0, 0, 16),
            )
        )
        self.update_turn()

    def update_turn(self) -> None:
        """Shows the turn as it is now."""
        turn, made = self.turn, self.turn.document.get("provenance", {})
        failed = turn.state == "failed"
        self.origin.setText(self._origin())
        self.demonstration.setVisible(bool(made.get("demonstration")))
        self.answer.setVisible(bool(turn.answer))
        self.answer.set_markdown(turn.answer)
        self.problem.setVisible(failed)
        if failed:
            self.problem.setText(" ".join(turn.problem.get(part, "") for part in ("message", "hint")).strip())
        facts = self._facts()
        self.facts.setText(" · ".join(facts))
        self.facts.setVisible(bool(facts))
        unknown = turn.document.get("invented", [])
        self.doubt.setVisible(bool(unknown))
        self.doubt.setText(self.tr("In no source: {names}. Doubt them.").format(names=", ".join(unknown)))
        self._offer()

    def _origin(self) -> str:
        state = self.turn.state
        if state == "answering":
            return self.tr("Model · answering") if self.turn.answer else self.tr("Model · reading the DNA")
        if state == "failed":
            return self.tr("No answer")
        if state == "interrupted":
            return self.tr("Model · from the DNA · broken off when Genodesk ended")
        if state == "stopped":
            return self.tr("Model · from the DNA · stopped")
        return self.tr("Model · from the DNA")

    def _facts(self) -> list[str]:
        document = self.turn.document
        facts = []
        if document.get("confidence") is not None:
            facts.append(self.tr("mean probability of its words {p:.2f}").format(p=document["confidence"]))
        if "shuffled" in document:
            facts.append(self._gain(document["shuffled"]))
        made = document.get("provenance", {})
        if made:
            windows = made.get("windows", 0)
            read = self.tr("read before") if not made.get("encoded") else self.tr("read now")
            facts.append(self.tr("{count} windows {read}").format(count=windows, read=read))
        if document.get("ending") == "length":
            facts.append(self.tr("ended at the longest length"))
        if document.get("seconds") is not None:
            facts.append(self.tr("{seconds:.1f} s").format(seconds=document["seconds"]))
        return facts

    def _gain(self, found: dict[str, Any]) -> str:
        """How much the gene mattered, as a ratio of likelihoods of the whole answer."""
        nats = found["nats"]
        ratio = exp(min(abs(nats), _FAR))
        times = self.tr("more than {n:,.0f}").format(n=ratio) if abs(nats) > _FAR else f"{ratio:,.1f}"
        if nats >= 0:
            return self.tr("with this gene {times} times likelier than with its bases shuffled").format(times=times)
        return self.tr("with this gene {times} times less likely than with its bases shuffled").format(times=times)

    def _offer(self) -> None:
        """The buttons that this state has."""
        turn = self.turn
        shown = (turn.state, "shuffled" in turn.document, bool(turn.answer))
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._deeds)
        for made in self._buttons():
            self._deeds.addWidget(made)
        self._deeds.addStretch(1)

    def _buttons(self) -> Sequence[QWidget]:
        turn = self.turn
        if turn.state == "answering":
            return ()
        once_more = self.tr("Try again") if turn.state in ("failed", "interrupted") else self.tr("Regenerate")
        made = [button(once_more, self.again_wanted.emit, icon="again"), button(self.tr("Edit"), self.edit_wanted.emit)]
        if turn.answer:
            made.append(button(self.tr("Copy"), self._copy, icon="copy"))
        if turn.state == "answered" and "shuffled" not in turn.document:
            tip = self.tr("Compare with the same bases in random order: how much did this gene's DNA matter?")
            made.append(button(self.tr("Why?"), self.compare_wanted.emit, tip=tip))
        return made

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.turn.answer)
