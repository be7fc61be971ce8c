"""A conversation with the demonstration model by mouse and keys: ask, read, doubt, ask otherwise, take it with you."""

import json

import pytest
from by_hand import click, drop, pick
from chats import StandIn, answered, open_demonstration, open_stand_in
from on_screen import all_text
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton

from genodesk.app.pages.chat.subject import DEMONSTRATION
from genodesk.core.resources import resource


def write(page, text):
    page.composer.edit.setFocus()
    QTest.keyClicks(page.composer.edit, text)


def press(page, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(page.composer.edit, key, modifier)


@pytest.mark.slow
async def test_a_whole_conversation_from_a_dropped_file_to_an_export(window, until, tmp_path):
    page = await open_demonstration(window, until)
    page.subject.begin()
    genes = resource(DEMONSTRATION)
    drop(page, genes / "genes.fasta", genes / "genes.csv")
    await until(lambda: page.subject.gene and page.subject.questions, seconds=40)
    page.genes.search.setText(page.genes.model.gene(2)["id"])
    QTest.keyClick(page.genes.view, Qt.Key.Key_Down)
    assert page.line.text().startswith(page.subject.gene["id"])

    write(page, "What does this gene do?")
    press(page, Qt.Key.Key_Return)
    turn = await answered(page, until)
    assert turn.state == "answered"
    view = page.thread_view.turns[0]
    assert view.answer.toPlainText() == turn.answer
    assert view.demonstration.isVisible()
    assert "mean probability" in view.facts.text()
    assert f"{turn.document['provenance']['windows']} windows read" in page.line.text()
    await until(lambda: "[1] genes.csv" in all_text(page.evidence))

    click(view, "Why?")
    await until(lambda: "shuffled DNA" in view.facts.text(), seconds=30)
    assert "likelier" in view.facts.text() or "less likely" in view.facts.text()

    click(view, "Regenerate")
    again = await answered(page, until)
    assert again is not turn
    assert again.document["provenance"]["settings"]["temperature"] > 0
    assert len(page.talking.conversation.turns) == 1
    click(page.thread_view.turns[0], "Earlier answer")
    assert page.thread_view.turns[0].answer.toPlainText() == turn.answer
    assert "shuffled DNA" in page.thread_view.turns[0].facts.text()
    await until(page.thread_view.turns[0].isVisible)
    click(page.thread_view.turns[0], "Earlier answer")
    assert page.talking.conversation.turns[0] is again
    await until(page.thread_view.turns[0].isVisible)

    click(page.thread_view.turns[0], "Edit")
    page.composer.edit.selectAll()
    write(page, "Which process is it part of?")
    assert page.talking.conversation.turns[0] is again
    press(page, Qt.Key.Key_Return)
    edited = await answered(page, until)
    assert [turn.question for turn in page.talking.conversation.turns] == ["Which process is it part of?"]
    click(page.thread_view.turns[0], "Copy")
    assert QGuiApplication.clipboard().text() == edited.answer

    pick(page.past, "Export")
    (dialog,) = page.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "talk.md"))
    dialog.fileSelected.emit(str(tmp_path / "talk.json"))
    dialog.close()
    told = (tmp_path / "talk.md").read_text()
    assert "Not for clinical use." in told
    assert edited.answer in told.replace("\\", "")
    sha = edited.document["provenance"]["sequence_sha256"]
    assert sha in told
    document = json.loads((tmp_path / "talk.json").read_text())
    assert document["notice"] == "Not for clinical use."
    assert document["turns"][0]["document"]["provenance"]["sequence_sha256"] == sha


@pytest.mark.slow
async def test_another_gene_gives_another_answer_and_the_first_is_still_there(window, until):
    page = await open_demonstration(window, until)
    page.talking.ask("What does this gene do?")
    first = await answered(page, until)
    page.genes.view.setCurrentIndex(page.genes.model.index(1))
    assert page.talking.conversation.turns == []
    page.talking.ask("What does this gene do?")
    second = await answered(page, until)
    assert second.answer != first.answer
    page.genes.view.setCurrentIndex(page.genes.model.index(0))
    assert page.talking.conversation.turns == [first]
    assert page.thread_view.turns[0].answer.toPlainText() == first.answer


@pytest.mark.slow
async def test_reading_a_long_gene_tells_how_far_it_is_and_stops_at_once(window, until, tmp_path):
    page = await open_demonstration(window, until)
    file = tmp_path / "long.fasta"
    file.write_text(">LONG\n" + "ACGTTGCAAGGCTTAC" * 12_000 + "\n")
    page.take(path=str(file))
    await until(page.part.isVisible)
    assert page.part.part() == "1-160000"
    page.part.last.setValue(120_000)
    page.talking.ask("What does this gene do?")
    view = page.thread_view.turns[0]
    await until(lambda: "of 240 windows" in view.origin.text(), seconds=20)
    click(page.composer, "Stop")
    assert page.talking.conversation.turns[0].state == "stopped"
    assert "stopped" in view.origin.text()
    page.part.last.setValue(400)
    page.talking.ask("And of its beginning?")
    assert (await answered(page, until, seconds=5)).document["provenance"][
        "part"
    ] == "1-400"  # the worker is free again


async def test_no_word_comes_after_stop(window, until, tmp_path):
    StandIn.behind(window, *(f"word{n} " for n in range(400)), pause_s=0.01)
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("Tell me everything.")
    await until(lambda: "word5 " in page.talking.conversation.turns[0].answer)
    press(page, Qt.Key.Key_Escape)
    said = page.talking.conversation.turns[0].answer
    assert page.composer.go.isVisible()
    await until(lambda: len(page.talking._tasks) == 0)
    assert page.talking.conversation.turns[0].answer == said
    assert len(said.split()) < 50
    assert "Ctrl+." in page.composer.stop.toolTip()


async def test_after_a_suggestion_the_keyboard_is_in_the_question_field(window, until, tmp_path):
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    window.activateWindow()
    await until(lambda: page.subject.questions)
    asks = "What does this gene do?"
    await until(lambda: [o for o in page.composer.findChildren(QPushButton) if o.isVisible() and o.text() == asks])
    click(page.composer, asks)
    await answered(page, until)
    assert window.focusWidget() is page.composer.edit
    write(page, "And where?")
    press(page, Qt.Key.Key_Return)
    assert (await answered(page, until)).question == "And where?"


async def test_the_page_says_that_answers_are_not_for_clinical_use(window, until, tmp_path):
    StandIn.behind(window, "A kinase.", confidence=0.9961)
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("What is it?")
    await answered(page, until)
    assert all_text(page).count("Not for clinical use.") == 1
    assert "mean probability of its words >0.99, not of being right" in page.thread_view.turns[0].facts.text()


async def test_an_answer_that_no_source_agrees_with_is_told_calmly(window, until, tmp_path):
    said = {"n": 1, "source": "a.csv", "id": "YAL001C", "text": "a transporter"}
    StandIn.behind(window, "A kinase.", evidence=[said], agrees=[{"n": 1, "words": []}])
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("What is it?")
    await answered(page, until)
    await until(lambda: "No telling words are shared with your annotation." in all_text(page.evidence))


async def test_that_the_dna_is_too_short_for_a_gene_is_told_below_the_answer(window, until, tmp_path):
    StandIn.behind(window, "A kinase.", notices=["Only 3 bases."], invented=["YZZ999"])
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("What is it?")
    await answered(page, until)
    assert page.thread_view.turns[0].doubt.text() == "Only 3 bases. In no source: YZZ999. Doubt them."


async def test_enter_asks_and_shift_enter_begins_a_line(window, until, tmp_path):
    worker = StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    write(page, "What is it?")
    press(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    write(page, "And where?")
    assert page.talking.conversation.turns == []
    press(page, Qt.Key.Key_Return)
    turn = await answered(page, until)
    assert turn.question == "What is it?\nAnd where?"
    assert worker.questions[-1]["turns"] == [{"question": turn.question, "answer": ""}]
    assert page.composer.edit.toPlainText() == ""


async def test_a_question_that_is_changed_stays_until_it_is_asked_again(window, until, tmp_path):
    worker = StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    for question in ("one", "two"):
        page.talking.ask(question)
        await answered(page, until)
    click(page.thread_view.turns[0], "Edit")
    assert "takes the place" in all_text(page.composer)
    press(page, Qt.Key.Key_Escape)
    assert "takes the place" not in all_text(page.composer)
    assert [turn.question for turn in page.talking.conversation.turns] == ["one", "two"]
    click(page.thread_view.turns[0], "Edit")
    write(page, ", better")
    press(page, Qt.Key.Key_Return)
    await answered(page, until)
    assert [turn.question for turn in page.talking.conversation.turns] == ["one, better"]
    assert worker.questions[-1]["turns"] == [{"question": "one, better", "answer": ""}]


async def test_an_answer_that_is_likelier_with_shuffled_dna_is_told_so(window, until, tmp_path):
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("What is it?")
    await answered(page, until)
    view = page.thread_view.turns[0]
    await until(lambda: view.findChildren(QPushButton))
    window.activateWindow()
    click(view, "Why?")
    assert view.isAncestorOf(window.focusWidget())
    await until(lambda: "2.7× less likely with this gene than with shuffled DNA" in view.facts.text())


async def test_the_evidence_is_that_of_the_turn_in_which_the_keyboard_is(window, until, tmp_path):
    first = {"n": 1, "source": "a.csv", "id": "YAL001C", "text": "first"}
    worker = StandIn.behind(window, "A kinase.", evidence=[first])
    page = await open_stand_in(window, until, tmp_path)
    window.activateWindow()
    page.talking.ask("one")
    await answered(page, until)
    worker.document = {
        "evidence": [{"n": 1, "source": "a.csv", "id": "YAL001C", "text": "A kinase of yeast"}],
        "agrees": [{"n": 1, "words": ["kinase"]}],
        "invented": ["YZZ999"],
    }
    page.talking.ask("two")
    await answered(page, until)
    await until(lambda: "same words: kinase" in all_text(page.evidence))
    assert "In no source: YZZ999" in all_text(page.evidence)
    assert "YZZ999" in page.thread_view.turns[1].doubt.text()
    page.thread_view.turns[0].answer.setFocus()
    assert not [one for one in page.thread_view.turns[0].findChildren(QPushButton) if one.text() == "Regenerate"]
    await until(lambda: "first" in all_text(page.evidence))
    assert "beside “one”" in all_text(page.evidence)
    assert "YZZ999" not in all_text(page.evidence)


async def test_tab_goes_as_the_eye_does_also_to_what_came_later(window, until, tmp_path):
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    for question in ("one", "two"):
        page.talking.ask(question)
        await answered(page, until)
    await until(lambda: page.thread_view.turns[1].findChildren(QPushButton))
    window.activateWindow()
    window.rail.buttons["settings"].setFocus()
    met = []
    for _ in range(40):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        met.append(window.focusWidget())
        if window.tray.isAncestorOf(met[-1]):
            break
    first, second = (turn.answer for turn in page.thread_view.turns)
    steps = [page.past, page.genes.search, page.genes.view, first, second, page.composer.edit, met[-1]]
    assert [met.index(step) for step in steps] == sorted(met.index(step) for step in steps)
    deeds = [view.findChildren(QPushButton) for view in page.thread_view.turns]
    assert met[met.index(first) + 1 : met.index(second)] == [one for one in deeds[0] if one.isVisible()]
    assert met[met.index(second) + 1 : met.index(page.composer.edit)] == [one for one in deeds[1] if one.isVisible()]
    QTest.keyClick(met[-1], Qt.Key.Key_Backtab)
    assert window.focusWidget() is met[-2]


async def test_commands_of_the_conversation_are_there_while_the_page_is_in_front(window, until, tmp_path):
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    commands = window.desk.commands
    assert commands.get("chat new").why_not == "Nothing was asked yet."
    assert commands.get("chat stop").why_not == "No answer is under way."
    page.talking.ask("What is it?")
    assert not commands.get("chat stop").why_not
    await answered(page, until)
    commands.get("chat new").run()
    assert page.talking.conversation.turns == []
    window.show_page("settings")
    assert not [command for command in commands.all() if command.name.startswith("chat ")]
