"""Conversations survive: a crash in the midst of an answer, a torn line, a full disk, a file from elsewhere."""

import json
import time

import pytest

from genodesk.app.pages.chat.history import About, Conversation, conversations

GENES = About(path="/数据/yeast genes.fa", annotation=["functions.csv"], genes=["YAL003W"])


@pytest.fixture
def talk(tmp_path):
    return Conversation.begin(tmp_path / "chats", GENES)


def test_a_conversation_comes_back_as_it_was(talk):
    talk.ask("What does this gene do?")
    talk.hear("Predicted ")
    talk.finish({"answer": "Predicted kinase.", "confidence": 0.6})
    talk.ask("Where?")
    talk.fail({"message": "Too long.", "hint": "Ask shorter.", "where": ""})
    again = Conversation.open(talk.path)
    assert again.turns == talk.turns
    assert again.about == GENES
    assert [turn.state for turn in again.turns] == ["answered", "failed"]
    assert again.turns[0].answer == "Predicted kinase."


def test_an_answer_cut_off_by_a_crash_keeps_its_words_and_says_so(talk):
    talk.ask("What does this gene do?")
    talk.hear("Predicted ")
    talk.hear("elongation ")
    with talk.path.open("ab") as file:
        file.write(b'{"kind":"text","te')
    again = Conversation.open(talk.path)
    assert again.turns[0].answer == "Predicted elongation "
    assert again.turns[0].state == "interrupted"
    again.ask("Once more?")
    assert [turn.question for turn in Conversation.open(talk.path).turns] == ["What does this gene do?", "Once more?"]


def test_nothing_is_written_before_something_is_asked(talk):
    assert not talk.path.parent.exists()
    talk.ask("Hello?")
    assert talk.path.exists()
    assert talk.path.stat().st_mode & 0o077 == 0


def test_a_question_that_is_edited_takes_back_what_came_after(talk):
    for question in ("one", "two", "three"):
        talk.ask(question)
        talk.finish({"answer": question.upper()})
    talk.drop_from(1)
    talk.ask("two, better")
    assert [turn.question for turn in Conversation.open(talk.path).turns] == ["one", "two, better"]


def test_the_newest_conversation_comes_first_and_other_files_are_left_alone(tmp_path):
    folder = tmp_path / "chats"
    for question in ("first", "second"):
        Conversation.begin(folder, GENES).ask(question)
        time.sleep(0.002)  # their names tell milliseconds
    (folder / "notes.jsonl").write_text("{}")
    (folder / "01JD0000000000000000000000.jsonl").write_text("[1]\nnot json\n")
    assert [talk.title for talk in conversations(folder)] == ["second", "first"]
    assert conversations(tmp_path / "none") == []


def test_lines_of_a_newer_program_are_passed_over(talk):
    talk.ask("What?")
    with talk.path.open("a") as file:
        for line in ({"kind": "song"}, {"kind": "more", "turn": 7, "values": {}}, {"no": "kind"}, [1]):
            file.write(json.dumps(line) + "\n")
    assert [turn.question for turn in Conversation.open(talk.path).turns] == ["What?"]


def test_a_disk_that_refuses_does_not_end_the_conversation(tmp_path):
    (tmp_path / "chats").write_text("a file where the folder should be")
    talk = Conversation.begin(tmp_path / "chats", GENES)
    talk.ask("What?")
    talk.finish({"answer": "A kinase."})
    assert talk.turns[0].answer == "A kinase."
    assert talk.problem


def test_what_is_found_out_later_stays_with_its_answer(talk):
    talk.ask("What?")
    talk.finish({"answer": "A kinase."})
    talk.add(0, shuffled={"nats": 2.0})
    assert Conversation.open(talk.path).turns[0].document["shuffled"] == {"nats": 2.0}
