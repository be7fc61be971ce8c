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

from genodesk.core.resources import resource

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
