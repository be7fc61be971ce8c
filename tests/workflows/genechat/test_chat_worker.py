"""What the interactive worker tells while it answers: what is waited for, how much DNA is read, where it comes from."""

import threading
from functools import partial

import pytest
from tiny_chat import tiny_trained
from tiny_dna import gene as bases

from genodesk.engine.serve_session import Cancelled, Question, Session
from genodesk.workflows.genechat import answers
from genodesk.workflows.genechat.cache import EmbeddingCache


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Asks about one gene; what is told ahead of the answer goes to `tell`."""
    monkeypatch.setattr(answers, "load_trained", lambda *_: tiny_trained())
    monkeypatch.setattr(answers, "kept_embeddings", EmbeddingCache)
    path = tmp_path / "genes.fasta"
    path.write_text(f">G1\n{bases(1200, 1)}\n")
    session = Session(tmp_path / "session")
    turns = [{"question": "What?", "answer": "A kinase."}]
    params = {"path": str(path), "genes": ["G1"], "turns": turns, "speaking": {"most_tokens": 4}}

    def ask(tell, cancelled=None, answer=answers.chat):
        return answer(Question(session, params, cancelled or threading.Event(), tell))

    yield ask
    session.close()


def stages(parts):
    return [part["stage"] for part in parts if "stage" in part]


@pytest.mark.parametrize("answer", [answers.chat, answers.shuffled])
def test_a_question_tells_that_it_waits_for_the_one_before_and_then_has_its_turn(ask, answer):
    first, second, waits = [], [], threading.Event()

    def tell_second(part):
        second.append(part)
        if part == {"stage": "waiting"}:
            waits.set()

    other = threading.Thread(target=partial(ask, tell_second, answer=answer))

    def tell_first(part):
        first.append(part)
        if part == {"stage": "reading"}:
            other.start()
            assert waits.wait(20)

    ask(tell_first)
    other.join(20)
    assert stages(first) == ["model", "reading"]
    assert stages(second) == ["model", "waiting", "reading"]
    assert [next(iter(part)) for part in first][:4] == ["stage", "stage", "windows", "windows"]
    assert any("begin" in part for part in first)


def test_a_question_given_up_while_it_waits_reads_nothing_and_lets_the_next_one_speak(ask):
    given_up, parts = threading.Event(), []

    def tell(part):
        parts.append(part)
        given_up.set()

    with pytest.raises(Cancelled):
        ask(tell, given_up)
    assert stages(parts) == ["model"]
    assert ask(lambda _: None)["answer"] is not None
