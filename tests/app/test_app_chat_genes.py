"""Genes come from files, pasted bases and the Data page; bad ones are told; all comes back after a restart."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from by_hand import click, drag_over, dragged, drop, let_go, pick
from chats import StandIn, answered, open_stand_in
from on_screen import all_text
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtTest import QTest

from genodesk.app.pages.chat.history import About, Conversation, conversations
from genodesk.app.pages.chat.model_picker import ModelPicker
from genodesk.app.pages.chat.paste_sheet import PasteSheet
from genodesk.core.errors import UserError

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
    assert page.line.text().startswith("YAL001C · 22 bp")
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
    (sheet,) = page.findChildren(PasteSheet)
    assert not sheet.done_button.isEnabled()
    sheet.name.setText("my > gene")
    sheet.text.setPlainText("acgt acgt\nTTGACC")
    click(sheet, "Read it")
    await until(lambda: page.subject.gene, seconds=30)
    assert page.line.text().startswith("my_gene · 14 bp")
    assert page.genes.source.text() == "pasted.fasta"
    assert page.desk.settings.recent_files == []


async def test_pasted_fasta_keeps_its_names(page, until):
    page.subject.paste(TWO, "another")
    await until(lambda: page.subject.gene, seconds=30)
    assert page.subject.gene["id"] == "YAL001C"


async def test_annotation_is_opened_beside_an_answer_that_stays(window, until, tmp_path):
    StandIn.behind(window, "A kinase.", evidence=[], agrees=[], invented=[])
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("What is it?")
    await answered(page, until)
    talk = page.talking.conversation
    table = tmp_path / "functions.csv"
    drop(page, table)
    sources = lambda: [one["source"] for one in talk.turns[0].document["evidence"]]  # noqa: E731
    await until(lambda: sources() == [str(table)])
    assert page.talking.conversation is talk
    assert f"[1] {table} · YAL001C" in all_text(page.evidence)
    again = Conversation.open(talk.path)
    assert again.about.annotation == [str(table)]
    assert again.turns[0].document["evidence"]
    page.genes.view.setCurrentIndex(page.genes.model.index(1))
    pick(page.genes.opening, "Leave the annotation")
    await until(lambda: page.subject.gene)
    page.genes.view.setCurrentIndex(page.genes.model.index(0))
    await until(lambda: sources() == [""])
    assert page.talking.conversation is talk, "the annotation of now holds for every gene of the file"


async def test_an_answer_under_way_is_held_against_the_annotation_opened_meanwhile(window, until, tmp_path):
    worker = StandIn.behind(window, "A ", "kinase.", pause_s=0.1, evidence=[], agrees=[], invented=[])
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("What is it?")
    page.subject.add_annotation(str(tmp_path / "functions.csv"))
    await answered(page, until)
    await until(lambda: page.talking.conversation.turns[0].document["evidence"])
    assert [question["answers"] for question in worker.questions if question["ask"] == "evidence"] == [["A kinase."]]


async def test_an_answer_left_while_annotation_is_read_is_held_against_it_when_it_is_shown_again(
    window, until, tmp_path
):
    worker = StandIn.behind(window, "A kinase.", evidence=[], agrees=[], invented=[])
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("What is it?")
    await answered(page, until)
    talk, table = page.talking.conversation, str(tmp_path / "functions.csv")
    weighed = lambda: [question["annotation"] for question in worker.questions if question["ask"] == "evidence"]  # noqa: E731
    page.subject.add_annotation(table)
    page.begin()
    await until(lambda: page.subject.gene)
    assert weighed() == []
    page.subject.take_up(Conversation.open(talk.path))
    assert page.talking.conversation is talk, "one conversation is one object"
    await until(lambda: talk.turns[0].document["evidence"])
    worker.error = UserError("It cannot be read.", "Choose another.")
    page.subject.add_annotation(str(tmp_path / "bad.csv"))
    await until(lambda: page.subject.error)
    worker.error = None
    other = Conversation.begin(page.folder, About(str(tmp_path / "genes.fasta"), [], ["YAL003W"]))
    other.ask("And this?")
    other.finish({"answer": "A pump."})
    page.subject.take_up(other)
    await until(lambda: page.subject.questions)
    assert weighed() == [[table]], "other files are no matter of another conversation"


async def test_bad_annotation_is_left_out_again_or_gives_way_to_another(page, sequences, tmp_path, until):
    page.take(path=str(sequences))
    await until(lambda: page.subject.gene, seconds=30)
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("colour,size\nred,1\n")
    good.write_text("id,function\nYAL003W,Elongation factor\nYAL999W,A kinase\n")
    drop(page, bad)
    await until(lambda: page.subject.error, seconds=30)
    drop(page, good)
    await until(lambda: page.subject.gene, seconds=30)
    assert page.genes.annotation.text() == "with good.csv"
    assert page.genes.notices.text() == "Rows of good.csv that match no gene: 1 (YAL999W)."
    drop(page, bad)
    await until(lambda: page.subject.error, seconds=30)
    assert page.composer.go.toolTip() == "The annotation cannot be read."
    assert "bad.csv cannot be read." in all_text(page.genes)
    pick(page.genes.opening, "Leave the annotation")
    await until(lambda: page.subject.gene, seconds=30)
    drop(page, bad)
    await until(lambda: page.subject.error, seconds=30)
    click(page.middle, "Leave the annotation out")
    await until(lambda: page.subject.gene, seconds=30)
    assert page.subject.about.annotation == []


async def test_beside_an_answer_it_still_stands_why_the_annotation_cannot_be_read(window, until, tmp_path):
    worker = StandIn.behind(window, "A kinase.", evidence=[], agrees=[], invented=[])
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("What is it?")
    await answered(page, until)
    bad = tmp_path / "bad.csv"
    worker.error = UserError("The table is broken.", "Mend it.", f"{bad}, row 3")
    page.subject.add_annotation(str(bad))
    await until(lambda: page.subject.error)
    assert page.genes.notices.text() == "The table is broken. Mend it."
    assert "bad.csv cannot be read, so the answer is not held against it." in all_text(page.evidence)
    worker.error = UserError("There is no such file.", "", str(tmp_path / "genes.fasta"))
    page.subject.read_again()
    await until(lambda: page.subject.error is worker.error)
    assert page.composer.go.toolTip() == "The genes could not be read."


async def test_what_is_dropped_is_told_apart_by_its_content_and_nothing_vanishes(page, wanted, tmp_path, until):
    bases, more, table = tmp_path / "genes.txt", tmp_path / "more.fa", tmp_path / "functions.txt"
    cells, settings = tmp_path / "cells.h5ad", tmp_path / "settings.yaml"
    bases.write_text(TWO)
    more.write_text(TWO)
    table.write_text("id\tfunction\nYAL003W\tElongation factor\n")
    cells.touch()
    settings.touch()
    drop(page, cells)
    await until(lambda: wanted == [("data", {"path": str(cells)})], seconds=30)
    drop(page, settings, tmp_path)
    await until(lambda: len(wanted) == 3, seconds=30)
    assert [name for name, _ in wanted[1:]] == ["train", "data"]
    assert page.subject.about.path == ""
    drop(page, bases, table, more)
    await until(lambda: page.subject.gene, seconds=30)
    assert (page.subject.about.path, page.subject.about.annotation) == (str(bases), [str(table)])
    assert page.window().toasts.shown[-1].text == "Not opened: more.fa"


async def test_a_file_dropped_on_the_question_is_the_pages(page, sequences):
    data = dragged(sequences)
    drag_over(page.composer.edit.viewport(), data)
    assert page.genes.property("chosen") == "true"
    let_go(page.composer.edit.viewport(), data)
    assert page.composer.edit.toPlainText() == ""
    assert page.subject.about.path == str(sequences)
    words = QMimeData()
    words.setText("What is it?")
    assert page.composer.edit.canInsertFromMimeData(words)


TAGGED = """LOCUS       CHR1                     120 bp    DNA     linear   PLN 01-JAN-2020
VERSION     CHR1
FEATURES             Location/Qualifiers
     gene            7..36
                     /locus_tag="T1"
     gene            61..120
                     /gene="pst"
                     /locus_tag="T2"
ORIGIN
        1 tgtaacatgg cttggaaacg tgaatctggt atctaaccac cccaacgcct gaaataagat
       61 tgtaacgaac ggtgcaatag tgatccacac ccaacgcctg aaatcagatc caggggtcaa
//
"""


async def test_the_gene_of_the_chosen_feature_is_asked_about_and_no_other(window, tmp_path, until):
    path = tmp_path / "tagged.gb"
    path.write_text(TAGGED + TAGGED.replace("CHR1", "CHR2"))
    data = window.show_page("data", path=str(path))
    await until(lambda: data.file is not None, seconds=30)
    tab = data.file.show_tab("sequences")
    await until(lambda: tab.features.model is not None and tab.ready)
    click(tab.asking)
    chat = window.page
    await until(lambda: chat.genes.model.count() == 4 and not chat.subject.reads, seconds=30)
    assert chat.subject.gene is None
    assert "There is no gene called CHR1 in this file." in chat.genes.notices.text()
    assert "Choose a gene" in all_text(chat.middle)
    assert chat.composer.go.toolTip() == "Choose a gene first."
    talk = chat.talking.conversation

    async def ask_of_the_second_feature() -> str:
        window.show_page("data")
        tab.features.choose(1)
        await until(lambda: tab.feature and tab.feature["gene"] == "T2")
        click(tab.asking)
        await until(lambda: chat.subject.gene)
        return chat.subject.gene["id"]

    assert await ask_of_the_second_feature() == "T2"
    assert not chat.genes.notices.isVisible()
    before = tab.features.model
    tab.records.choose(1)
    await until(lambda: tab.record["id"] == "CHR2" and tab.features.model is not before)
    assert await ask_of_the_second_feature() == "CHR2:T2"
    assert chat.talking.conversation is talk, "the file that is open is not read again"


async def test_asking_from_data_about_the_open_file_keeps_its_annotation(page, sequences, tmp_path, until):
    table = tmp_path / "functions.csv"
    table.write_text("id,function\nYAL003W,Elongation factor\n")
    drop(page, sequences, table)
    await until(lambda: page.subject.gene, seconds=30)
    page.talking.conversation.ask("What is it?")
    page.talking.conversation.finish({"answer": "A kinase."})
    page.take(path=str(sequences), names=["YAL001C"])
    assert page.talking.conversation.turns
    page.take(path=str(sequences), names=["YAL003W"])
    assert page.subject.gene["id"] == "YAL003W"
    assert page.subject.about.annotation == [str(table)]


async def test_arrow_keys_load_no_model_before_one_is_chosen(window, until, tmp_path):
    worker = StandIn.behind(window, "A kinase.")
    folders = [str(tmp_path / name) for name in ("one", "two")]
    for folder in folders:
        window.desk.settings.add_model_folder(folder)
    page = await open_stand_in(window, until, tmp_path)
    await until(lambda: worker.questions[-1]["ask"] == "model")
    before = len(worker.questions)
    QTest.keyClick(page.models, Qt.Key.Key_Down)
    view = page.models.view()
    assert view.isVisible()
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert (page.models.current(), len(worker.questions)) == ("", before)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert page.models.current() == folders[1]
    await until(lambda: len(worker.questions) > before)
    assert [question["model"] for question in worker.questions[before:]] == [folders[1]]


async def test_a_model_that_was_taken_from_a_folder_is_known_from_then_on(window, until, tmp_path):
    worker = StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    page.models._pick(str(tmp_path / "mine"))
    assert window.desk.settings.model_folders == []
    await until(lambda: window.desk.settings.model_folders == [str(tmp_path / "mine")])
    assert worker.questions[-1]["model"] == str(tmp_path / "mine")
    page.models._pick("")
    assert page.models.findData(str(tmp_path / "mine")) > 0
    window.desk.settings.remove_model_folder(str(tmp_path / "mine"))
    await until(lambda: page.subject.questions)
    earlier = Conversation.begin(page.folder, replace(page.subject.about, model=str(tmp_path / "mine")))
    page.subject.take_up(earlier)
    assert page.subject.questions == []
    await until(lambda: page.subject.questions)
    assert worker.questions[-1]["model"] == str(tmp_path / "mine")
    assert window.desk.settings.model_folders == []


def test_models_of_one_name_are_told_apart_and_an_open_list_stays(qapp, tmp_path):
    picker = ModelPicker()
    picker.set_folders(["/yeast/model", "/human/model", "/human/other"])
    shown = [picker.itemText(row) for row in range(picker.count())]
    assert shown[:4] == ["Demonstration model", "yeast/model", "human/model", "other"]
    assert picker.itemData(2, Qt.ItemDataRole.ToolTipRole) == "/human/model"
    cleared = []
    picker.model().rowsRemoved.connect(lambda *_: cleared.append(1))
    picker.set_current("")
    assert not cleared
    run = SimpleNamespace(workflow="genechat", state="finished", folder=tmp_path, created="2026-01-02T03:04:05Z")
    picker.set_runs([run])
    assert picker.findData(str(tmp_path)) < 0, "it has left no model"
    (tmp_path / "model").mkdir()
    picker.set_runs([run])
    assert picker.findData(str(tmp_path)) > 0


async def test_all_earlier_conversations_are_found(window, until, tmp_path):
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    page.past.menu().aboutToShow.emit()
    off = {action.text(): action.toolTip() for action in page.past.menu().actions() if not action.isEnabled()}
    assert off["Export…"] == off["Delete this conversation"] == "Nothing was asked yet."
    for number in range(15):
        Conversation.begin(page.folder, About("/genes.fa", genes=[f"G{number}"])).ask(f"question {number}")
    page.past.menu().aboutToShow.emit()
    assert page.past.menu().actions()[-1].text() == "All conversations…"
    found = page.past.show_all()
    await until(lambda: found.list.count() == 15)
    found.search.setText("g0 question")
    assert [item.text() for item in found._shown()] == ["G0: question 0"]
    QTest.keyClick(found.search, Qt.Key.Key_Return)
    assert page.talking.conversation.title == "question 0"


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
    window.rebuild()
    await until(lambda: window.page.subject.gene)
    window.page.talking.ask("What is it?")
    await answered(window.page, until)
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
    again.composer.edit.setPlainText("And?")
    assert again.composer.go.toolTip() == "The genes could not be read."
    sequences.write_text(TWO)
    click(again.genes, "Try again")
    assert again.composer.go.toolTip() == "The genes are being read."
    await until(lambda: again.subject.gene, seconds=30)
    assert again.composer.go.isEnabled()
