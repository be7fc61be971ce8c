"""The GeneChat page: genes at the left, the conversation in the middle, evidence from one's own files at the right."""

import os
from pathlib import Path
from typing import Any

from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent

from genodesk.app.desk import Desk
from genodesk.app.drop_zone import paths_of
from genodesk.app.page import Page
from genodesk.app.pages.chat.chat_commands import COMMANDS, chat_commands
from genodesk.app.pages.chat.composer import Composer
from genodesk.app.pages.chat.evidence_panel import EvidencePanel
from genodesk.app.pages.chat.exporting import ask_where
from genodesk.app.pages.chat.genes_model import title_of
from genodesk.app.pages.chat.genes_panel import GenesPanel
from genodesk.app.pages.chat.history import About, Conversation
from genodesk.app.pages.chat.model_picker import ModelPicker
from genodesk.app.pages.chat.part_chooser import PartChooser
from genodesk.app.pages.chat.past import PastButton
from genodesk.app.pages.chat.sources import ask_for_bases, ask_for_file
from genodesk.app.pages.chat.subject import DEMONSTRATION, Subject
from genodesk.app.pages.chat.talking import Talking
from genodesk.app.pages.chat.thread_view import ThreadView
from genodesk.app.widgets import Card, Content, button, column, disable, enable, label, row
from genodesk.core.resources import resource
from genodesk.core.sequence_files import ANNOTATION, SEQUENCES
from genodesk.jobs.places import home

_WIDTHS = ((220, 300), (184, 232))  # px: the panels beside the conversation in a wide page and in a narrow one
_NARROW = 1060  # px


class ChatPage(Page):
    """One conversation about one gene of one file; the earlier ones are a click away."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.setAcceptDrops(True)
        self.folder = home() / "chats"
        self.talking = Talking(desk, Conversation.begin(self.folder, About()), self)
        self.subject = Subject(desk, self.folder, self.talking, self)
        self.models = ModelPicker()
        self.past = PastButton(self.folder, lambda: self.talking.conversation)
        self.fresh = button(self.tr("New conversation"), self.begin)
        self.heading, self.line = self.header(self.tr("GeneChat"), "", self.models, self.past, self.fresh)
        self.genes = GenesPanel(self.subject.genes)
        self.thread_view = ThreadView()
        self.middle = Content(self.thread_view)
        self.part = PartChooser()
        self.composer = Composer()
        self.evidence = EvidencePanel()
        card = Card()
        card.body.addWidget(self.middle, 1)
        unsure = self.tr("Answers may be wrong, however sure they sound. Not for clinical use.")
        asking = column(self.composer, label(unsure, "small", wrap=True, mute=True), spacing=6)
        talk = column(card, self.part, asking, spacing=12)
        talk.setStretch(0, 1)
        whole = row(self.genes, talk, self.evidence, spacing=16)
        whole.setStretch(1, 1)
        self.body.addLayout(whole, 1)
        self._connect()
        self._show_state()

    def take(self, path: str = "", gene: str = "", model: str | None = None, **_: Any) -> None:
        """Opens a file of sequences, or chooses a gene or a model."""
        if model is not None:
            self.subject.pick_model(model)
        if path:
            self.subject.open_file(path, gene=gene)
        elif gene:
            self.subject.pick_gene(gene)

    def begin(self) -> None:
        """A new conversation about the same gene."""
        self.subject.begin()
        self.composer.edit.setFocus()

    def export(self) -> None:
        """Asks where to write the conversation, as Markdown or JSON."""
        ask_where(self, self.desk, self.talking.conversation)

    def forget(self) -> None:
        """Deletes the conversation, which can be taken back for a moment."""
        gone = self.subject.forget()

        def bring_back() -> None:
            gone.restore()
            self.subject.take_up(gone)

        self.desk.toast(self.tr("The conversation was deleted."), action=(self.tr("Undo"), bring_back))

    def shown(self) -> None:
        self.models.set_runs(self.desk.runs.runs)
        self.desk.models.start()
        self.desk.commands.add(*chat_commands(self))

    def hidden(self) -> None:
        self.desk.commands.remove(*COMMANDS)

    def state(self) -> dict[str, Any]:
        conversation = self.talking.conversation
        about = conversation.about
        return {
            "conversation": conversation.path.name if conversation.turns else "",
            "about": {"path": about.path, "annotation": about.annotation, "genes": about.genes, "model": about.model},
            "draft": self.composer.edit.toPlainText() if self.composer.changing is None else "",
        }

    def restore(self, state: dict[str, Any]) -> None:
        name, about = state.get("conversation"), state.get("about")
        found = Conversation.open(self.folder / Path(name).name) if isinstance(name, str) and name else None
        if found is None and isinstance(about, dict) and isinstance(about.get("path"), str) and about["path"]:
            known = About(about["path"], list(about["annotation"]), list(about["genes"]), about["model"])
            found = Conversation.begin(self.folder, known)
        if found is not None:
            self.subject.take_up(found)
        if isinstance(state.get("draft"), str):
            self.composer.edit.setPlainText(state["draft"])

    def shut(self) -> None:
        self.hidden()
        self.desk.runs.changed.disconnect(self._offer_runs)
        self.thread_view.shut()
        self.subject.shut()
        self.talking.shut()
        super().shut()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_of(event):
            event.acceptProposedAction()
            self.genes.mark(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        del event
        self.genes.mark(False)

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.genes.mark(False)
        self.subject.open_all(paths_of(event))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        genes, evidence = _WIDTHS[self.width() < _NARROW]
        self.genes.setFixedWidth(genes)
        self.evidence.setFixedWidth(evidence)

    def choose_file(self) -> None:
        """Asks for a file of sequences."""
        ask_for_file(self, SEQUENCES, self.subject.open_file, self.subject.about.path)

    def _connect(self) -> None:
        subject, talking, thread = self.subject, self.talking, self.thread_view
        self.genes.chosen.connect(subject.pick_gene)
        self.genes.file_wanted.connect(self.choose_file)
        self.genes.annotation_wanted.connect(self._choose_annotation)
        self.genes.annotation_unwanted.connect(subject.leave_annotation)
        self.genes.paste_wanted.connect(lambda: ask_for_bases(self, subject.paste))
        self.models.picked.connect(subject.pick_model)
        self.past.opened.connect(subject.take_up)
        self.past.export_wanted.connect(self.export)
        self.past.delete_wanted.connect(self.forget)
        self.part.changed.connect(subject.pick_part)
        self.composer.asked.connect(self._ask)
        self.composer.stopped.connect(talking.stop)
        thread.again_wanted.connect(self._again)
        thread.edit_wanted.connect(self._edit)
        thread.compare_wanted.connect(talking.compare)
        thread.chosen_changed.connect(self._show_evidence)
        subject.changed.connect(self._show_subject)
        subject.reading.connect(self._show_reading)
        subject.counted.connect(self.genes.show_count)
        subject.read.connect(self._show_genes)
        subject.failed.connect(self._show_failed)
        subject.model_changed.connect(self._show_model)
        talking.turns_changed.connect(self._show_turns)
        talking.turn_changed.connect(self._show_turn)
        talking.busy_changed.connect(self.composer.set_busy)
        talking.windows.connect(self._show_windows)
        talking.comparing_changed.connect(self._show_comparing)
        self.desk.runs.changed.connect(self._offer_runs)

    def _choose_annotation(self) -> None:
        ask_for_file(self, ANNOTATION, self.subject.add_annotation, self.subject.about.path)

    def _offer_runs(self) -> None:
        self.models.set_runs(self.desk.runs.runs)

    def _show_subject(self) -> None:
        """Another conversation or gene."""
        self.composer.leave()
        self.composer.set_busy(self.talking.busy)
        self.models.set_current(self.subject.about.model)
        self.genes.set_current(next(iter(self.subject.about.genes), ""))
        self._show_part()
        self._show_state()

    def _show_model(self) -> None:
        self.models.set_current(self.subject.about.model)
        self._show_state()

    def _show_reading(self) -> None:
        self.genes.show_loading(Path(self.subject.about.path).name)
        self._show_state()

    def _show_genes(self) -> None:
        about = self.subject.about
        names = [Path(file).name for file in about.annotation]
        self.genes.show_genes(Path(about.path).name, names, next(iter(about.genes), ""))
        self._show_part()
        self._show_state()

    def _show_failed(self) -> None:
        self.genes.show_error(Path(self.subject.about.path).name)
        if self.talking.conversation.turns and self.subject.error is not None:
            self.desk.tell(self.subject.error)  # what was said stays in the middle
        self._show_state()

    def _ask(self, question: str) -> None:
        """Asks, in the place of the question that is being changed, where one is."""
        if self.composer.changing is None:
            self.talking.ask(question)
        else:
            self.talking.again(self.composer.changing, question)

    def _again(self, number: int) -> None:
        """Another answer; its turn is a new one, and the keyboard stays where the next question is."""
        self.composer.edit.setFocus()
        self.talking.again(number)

    def _edit(self, number: int) -> None:
        turns = self.talking.conversation.turns
        self.composer.change(number, turns[number].question, later=number + 1 < len(turns))

    def _show_turns(self) -> None:
        self.thread_view.show_turns(self.talking.conversation)
        self._show_state()

    def _show_turn(self, number: int) -> None:
        if view := self.thread_view.view(number):
            view.update_turn()
        self._show_evidence()
        self._show_line()

    def _show_windows(self, number: int, done: int, total: int) -> None:
        if view := self.thread_view.view(number):
            view.set_windows(done, total)

    def _show_comparing(self, number: int, comparing: bool) -> None:
        if view := self.thread_view.view(number):
            view.set_comparing(comparing)

    def _show_state(self) -> None:
        conversation, gene = self.talking.conversation, self.subject.gene
        if conversation.turns:
            self.middle.show_content()
        elif not conversation.about.path:
            self.middle.show_empty(
                "chat",
                self.tr("Ask what a gene does"),
                self.tr("A model reads its DNA and answers; what your own annotation says stands beside it."),
                *self._ways_in(),
            )
        elif self.subject.error is not None:
            again = button(self.tr("Try again"), self.subject.read_again, icon="again")
            other = button(self.tr("Open another file…"), self.choose_file, kind="primary", icon="open")
            self.middle.show_error(self.subject.error, other, again)
        elif gene is None:
            self.middle.show_loading(self.tr("Reading the genes"))
        else:
            text = self.tr("The answer comes from its DNA alone. It may be wrong: hold it against the evidence.")
            if self.subject.guessed:
                text = self.tr(
                    "The demonstration model knows generated genes only, so about this one it guesses. "
                    "Train a model of your own, or choose one above."
                )
            self.middle.show_empty("chat", self.tr("Ask about {name}").format(name=title_of(gene)), text)
        self._show_composer()
        self._show_evidence()
        self._show_line()

    def _ways_in(self) -> list[Any]:
        ways = [button(self.tr("Open sequences…"), self.choose_file, icon="open")]
        if os.path.isfile(resource(DEMONSTRATION) / "genes.fasta"):  # noqa: PTH113
            ways.insert(0, button(self.tr("See it work"), self.subject.see_it_work, kind="primary", icon="play"))
        return ways

    def _show_part(self) -> None:
        about, gene = self.subject.about, self.subject.gene
        if gene is None:
            self.part.hide()
            return
        part = self.part.show_gene(title_of(gene), gene["bases"], self.subject.longest, about.part)
        if part != about.part:
            self.subject.pick_part(part)

    def _show_composer(self) -> None:
        """Offers questions, those the model was made for or general ones, until something is asked."""
        gene = self.subject.gene
        general = [self.tr("What does this gene do?"), self.tr("Which process is it part of?")]
        offered = [] if gene is None or self.talking.conversation.turns else self.subject.questions or general
        self.composer.set_about(title_of(gene) if gene is not None else "", offered)
        self.composer.set_blocked("" if gene is not None else self.tr("Choose a gene first."))

    def _show_evidence(self) -> None:
        several = len(self.talking.conversation.turns) > 1
        self.evidence.show_turn(self.thread_view.chosen, annotated=self.subject.genes.annotated, several=several)

    def _show_line(self) -> None:
        """Which gene is asked about, how long it is and how much of it was read."""
        gene, turns = self.subject.gene, self.talking.conversation.turns
        if turns:
            enable(self.fresh)
        else:
            disable(self.fresh, self.tr("Nothing was asked yet.") if gene else self.tr("Choose a gene first."))
        if gene is None:
            self.line.setText(self.tr("Ask a gene's DNA what it does"))
            return
        made = turns[-1].document.get("provenance", {}) if turns else {}
        parts = [title_of(gene), gene["id"] if gene["id"] != title_of(gene) else "", f"{gene['bases']:,} bp"]
        if made:
            one, several = self.tr("1 window read"), self.tr("{count} windows read").format(count=made["windows"])
            parts.append(one if made["windows"] == 1 else several)
        self.line.setText(" · ".join(part for part in parts if part))
