"""The interactive worker answers whatever it is sent, several questions at a time, and keeps serving."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from genodesk.engine.serve import Server
from genodesk.engine.serve_answers import ANSWERS
from genodesk.engine.serve_session import Question, Session

TOY = {"workflow": "toy", "action": "train"}


class Desk:
    """The other end of the line."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "genodesk.engine.cli", "serve"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._number = 0

    def send(self, line: bytes) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        reply: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert reply["jsonrpc"] == "2.0"
        return reply

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        reply = self.send(json.dumps(request).encode())
        assert reply["id"] == self._number
        return reply

    def result(self, method: str, **params: Any) -> dict[str, Any]:
        result: dict[str, Any] = self.ask(method, **params)["result"]
        return result


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "toy"))
        desk = Desk()
    yield desk
    desk.process.communicate(timeout=20)
    assert desk.process.returncode == 0


@pytest.fixture(scope="module")
def tissue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cells") / "tissue.h5ad"
    generator = np.random.default_rng(0)
    cells = anndata.AnnData(
        generator.poisson(1.0, (50, 8)).astype(np.float32),
        obs=pd.DataFrame(
            {"layer": pd.Categorical(["L1", "L2"] * 25), "size": np.arange(50.0)}, index=[f"c{i}" for i in range(50)]
        ),
        var=pd.DataFrame(index=[f"g{i}" for i in range(8)]),
        obsm={"spatial": generator.normal(size=(50, 2))},
    )
    cells.write_h5ad(path)
    return path


def test_a_file_is_inspected(desk, tissue):
    found = desk.result("inspect", path=str(tissue))
    assert found["sizes"] == {"cells": 50, "genes": 8}


def test_places_and_colours_arrive_as_arrays(desk, tissue):
    cells = anndata.read_h5ad(tissue)
    by_gene = desk.result("preview", path=str(tissue), kind="spatial", coordinates="spatial", gene="g3")
    by_class = desk.result("preview", path=str(tissue), kind="spatial", coordinates="spatial", column="layer")

    places = np.load(by_gene["coordinates"], allow_pickle=False)
    np.testing.assert_allclose(places, cells.obsm["spatial"], rtol=1e-6)
    np.testing.assert_array_equal(np.load(by_gene["colour"]["values"]), cells.X[:, 3])
    assert by_class["colour"]["kind"] == "category"
    assert by_class["colour"]["categories"] == ["L1", "L2"]
    assert np.load(by_class["colour"]["values"]).tolist() == [0, 1] * 25


def test_rows_of_the_table_arrive_in_parts(desk, tissue):
    part = desk.result("preview", path=str(tissue), kind="table", start=48, rows=10)
    assert part["columns"] == ["", "layer", "size"]
    assert part["rows"] == [["c48", "L1", 48.0], ["c49", "L2", 49.0]]
    assert (part["total"], part["width"]) == (50, 2)


def test_a_persons_mistake_is_an_error_with_hint_and_place(desk, tissue, tmp_path):
    error = desk.ask("preview", path=str(tissue), kind="spatial", coordinates="X_umap")["error"]
    assert error["data"]["message"] == "There are no coordinates called 'X_umap' (obsm)."
    assert error["data"]["where"].startswith(str(tissue))
    assert desk.ask("inspect", path=str(tmp_path / "absent.h5ad"))["error"]["data"]["hint"]
    assert desk.ask("inspect")["error"]["data"]["where"] == "path"
    assert desk.ask("preview", path=str(tissue), kind="table", columns=[3])["error"]["code"] == -32000
    assert desk.ask("render", figure="a.json", out="x.png", width=[1])["error"]["data"]["where"] == "width"
    assert desk.ask("render", figure="absent.json", out="x.png")["error"]["data"]["message"]


def test_validating_tells_every_problem_by_its_setting_and_raises_nothing(desk, tmp_path):
    wrong = desk.result("validate", **TOY, values={"steps": 0, "runtime": {"seed": -1}})
    assert [problem["setting"] for problem in wrong["problems"]] == ["steps", "seed"]
    assert wrong["valid"] is False
    unknown = desk.result("validate", **TOY, values={"stepz": 3})
    assert "Did you mean steps?" in unknown["problems"][0]["hint"]
    refused = desk.result("validate", **TOY, values={"data": "absent.txt"}, base=str(tmp_path))
    assert refused["problems"][0]["where"] == str(tmp_path / "absent.txt")
    assert refused["problems"][0]["setting"] == "data"
    device = desk.result("validate", **TOY, values={"runtime": {"device": "npu"}})
    assert device["problems"][0]["setting"] == "device"
    noticed = desk.result("validate", **TOY, values={"steps": 1})
    assert noticed["valid"] is True
    assert noticed["notices"][0]["setting"] == "steps"
    assert noticed["settings"]["runtime"]["device"] == "auto"
    (absent,) = desk.result("validate", workflow="absent", action="x", values={})["problems"]
    assert absent["setting"] == ""


def test_an_action_that_cannot_tell_has_no_estimate(desk):
    assert desk.result("estimate", **TOY, values={}) == {"estimate": None}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"jsonrpc": "2.0", "id": 1, "method": "inspect", "params": {"path": "' + b"x" * 10_000_000 + b'"}}', -32600),
        (b"\xff\xfe\x00", -32700),
        (b"[" * 200_000, -32700),
        (b"not json", -32700),
        (b"[]", -32600),
        (b'{"id": 1}', -32600),
        (b'{"id": {"a": 1}, "method": "inspect", "params": []}', -32600),
        (b'{"id": 1, "method": "chat", "params": {}}', -32601),
        (b'{"id": 1, "method": "inspect", "params": {"path": "a\\u0000b"}}', -32000),
        (b'{"id": 1, "method": "preview", "params": {"path": "\\ud800", "kind": "table"}}', -32000),
    ],
    ids=lambda value: value[:24].decode("latin1") if isinstance(value, bytes) else None,
)
def test_whatever_arrives_is_answered_and_the_next_question_too(desk, line, code):
    assert desk.send(line)["error"]["code"] == code
    assert desk.result("estimate", **TOY, values={}) == {"estimate": None}


def test_the_end_of_the_input_ends_the_worker_and_removes_its_arrays(tissue, home):
    desk = Desk()
    desk.result("preview", path=str(tissue), kind="spatial", coordinates="spatial")
    (folder,) = (home / "cache" / "serve").iterdir()
    assert list(folder.iterdir())
    desk.process.communicate(timeout=20)
    assert desk.process.returncode == 0
    assert not folder.exists()


def test_a_file_that_is_on_show_can_be_written_anew_and_is_read_as_it_is_then(desk, tissue, tmp_path):
    path = tmp_path / "notebook.h5ad"
    cells = anndata.read_h5ad(tissue)
    cells.write_h5ad(path)
    assert desk.result("preview", path=str(path), kind="table")["total"] == 50
    cells[:20].copy().write_h5ad(path)
    assert desk.result("inspect", path=str(path))["sizes"]["cells"] == 20
    assert desk.result("preview", path=str(path), kind="table")["total"] == 20
    path.write_text("no cells any more")
    assert desk.ask("preview", path=str(path), kind="table")["error"]["data"]["message"].startswith("The file is text")
    path.unlink()
    assert desk.ask("preview", path=str(path), kind="table")["error"]["data"]["message"] == "There is no such file."


def test_questions_are_answered_side_by_side_and_cancelled_one_by_one(tmp_path, monkeypatch):
    began, go_on = threading.Event(), threading.Event()

    def slow(question: Question) -> dict[str, Any]:
        began.set()
        go_on.wait(20)
        question.raise_if_cancelled()
        return {"never": "sent"}

    monkeypatch.setitem(ANSWERS, "slow", slow)
    monkeypatch.setitem(ANSWERS, "fast", lambda question: {"fast": True})
    with (tmp_path / "replies").open("w+b", buffering=0) as replies:
        server = Server(replies, Session(tmp_path))

        def ask(number: int, method: str, **params: Any) -> None:
            server._take(json.dumps({"id": number, "method": method, "params": params}).encode())

        def answered() -> list[dict[str, Any]]:
            return [json.loads(line) for line in (tmp_path / "replies").read_text().splitlines()]

        ask(1, "slow")
        assert began.wait(20)
        ask(2, "fast")
        while not answered():
            time.sleep(0.01)
        ask(3, "cancel", id=1)
        go_on.set()
        ask(4, "fast")
        while len(answered()) < 4:
            time.sleep(0.01)

    replies_by_id = {reply["id"]: reply for reply in answered()}
    assert replies_by_id[2]["result"] == {"fast": True}
    assert replies_by_id[1]["error"]["code"] == -32800
    assert replies_by_id[3]["result"] == {"cancelled": True}
    assert replies_by_id[4]["result"] == {"fast": True}
