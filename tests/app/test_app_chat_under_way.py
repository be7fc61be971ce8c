"""What is under way: it is told truly, ends when a person says so, and stays with the question that it is for."""

from dataclasses import replace

import pytest
from by_hand import click
from chats import Directed, StandIn, answered, open_demonstration, open_stand_in
from PySide6.QtWidgets import QPushButton

from genodesk.app.pages.chat.export import as_markdown
from genodesk.app.pages.chat.history import Conversation, conversations
from genodesk.core.errors import UserError

SHUFFLED = {"nats": -1.0, "nats_per_token": -0.1, "tokens": 10}


async def directed(window, until, tmp_path):
    """The page and a worker that says what the test says."""
    worker = Directed.behind(window)
    return await open_stand_in(window, until, tmp_path), worker


def words(view):
    """The buttons of a turn."""
    return [one.text() for one in view.findChildren(QPushButton) if one.isVisible()]


async def test_an_answer_goes_on_in_its_own_conversation_while_another_gene_is_looked_at(window, until, tmp_path):
    page, worker = await directed(window, until, tmp_path)
    page.talking.ask("What is it?")
    await until(lambda: worker.parts)
    worker.parts[0]({"text": "A "})
    first = page.talking.conversation
    page.genes.view.setCurrentIndex(page.genes.model.index(1))
    assert page.talking.conversation is not first
    assert page.composer.go.isVisible()
    page.talking.ask("And this?")
    await until(lambda: len(worker.parts) == 2)
    worker.parts[0]({"text": "kinase"})
    worker.parts[1]({"text": "A pump"})
    worker.ends[0].set_result({"answer": "A kinase."})
    await until(lambda: first.turns[0].state == "answered")
    assert [turn.answer for turn in page.talking.conversation.turns] == ["A pump"]
    assert page.talking.busy
    assert page.composer.stop.isVisible()
    assert "There is an answer about YAL001C." in window.toasts.shown[-1].text
    click(window.toasts.shown[-1], "Show")
    assert page.talking.conversation is first
    assert page.thread_view.turns[0].answer.toPlainText() == "A kinase."
    assert page.composer.go.isVisible()
    worker.ends[1].set_result({"answer": "A pump."})
    await until(lambda: not page.talking._works)
    assert {talk.turns[0].answer for talk in conversations(page.folder)} == {"A kinase.", "A pump."}


async def test_a_conversation_under_way_that_is_opened_from_the_disk_is_the_one_being_written(window, until, tmp_path):
    page, worker = await directed(window, until, tmp_path)
    page.talking.ask("What is it?")
    await until(lambda: worker.parts)
    under_way = page.talking.conversation
    page.begin()
    page.subject.take_up(Conversation.open(under_way.path))
    assert page.talking.conversation is under_way
    worker.parts[0]({"text": "A kinase"})
    await until(lambda: page.thread_view.turns[0].answer.toPlainText() == "A kinase")
    page.composer.stop.click()
    assert under_way.turns[0].state == "stopped"


async def test_words_that_come_after_an_answer_was_ended_are_nobodys(window, until, tmp_path):
    page, worker = await directed(window, until, tmp_path)
    page.talking.ask("one")
    await until(lambda: worker.parts)
    worker.parts[0]({"text": "A"})
    page.talking.stop()
    page.talking.ask("two")
    worker.parts[0]({"text": " kinase"})
    page.begin()
    worker.parts[0]({"text": " kinase"})
    assert [turn.answer for turn in conversations(page.folder)[0].turns] == ["A", ""]
    page.talking.shut()


async def test_an_answer_is_held_against_shuffled_dna_with_the_model_and_the_bases_that_gave_it(
    window, until, tmp_path
):
    worker = StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    conversation = page.talking.conversation
    conversation.change(replace(conversation.about, model="/models/first", part="1-400"))
    page.talking.ask("What is it?")
    await answered(page, until)
    conversation.change(replace(conversation.about, model="/models/second", part="401-800"))
    page.talking.compare(0)
    await until(lambda: "shuffled" in conversation.turns[0].document)
    assert [(one["ask"], one["model"], one["part"]) for one in worker.questions[-2:]] == [
        ("chat", "/models/first", "1-400"),
        ("shuffled", "/models/first", "1-400"),
    ]


async def test_a_comparison_shows_how_far_it_is_can_be_stopped_and_leaves_others_alone(window, until, tmp_path):
    page, worker = await directed(window, until, tmp_path)
    for number, question in enumerate(("one", "two")):
        page.talking.ask(question)
        await until(lambda number=number: len(worker.ends) > number)
        worker.ends[number].set_result({"answer": "A kinase."})
        await answered(page, until)
    first, second = page.thread_view.turns
    click(first, "Why?")
    click(second, "Why?")
    await until(lambda: len(worker.parts) == 4)
    worker.parts[2]({"stage": "reading"})
    worker.parts[2]({"windows": {"done": 3, "total": 12}})
    worker.parts[3]({"stage": "waiting"})
    assert first.comparison.text() == "Reading shuffled DNA, 3 of 12 windows"
    assert first.shuffled.isVisible()
    assert first.shuffled.value() == first.shuffled.maximum() // 4
    assert second.comparison.text() == "The model is busy with another question"
    worker.parts[2]({"windows": {"done": 0, "total": 1}})
    assert first.comparison.text() == "Reading shuffled DNA, 1 window"
    click(first, "Stop comparing")
    assert not first.comparison.isVisible()
    await until(lambda: "Why?" in words(first))
    worker.parts[2]({"windows": {"done": 4, "total": 12}})
    assert not first.comparison.isVisible()
    worker.ends[3].set_result(SHUFFLED)
    await until(lambda: "shuffled DNA" in second.facts.text())
    assert "shuffled" not in page.talking.conversation.turns[0].document


@pytest.mark.parametrize("said", ["", "A pump"])
async def test_another_answer_that_is_stopped_takes_nothing_away(window, until, tmp_path, said):
    page, worker = await directed(window, until, tmp_path)
    page.talking.ask("What is it?")
    await until(lambda: worker.ends)
    worker.ends[0].set_result({"answer": "A kinase.", "shuffled": SHUFFLED})
    await answered(page, until)
    click(page.thread_view.turns[0], "Regenerate")
    await until(lambda: len(worker.parts) == 2)
    if said:
        worker.parts[1]({"text": said})
    page.composer.stop.click()
    (view,) = page.thread_view.turns
    await until(lambda: "Regenerate" in words(view))
    assert ("Earlier answer" in words(view)) == bool(said)
    if said:
        assert view.answer.toPlainText() == said
        click(view, "Earlier answer")
        (view,) = page.thread_view.turns
    assert view.answer.toPlainText() == "A kinase."
    assert view.origin.text() == "Model · from the DNA"
    assert "shuffled DNA" in view.facts.text()
    kept = conversations(page.folder)[0].turns
    assert kept == page.talking.conversation.turns
    assert [one.answer for one in kept[0].earlier] == ([said] if said else [])


async def test_a_deleted_conversation_stays_deleted_whatever_was_under_way(window, until, tmp_path):
    page, worker = await directed(window, until, tmp_path)
    page.talking.ask("What is it?")
    await until(lambda: worker.ends)
    worker.ends[0].set_result({"answer": "A kinase."})
    await answered(page, until)
    page.talking.compare(0)
    await until(lambda: len(worker.ends) == 2)
    page.forget()
    worker.ends[1].cancelled() or worker.ends[1].set_result(SHUFFLED)
    await until(lambda: len(page.talking._tasks) == 0)
    assert conversations(page.folder) == []


async def weighed_late(page, worker, until):
    """A conversation with an answer, a question under way, and files that both are still to be held against."""
    for count in (1, 2):
        page.talking.ask("What is it?")
        await until(lambda count=count: len(worker.ends) == count)
        if count == 1:
            worker.ends[0].set_result({"answer": "A kinase."})
            await answered(page, until)
    page.subject.weighing.weigh(page.talking.conversation)
    return page.talking.conversation


async def test_a_deleted_conversation_is_not_written_again_by_what_is_found_beside_its_answers(window, until, tmp_path):
    page, worker = await directed(window, until, tmp_path)
    talk = await weighed_late(page, worker, until)
    page.forget()
    await until(lambda: len(page.subject.weighing._tasks) == 0)
    assert not talk.path.exists()
    click(window.toasts.shown[-1], "Undo")
    await until(lambda: "evidence" in talk.turns[0].document)
    assert Conversation.open(talk.path).turns[0].document["evidence"]


async def test_nothing_is_held_against_files_after_the_page_is_shut(window, until, tmp_path):
    page, worker = await directed(window, until, tmp_path)
    await weighed_late(page, worker, until)
    assert page.subject.weighing._late
    window.close()
    assert len(page.subject.weighing._tasks) == 0


async def test_a_conversation_that_cannot_be_deleted_stays_and_that_is_told(window, until, tmp_path, monkeypatch):
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    page.talking.ask("What is it?")
    await answered(page, until)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", refuse)
        page.forget()
    assert "could not be deleted (Permission denied)" in window.toasts.shown[-1].text
    assert page.talking.conversation.turns
    page.forget()
    with monkeypatch.context() as patch:
        patch.setattr("genodesk.app.pages.chat.history.write_atomically", refuse)
        click(window.toasts.shown[-1], "Undo")
    assert "could not be written again" in window.toasts.shown[-1].text
    assert page.thread_view.turns[0].answer.toPlainText() == "A kinase."


async def test_what_an_answer_waits_for_is_told(window, until, tmp_path):
    page, worker = await directed(window, until, tmp_path)
    page.talking.ask("What is it?")
    await until(lambda: worker.parts)
    view = page.thread_view.turns[0]
    seen = []
    for part in (
        {"stage": "model"},
        {"stage": "waiting"},
        {"stage": "reading"},
        {"windows": {"done": 1, "total": 2}},
        {"begin": {"windows": 2, "demonstration": True}},
    ):
        worker.parts[0](part)
        seen.append(view.origin.text())
    assert seen == [
        "Model · being loaded",
        "Model · busy with another question",
        "Model · reading the DNA",
        "Reading the DNA, 1 of 2 windows",
        "Model · answering",
    ]
    page.talking.stop()
    await until(lambda: words(view)[:1] == ["Try again"])  # no word came that another answer could differ from
    click(view, "Try again")
    await until(lambda: len(worker.questions) and worker.questions[-1]["ask"] == "chat" and len(worker.parts) == 2)
    assert worker.questions[-1]["speaking"] == {}
    page.talking.stop()


async def test_the_model_that_is_loaded_ahead_is_told_above(window, until, tmp_path):
    page, _ = await directed(window, until, tmp_path)
    await until(lambda: page.subject.questions)
    assert "being loaded" not in page.line.text()
    lines = []
    page.subject.model_changed.connect(lambda: lines.append(page.line.text()))
    page.subject.pick_model("/models/other")
    await until(lambda: page.subject.questions)
    assert [line.partition(" bp · ")[2] for line in lines] == ["", "the model is being loaded", ""]


@pytest.mark.parametrize("end", ["stopped", "failed"])
async def test_a_demonstration_is_labelled_as_one_from_the_first_word_whatever_becomes_of_it(
    end, window, until, tmp_path
):
    page, worker = await directed(window, until, tmp_path)
    page.talking.ask("What is it?")
    await until(lambda: worker.parts)
    view = page.thread_view.turns[0]
    assert not view.demonstration.isVisible()
    worker.parts[0]({"begin": {"windows": 2, "demonstration": True}})
    worker.parts[0]({"text": "A kin"})
    assert view.demonstration.isVisible()
    if end == "stopped":
        page.talking.stop()
    else:
        worker.ends[0].set_exception(UserError("The worker died.", "Try once more."))
    await answered(page, until)
    assert view.turn.state == end
    assert view.demonstration.isVisible()
    assert "A kin" in as_markdown(page.talking.conversation)


@pytest.mark.slow
async def test_words_of_the_real_worker_end_with_stop_and_the_next_question_is_answered(window, until):
    page = await open_demonstration(window, until)
    said = []

    def stop_at_the_first_word(_number: int) -> None:
        turn = page.talking.conversation.turns[0]
        if turn.answer and turn.state == "answering":
            said.append(turn.answer)
            page.talking.stop()

    page.talking.turn_changed.connect(stop_at_the_first_word)
    page.talking.ask("What does this gene do?")
    turn = await answered(page, until)
    assert (turn.state, [turn.answer]) == ("stopped", said)
    page.talking.ask("What does this gene do?")
    whole = await answered(page, until)
    assert whole.state == "answered"
    assert (turn.state, [turn.answer]) == ("stopped", said)
    assert whole.answer.startswith(turn.answer.strip())
    assert len(whole.answer) > len(turn.answer.strip())
