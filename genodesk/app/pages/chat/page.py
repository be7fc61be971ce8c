"""The GeneChat page: genes at the left, the conversation in the middle, evidence from one's own files at the right."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent

from genodesk.app.desk import Desk
from genodesk.app.drop_zone import paths_of
from genodesk.app.page import Page
from genodesk.app.pages.chat.about_line import about_line
from genodesk.app.pages.chat.aside import forget, tell_ended
from genodesk.app.pages.chat.chat_commands import COMMANDS, chat_commands
from genodesk.app.pages.chat.composer import Composer
from genodesk.app.pages.chat.dropped import open_dropped
from genodesk.app.pages.chat.evidence_panel import EvidencePanel
from genodesk.app.pages.chat.exporting import ask_where
from genodesk.app.pages.chat.genes_model import title_of
from genodesk.app.pages.chat.genes_panel import GenesPanel
from genodesk.app.pages.chat.history import About, Conversation, is_about
from genodesk.app.pages.chat.manner import kept_manner, manner_button
from genodesk.app.pages.chat.middle import Middle
from genodesk.app.pages.chat.model_picker import ModelPicker
from genodesk.app.pages.chat.part_chooser import PartChooser
from genodesk.app.pages.chat.past import PastButton
from genodesk.app.pages.chat.paste_sheet import ask_for_bases
from genodesk.app.pages.chat.sources import ask_for_file
from genodesk.app.pages.chat.subject import Subject
from genodesk.app.pages.chat.talking import Talking
from genodesk.app.pages.chat.thread_view import ThreadView
from genodesk.app.widgets import Card, button, column, disable, enable, label, row
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
        self.past = PastButton(self.folder, lambda: self.talking.conversation, self.tasks)
        self.fresh = button(self.tr("New conversation"), self.begin)
        self.heading, self.line = self.header(self.tr("GeneChat"), "", self.models, self.past, self.fresh)
        self.genes = GenesPanel(self.subject.genes)
        self.thread_view = ThreadView(self.talking.doing)
        self.middle = Middle(self.thread_view)
        self.part = PartChooser()
        self.composer = Composer()
        self.evidence = EvidencePanel()
        card = Card()
        card.body.addWidget(self.middle, 1)
        unsure = self.tr("Answers may be wrong, however sure they sound. Not for clinical use.")
        below = row(label(unsure, "small", wrap=True, mute=True), manner_button(self, self.talking))
        below.setStretch(0, 1)
        asking = column(self.composer, below, spacing=6)
        talk = column(card, self.part, asking, spacing=12)
        talk.setStretch(0, 1)
        whole = row(self.genes, talk, self.evidence, spacing=16)
        whole.setStretch(1, 1)
        self.body.addLayout(whole, 1)
        self._connect()
        self._show_state()

    def take(
        self, path: str = "", names: Sequence[str] = (), files: Sequence[str] = (), model: str | None = None, **_: Any
    ) -> None:
        """Goes to a gene of a file of sequences, opens files as if they were dropped, or chooses a model.

        The gene is the first of these names that the file has.
        """
        if model is not None:
            self.subject.pick_model(model)
        if path:
            self.subject.ask_about(path, names)
        if files:
            open_dropped(self.desk, self.subject, self.tasks, [Path(file) for file in files])

    def begin(self) -> None:
        """A new conversation about the same gene."""
        self.subject.begin()
        self.composer.edit.setFocus()

    def export(self) -> None:
        """Asks where to write the conversation, as Markdown or JSON."""
        ask_where(self, self.desk, self.talking.conversation)

    def forget(self) -> None:
        """Deletes the conversation, which can be taken back for a moment."""
        forget(self.desk, self.subject)

    def shown(self) -> None:
        self.models.set_folders(self.desk.settings.model_folders)
        self.models.set_runs(self.desk.runs.runs)
        self.desk.models.start()
        self.desk.commands.add(*chat_commands(self))

    def hidden(self) -> None:
        self.desk.commands.remove(*COMMANDS)

    def state(self) -> dict[str, Any]:
        conversation = self.talking.conversation
        return {
            "conversation": conversation.path.name if conversation.turns else "",
            "about": asdict(conversation.about),
            "draft": self.composer.edit.toPlainText() if self.composer.changing is None else "",
            "manner": self.talking.manner,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.talking.set_manner(kept_manner(state.get("manner")))
        name, about = state.get("conversation"), state.get("about")
        found = Conversation.open(self.folder / Path(name).name) if isinstance(name, str) and name else None
        if found is None and is_about(about) and about.get("path"):
            found = Conversation.begin(self.folder, About(**about))
        if found is not None:
            self.subject.take_up(found)
        if isinstance(state.get("draft"), str):
            self.composer.edit.setPlainText(state["draft"])

    def shut(self) -> None:
        self.hidden()
        self.desk.runs.changed.disconnect(self._offer_runs)
        self.thread_view.shut()
        self.talking.shut()  # the end of an answer may begin a weighing
        self.subject.shut()
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
        open_dropped(self.desk, self.subject, self.tasks, paths_of(event))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        genes, evidence = _WIDTHS[self.width() < _NARROW]
        self.genes.setFixedWidth(genes)
        self.evidence.setFixedWidth(evidence)

    def choose_file(self) -> None:
        """Asks for a file of sequences."""
        ask_for_file(self, SEQUENCES, self.subject.open_file, self.subject.about.path)

    def choose_annotation(self) -> None:
        """Asks for a file that says something about the genes."""
        ask_for_file(self, ANNOTATION, self.subject.add_annotation, self.subject.about.path)

    def _connect(self) -> None:
        subject, talking, thread = self.subject, self.talking, self.thread_view
        self.genes.chosen.connect(subject.pick_gene)
        self.genes.file_wanted.connect(self.choose_file)
        self.genes.annotation_wanted.connect(self.choose_annotation)
        self.genes.annotation_unwanted.connect(subject.leave_annotation)
        self.genes.paste_wanted.connect(lambda: ask_for_bases(self, subject))
        self.genes.again_wanted.connect(subject.read_again)
        self.middle.file_wanted.connect(self.choose_file)
        self.middle.again_wanted.connect(subject.read_again)
        self.middle.without_wanted.connect(subject.leave_annotation)
        self.middle.sample_wanted.connect(subject.see_it_work)
        self.models.picked.connect(subject.pick_model)
        self.past.opened.connect(subject.take_up)
        self.past.export_wanted.connect(self.export)
        self.past.delete_wanted.connect(self.forget)
        self.part.changed.connect(subject.pick_part)
        self.composer.asked.connect(self._ask)
        self.composer.stopped.connect(talking.stop)
        thread.again_wanted.connect(self._again)
        thread.earlier_wanted.connect(self._show_earlier)
        thread.edit_wanted.connect(self._edit)
        thread.compare_wanted.connect(talking.compare)
        thread.stop_wanted.connect(talking.stop_comparing)
        thread.chosen_changed.connect(self._show_evidence)
        subject.changed.connect(self._show_subject)
        subject.reading.connect(self._show_reading)
        subject.counted.connect(self.genes.show_count)
        subject.read.connect(self._show_genes)
        subject.failed.connect(self._show_failed)
        subject.model_changed.connect(self._show_model)
        subject.weighing.weighed.connect(self._show_turn)
        talking.turns_changed.connect(self._show_turns)
        talking.turn_changed.connect(self._show_turn)
        talking.busy_changed.connect(self.composer.set_busy)
        talking.ended_elsewhere.connect(lambda other: tell_ended(self.desk, subject, other))
        self.desk.runs.changed.connect(self._offer_runs)

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
        self.models.set_folders(self.desk.settings.model_folders)
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
        about = self.subject.about
        names = [Path(file).name for file in about.annotation]
        self.genes.show_error(Path(about.path).name, names, self.subject.unread)
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

    def _show_earlier(self, number: int) -> None:
        self.composer.edit.setFocus()
        self.talking.show_earlier(number)

    def _edit(self, number: int) -> None:
        turns = self.talking.conversation.turns
        self.composer.change(number, turns[number].question, later=number + 1 < len(turns))

    def _show_turns(self) -> None:
        self.thread_view.show_turns(self.talking.conversation)
        self._show_state()

    def _show_turn(self, number: int) -> None:
        self.thread_view.update_turn(number)
        self._show_evidence()
        self._show_line()

    def _show_state(self) -> None:
        self.genes.show_notices(self.subject.notices)
        self.middle.show_subject(self.subject, asked=bool(self.talking.conversation.turns))
        self._show_composer()
        self._show_evidence()
        self._show_line()

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
        self.composer.set_blocked(self.subject.blocked)

    def _show_evidence(self) -> None:
        several = len(self.talking.conversation.turns) > 1
        annotated, unread = self.subject.genes.annotated, self.subject.unread
        self.evidence.show_turn(self.thread_view.chosen, annotated=annotated, several=several, unread=unread)

    def _show_line(self) -> None:
        turns = self.talking.conversation.turns
        self.line.setText(about_line(self.subject, turns))
        if turns:
            enable(self.fresh)
        else:
            disable(self.fresh, self.subject.blocked or self.tr("Nothing was asked yet."))
