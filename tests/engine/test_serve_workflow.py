"""What a workflow itself answers: in parts, with what it keeps between questions, until somebody says stop."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


class Line:
    """The other end of a worker that keeps models."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "genodesk.engine.cli", "serve", "--with-models"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, number: int, method: str, **params: Any) -> None:
        assert self.process.stdin is not None
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def next(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        reply: dict[str, Any] = json.loads(self.process.stdout.readline())
        return reply

    def count(self, number: int, **params: Any) -> None:
        self.send(number, "workflow", workflow="toy", ask="count", **params)


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "toy"))
        line = Line()
    yield line
    line.process.communicate(timeout=20)
    assert line.process.returncode == 0


def test_parts_of_an_answer_come_ahead_of_it_and_in_order(line):
    line.count(1, up_to=3)
    said = [line.next() for _ in range(4)]
    assert [message["params"] for message in said[:3]] == [{"id": 1, "part": {"number": n}} for n in range(3)]
    assert all(message["method"] == "part" for message in said[:3])
    assert said[3]["id"] == 1
    assert "result" in said[3]


def test_what_a_workflow_keeps_is_made_anew_only_under_another_key(line):
    asked = []
    for number, counter in enumerate(("a", "a", "b", "a"), start=10):
        line.count(number, up_to=0, counter=counter)
        asked.append(line.next()["result"]["asked"])
    assert asked == [1, 2, 1, 1]


def test_after_cancelling_no_further_part_comes(line):
    line.count(20, up_to=1000, pause=0.02)
    assert line.next()["params"]["part"] == {"number": 0}
    line.send(21, "cancel", id=20)
    after = []
    while not after or after[-1].get("id") != 21:
        after.append(line.next())
    assert next(message for message in after if message.get("id") == 20)["error"]["code"] == -32800
    time.sleep(0.1)
    line.send(22, "devices")
    assert line.next()["id"] == 22


def test_a_word_the_workflow_does_not_know_is_told_with_those_it_knows(line):
    line.send(30, "workflow", workflow="toy", ask="sing")
    error = line.next()["error"]
    assert "sing" in error["message"]
    assert "count" in error["data"]["hint"]
