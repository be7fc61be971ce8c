"""Subject: what is asked about. Reads the genes of files, and goes from one gene, model or conversation to another.

It draws nothing; what is said about the gene is `talking.py`'s.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from genodesk.app.pages.chat.genes_model import Gene, GenesModel
from genodesk.app.pages.chat.history import About, Conversation
from genodesk.app.pages.chat.sources import is_annotation, keep_pasted, read_genes
from genodesk.app.pages.chat.talking import WORKFLOW, Talking
from genodesk.app.tasks import Tasks
from genodesk.core.errors import UserError
from genodesk.core.resources import resource

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

DEMONSTRATION = "models/genechat-demo"


class Subject(QObject):
    """`changed` tells of another conversation or gene; `reading` of files whose genes are asked for.

    `counted` says how many genes there will be while they come, `read` that all are there, `failed` that `error` says
    why not, `model_changed` that another model is asked, or that the model has said what it can be asked.
    """

    changed = Signal()
    reading = Signal()
    counted = Signal(int)
    read = Signal()
    failed = Signal()
    model_changed = Signal()

    def __init__(self, desk: "Desk", folder: Path, talking: Talking, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.genes = GenesModel()
        self.error: UserError | None = None
        self.questions: list[str] = []
        self.longest = 0
        """How many bases of one gene are read at once; 0 before any were told."""
        self._desk, self._folder, self._talking = desk, folder, talking
        self._tasks = Tasks(desk.tell)
        self._left: dict[tuple[str, ...], Conversation] = {}  # put aside since the start, by files and gene
        self._files: tuple[str, list[str]] | None = None  # those whose genes are there

    @property
    def about(self) -> About:
        """What the conversation of now is about."""
        return self._talking.conversation.about

    @property
    def gene(self) -> Gene | None:
        """The gene that is asked about, None while it is not known."""
        return self.genes.find(self.about.genes[0]) if self.about.genes and self._files is not None else None

    @property
    def guessed(self) -> bool:
        """Whether the demonstration model is asked about genes that it was not made for."""
        return not self.about.model and Path(self.about.path) != resource(DEMONSTRATION) / "genes.fasta"

    def open_file(self, path: str, annotation: list[str] | None = None, gene: str = "") -> None:
        """Reads the genes of a file and begins a conversation about one of them."""
        about = About(path, annotation or [], [gene] if gene else [], self.about.model)
        self._change(Conversation.begin(self._folder, about))
        self.read_again()

    def add_annotation(self, *paths: str) -> None:
        """Reads annotation beside the sequences that are open."""
        if not self.about.path:
            self._desk.toast(self.tr("Open the sequences first, then what is written about them."))
            return
        annotation = dict.fromkeys([*self.about.annotation, *paths])
        self.open_file(self.about.path, list(annotation), next(iter(self.about.genes), ""))

    def leave_annotation(self) -> None:
        """Reads the sequences alone."""
        self.open_file(self.about.path, gene=next(iter(self.about.genes), ""))

    def open_all(self, paths: list[Path]) -> None:
        """Opens the first file of sequences with whatever annotation is beside it, or adds that to what is open."""
        annotation = [str(path) for path in paths if is_annotation(path)]
        sequences = [str(path) for path in paths if not is_annotation(path)]
        if sequences:
            self.open_file(sequences[0], annotation)
        else:
            self.add_annotation(*annotation)

    def see_it_work(self) -> None:
        """Opens the genes that the demonstration model was made for."""
        folder = resource(DEMONSTRATION)
        self.pick_model("")
        self.open_file(str(folder / "genes.fasta"), [str(folder / "genes.csv")])

    def paste(self, text: str) -> None:
        """Takes pasted bases, or pasted FASTA."""
        if text.strip():
            try:
                self.open_file(str(keep_pasted(self._folder, text)))
            except UserError as error:
                self._desk.tell(error)

    def begin(self) -> None:
        """A new conversation about the same gene."""
        self._change(Conversation.begin(self._folder, self.about))

    def take_up(self, conversation: Conversation) -> None:
        """An earlier conversation, with its files, gene and model."""
        self._change(conversation)
        if self._files != (conversation.about.path, conversation.about.annotation):
            self.read_again()

    def forget(self) -> Conversation:
        """Deletes the conversation of now and begins another about the same gene; gives what was deleted."""
        gone = self._talking.conversation
        self._talking.stop()
        gone.delete()
        self._change(Conversation.begin(self._folder, gone.about))
        self._left.pop(_key(gone.about), None)
        return gone

    def pick_gene(self, identity: str) -> None:
        """Another gene is another conversation: the one there was about it, else a new one."""
        conversation = self._talking.conversation
        if conversation.about.genes == [identity]:
            return
        about = replace(conversation.about, genes=[identity], part="")
        if _key(about) in self._left:
            self._change(self._left[_key(about)])
            self.pick_model(about.model)
        elif conversation.turns:
            self._change(Conversation.begin(self._folder, about))
        else:
            conversation.change(about)
            self.changed.emit()

    def pick_part(self, part: str) -> None:
        """The bases of the gene that are read, "" for all."""
        self._talking.conversation.change(replace(self.about, part=part))

    def pick_model(self, model: str) -> None:
        """The model that answers from here on; loaded ahead of the next question."""
        if self.about.model != model:
            self._talking.conversation.change(replace(self.about, model=model))
            self.questions = []
            self.model_changed.emit()
            if self._files is not None:
                self._tasks.start(self._ask_model(), "model")

    def read_again(self) -> None:
        """Reads the genes of the files that the conversation is about."""
        self.error, self._files, self.questions = None, None, []
        self.genes.clear()
        self.reading.emit()
        self._tasks.start(self._read(self.about), "genes", on_error=self._fail)

    def shut(self) -> None:
        """Ends whatever is under way."""
        self._tasks.cancel()

    def _change(self, conversation: Conversation) -> None:
        """Puts another conversation in the place of the one of now, which is kept at hand for its gene."""
        if self._talking.conversation.turns:
            self._left[_key(self.about)] = self._talking.conversation
        self._talking.show(conversation)
        self.changed.emit()

    async def _read(self, about: About) -> None:
        def take(genes: list[Gene], total: int) -> None:
            self.genes.add(genes)
            self.counted.emit(total)

        self.longest = await read_genes(self._desk.engine, about, take)
        self._files = (about.path, about.annotation)
        self._desk.settings.add_recent(Path(about.path))
        wanted = next(iter(self.about.genes), "")
        if self.genes.find(wanted) is None and not self._talking.conversation.turns:
            self._talking.conversation.change(replace(self.about, genes=[self.genes.first()]))
        self.read.emit()
        self._tasks.start(self._ask_model(), "model", on_error=lambda _: None)  # the first question tells it anew

    def _fail(self, error: UserError) -> None:
        self.error = error
        self.failed.emit()

    async def _ask_model(self) -> None:
        device = self._desk.settings.get("default_device", "auto")
        question = {"ask": "model", "model": self.about.model, "device": device}
        found = await self._desk.models.ask("workflow", workflow=WORKFLOW, **question)
        self.questions = found.get("questions") or []
        self.model_changed.emit()


def _key(about: About) -> tuple[str, ...]:
    """The files and the genes that a conversation is about."""
    return (about.path, *about.annotation, "", *about.genes)
