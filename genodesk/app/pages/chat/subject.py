"""Subject: what is asked about. Reads the genes of files, and goes from one gene, model or conversation to another.

It draws nothing; what is said about the gene is `talking.py`'s.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from genodesk.app.pages.chat.genes_model import Gene, GenesModel
from genodesk.app.pages.chat.history import About, Conversation
from genodesk.app.pages.chat.sources import PASTED, keep_pasted, read_genes, read_together, unread_annotation
from genodesk.app.pages.chat.talking import WORKFLOW, Talking
from genodesk.app.pages.chat.weighing import Weighing
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
        self.weighing = Weighing(desk, talking, self)
        self.error: UserError | None = None
        self.questions: list[str] = []
        self.model_loading = False
        self.longest = 0  # bases of one gene that are read at once; 0 before any were told
        self._desk, self._folder, self._talking = desk, folder, talking
        self._tasks = Tasks(desk.tell)
        self._left: dict[tuple[str, ...], Conversation] = {}  # put aside since the start, by file and gene
        self._files: tuple[str, list[str]] | None = None  # those whose genes are there
        self._names: Sequence[str] = ()  # of the gene that is wanted, before the genes are there
        self._told: list[str] = []
        self._to_weigh: set[Path] = set()  # conversations whose answers stand beside what other files say
        self._picked = ""  # the model that a person chose, until it is loaded

    @property
    def about(self) -> About:
        """What the conversation of now is about."""
        return self._talking.conversation.about

    @property
    def gene(self) -> Gene | None:
        """The gene that is asked about, None while it is not known."""
        return self.genes.find(self.about.genes[0]) if self.about.genes and self._files is not None else None

    @property
    def reads(self) -> bool:
        """Whether the genes are on their way."""
        return bool(self.about.path) and self._files is None and self.error is None

    @property
    def _is_read(self) -> bool:
        """Whether the genes that are there are those of the conversation's files."""
        return self._files == (self.about.path, self.about.annotation)

    @property
    def unread(self) -> str:
        """The name of the annotation for which the genes are not there, "" where none is at fault."""
        return unread_annotation(self.error, self.about.annotation)

    @property
    def blocked(self) -> str:
        """Why nothing can be asked now, "" where it can."""
        if self.gene is not None:
            return ""
        if not self.about.path:
            return self.tr("Open a file of sequences first.")
        if self.error is not None:
            return self.tr("The annotation cannot be read.") if self.unread else self.tr("The genes could not be read.")
        return self.tr("The genes are being read.") if self.reads else self.tr("Choose a gene first.")

    @property
    def notices(self) -> list[str]:
        """What is to be told of the files that were read or could not be, and that they lack the gene wanted."""
        if self._files is None:
            why = self.error if self._talking.conversation.turns else None
            return [] if why is None else [f"{why.message} {why.hint}".strip()]
        lacking = [] if self.gene is not None else self.about.genes
        said = self.tr("There is no gene called {name} in this file. Choose one of the list.")
        return [*(said.format(name=name) for name in lacking), *self._told]

    @property
    def guessed(self) -> bool:
        """Whether the demonstration model is asked about genes that it was not made for."""
        return not self.about.model and Path(self.about.path) != resource(DEMONSTRATION) / "genes.fasta"

    def open_file(self, path: str, annotation: Sequence[str] = (), names: Sequence[str] = ()) -> None:
        """Reads the genes of a file and begins a conversation about one of them.

        It is the first of these names that the file has, the file's first gene where none is named, and none where the
        file has none of several genes under these names.
        """
        self._names = names
        about = About(path, read_together(annotation), list(names[-1:]), self.about.model)
        self._change(Conversation.begin(self._folder, about))
        self.read_again()

    def ask_about(self, path: str, names: Sequence[str] = ()) -> None:
        """Opens a file, or stays with it where it is open, and goes to the gene of the first name that it has."""
        if path != self.about.path:
            self.open_file(path, names=names)
        elif self._files is None:
            self.open_file(path, self.about.annotation, names)
        elif names:
            self.pick_gene(self._known(names) or names[-1])

    def add_annotation(self, *paths: str) -> None:
        """Reads annotation beside the sequences that are open, in the place of any of its kind."""
        if not self.about.path:
            self._desk.toast(self.tr("Open the sequences first, then what is written about them."))
            return
        self._annotate([*self.about.annotation, *paths])

    def leave_annotation(self) -> None:
        """Reads the sequences alone."""
        self._annotate([])

    def see_it_work(self) -> None:
        """Opens the genes that the demonstration model was made for."""
        folder = resource(DEMONSTRATION)
        self.pick_model("")
        self.open_file(str(folder / "genes.fasta"), [str(folder / "genes.csv")])

    def paste(self, text: str, name: str = "") -> None:
        """Takes pasted bases of a gene of this name, or pasted FASTA."""
        if text.strip():
            try:
                self.open_file(str(keep_pasted(self._folder, text, name)))
            except UserError as error:
                self._desk.tell(error)

    def begin(self) -> None:
        """A new conversation about the same gene."""
        self._change(Conversation.begin(self._folder, self.about))

    def take_up(self, conversation: Conversation) -> None:
        """An earlier conversation, with its files, gene and model."""
        self._names = ()
        known = (self._talking.conversation, *self._left.values())  # one conversation has one object that writes it
        self._change(next((one for one in known if one.path == conversation.path), conversation))
        if not self._is_read:
            self.read_again()

    def forget(self) -> Conversation:
        """Deletes the conversation of now and begins another about the same gene; gives what was deleted."""
        gone = self._talking.conversation
        self._talking.quit()
        if self.weighing.leave(gone):
            self._to_weigh.add(gone.path)  # where it stays or comes back
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
        if left := self._left.get(_key(about)):
            if left.about.annotation != about.annotation:
                self._to_weigh.add(left.path)
            now = replace(left.about, annotation=about.annotation, model=about.model)
            if left.about != now:  # the model, and what is open beside the genes, hold for all of them
                left.change(now)
            self._change(left)
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
            self.questions, self._picked = [], model
            self.model_changed.emit()
            if self._files is not None:
                self._tasks.start(self._ask_model(), "model")

    def read_again(self) -> None:
        """Reads the genes of the files that the conversation is about."""
        self.error, self._files, self.questions, self._told = None, None, [], []
        self.genes.clear()
        self.reading.emit()
        self._tasks.start(self._read(self.about), "genes", on_error=self._fail)

    def shut(self) -> None:
        """Ends whatever is under way."""
        self._tasks.cancel()
        self.weighing.shut()

    def _change(self, conversation: Conversation) -> None:
        """Puts another conversation in the place of the one of now, which is kept at hand for its gene."""
        if self._talking.conversation.turns:
            self._left[_key(self.about)] = self._talking.conversation
        model = self.about.model
        self._talking.show(conversation)
        if self.about.model != model:
            self.questions = []
            if self._is_read:
                self._tasks.start(self._ask_model(), "model")
        self.changed.emit()
        self._weigh_anew()

    def _annotate(self, annotation: Sequence[str]) -> None:
        """The conversation goes on beside other annotation."""
        self._names = ()
        self._to_weigh.add(self._talking.conversation.path)
        self._talking.conversation.change(replace(self.about, annotation=read_together(annotation)))
        self.read_again()

    async def _read(self, about: About) -> None:
        def take(found: dict[str, Any]) -> None:
            self.genes.add(found["genes"])
            self._told = found["notices"]
            self.counted.emit(found["total"])

        self.longest = await read_genes(self._desk.engine, about, take)
        self._files = (about.path, about.annotation)
        if not Path(about.path).is_relative_to(self._folder / PASTED):
            self._desk.settings.add_recent(Path(about.path))
        wanted = self._known(self._names or self.about.genes)
        if wanted and [wanted] != self.about.genes and not self._talking.conversation.turns:
            self._talking.conversation.change(replace(self.about, genes=[wanted]))
        self.read.emit()
        self._weigh_anew()
        self._tasks.start(self._ask_model(), "model", on_error=lambda _: None)  # the first question tells it anew

    def _weigh_anew(self) -> None:
        """Holds the answers on show against the files that are open, where they stand beside those of before."""
        conversation = self._talking.conversation
        if conversation.path in self._to_weigh and self._is_read and self.gene is not None:
            self._to_weigh.remove(conversation.path)
            self.weighing.weigh(conversation)

    def _known(self, names: Sequence[str]) -> str:
        """The first of these names that a gene bears; the first gene where none is named or there is no other."""
        if not names or self.genes.count() == 1:
            return self.genes.first()
        return next((name for name in names if self.genes.find(name) is not None), "")

    def _fail(self, error: UserError) -> None:
        self.error = error
        self.failed.emit()

    async def _ask_model(self) -> None:
        model, settings = self.about.model, self._desk.settings
        question = {"ask": "model", "model": model, "device": settings.get("default_device", "auto")}
        self._set_loading(True)
        try:
            found = await self._desk.models.ask("workflow", workflow=WORKFLOW, **question)
        except UserError:
            self._set_loading(False)
            raise
        if model and model == self._picked:
            self._picked = ""
            if model not in (str(run.folder) for run in self._desk.runs.runs):
                settings.add_model_folder(model)
        self.questions = found.get("questions") or []
        self._set_loading(False)

    def _set_loading(self, loading: bool) -> None:
        self.model_loading = loading
        self.model_changed.emit()


def _key(about: About) -> tuple[str, ...]:
    """The file and the genes that a conversation is about."""
    return (about.path, *about.genes)
