"""EvidencePanel: what the person's own annotation says, numbered and apart from what the model says."""

from typing import Any

from PySide6.QtWidgets import QWidget

from genodesk.app.pages.chat.history import Said
from genodesk.app.widgets import Card, Content, ElidedLabel, clear, column, label, scrolled, set_tone


class EvidencePanel(Card):
    """The sources beside one answer. Everything here is text, whatever it looks like."""

    def __init__(self) -> None:
        super().__init__(self.tr("Evidence"))
        self.beside = ElidedLabel("", "small", mute=True)
        self._list = column(spacing=12)
        inside = QWidget()
        inside.setLayout(column(self._list, 1, margins=(0, 0, 8, 0)))
        self.content = Content(scrolled(inside))
        self.body.addWidget(self.beside)
        self.body.addWidget(self.content, 1)
        self._shown: object = None
        self.show_turn(None, annotated=False, several=False)

    def show_turn(self, turn: Said | None, *, annotated: bool, several: bool, unread: str = "") -> None:
        """The evidence beside an answer, named where there are several; `annotated`: whether any annotation is open.

        `unread` is the name of annotation that is open and cannot be read.
        """
        found = [turn.document.get(part) for part in ("evidence", "agrees", "invented")] if turn is not None else []
        shown = (id(turn), turn.state if turn else "", annotated, several, unread, found)
        if shown == self._shown:
            return
        self._shown = shown
        if turn is not None and several:
            self.beside.setText(self.tr("beside “{question}”").format(question=" ".join(turn.question.split())))
        else:
            self.beside.setText(self.tr("from your own files"))
        evidence = turn.document.get("evidence", []) if turn is not None else []
        if turn is None or not evidence:
            awaited = turn is None or turn.state == "answering"
            title = self.tr("No evidence yet") if awaited else self.tr("No evidence")
            self.content.show_empty("info", title, self._reason(turn, annotated, unread))
            return
        clear(self._list)
        agrees = {one["n"]: one["words"] for one in turn.document.get("agrees", [])}
        for one in evidence:
            self._list.addWidget(self._source(one, agrees.get(one["n"], [])))
        if not any(agrees.values()):
            alone = self.tr("No telling words are shared with your annotation.")
            self._list.addWidget(label(alone, "small", wrap=True))
        self._list.addWidget(self._identifiers(turn.document.get("invented", [])))
        self.content.show_content()

    def _reason(self, turn: Said | None, annotated: bool, unread: str) -> str:
        if turn is None:
            return self.tr("What your own files say about the gene, and about those most like it, comes here.")
        if turn.state == "answering":
            return self.tr("It comes when the answer is whole.")
        if turn.state != "answered":
            return self.tr("There is none for an answer that was not finished.")
        if unread:
            return self.tr("{name} cannot be read, so the answer is not held against it.").format(name=unread)
        if not annotated:
            return self.tr("Open a table of functions beside the sequences to hold the answer against it.")
        return self.tr("Your files say nothing about this gene, nor about any sequence like it.")

    def _source(self, one: dict[str, Any], words: list[str]) -> QWidget:
        head = label(f"[{one['n']}] {one['source']} · {one['id']}", "small", wrap=True, selectable=True)
        text = label(str(one["text"]), "small", wrap=True, mute=True, selectable=True)
        made = QWidget()
        lines = column(head, text, spacing=2)
        if words:
            same = self.tr("same words: {words}").format(words=", ".join(words))
            lines.addWidget(label(same, "small", wrap=True))
        made.setLayout(lines)
        return made

    def _identifiers(self, invented: list[str]) -> QWidget:
        if not invented:
            text = self.tr("The answer names no identifier that is not in the sources.")
            return label(text, "small", wrap=True, mute=True)
        said = label(self.tr("In no source: {names}.").format(names=", ".join(invented)), "small", wrap=True)
        set_tone(said, "warn")
        return said
