"""Conversations outlive what they need: the worker that keeps the model, the desk itself, the folder they lie in."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from by_hand import click
from chats import StandIn, answered, open_demonstration, open_stand_in

from genodesk.app.pages.chat.history import conversations
from genodesk.jobs.places import home as home_folder


@pytest.mark.slow
async def test_a_worker_killed_in_the_midst_of_a_question_is_told_and_asked_again_by_one_click(window, until, tmp_path):
    page = await open_demonstration(window, until)
    file = tmp_path / "long.fasta"
    file.write_text(">LONG\n" + "ACGTTGCAAGGCTTAC" * 4_000 + "\n")
    page.take(path=str(file))
    await until(lambda: page.subject.gene)
    page.talking.ask("What does this gene do?")
    view = page.thread_view.turns[0]
    await until(lambda: "of 128 windows" in view.origin.text(), seconds=20)
    killed = window.desk.models.pid
    psutil.Process(killed).kill()
    turn = await answered(page, until)
    assert turn.state == "failed"
    assert "stopped unexpectedly" in view.problem.text()
    assert "try once more" in view.problem.text()
    (kept,) = conversations(home_folder() / "chats")
    assert kept.turns[0].question == "What does this gene do?"
    click(view, "Try again")
    again = await answered(page, until)
    assert again.state == "answered"
    assert again.document["provenance"]["settings"]["temperature"] == 0
    assert window.desk.models.pid != killed


DESK = """
import asyncio, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop
sys.path.insert(0, sys.argv[1])
from chats import StandIn
from genodesk.app.desk import Desk
from genodesk.app.window import Window

application = QApplication([])
loop = QEventLoop(application)
asyncio.events._set_running_loop(loop)
from genodesk.app.theme import theme
theme().apply(application, "light")

async def talk():
    window = Window(Desk())
    window.show()
    StandIn.behind(window, *(f"word{n} " for n in range(100_000)), pause_s=0.01)
    page = window.show_page("chat")
    page.take(path="genes.fasta")
    while not page.subject.gene:
        await asyncio.sleep(0.01)
    page.talking.ask("Tell me everything.")
    await asyncio.sleep(600)

with loop:
    loop.run_until_complete(talk())
"""


async def test_a_desk_killed_in_the_midst_of_an_answer_keeps_every_word_of_it(home, until, request):
    command = [sys.executable, "-c", DESK, str(Path(__file__).parent)]
    desk = subprocess.Popen(command)
    try:
        said = lambda: [talk.turns[0].answer.split() for talk in conversations(home / "chats")]  # noqa: E731
        await until(lambda: said() and len(said()[0]) > 20, seconds=30)
        await until(lambda: (home / "desk.json").exists() and _remembered(home), seconds=20)
        shown = len(said()[0])
    finally:
        desk.kill()
        desk.wait()

    window = request.getfixturevalue("window")
    StandIn.behind(window, "A ", "kinase.")
    page = window.show_page("chat")
    (turn,) = page.talking.conversation.turns
    assert turn.state == "interrupted"
    assert len(turn.answer.split()) >= shown
    view = page.thread_view.turns[0]
    assert "broken off when Genodesk ended" in view.origin.text()
    assert view.demonstration.isVisible()
    assert view.answer.toPlainText().startswith("word0 word1 word2")
    await until(lambda: page.subject.gene)
    click(view, "Try again")
    assert (await answered(page, until)).answer == "A kinase."


def _remembered(home: Path) -> bool:
    return bool(json.loads((home / "desk.json").read_text()).get("page chat", {}).get("conversation"))


async def test_a_folder_that_refuses_is_told_once_and_the_talk_goes_on(window, until, tmp_path, home):
    home.mkdir(parents=True, exist_ok=True)
    (home / "chats").write_text("a file where the folder should be")
    StandIn.behind(window, "A kinase.")
    page = await open_stand_in(window, until, tmp_path)
    for question in ("one", "two"):
        page.talking.ask(question)
        assert (await answered(page, until)).answer == "A kinase."
    told = [toast.text for toast in window.toasts.shown if "cannot be kept" in toast.text]
    assert len(told) == 1
