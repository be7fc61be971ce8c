"""The worker and the `run` it gives to a workflow function."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from toy_workflow import TrainSettings

from genodesk.core.errors import Stopped, UserError
from genodesk.core.events import Artifact, MetricValues, Progress, Result
from genodesk.core.ids import new_run_id, utc_now
from genodesk.core.run import RunFolder
from genodesk.core.workflow import get_workflow, load_function, workflow_names
from genodesk.engine.devices import Device
from genodesk.engine.live_run import CallRun, Run
from genodesk.engine.run_tables import MetricsTable, safe_cell, write_table
from genodesk.engine.worker import exit_code
from genodesk.jobs.outcome import DISK_FULL, DONE, ERROR, OUT_OF_MEMORY, STOPPED, USER_ERROR

CPU = Device("cpu", "A processor", "It was asked for.")


@pytest.fixture
def folder(tmp_path):
    made = RunFolder.create(
        tmp_path / "run",
        run_id=new_run_id(),
        workflow="toy",
        action="train",
        settings=TrainSettings(),
        exact=True,
        now=utc_now(),
    )
    made.start_attempt()
    return made


def test_a_workflow_is_found_by_its_entry_point_alone():
    assert "toy" in workflow_names()
    assert get_workflow("toy").action("train").best.metric == "loss"


def test_starting_a_worker_or_supervisor_imports_nothing_that_computes():
    program = (
        "import sys, genodesk.jobs.supervisor; assert 'numpy' not in sys.modules;"
        "import genodesk.engine.worker; heavy = {'torch', 'h5py', 'pandas', 'anndata', 'matplotlib'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_call_answers_without_a_folder():
    action = get_workflow("toy").action("add")
    run = CallRun(CPU)
    assert run.folder is None
    assert load_function(action.function)(action.settings(numbers=(1.0, 2.5)), run) == {"sum": 3.5}


def test_the_run_tells_and_writes_what_a_function_gives_it(folder):
    told = []
    run = Run(folder, CPU, 3, send=told.append)
    assert run.rng.integers(1000) == np.random.default_rng(3).integers(1000)
    run.metric(1, {"loss": 0.5, "wild": float("nan")}, epoch=0.25)
    run.metric(1, {"score": 1.0}, split="validation")
    run.progress(1, 4)
    run.progress(2, 4)
    path = run.table("scores", {"name": ["=cmd()", "plain"], "value": [-1.5, np.float32(2)]})
    run.artifact(folder.model, "model")
    run.result({"metrics": {"loss": np.float64(0.5), "bad": float("inf")}, "shape": np.array([2, 3]), "at": path})
    metric = next(event for event in told if isinstance(event, MetricValues))
    assert metric.values == {"loss": 0.5, "wild": None}
    rows = list(csv.reader((folder.tables / "metrics.csv").open()))
    assert rows[1:] == [
        ["1", "0.25", "train", "loss", "0.5"],
        ["1", "0.25", "train", "wild", "nan"],
        ["1", "", "validation", "score", "1.0"],
    ]
    first, second = (event for event in told if isinstance(event, Progress))
    assert first.eta_s is None
    assert 0 <= second.eta_s < 5
    assert list(csv.reader(path.open()))[1:] == [["'=cmd()", "-1.5"], ["plain", "2.0"]]
    assert [(e.path, e.role) for e in told if isinstance(e, Artifact)] == [
        ("tables/scores.csv", "table"),
        ("model", "model"),
    ]
    assert isinstance(told[-1], Result)
    result = json.loads(folder.result_file.read_text())
    assert (result["metrics"], result["shape"], result["at"]) == ({"loss": 0.5, "bad": None}, [2, 3], str(path))


def test_only_the_first_rank_writes_and_tells(folder):
    told = []
    run = Run(folder, CPU, send=told.append, rank=1, world_size=2)
    run.metric(1, {"loss": 1.0})
    run.progress(1, 2)
    run.table("scores", {"a": [1]})
    run.result({})
    run.log("hello")
    run.artifact("x", "y")
    assert told == []
    assert not folder.tables.exists()
    assert not folder.result_file.exists()


def test_columns_of_different_length_are_refused(tmp_path):
    with pytest.raises(UserError, match="differ in length"):
        write_table(tmp_path / "t.csv", {"a": [1], "b": [1, 2]})
    assert [safe_cell(value) for value in ("@x", "+1", -1, "a=b")] == ["'@x", "'+1", -1, "a=b"]


def test_a_resumed_table_drops_the_steps_that_are_made_again(tmp_path):
    path = tmp_path / "metrics.csv"
    before = MetricsTable(path, continued=False)
    for step in (10, 20, 30):
        before.add(step, None, "train", {"loss": float(step)})
        before.add(step, None, "validation", {"score": float(step)})
    after = MetricsTable(path, continued=True)
    after.add(20, None, "validation", {"score": -2.0})
    after.add(30, None, "train", {"loss": -3.0})
    after.add(30, None, "validation", {"score": -3.0})
    rows = [(row["step"], row["split"], row["value"]) for row in csv.DictReader(path.open())]
    assert rows == [
        ("10", "train", "10.0"),
        ("10", "validation", "10.0"),
        ("20", "train", "20.0"),
        ("20", "validation", "-2.0"),
        ("30", "train", "-3.0"),
        ("30", "validation", "-3.0"),
    ]


class OutOfMemoryError(RuntimeError):
    """Called as torch calls its own."""


@pytest.mark.parametrize(
    ("raised", "code", "word"),
    [
        (None, DONE, None),
        (Stopped(), STOPPED, None),
        (UserError("Bad.", "Mend it.", "--x"), USER_ERROR, "Bad."),
        (MemoryError(), OUT_OF_MEMORY, "memory"),
        (OutOfMemoryError("CUDA"), OUT_OF_MEMORY, "memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), OUT_OF_MEMORY, "memory"),
        (OSError(28, "No space left on device"), DISK_FULL, "disk is full"),
        (ValueError("secret detail"), ERROR, "ValueError"),
        (SystemExit(0), ERROR, "SystemExit"),
    ],
)
def test_every_end_of_a_function_has_its_code_and_sentence(raised, code, word, capfd):
    told = []

    def work() -> None:
        if raised is not None:
            raise raised

    assert exit_code(work, told.append, "log.txt") == code
    assert [word in event.message for event in told] == ([True] if word else [])
    assert all("secret" not in event.message for event in told)
    user = code == USER_ERROR
    assert [(event.user, event.traceback) for event in told] == ([(user, "" if user else "log.txt")] if word else [])


def test_the_time_that_is_left_follows_from_the_pace_of_the_last_while(monkeypatch):
    clock, told = [0.0], []
    monkeypatch.setattr("genodesk.engine.live_run.time.monotonic", lambda: clock[0])
    run = CallRun(CPU, report=told.append)
    run.progress(0, 250)
    for step in range(1, 46):  # fast at first, then three seconds a step
        clock[0] += 0.1 if step <= 25 else 3.0
        run.progress(step, 250)
    assert told[-1].eta_s == pytest.approx(205 * 3.0)
    run.progress(1, 3, unit="slices")
    assert told[-1].eta_s is None
