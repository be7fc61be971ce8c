"""The GeneChat page: empty, a bad file, a long gene, ready, in conversation, a question being changed, no answer."""

from typing import TYPE_CHECKING

from by_hand import click
from chats import Directed, StandIn

from genodesk.app.pages.chat.history import About, Conversation
from genodesk.app.pages.chat.manner import MannerSheet
from genodesk.app.pages.chat.paste_sheet import PasteSheet
from genodesk.app.pages.chat.subject import DEMONSTRATION
from genodesk.core.errors import UserError
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
    page.subject.begin()
    await _under_way(stage, look)


async def _under_way(stage: "Stage", look: "Look") -> None:
    """One answer is held against shuffled DNA while the next comes word by word, and breaks off."""
    page, models = stage.window.page, stage.window.desk.models
    worker = Directed.behind(stage.window)
    page.subject.pick_model("")
    made = {"windows": 12, "encoded": 12, "demonstration": True}
    page.talking.ask("What does this gene do?")
    await stage.until(lambda: worker.ends)
    worker.ends[0].set_result({"answer": "Predicted **kinase**.", "provenance": made, "seconds": 1.2})
    await stage.until(lambda: not page.talking.busy)
    page.talking.compare(0)
    page.talking.ask("How would a program find it?")
    await stage.until(lambda: len(worker.parts) == 3)
    worker.parts[1]({"stage": "waiting"})
    worker.parts[2]({"stage": "reading"})
    await look("chat-waiting")
    worker.parts[1]({"windows": {"done": 3, "total": 12}})
    worker.parts[2]({"begin": made})
    worker.parts[2]({"text": f"By its bases:\n\n```\nif dna.startswith('{'ATGGCC' * 40}'):\n    print('kinase')\n```"})
    await stage.until(lambda: "kinase" in page.thread_view.turns[1].answer.toPlainText())
    await look("chat-under-way")
    worker.ends[2].set_exception(UserError("The model ran out of memory.", "Ask about a part of the gene."))
    await stage.until(lambda: not page.talking.busy)
    await look("chat-broken-off")
    page.talking.quit()
    stage.window.desk.__dict__["models"] = models


async def chat_files(stage: "Stage", look: "Look") -> None:
    """A gene that is not there, remarks about the files, annotation that cannot be read, and the sheets of the page."""
    worker = StandIn.behind(stage.window, "A kinase.")
    page = stage.window.show_page("chat")
    worker.notices = [
        "6,410 ambiguous letters (IUPAC) are read as N, in 12 sequences (YAL001C, YAL002W, YAL003W, …).",
        "Rows of functions.csv that match no gene: 17 (YAL999W, YBL998C, YCR997W, …).",
        "Ids that occur more than once are numbered: 1 sequence (YAL003W).",
    ]
    page.take(path=str(stage.place / "genes.fasta"), names=["YDR007W"])
    await stage.until(lambda: not page.subject.reads)
    await stage.settled()
    await look("chat-choose-gene")
    page.subject.pick_gene("YAL001C")
    page.talking.ask("What does this gene do?")
    await stage.until(lambda: not page.talking.busy)
    table = str(stage.place / "functions.csv")
    worker.error = UserError("No column of this table is known to hold functions.", "Call it function.", table)
    page.subject.add_annotation(table)
    await stage.until(lambda: page.subject.error)
    for toast in list(stage.window.toasts.shown):
        toast.hide()
    await stage.settled()
    await look("chat-bad-annotation-answered")
    page.begin()
    await stage.settled()
    await look("chat-bad-annotation")
    for number in range(14):
        about = About("/数据/yeast genes.fasta", genes=[f"YAL{number:03}C"])
        Conversation.begin(page.folder, about).ask("What does this gene do, and where in the cell does it work?")
    found = page.past.show_all()
    await stage.until(lambda: found.list.count() == 15)
    await stage.settled(found)
    await look("chat-past", found)
    found.close()
    page.genes.paste_wanted.emit()
    sheet = page.findChild(PasteSheet)
    await stage.settled(sheet)
    await look("chat-paste", sheet)
    sheet.close()
    click(page, "Answer settings")
    manner = page.findChild(MannerSheet)
    await stage.settled(manner)
    await look("chat-answer-settings", manner)
    manner.close()
