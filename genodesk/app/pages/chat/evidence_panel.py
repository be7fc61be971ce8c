"""EvidencePanel: what the person's own annotation says, numbered and apart from what the model says."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from genodesk.app.pages.chat.history import Said
from genodesk.app.widgets import Card, Content, clear, column, label, scrolled, set_tone


class EvidencePanel(Card):
    """The sources beside one answer."""

    def __init__(self) -> None:
        super().__init__(self.tr("Evidence from your annotation"))
        self._list = column(spacing=12)
        inside = QWidget()
        inside.setLayout(column(self._list, 1))
        self.content = Content(scrolled(inside))
        self.body.addWidget(self.content, 1)
        self._shown: object = None
        self.show_turn(None, annotated=False)

    def show_turn(self, turn: Said | None, *, annotated: bool) -> None:
        """The evidence beside an answer; `annotated` says whether any annotation is open."""
        shown = (id(turn), turn.state if turn else "", annotated)
        if shown == self._shown:
            return
        self._shown = shown
        evidence = turn.document.get("evidence", []) if turn is not None else []
        if not evidence:
            self.content.show_empty("info", self.tr("No evidence"), self._reason(turn, annotated))
            return
        clear(self._list)
        agrees = {one["n"]: one["words"] for one in turn.document.get("agrees", [])} if turn is not None else {}
        for one in evidence:
            self._list.addWidget(self._source(one, agrees.get(one["n"], [])))
        invented = turn.document.get("invented", []) if turn is not None else []
        said = label(
            self.tr("In no source: {names}.").format(names=", ".join(invented))
            if invented
            else self.tr("The answer names no identifier that is not in the sources."),
            "small",
            wrap=True,
            mute=not invented,
        )
        set_tone(said, "warn" if invented else "")
        self._list.addWidget(said)
        self.content.show_content()

    def _reason(self, turn: Said | None, annotated: bool) -> str:
        if turn is None:
            return self.tr("Beside each answer stands here what your files say about the gene and those most like it.")
        if turn.state == "answering":
            return self.tr("It appears when the answer is whole.")
        if turn.state != "answered":
            return self.tr("There is none for an answer that was not finished.")
        if not annotated:
            return self.tr("Open a table of functions or a GFF3 beside the sequences to hold the answer against it.")
        return self.tr("Your files say nothing about this gene, nor about any sequence like it.")

    def _source(self, one: dict[str, object], words: list[str]) -> QWidget:
        head = label(f"[{one['n']}] {one['source']} · {one['id']}", "small", wrap=True, selectable=True)
        text = label(str(one["text"]), "small", wrap=True, mute=True, selectable=True)
        parts: list[QWidget] = [head, text]
        if words:
            agrees = label(
                self.tr("Shares with the answer: {words}").format(words=", ".join(words)), "small", wrap=True
            )
            set_tone(agrees, "good")
            parts.append(agrees)
        for part in parts:
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            part.setAlignment(Qt.AlignmentFlag.AlignTop)
        made = QWidget()
        made.setLayout(column(*parts, spacing=2))
        return made
