"""The action `chat`: one question as a document, or a conversation on the terminal, word by word."""

from collections.abc import Sequence
from typing import Any

from genodesk.core.errors import Stopped, UserError
from genodesk.engine.device_queue import check_free
from genodesk.engine.live_run import CallRun, Conversation
from genodesk.workflows.genechat.cache import kept_embeddings
from genodesk.workflows.genechat.conversation import Asked, Listener, choose_genes, respond, shuffled_gain
from genodesk.workflows.genechat.evidence import Annotated
from genodesk.workflows.genechat.gene_answers import genes_with_notes
from genodesk.workflows.genechat.genes import Gene
from genodesk.workflows.genechat.prompt import Turn
from genodesk.workflows.genechat.settings_chat import ChatSettings, chosen_part
from genodesk.workflows.genechat.trained import Trained, load_trained

_PROMPT = "\n> "


def chat(settings: ChatSettings, run: CallRun) -> dict[str, Any]:
    """Answers the question; without one, asks the person at the terminal for the next until there is none.

    Returns the document where a program reads it; on a terminal everything has been written already.
    """
    if settings.question is None and (run.conversation is None or not run.conversation.can_answer):
        raise UserError(
            "There is no question.", "Give one with --question; a conversation needs a terminal.", "--question"
        )
    found = genes_with_notes(settings.fasta, settings.annotation, settings.duplicates)
    for notice in found.notices:
        run.warning(notice)
    genes = found.genes
    asked_about = choose_genes(genes, settings.gene, str(settings.fasta))
    check_free(run.device, settings.device)
    trained = load_trained(settings.model, run.device.torch_name)
    run.raise_if_stopped()
    talk = _Talk(settings, run, trained, Annotated(genes), asked_about)
    if run.conversation is None:
        return talk.ask(settings.question or "")
    talk.greet(run.conversation)
    if settings.question is not None:
        if talk.tell(run.conversation, settings.question) == "stopped":
            raise Stopped
        return {}
    while (question := run.conversation.ask(_PROMPT)) is not None:
        talk.take_turn(run.conversation, question)
    return {}


class _Talk:
    """A conversation about some genes; every answer becomes part of what is said before the next question."""

    def __init__(
        self, settings: ChatSettings, run: CallRun, trained: Trained, annotated: Annotated, genes: Sequence[Gene]
    ) -> None:
        self._settings, self._run, self._trained = settings, run, trained
        self._annotated, self._genes = annotated, genes
        self._cache = kept_embeddings()
        self._before: list[Turn] = []

    def greet(self, person: Conversation) -> None:
        """Says which model answers about what."""
        about = ", ".join(f"{gene.name or gene.id} ({gene.length:,} bases)" for gene in self._genes)
        person.write(f"{self._trained.document.get('name') or 'Model'} · {about}\n")
        if self._settings.question is None:
            person.write("Ctrl+C stops an answer; an empty line ends the conversation.\n")

    def take_turn(self, person: Conversation, question: str) -> None:
        """Answers and lets the conversation go on, whatever becomes of the answer."""
        try:
            self.tell(person, question)
        except Stopped:
            pass
        except UserError as error:
            person.write(f"{error.message} {error.hint}\n")
        self._run.go_on()

    def tell(self, person: Conversation, question: str) -> str:
        """Answers on the terminal; returns the answer's ending. Raises Stopped before the first word, and UserError."""
        try:
            said = self.ask(question, person)
        except Stopped:
            person.write("(stopped)\n")
            raise
        person.write("\n" if said["ending"] != "stopped" else " (stopped)\n")
        for line in _below(said):
            person.write(f"  {line}\n")
        return str(said["ending"])

    def ask(self, question: str, person: Conversation | None = None) -> dict[str, Any]:
        """One answer as a document."""
        settings, run = self._settings, self._run
        asked = Asked(
            self._genes,
            [*self._before, Turn(question)],
            settings.speaking,
            settings.seed,
            chosen_part(settings.part, len(self._genes)),
        )
        listener = Listener(
            on_windows=lambda done, total: run.progress(
                done, total, unit="window" if total == 1 else "windows", text="reading the DNA"
            ),
            on_text=person.write if person is not None else lambda _: None,
            should_stop=run.should_stop,
        )
        said = respond(self._trained, self._cache, self._annotated, asked, listener)
        if self._cache.problem:
            run.warning(self._cache.problem)
        if settings.shuffled and said["answer"] and said["ending"] != "stopped":
            try:
                said["shuffled"] = shuffled_gain(
                    self._trained, self._cache, asked, said["answer"], should_stop=run.should_stop
                )
            except Stopped:  # whoever reads along has the answer, and may want no comparison
                if person is None:
                    raise
        self._before.append(Turn(question, said["answer"]))
        return said


def _below(said: dict[str, Any]) -> list[str]:
    """What stands below an answer on a terminal."""
    made = said["provenance"]
    read = "from before" if not made["encoded"] else f"{made['encoded']} computed now"
    lines = ["Demonstration model: it knows generated genes only."] if made["demonstration"] else []
    lines += said["notices"]
    windows = "1 window" if made["windows"] == 1 else f"{made['windows']} windows"
    lines.append(f"{windows} ({read}) · model {made['model'][:12]} · {made['notice']}")
    if said["confidence"] is not None:
        sure = min(said["confidence"], 0.99)
        more = "more than " if sure < said["confidence"] else ""
        lines.append(f"mean probability of its words {more}{sure:.2f}, not of being right")
    if "shuffled" in said:
        gain = said["shuffled"]
        lines.append(
            f"{gain['nats']:+.2f} nats with this gene rather than its bases shuffled ({gain['tokens']} tokens)"
        )
    for one in said["evidence"]:
        lines.append(f"[{one['n']}] {one['source']} · {one['id']}: {one['text']}")
    if said["agrees"]:
        lines += [f"shares words with [{one['n']}]: {', '.join(one['words'])}" for one in said["agrees"]]
    elif said["evidence"]:
        lines.append("No telling words are shared with your annotation.")
    if said["invented"]:
        lines.append(f"In no source: {', '.join(said['invented'])}. Doubt these names.")
    return lines
