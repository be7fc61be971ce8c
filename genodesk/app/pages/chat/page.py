"""The GeneChat page: genes at the left, the conversation in the middle, evidence from one's own files at the right."""

import hashlib
import os
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu

from genodesk.app.desk import Desk
from genodesk.app.page import Page
from genodesk.app.pages.chat.composer import Composer
from genodesk.app.pages.chat.evidence_panel import EvidencePanel
from genodesk.app.pages.chat.export import as_json, as_markdown
from genodesk.app.pages.chat.genes_panel import GenesPanel, title_of
from genodesk.app.pages.chat.history import About, Conversation, conversations
from genodesk.app.pages.chat.model_picker import ModelPicker
from genodesk.app.pages.chat.talking import WORKFLOW, Talking
from genodesk.app.pages.chat.thread_view import ThreadView
from genodesk.app.widgets import Card, Content, button, column, disable, enable, row
from genodesk.core.disk import write_atomically
from genodesk.core.errors import UserError
from genodesk.core.resources import resource
from genodesk.jobs.places import home

_GENES_WIDTH, _EVIDENCE_WIDTH = 220, 300
_LISTED = 12  # earlier conversations in the menu
DEMONSTRATION = "models/genechat-demo"


class ChatPage(Page):
    """One conversation about one gene of one file; the earlier ones are a click away."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.folder = home() / "chats"
        self.talking = Talking(desk, Conversation.begin(self.folder, About()), self)
        self._questions: list[str] = []
        self._wanted_gene = ""
        self.models = ModelPicker()
        self.more = button(self.tr("Conversations"))
        self.more.setMenu(QMenu(self.more))
        self.more.menu().aboutToShow.connect(self._fill_menu)
        self.fresh = button(self.tr("New conversation"), self.begin)
        self.heading, self.line = self.header(self.tr("GeneChat"), "", self.models, self.more, self.fresh)
        self.genes = GenesPanel()
        self.genes.setFixedWidth(_GENES_WIDTH)
        self.thread_view = ThreadView()
        self.middle = Content(self.thread_view)
        self.composer = Composer()
        self.evidence = EvidencePanel()
        self.evidence.setFixedWidth(_EVIDENCE_WIDTH)
        card = Card()
        card.body.addWidget(self.middle, 1)
        talk = column(card, self.composer, spacing=12)
        talk.setStretch(0, 1)
        whole = row(self.genes, talk, self.evidence, spacing=16)
        whole.setStretch(1, 1)
        self.body.addLayout(whole, 1)
        self._connect()
        self._show_state()

    def take(self, path: str = "", gene: str = "", model: str | None = None, **_: Any) -> None:
        """Opens a file of sequences, or chooses a gene or a model."""
        if model is not None:
            self._pick_model(model)
        if path:
            self.open_file(path, gene=gene)
        elif gene:
            self._pick_gene(gene)

    def open_file(self, path: str, annotation: list[str] | None = None, gene: str = "") -> None:
        """Reads the genes of a file and begins a conversation about one of them."""
        about = About(path=path, annotation=annotation or [], model=self.models.current())
        self._wanted_gene = gene
        self._change(Conversation.begin(self.folder, about))
        self._read_genes()

    def see_it_work(self) -> None:
        """Opens the genes that the demonstration model was made for."""
        folder = resource(DEMONSTRATION)
        self._pick_model("")
        self.open_file(str(folder / "genes.fasta"), [str(folder / "genes.csv")])

    def begin(self) -> None:
        """A new conversation about the same gene."""
        self._change(Conversation.begin(self.folder, self.talking.conversation.about))
        self.composer.edit.setFocus()

    def export(self) -> None:
        """Asks where to write the conversation, as Markdown or JSON."""
        dialog = QFileDialog(self, self.tr("Export the conversation"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("Markdown (*.md)"), self.tr("JSON (*.json)")])
        dialog.setDefaultSuffix("md")
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix("json" if "json" in chosen else "md"))
        dialog.selectFile("-".join(["genechat", *self.talking.conversation.about.genes[:1]]))
        dialog.fileSelected.connect(lambda chosen: self.export_to(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_to(self, path: Path) -> None:
        """Writes the conversation; JSON where the file's name ends so, else Markdown."""
        write = as_json if path.suffix.lower() == ".json" else as_markdown
        try:
            write_atomically(path, write(self.talking.conversation).encode())
        except OSError as error:
            why = self.tr("The conversation could not be written ({why}).").format(why=error.strerror)
            self.desk.tell(UserError(why, self.tr("Choose another folder."), str(path)))
            return
        self.desk.toast(self.tr("Exported {name}").format(name=path.name), str(path.parent), "good")

    def stop(self) -> None:
        """Ends the answer under way."""
        self.talking.stop()

    def shown(self) -> None:
        self.models.set_runs(self.desk.runs.runs)
        self.desk.models.start()

    def state(self) -> dict[str, Any]:
        conversation = self.talking.conversation
        about = conversation.about
        return {
            "conversation": conversation.path.name if conversation.turns else "",
            "about": {"path": about.path, "annotation": about.annotation, "genes": about.genes, "model": about.model},
            "draft": self.composer.edit.toPlainText(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        name, about = state.get("conversation"), state.get("about")
        found = Conversation.open(self.folder / Path(name).name) if isinstance(name, str) and name else None
        if found is None and isinstance(about, dict) and isinstance(about.get("path"), str) and about["path"]:
            known = About(about["path"], list(about["annotation"]), list(about["genes"]), about["model"])
            found = Conversation.begin(self.folder, known)
        if found is not None:
            self._take_up(found)
        if isinstance(state.get("draft"), str):
            self.composer.edit.setPlainText(state["draft"])

    def shut(self) -> None:
        self.talking.shut()
        super().shut()

    def _connect(self) -> None:
        self.genes.chosen.connect(self._pick_gene)
        self.genes.file_wanted.connect(lambda: self._choose_file(annotation=False))
        self.genes.annotation_wanted.connect(lambda: self._choose_file(annotation=True))
        self.genes.paste_wanted.connect(self._paste)
        self.models.picked.connect(self._pick_model)
        self.composer.asked.connect(self.talking.ask)
        self.composer.stopped.connect(self.talking.stop)
        self.thread_view.again_wanted.connect(self.talking.again)
        self.thread_view.edit_wanted.connect(self._edit)
        self.thread_view.compare_wanted.connect(self.talking.compare)
        self.talking.turns_changed.connect(self._show_turns)
        self.talking.turn_changed.connect(self._show_turn)
        self.talking.busy_changed.connect(self.composer.set_busy)
        self.talking.windows.connect(self._show_windows)
        self.desk.runs.changed.connect(lambda: self.models.set_runs(self.desk.runs.runs))

    def _take_up(self, conversation: Conversation) -> None:
        """Shows an earlier conversation, with its file, gene and model."""
        self.models.set_current(conversation.about.model)
        self._wanted_gene = next(iter(conversation.about.genes), "")
        self._change(conversation)
        self._read_genes()

    def _change(self, conversation: Conversation) -> None:
        self.talking.show(conversation)
        self.composer.set_busy(False)
        self._show_state()

    def _read_genes(self) -> None:
        about = self.talking.conversation.about
        if about.path:
            self.genes.show_loading(Path(about.path).name)
            self.tasks.start(self._ask_genes(about), "genes", on_error=self._genes_failed)

    async def _ask_genes(self, about: About) -> None:
        question = {"ask": "genes", "path": about.path, "annotation": about.annotation}
        found = (await self.desk.models.ask("workflow", workflow=WORKFLOW, **question))["genes"]
        self.desk.settings.add_recent(Path(about.path))
        wanted = self._wanted_gene or (found[0]["id"] if found else "")
        names = [Path(file).name for file in about.annotation]
        self.genes.show_genes(found, Path(about.path).name, names, wanted)
        self._pick_gene(wanted if self.genes.model.find(wanted) else found[0]["id"])
        self.tasks.start(self._ask_model(), "model", on_error=lambda _: None)

    async def _ask_model(self) -> None:
        """Loads the model ahead of the first question."""
        about = self.talking.conversation.about
        device = self.desk.settings.get("default_device", "auto")
        found = await self.desk.models.ask("workflow", workflow=WORKFLOW, ask="model", model=about.model, device=device)
        self._suggest(found.get("questions") or [])

    def _genes_failed(self, error: UserError) -> None:
        self.genes.show_error(error)
        self._show_state()

    def _pick_gene(self, identity: str) -> None:
        """Another gene is another conversation, unless nothing was said yet."""
        about = self.talking.conversation.about
        if about.genes != [identity]:
            chosen = About(about.path, about.annotation, [identity], about.model)
            if self.talking.conversation.turns:
                self._change(Conversation.begin(self.folder, chosen))
            else:
                self.talking.conversation.change(chosen)
        self.genes.set_current(identity)
        self._show_state()

    def _pick_model(self, model: str) -> None:
        self.models.set_current(model)
        about = self.talking.conversation.about
        if about.model != model:
            self.talking.conversation.change(About(about.path, about.annotation, about.genes, model, about.part))
            if about.path:
                self.tasks.start(self._ask_model(), "model")

    def _choose_file(self, *, annotation: bool) -> None:
        about = self.talking.conversation.about
        dialog = QFileDialog(self, self.tr("Open an annotation") if annotation else self.tr("Open sequences"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        if about.path:
            dialog.setDirectory(str(Path(about.path).parent))
        if annotation:
            dialog.fileSelected.connect(self.add_annotation)
        else:
            dialog.fileSelected.connect(self.open_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def add_annotation(self, path: str) -> None:
        """Reads an annotation beside the sequences that are open."""
        about = self.talking.conversation.about
        self.open_file(about.path, [*about.annotation, path], next(iter(about.genes), ""))

    def _paste(self) -> None:
        dialog = QInputDialog(self)
        dialog.setWindowTitle(self.tr("Paste a sequence"))
        dialog.setLabelText(self.tr("Bases of one gene, or FASTA:"))
        dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
        dialog.textValueSelected.connect(self.paste)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def paste(self, text: str) -> None:
        """Takes pasted bases as a file of their own, so that the conversation can be taken up again."""
        if not text.strip():
            return
        content = (text if text.lstrip().startswith(">") else f">pasted\n{''.join(text.split())}\n").encode()
        path = self.folder / "pasted" / f"{hashlib.sha256(content).hexdigest()[:16]}.fasta"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(path, content)
        except OSError as error:
            why = self.tr("The sequence cannot be kept ({why}).").format(why=error.strerror)
            self.desk.tell(UserError(why, self.tr("Free some space on this disk."), str(path.parent)))
            return
        self.open_file(str(path))

    def _edit(self, number: int) -> None:
        """Puts a question back where it was written; asked again, it takes the place of the old one."""
        turn = self.talking.conversation.turns[number]
        self.talking.conversation.drop_from(number)
        self._show_turns()
        self.composer.write(turn.question)

    def _show_turns(self) -> None:
        self.thread_view.show_turns(self.talking.conversation)
        self._show_state()

    def _show_turn(self, number: int) -> None:
        self.thread_view.update_turn(number)
        self._show_evidence()
        self._show_line()

    def _show_windows(self, done: int, total: int) -> None:
        if total and done < total:
            self.line.setText(self.tr("Reading the DNA, {done} of {total} windows").format(done=done, total=total))
        else:
            self._show_line()

    def _show_state(self) -> None:
        conversation = self.talking.conversation
        gene = self._gene()
        if not conversation.about.path:
            self.middle.show_empty(
                "chat",
                self.tr("Ask what a gene does"),
                self.tr("A model reads its DNA and answers; what your own annotation says stands beside it."),
                *self._ways_in(),
            )
        elif gene is None and self.genes.content.error is not None:
            self.middle.show_empty("chat", self.tr("No gene to ask about"), self.tr("Open another file."))
        elif not conversation.turns:
            name = title_of(gene) if gene is not None else ""
            text = self.tr("The answer comes from its DNA alone. It may be wrong: hold it against the evidence.")
            self.middle.show_empty("chat", self.tr("Ask about {name}").format(name=name), text)
        else:
            self.middle.show_content()
        self.composer.set_blocked("" if gene is not None else self.tr("Choose a gene first."))
        self._suggest([])
        self._show_evidence()
        self._show_line()

    def _ways_in(self) -> list[Any]:
        ways = [button(self.tr("Open sequences…"), lambda: self._choose_file(annotation=False), icon="open")]
        if os.path.isfile(resource(DEMONSTRATION) / "genes.fasta"):  # noqa: PTH113
            ways.insert(0, button(self.tr("See it work"), self.see_it_work, kind="primary", icon="play"))
        return ways

    def _gene(self) -> dict[str, Any] | None:
        names = self.talking.conversation.about.genes
        return self.genes.model.find(names[0]) if names else None

    def _suggest(self, questions: list[str]) -> None:
        """Offers questions: those the model was made for, else general ones."""
        gene = self._gene()
        general = [self.tr("What does this gene do?"), self.tr("Which process is it part of?")]
        asked = bool(self.talking.conversation.turns)
        self._questions = questions or self._questions
        offered = [] if gene is None or asked else self._questions or general
        self.composer.set_about(title_of(gene) if gene is not None else "", offered)

    def _show_evidence(self) -> None:
        turns = self.talking.conversation.turns
        self.evidence.show_turn(
            turns[-1] if turns else None, annotated=bool(self.talking.conversation.about.annotation)
        )

    def _show_line(self) -> None:
        """Which gene is asked about, how long it is and how much of it was read."""
        gene = self._gene()
        if gene is None:
            self.line.setText(self.tr("Ask a gene's DNA what it does"))
            disable(self.fresh, self.tr("Choose a gene first."))
            return
        turns = self.talking.conversation.turns
        made = turns[-1].document.get("provenance", {}) if turns else {}
        parts = [title_of(gene), gene["id"] if gene["id"] != title_of(gene) else "", f"{gene['bases']:,} bp"]
        if made:
            parts.append(self.tr("{count} windows read").format(count=made["windows"]))
        self.line.setText(" · ".join(part for part in parts if part))
        enable(self.fresh) if turns else disable(self.fresh, self.tr("Nothing was asked yet."))

    def _fill_menu(self) -> None:
        menu = self.more.menu()
        menu.clear()
        current = self.talking.conversation
        export = menu.addAction(self.tr("Export…"), self.export)
        export.setEnabled(bool(current.turns))
        forget = menu.addAction(self.tr("Delete this conversation"), self.forget)
        forget.setEnabled(bool(current.turns))
        others = [one for one in conversations(self.folder) if one.path != current.path][:_LISTED]
        if others:
            menu.addSection(self.tr("Earlier"))
        for other in others:
            title = f"{', '.join(other.about.genes)}: {other.title}"
            menu.addAction(title if len(title) < 60 else f"{title[:59]}…", lambda other=other: self._take_up(other))

    def forget(self) -> None:
        """Deletes the conversation, after a moment in which that can be taken back."""
        gone = self.talking.conversation
        gone.delete()
        self.begin()
        self.desk.toast(
            self.tr("The conversation was deleted."), action=(self.tr("Undo"), lambda: self._bring_back(gone))
        )

    def _bring_back(self, gone: Conversation) -> None:
        gone.restore()
        self._take_up(gone)
