"""TurnView: one question and what came of it: words as they arrive, where they come from, and what can be done next."""

from collections.abc import Iterator
from math import exp
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QWidget

from genodesk.app.amounts import probability
from genodesk.app.pages.chat.answer_text import AnswerText
from genodesk.app.pages.chat.history import Said
from genodesk.app.pages.chat.talking import Doing
from genodesk.app.widgets import Bar, Flow, button, clear, column, label, row, set_tone
from genodesk.app.widgets.text import dress

_FAR = 12.0  # nats beyond which a ratio is told as "more than"
_WHOLE = 100  # from here on a ratio is told without decimals
_BEFORE = 48  # px, at least, that a question stands in from the left


class TurnView(QWidget):
    """Shows a turn and what is under way for it; `update_turn` after either has changed.

    What the person wants is signalled.
    """

    again_wanted = Signal()
    earlier_wanted = Signal()
    edit_wanted = Signal()
    compare_wanted = Signal()
    stop_wanted = Signal()
    pressed = Signal()

    def __init__(self, turn: Said, doing: Doing | None = None) -> None:
        super().__init__()
        self.turn = turn
        self.question = dress(_Question(turn.question), wrap=True, selectable=True)
        bubble = QFrame()
        bubble.setObjectName("bubble")
        bubble.setLayout(column(self.question, margins=(12, 8, 12, 8)))
        bubble.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.origin = label("", "small", mute=True)
        self.demonstration = label(self.tr("demonstration model, generated genes"), "small")
        self.demonstration.setObjectName("badge")
        self.demonstration.setToolTip(self.tr("It knows generated genes only; about real ones it guesses."))
        self.reading = Bar(self.tr("DNA that is read"))
        self.reading.setFixedWidth(_BEFORE * 4)
        self.answer = AnswerText()
        self.facts = label("", "small", mute=True, wrap=True)
        self.comparison = label("", "small", mute=True)
        self.shuffled = Bar(self.tr("Shuffled DNA that is read"))
        self.shuffled.setFixedWidth(_BEFORE * 4)
        self.doubt = label("", "small", wrap=True, selectable=True)
        set_tone(self.doubt, "warn")
        self.problem = label("", wrap=True, selectable=True)
        set_tone(self.problem, "bad")
        self._deeds = Flow()
        self._shown: tuple[object, ...] = ()
        self._doing = doing
        self._last = True
        asked = row(1, bubble)
        asked.insertSpacing(0, _BEFORE)
        parts = (asked, Flow(self.origin, self.demonstration), self.reading, self.answer, self.problem, self.facts)
        comparing = Flow(self.comparison, self.shuffled)
        self.setLayout(column(*parts, self.doubt, comparing, self._deeds, spacing=6, margins=(0, 0, 0, 16)))
        self.update_turn(doing)

    def update_turn(self, doing: Doing | None) -> None:
        """Shows the turn as it is now, and what is under way for it."""
        self._doing = doing
        turn, made = self.turn, self.turn.document.get("provenance", {})
        failed = turn.state == "failed"
        self.origin.setText(self._origin())
        self.demonstration.setVisible(bool(turn.answer or made) and bool(made.get("demonstration", not turn.model)))
        self._show_progress(self.reading, shown=turn.state == "answering" and not turn.answer)
        self._show_progress(self.shuffled, shown=self._comparing)
        self.comparison.setVisible(self._comparing)
        self.comparison.setText(self._comparison())
        self.answer.setVisible(bool(turn.answer))
        self.answer.set_markdown(turn.answer)
        if turn.state != "answering":
            self.answer.show_now()
        self.problem.setVisible(failed)
        if failed:
            said = (turn.problem.get(part, "") for part in ("message", "hint"))
            self.problem.setText(" ".join(part for part in said if part))
        facts = self._facts()
        self.facts.setText(" · ".join(facts))
        self.facts.setVisible(bool(facts))
        doubts = self._doubts()
        self.doubt.setVisible(bool(doubts))
        self.doubt.setText(" ".join(doubts))
        self._offer()

    def set_last(self, last: bool) -> None:
        """Whether no turn follows; the last one alone is answered anew as it stands, which takes nothing else back."""
        self._last = last
        self._offer()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.pressed.emit()

    @property
    def _comparing(self) -> bool:
        return self._doing is not None and self._doing.comparing

    def _show_progress(self, bar: Bar, *, shown: bool) -> None:
        bar.setVisible(shown)
        done, total = self._doing.windows if self._doing is not None else (0, 0)
        share = done / total if 0 < done < total else None
        bar.set_share(share if shown else 0.0)

    def _origin(self) -> str:
        turn = self.turn
        if turn.state == "answering":
            return self._stage()
        if turn.state == "failed":
            return self.tr("Model · broken off") if turn.answer else self.tr("No answer")
        if turn.state == "interrupted":
            return self.tr("Model · from the DNA · broken off when Genodesk ended")
        if turn.state == "stopped":
            return self.tr("Model · from the DNA · stopped")
        return self.tr("Model · from the DNA")

    def _stage(self) -> str:
        """What an answer waits for, or that it comes."""
        doing = self._doing or Doing()
        done, total = doing.windows
        if self.turn.document or (total and done == total):
            return self.tr("Model · answering")
        if total:
            reading = self.tr("Reading the DNA, {done} of {total} windows").format(done=done, total=total)
            return self.tr("Reading the DNA, 1 window") if total == 1 else reading
        if doing.stage == "model":
            return self.tr("Model · being loaded")
        if doing.stage == "waiting":
            return self.tr("Model · busy with another question")
        return self.tr("Model · reading the DNA")

    def _comparison(self) -> str:
        """How far the comparison with shuffled DNA is."""
        doing = self._doing or Doing()
        done, total = doing.windows
        if total:
            reading = self.tr("Reading shuffled DNA, {done} of {total} windows").format(done=done, total=total)
            return self.tr("Reading shuffled DNA, 1 window") if total == 1 else reading
        if doing.stage == "model":
            return self.tr("The model is being loaded")
        if doing.stage == "waiting":
            return self.tr("The model is busy with another question")
        return self.tr("Reading shuffled DNA")

    def _facts(self) -> list[str]:
        document = self.turn.document
        facts = []
        if document.get("confidence") is not None:
            sure = probability(document["confidence"])
            facts.append(self.tr("mean probability of its words {p}, not of being right").format(p=sure))
        if "shuffled" in document:
            facts.append(self._gain(document["shuffled"]))
        made = document.get("provenance", {})
        if made:
            facts.append(self._windows_read(made.get("windows", 0), encoded=bool(made.get("encoded"))))
            if made.get("part"):
                facts.append(self.tr("of bases {part}").format(part=made["part"]))
            if made.get("settings", {}).get("temperature"):
                facts.append(self.tr("temperature {t:g}").format(t=made["settings"]["temperature"]))
        if document.get("ending") == "length":
            facts.append(self.tr("ended at the longest length"))
        if document.get("seconds") is not None:
            facts.append(self.tr("{seconds:.1f} s").format(seconds=document["seconds"]))
        return facts

    def _doubts(self) -> list[str]:
        """Why the answer, or names in it, are to be doubted."""
        doubts = list(self.turn.document.get("notices", []))
        unknown = self.turn.document.get("invented", [])
        if unknown:
            doubts.append(self.tr("In no source: {names}. Doubt them.").format(names=", ".join(unknown)))
        return doubts

    def _windows_read(self, count: int, *, encoded: bool) -> str:
        one = self.tr("1 window read now") if encoded else self.tr("1 window read before")
        several = self.tr("{count} windows read now") if encoded else self.tr("{count} windows read before")
        return one if count == 1 else several.format(count=count)

    def _gain(self, found: dict[str, Any]) -> str:
        """How much the gene mattered, as a ratio of likelihoods of the whole answer."""
        nats = found["nats"]
        ratio = exp(min(abs(nats), _FAR))
        times = f"{ratio:,.1f}×" if ratio < _WHOLE else f"{ratio:,.0f}×"
        if abs(nats) > _FAR:
            times = self.tr("more than {times}").format(times=times)
        if nats >= 0:
            return self.tr(
                "{times} likelier with this gene than with shuffled DNA, which shows that the DNA shaped the words, "
                "not that they are right"
            ).format(times=times)
        return self.tr(
            "{times} less likely with this gene than with shuffled DNA, so the words do not come from this gene"
        ).format(times=times)

    def _offer(self) -> None:
        """The buttons that this state has."""
        turn = self.turn
        earlier = len(turn.earlier)
        shown = (turn.state, "shuffled" in turn.document, bool(turn.answer), self._comparing, self._last, earlier)
        if shown != self._shown:
            self._shown = shown
            if any(made.hasFocus() for made in self.findChildren(QPushButton)):
                self.answer.setFocus()  # the button that was pressed goes: the keyboard stays in this turn
            clear(self._deeds)
            for made in self._buttons():
                self._deeds.addWidget(made)

    def _buttons(self) -> Iterator[QPushButton]:
        turn = self.turn
        if turn.state == "answering":
            return
        wordless = turn.state == "stopped" and not turn.answer
        if self._last and (wordless or turn.state in ("failed", "interrupted")):
            yield button(self.tr("Try again"), self.again_wanted.emit)
        elif self._last:
            tip = self.tr("Another answer to the same question, with words chosen more freely")
            yield button(self.tr("Regenerate"), self.again_wanted.emit, tip=tip)
        if turn.earlier and self._last:
            tip = self.tr("Show the answer that stood here before; this one is kept behind it")
            text = self.tr("Earlier answer")
            several = self.tr("Earlier answers ({n})").format(n=len(turn.earlier))
            yield button(text if len(turn.earlier) == 1 else several, self.earlier_wanted.emit, tip=tip)
        yield button(self.tr("Edit"), self.edit_wanted.emit, tip=self.tr("Ask this question in other words"))
        if turn.answer:
            yield button(self.tr("Copy"), self._copy, tip=self.tr("Copy the answer"))
        if turn.state == "answered" and turn.answer and "shuffled" not in turn.document:
            tip = self.tr("Compare with the same bases in random order: how much did this gene's DNA matter?")
            if self._comparing:
                yield button(self.tr("Stop comparing"), self.stop_wanted.emit, tip=self.tr("Leave the answer as it is"))
            else:
                yield button(self.tr("Why?"), self.compare_wanted.emit, tip=tip)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.turn.answer)


class _Question(QLabel):
    """As wide as its longest line, where there is room."""

    def sizeHint(self) -> QSize:
        lines = self.text().split("\n")
        width = max(map(self.fontMetrics().horizontalAdvance, lines)) + 2
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        words = self.text().split() or [""]
        width = min(max(map(self.fontMetrics().horizontalAdvance, words)) + 2, _BEFORE * 4)
        return QSize(width, self.fontMetrics().height())
