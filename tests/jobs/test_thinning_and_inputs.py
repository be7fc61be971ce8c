"""Live numbers are thinned without losing their shape; inputs are identified by their content."""

import hashlib

import pytest

from genodesk.core.errors import UserError
from genodesk.core.events import MetricValues, Progress
from genodesk.core.settings import FileKind, Settings, setting
from genodesk.jobs.coalesce import LINES_PER_SECOND, Coalescer, representatives
from genodesk.jobs.inputs import hash_inputs, input_paths
from genodesk.jobs.outcome import first_failure, judge_exit, kills_for_memory
from genodesk.jobs.ranks import thread_count


def losses(values, split="train"):
    return [MetricValues(step=step, split=split, values={"loss": value}) for step, value in enumerate(values)]


def test_a_second_of_metrics_becomes_twenty_lines_with_first_last_least_and_greatest():
    values = [5.0] * 1000
    values[300], values[700] = 1.0, 9.0
    coalescer = Coalescer()
    written = []
    for number, event in enumerate(losses(values)):
        coalescer.add(event)
        written += coalescer.due(10 + number / 1001)
    written += coalescer.due(11.0)
    assert len(written) <= LINES_PER_SECOND
    assert {0, 300, 700, 999} <= {event.step for event in written}
    assert [event.step for event in written] == sorted(event.step for event in written)


def test_slow_metrics_pass_at_once():
    coalescer = Coalescer()
    for second, event in enumerate(losses([1.0, 2.0, 3.0])):
        coalescer.add(event)
        assert coalescer.due(100.0 + second * 0.5) == [event]


def test_a_rare_split_survives_among_many_lines():
    crowd = losses([float(number) for number in range(500)])
    crowd.insert(250, MetricValues(step=250, split="validation", values={"score": 0.5}))
    kept = representatives(crowd, 10)
    assert len(kept) <= 10
    assert [event.split for event in kept].count("validation") == 1


def test_of_progress_the_newest_is_kept():
    coalescer = Coalescer()
    for done in range(100):
        coalescer.add(Progress(done=done))
    assert [event.done for event in coalescer.due(50.0)] == [99]
    coalescer.add(Progress(done=100))
    assert coalescer.due(50.1) == []
    assert [event.done for event in coalescer.due(50.1, everything=True)] == [100]


class Inputs(Settings):
    data: str | None = setting(None, title="Data", help="Data.", file=FileKind())
    more: tuple[str, ...] = setting((), title="More", help="More.", file=FileKind(folder=True))
    out: str | None = setting(None, title="Out", help="Out.", file=FileKind(role="output"))


def test_a_file_and_a_folder_are_identified_by_content(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"cells")
    folder = tmp_path / "array.zarr"
    (folder / "c").mkdir(parents=True)
    (folder / "c" / "0").write_bytes(b"one")
    (folder / "zarr.json").write_bytes(b"{}")
    settings = Inputs(data=str(tmp_path / "a.txt"), more=(str(folder),), out=str(tmp_path / "new"))
    ticks = []
    first, second = hash_inputs(settings, lambda: ticks.append(1))
    assert (first.setting, first.size, first.sha256) == ("data", 5, hashlib.sha256(b"cells").hexdigest())
    listing = "".join(
        f"{name}\0{hashlib.sha256(content).hexdigest()}\n" for name, content in (("c/0", b"one"), ("zarr.json", b"{}"))
    )
    assert (second.size, second.sha256) == (5, hashlib.sha256(listing.encode()).hexdigest())
    assert len(ticks) >= 3
    assert [name for name, _ in input_paths(settings)] == ["data", "more"]


def test_of_a_run_folder_the_model_counts(tmp_path):
    (tmp_path / "run" / "model").mkdir(parents=True)
    (tmp_path / "run" / "run.json").write_text("{}")
    (tmp_path / "run" / "model" / "weights").write_bytes(b"w")
    before = hash_inputs(Inputs(data=str(tmp_path / "run")), lambda: None)
    (tmp_path / "run" / "events.jsonl").write_text("changes")
    assert hash_inputs(Inputs(data=str(tmp_path / "run")), lambda: None) == before
    assert before[0].size == 1


def test_a_missing_input_names_its_option(tmp_path):
    with pytest.raises(UserError) as problem:
        hash_inputs(Inputs(data=str(tmp_path / "none")), lambda: None)
    assert problem.value.where == "--data"


@pytest.mark.parametrize(
    ("code", "reported", "memory", "state", "cause", "crashed"),
    [
        (0, False, False, "finished", "", False),
        (3, False, False, "stopped", "", False),
        (2, True, False, "failed", "user error", False),
        (1, True, False, "failed", "error", False),
        (1, False, False, "failed", "error", True),
        (4, True, False, "failed", "out of memory", False),
        (5, True, False, "failed", "disk full", False),
        (-9, False, True, "failed", "out of memory", False),
        (-9, False, False, "failed", "killed by signal 9", True),
        (-11, False, True, "failed", "killed by signal 11", True),
    ],
)
def test_an_exit_code_becomes_a_state_and_a_cause(code, reported, memory, state, cause, crashed):
    outcome = judge_exit(code, reported, memory)
    assert (outcome.state, outcome.cause, outcome.crashed) == (state, cause, crashed)


def test_the_first_bad_rank_decides():
    assert first_failure([None, 0, 3]) is None
    assert first_failure([0, -11, None]) == -11
    assert first_failure([1, 4]) == 4  # the other rank only lost its partner


def test_kills_for_memory_are_counted(tmp_path):
    (tmp_path / "vmstat").write_text("pgfault 12\noom_kill 3\n")
    assert kills_for_memory(tmp_path / "vmstat") == 3
    assert kills_for_memory(tmp_path / "none") == 0


def test_the_environment_decides_on_threads_then_the_setting(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert thread_count(2, 1) == 5
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert thread_count(2, 1) == 2
    assert thread_count(0, 1000) == 1
