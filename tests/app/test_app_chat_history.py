"""Conversations survive: a crash in the midst of an answer, a torn line, a full disk, a file from elsewhere."""

import json
import time

import pytest

from genodesk.app.pages.chat.export import as_markdown
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
    talk.trace({"demonstration": True})
    talk.hear("Predicted ")
    talk.hear("elongation ")
    with talk.path.open("ab") as file:
        file.write(b'{"kind":"text","te')
    again = Conversation.open(talk.path)
    assert again.turns[0].answer == "Predicted elongation "
    assert again.turns[0].state == "interrupted"
    assert again.turns[0].document == {"provenance": {"demonstration": True}}
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


def test_a_question_that_is_asked_again_keeps_its_answers(talk):
    for answer in ("One.", "Two.", "Three."):
        talk.ask("What is it?")
        talk.finish({"answer": answer, "shuffled": {"nats": 1.0}})
        if answer != "Three.":
            talk.drop_from(0, again=True)
    shown = []
    for _ in range(4):
        for one in (talk, Conversation.open(talk.path)):
            assert len(one.turns) == 1
            assert len(one.turns[0].earlier) == 2
        assert Conversation.open(talk.path).turns == talk.turns
        shown.append(talk.turns[0].answer)
        talk.show_earlier(0)
    assert shown == ["Three.", "Two.", "One.", "Three."]
    assert talk.turns[0].document["shuffled"] == {"nats": 1.0}


def test_an_answer_of_which_no_word_came_is_not_kept(talk):
    talk.ask("What is it?")
    talk.stop()
    talk.drop_from(0, again=True)
    talk.ask("What is it?")
    assert talk.turns[0].earlier == []


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


def test_where_an_answer_comes_from_stays_with_one_that_is_stopped_or_fails(talk):
    for end in (talk.stop, lambda: talk.fail({"message": "Too long."})):
        talk.ask("What?")
        talk.trace({"windows": 2})
        talk.hear("A kin")
        end()
    for turn in Conversation.open(talk.path).turns:
        assert turn.document["provenance"] == {"windows": 2}
        assert turn.answer == "A kin"


def test_each_question_keeps_the_model_and_the_bases_that_it_was_asked_with(talk):
    talk.change(About(**{**vars(GENES), "model": "first"}))
    talk.ask("one")
    talk.change(About(**{**vars(GENES), "model": "second", "part": "1-400"}))
    talk.ask("two")
    for turns in (talk.turns, Conversation.open(talk.path).turns):
        assert [(turn.model, turn.part) for turn in turns] == [("first", ""), ("second", "1-400")]


def test_an_export_names_the_model_of_each_answer_its_whole_hashes_and_the_words_of_one_that_failed(talk):
    made = {"model_name": "Yeast", "model": "ab" * 32, "adapter": "cd" * 32, "windows": 2}
    talk.change(About(**{**vars(GENES), "model": "/models/yeast"}))
    talk.ask("one")
    talk.finish({"answer": "A kinase.", "provenance": made, "notices": ["Only 3 bases."], "confidence": 0.5})
    talk.change(GENES)
    talk.ask("two")
    talk.trace({"demonstration": True, "model": "ef" * 32})
    talk.hear("A pum")
    talk.fail({"message": "The worker died."})
    talk.ask("three")
    talk.fail({"message": "The worker died."})
    told = as_markdown(talk)
    assert "* Model: /models/yeast\n* Model: demonstration model, generated genes\n" in told
    one, two, three = told.split("\n## ")[1:]
    assert "Yeast · 2 windows · mean probability of its words 0.50, not of being right" in one
    assert "Only 3 bases." in one
    assert "ab" * 32 in one
    assert "cd" * 32 in one
    assert "> A pum\n\n*Broken off: The worker died.*" in two
    assert "demonstration model, generated genes" in two
    assert three == "three\n\n*No answer: The worker died.*\n"


def test_a_disk_that_refuses_to_delete_or_to_write_again_is_told(talk, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    talk.ask("What?")
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", refuse)
        with pytest.raises(PermissionError):
            talk.delete()
    assert talk.path.exists()
    talk.delete()
    with monkeypatch.context() as patch:
        patch.setattr("genodesk.app.pages.chat.history.write_atomically", refuse)
        with pytest.raises(PermissionError):
            talk.restore()
    talk.restore()
    assert Conversation.open(talk.path).title == "What?"


def test_what_is_found_out_later_stays_with_its_answer(talk):
    talk.ask("What?")
    talk.finish({"answer": "A kinase."})
    talk.add(0, shuffled={"nats": 2.0})
    assert Conversation.open(talk.path).turns[0].document["shuffled"] == {"nats": 2.0}
