"""Genes come from files, pasted bases and the Data page; bad ones are told; all comes back after a restart."""

import pytest
from by_hand import click, drag_over, dragged, drop, let_go, pick
from chats import StandIn, answered, open_stand_in
from on_screen import all_text
from PySide6.QtWidgets import QInputDialog

from genodesk.app.pages.chat.history import conversations

TWO = ">YAL001C TFC3\nACGTACGTTTGACCGTAAACGT\n>YAL003W EFB1\nTTGACCGTAAACGTACGTTTGA\n"


@pytest.fixture
def sequences(tmp_path):
    path = tmp_path / "基因 two genes.fasta"
    path.write_text(TWO)
    return path


@pytest.fixture
def page(window):
    return window.show_page("chat")


async def test_a_dropped_file_and_then_its_annotation_are_read(page, sequences, tmp_path, until):
    table = tmp_path / "functions.csv"
    table.write_text("id,function\nYAL003W,Elongation factor of translation\n")
    data = dragged(sequences)
    assert drag_over(page, data)
    assert page.genes.property("chosen") == "true"
    let_go(page, data)
    assert page.genes.property("chosen") == "false"
    await until(lambda: page.subject.gene, seconds=30)
    assert page.genes.source.text() == sequences.name
    assert page.line.text() == "YAL001C · 22 bp"
    assert "generated genes only, so about this one it guesses" in all_text(page.middle)
    drop(page, table)
    await until(lambda: page.genes.annotation.text() == "with functions.csv" and page.subject.gene, seconds=30)
    page.genes.search.setText("elongation")
    assert page.genes.model.rowCount() == 1
    page.genes.search.setText("no such gene")
    assert page.genes.nothing.isVisible()
    pick(page.genes.opening, "Leave the annotation")
    await until(lambda: page.subject.gene and not page.genes.annotation.isVisible())


async def test_an_annotation_without_sequences_asks_for_them_first(page, window, tmp_path):
    table = tmp_path / "functions.csv"
    table.write_text("id,function\nYAL003W,Elongation factor\n")
    drop(page, table)
    assert "Open the sequences first" in window.toasts.shown[0].text


async def test_pasted_bases_are_a_gene(page, until):
    pick(page.genes.opening, "Paste a sequence")
    (dialog,) = page.findChildren(QInputDialog)
    dialog.setTextValue("acgt acgt\nTTGACC")
    dialog.accept()
    await until(lambda: page.subject.gene, seconds=30)
    assert page.line.text() == "pasted · 14 bp"


BAD = {
    "a protein": (">P1\nMKLVINSEQWERTYPLKQ\n", "protein"),
    "nothing": ("", ""),
    "a letter": ("Dear colleague,\nthe genes are attached.\n", ""),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_file_is_told_and_can_be_tried_again(kind, page, tmp_path, until):
    content, words = BAD[kind]
    path = tmp_path / "genes.fasta"
    path.write_text(content)
    drop(page, path)
    await until(lambda: page.subject.error, seconds=30)
    assert words in str(page.subject.error).lower()
    assert page.subject.error.hint
    assert page.subject.error.message in all_text(page.middle)
    assert "inside Genodesk" not in all_text(page.middle)
    assert not page.composer.go.isEnabled()
    path.write_text(TWO)
    click(page.middle, "Try again")
    await until(lambda: page.subject.gene, seconds=30)


async def test_a_fasta_file_on_the_data_page_leads_to_its_genes(window, sequences, until):
    data = window.show_page("data", path=str(sequences))
    await until(lambda: data.file is not None, seconds=30)
    pick(data.using, "Ask GeneChat")
    assert window.desk.settings.get("page") == "chat"
    await until(lambda: window.page.subject.gene, seconds=30)
    assert window.page.genes.source.text() == sequences.name


async def test_conversations_are_opened_again_and_deleted_with_a_way_back(window, until, tmp_path):
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    for question in ("first & foremost", "second"):
        page.talking.ask(question)
        await answered(page, until)
        page.begin()
    pick(page.past, "YAL001C: first")
    assert [turn.question for turn in page.talking.conversation.turns] == ["first & foremost"]
    pick(page.past, "Delete")
    assert page.talking.conversation.turns == []
    assert [talk.title for talk in conversations(page.folder)] == ["second"]
    click(window.toasts.shown[-1], "Undo")
    assert [turn.question for turn in page.talking.conversation.turns] == ["first & foremost"]
    assert len(conversations(page.folder)) == 2


async def test_gene_conversation_and_draft_come_back_after_a_restart(window, until, tmp_path):
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    page.genes.view.setCurrentIndex(page.genes.model.index(1))
    page.talking.ask("What is it?")
    await answered(page, until)
    page.composer.edit.setPlainText("And wh")
    window.rebuild()
    again = window.page
    assert again is not page
    await until(lambda: again.subject.gene)
    assert again.subject.gene["id"] == "YAL003W"
    assert again.thread_view.turns[0].answer.toPlainText() == "A kinase."
    assert again.composer.edit.toPlainText() == "And wh"
    assert again.genes.view.currentIndex().row() == 1


async def test_a_part_of_a_long_gene_is_chosen_within_what_is_read(window, until, tmp_path):
    long = {"id": "LONG", "name": "", "bases": 400_000, "description": "", "annotated": False}
    worker = StandIn.behind(window, "A kinase.", genes=(long,))
    page = await open_stand_in(window, until, tmp_path)
    assert "400,000 bases; 160,000" in page.part.reason.text()
    page.part.first.setValue(300_001)
    assert page.part.part() == "300001-300001"
    page.part.last.setValue(400_000)
    page.part.first.setValue(1)
    assert page.part.part() == "1-160000"
    page.part.last.setValue(400_000)
    assert page.part.part() == "240001-400000"
    page.talking.ask("What is it?")
    await answered(page, until)
    assert worker.questions[-1]["part"] == "240001-400000"


async def test_a_conversation_whose_file_is_gone_is_still_read(window, sequences, until):
    page = window.show_page("chat", path=str(sequences))
    await until(lambda: page.subject.gene, seconds=30)
    talk = page.talking.conversation
    talk.ask("What is it?")
    talk.finish({"answer": "A kinase."})
    sequences.unlink()
    window.rebuild()
    again = window.page
    await until(lambda: again.subject.error, seconds=30)
    assert again.thread_view.turns[0].answer.toPlainText() == "A kinase."
    assert "no such file" in window.toasts.shown[-1].text
    assert not again.composer.go.isEnabled()
