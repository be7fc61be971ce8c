"""A conversation at a terminal: words as they come, a stop, a mistake and a goodbye, none of which loses a thing."""

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Iterator

import pytest
from command_lines import ENGINE

from genodesk.core.errors import Stopped, UserError
from genodesk.core.resources import resource
from genodesk.engine.devices import pick
from genodesk.engine.live_run import CallRun
from genodesk.workflows.genechat.chat import chat
from genodesk.workflows.genechat.settings_chat import ChatSettings

GENES = resource("models/genechat-demo") / "genes.fasta"
LABEL = "Demonstration model: it knows generated genes only."
QUESTION = "What does this gene do?"
WORDY = ["--temperature", "5", "--top-p", "1", "--most-tokens", "150"]  # so that an answer takes its time
CTRL_C = b"\x03"
ASKED = r"\n> $"


class Person:
    """Sits at a terminal in which a command runs."""

    def __init__(self, command: list[str]) -> None:
        self._end, inside = pty.openpty()
        self.command = subprocess.Popen(
            command,
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            # The terminal is its own, so that Ctrl+C reaches it as a signal.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(inside)
        self._shown = ""

    def wait_for(self, pattern: str, seconds: float = 100) -> str:
        """What is on the terminal since the last time, once it fits the pattern."""
        until = time.monotonic() + seconds
        while not re.search(pattern, seen := self._seen(), re.DOTALL):
            assert time.monotonic() < until, f"{pattern} was not shown, but {seen!r}"
            if select.select([self._end], [], [], 0.2)[0]:
                self._shown += os.read(self._end, 4096).decode("utf-8", "replace")
        self._shown = ""
        return seen

    def types(self, line: str) -> None:
        os.write(self._end, line.encode() + b"\n")
        self.wait_for(re.escape(line) + "\n")

    def presses(self, key: bytes) -> None:
        os.write(self._end, key)

    def leaves(self) -> None:
        if self.command.poll() is None:
            self.command.kill()
        self.command.wait()
        os.close(self._end)

    def _seen(self) -> str:
        """Without lines that were erased again, as a bar of progress is."""
        shown = re.sub(r"\r|\x1b\[\?25[hl]", "", self._shown)
        shown = re.sub(r"[^\n]*(\n\x1b\[1A)?\x1b\[2K", "", shown)
        return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", shown)


@pytest.fixture
def person() -> Iterator[Person]:
    name = next(line[1:].split()[0] for line in GENES.read_text().splitlines() if line.startswith(">"))
    found = Person([*ENGINE, "genechat", "chat", "--fasta", str(GENES), "--gene", name, "--device", "cpu", *WORDY])
    yield found
    found.leaves()


def test_a_conversation_streams_can_be_stopped_outlives_a_mistake_and_labels_every_answer(person):
    person.wait_for(ASKED)
    person.types(QUESTION)
    begun = person.wait_for(r"^\s*[^\s━]+ [^\s━]+ ")
    person.presses(CTRL_C)
    stopped = begun + person.wait_for(ASKED)
    person.types("What of <GeneHere x>?")
    mistaken = person.wait_for(ASKED)
    person.types(QUESTION)
    whole = person.wait_for(ASKED)
    person.presses(CTRL_C)

    assert person.command.wait(timeout=60) == 0
    assert LABEL not in begun
    assert "(stopped)" in stopped
    assert mistaken.count("places a gene called x") == 1
    assert "(stopped)" not in whole
    for answer in (stopped, whole):
        assert LABEL in answer
        assert "Not for clinical use." in answer
    words = whole.split(LABEL)[0].strip()
    assert len(words.split()) > 3 * words.count("\n")  # a word stands behind the one before, on one line


class Reader:
    """Reads along and has no question; without a keyboard nobody asks for one."""

    def __init__(self, can_answer: bool) -> None:
        self.can_answer = can_answer
        self.asked = 0

    def write(self, text: str) -> None:
        """Reads it."""

    def ask(self, prompt: str) -> str | None:
        self.asked += 1
        return None


@pytest.fixture
def settings() -> ChatSettings:
    name = next(line[1:].split()[0] for line in GENES.read_text().splitlines() if line.startswith(">"))
    return ChatSettings(fasta=GENES, gene=(name,), device="cpu")


def test_a_person_may_leave_without_a_question(settings):
    reader = Reader(can_answer=True)
    assert chat(settings, CallRun(pick("cpu"), conversation=reader)) == {}
    assert reader.asked == 1


def test_where_nobody_can_be_asked_a_question_is_demanded_at_once(settings, monkeypatch):
    monkeypatch.setattr("genodesk.workflows.genechat.chat.load_trained", lambda *_: pytest.fail("no model is loaded"))
    with pytest.raises(UserError, match="There is no question"):
        chat(settings, CallRun(pick("cpu"), conversation=Reader(can_answer=False)))


def test_a_wish_to_stop_while_the_model_loads_ends_the_chat(settings):
    reader = Reader(can_answer=True)
    with pytest.raises(Stopped):
        chat(settings, CallRun(pick("cpu"), conversation=reader, stop_asked=lambda: True))
    assert reader.asked == 0
