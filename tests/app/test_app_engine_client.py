"""The desk's talk with the engine: answers, mistakes in words, cancelling, and a worker that dies."""

import asyncio
import os
import signal
import sys

import psutil
import pytest

from genodesk import __version__
from genodesk.core.errors import UserError

SLEEPER = "import time; time.sleep(60)"


async def test_a_question_has_an_answer(desk):
    answer = await desk.engine.ask("devices")
    assert answer["cores"] >= 1
    assert desk.engine.state == "ready"


async def test_answers_come_back_to_those_who_asked(desk, tmp_path):
    files = [tmp_path / f"{number}.csv" for number in range(5)]
    for number, file in enumerate(files):
        file.write_text("a,b\n" + "1,2\n" * number)
    answers = await asyncio.gather(*(desk.engine.ask("inspect", path=str(file)) for file in files))
    assert [answer["path"] for answer in answers] == [str(file) for file in files]


async def test_a_mistake_comes_with_what_where_and_what_to_do(desk, tmp_path):
    with pytest.raises(UserError) as caught:
        await desk.engine.ask("inspect", path=str(tmp_path / "没有.h5ad"))
    assert caught.value.message
    assert caught.value.hint
    assert "没有.h5ad" in str(caught.value)


async def test_a_question_that_is_given_up_leaves_the_worker_in_peace(desk, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a\n1\n")
    await desk.engine.ask("devices")
    worker = desk.engine.pid
    waiting = asyncio.ensure_future(desk.engine.ask("inspect", path=str(file)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await desk.engine.ask("inspect", path=str(file)))["path"] == str(file)
    assert desk.engine.pid == worker


@pytest.mark.skipif(os.name == "nt", reason="a process is stopped by a signal here")
async def test_a_killed_worker_is_told_in_a_sentence_and_started_again(desk, until):
    states = []
    desk.engine.state_changed.connect(states.append)
    await desk.engine.ask("devices")
    worker = psutil.Process(desk.engine.pid)
    worker.send_signal(signal.SIGSTOP)  # so that the question is still open when the worker dies
    waiting = asyncio.ensure_future(desk.engine.ask("devices"))
    await asyncio.sleep(0.05)
    worker.kill()
    with pytest.raises(UserError) as caught:
        await waiting
    assert "stopped unexpectedly" in caught.value.message
    assert "try once more" in caught.value.hint
    await until(lambda: desk.engine.pid not in (None, worker.pid))
    assert (await desk.engine.ask("devices"))["cores"] >= 1
    assert desk.engine.restarts == 1
    assert states == ["starting", "ready", "restarting", "ready"]


async def test_a_question_right_after_a_death_need_not_wait_for_the_pause(desk, until):
    await desk.engine.ask("devices")
    psutil.Process(desk.engine.pid).kill()
    await until(lambda: desk.engine.state == "restarting")
    assert (await desk.engine.ask("devices"))["cores"] >= 1


async def test_a_command_gives_its_words_and_its_code(desk):
    code, said, wrong = await desk.engine.command(["version"])
    assert (code, wrong) == (0, "")
    assert __version__ in said


async def test_a_command_that_is_refused_says_why_with_code_2(desk):
    code, said, _ = await desk.engine.command(["inspect", "/no/such/file.h5ad", "--json"])
    assert code == 2
    assert '"message"' in said


async def test_a_command_is_killed_with_the_task_that_waits_for_it(desk, monkeypatch, until):
    monkeypatch.setattr("genodesk.app.engine_client.engine_command", lambda: [sys.executable, "-c", SLEEPER])
    waiting = asyncio.ensure_future(desk.engine.command([]))

    def sleepers():
        return [child for child in psutil.Process().children() if SLEEPER in child.cmdline()]

    await until(sleepers)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await until(lambda: not sleepers())


async def test_an_engine_that_is_not_there_is_told_in_a_sentence(desk, monkeypatch):
    monkeypatch.setattr("genodesk.app.engine_client.engine_command", lambda: ["/no/such/program"])
    with pytest.raises(UserError) as caught:
        await desk.engine.command(["version"])
    assert "cannot be started" in caught.value.message
    with pytest.raises(UserError):
        await desk.engine.ask("devices")


async def test_a_worker_that_talks_nonsense_does_no_harm(desk, monkeypatch, until, caplog):
    code = 'import sys\nprint(\'Traceback!\')\nprint(\'{"id": 1, "result": {"n": 5}}\', flush=True)\nsys.stdin.read()'
    monkeypatch.setattr("genodesk.app.engine_client.engine_command", lambda: [sys.executable, "-c", code])
    assert await desk.engine.ask("anything") == {"n": 5}
    assert "no reply" in caplog.text


async def test_parts_of_an_answer_arrive_ahead_of_it(desk):
    parts = []
    answer = await desk.models.ask("workflow", parts.append, workflow="toy", ask="count", up_to=3)
    assert parts == [{"number": 0}, {"number": 1}, {"number": 2}]
    assert answer["asked"] == 1
    assert desk.models.pid != desk.engine.pid


async def test_an_answer_given_up_sends_no_further_part(desk, until):
    parts = []
    talk = desk.models.ask("workflow", parts.append, workflow="toy", ask="count", up_to=10_000, pause=0.01)
    waiting = asyncio.ensure_future(talk)
    await until(lambda: len(parts) > 2)
    waiting.cancel()
    await asyncio.wait([waiting])
    heard = len(parts)
    await desk.models.ask("devices")
    await asyncio.sleep(0.1)
    assert len(parts) == heard


CHATTERBOX = """
import sys, time
while True:
    print('{"method": "part", "params": {"id": 1, "part": {"text": "word "}}}', flush=True)
    time.sleep(0.002)
"""


async def test_a_part_that_comes_before_the_cancelled_task_runs_is_dropped(desk, monkeypatch, until):
    monkeypatch.setattr("genodesk.app.engine_client.engine_command", lambda: [sys.executable, "-c", CHATTERBOX])
    parts = []
    waiting = asyncio.ensure_future(desk.models.ask("anything", parts.append))
    await until(lambda: parts)
    waiting.cancel()
    heard = len(parts)
    for _ in range(5):
        assert desk.models._process.waitForReadyRead(5000)  # hands over what has come, as the window does in between
    assert len(parts) == heard
    await asyncio.wait([waiting])
