"""The GeneChat page: empty, a bad file, a long gene, ready, in conversation, a question being changed, no answer."""

from typing import TYPE_CHECKING

from by_hand import click

from genodesk.app.pages.chat.subject import DEMONSTRATION
from genodesk.core.resources import resource

if TYPE_CHECKING:
    from scenes import Look, Stage


async def chat(stage: "Stage", look: "Look") -> None:
    page = stage.window.show_page("chat")
    await stage.settled()
    await look("chat-empty")
    page.take(path=str(stage.place / "gone.fasta"))
    await stage.until(lambda: page.subject.error, seconds=60)
    await stage.settled()
    await look("chat-no-file")
    long = stage.place / "long.fasta"
    long.write_text(">LONG a long gene\n" + "ACGTTGCAAGGCTTAC" * 12_000 + "\n")
    page.take(path=str(long))
    await stage.until(page.part.isVisible, seconds=30)
    await stage.settled()
    await look("chat-long-gene")
    if not (resource(DEMONSTRATION) / "genes.fasta").exists():
        return
    page.subject.see_it_work()
    await stage.until(lambda: page.subject.questions, seconds=60)
    await stage.settled()
    await look("chat-ready")
    turns = lambda: page.talking.conversation.turns  # noqa: E731
    click(page.composer, "What does this gene do?")
    await stage.until(lambda: turns() and not page.talking.busy, seconds=30)
    click(page.thread_view, "Why?")
    await stage.until(lambda: "shuffled" in turns()[0].document, seconds=30)
    page.talking.ask("Where in the cell does its protein work, and what happens when it is missing?")
    await stage.until(lambda: not page.talking.busy, seconds=30)
    await stage.settled()
    await look("chat-answered")
    page.thread_view.edit_wanted.emit(0)
    await look("chat-changing")
    page.composer.leave()
    page.take(model=str(stage.place / "no-model"))
    page.talking.ask("Which process is it part of?")
    await stage.until(lambda: not page.talking.busy, seconds=30)
    for toast in list(stage.window.toasts.shown):
        toast.hide()
    await stage.settled()
    await look("chat-no-answer")
