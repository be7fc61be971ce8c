"""Processes die at any moment; the result is the one of a run that was left alone."""

import contextlib
import random
import subprocess

import psutil
import pytest

from genodesk.core.errors import UserError
from genodesk.core.events import Attempt, EventWriter, Failed, MetricValues, StateChange
from genodesk.jobs.status import read
from genodesk.jobs.submit import resume

STEPS = 60


@pytest.fixture
def undisturbed(toy, _known={}):  # noqa: B006 - one run serves all tests
    if not _known:
        _known["weights"] = toy.weights(toy.finish(steps=STEPS))
    return _known["weights"]


def test_a_worker_killed_at_random_moments_ends_with_the_same_result(toy, undisturbed):
    dice = random.Random(3)
    for _ in range(2):
        folder = toy.start(steps=STEPS, step_seconds=0.06)  # slow enough to be killed before it ends on a busy machine
        for number in range(2):
            toy.until(lambda folder=folder, number=number: read(folder.path).attempts == number + 1)
            toy.until_step(folder, dice.randint(1, 15) + 10 * number)
            for worker in toy.until(lambda folder=folder: toy.workers(folder)):  # it may not have started yet
                worker.kill()
        status = toy.until_over(folder)
        assert (status.state, status.attempts) == ("finished", 3)
        reasons = [event.reason for event in toy.events(folder) if isinstance(event, Attempt)]
        assert reasons == ["start", "relaunch", "relaunch"]
        assert toy.weights(folder) == undisturbed


def test_the_metrics_table_of_a_killed_run_holds_each_step_once(toy, undisturbed):
    folder = toy.finish(steps=STEPS, trouble="crash", checkpoint_every=7)
    rows = (folder.tables / "metrics.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == list(range(1, STEPS + 1))
    assert toy.weights(folder) == undisturbed


def test_a_worker_that_always_crashes_is_started_four_times(toy):
    folder = toy.finish(steps=4, trouble="crash-again")
    status = read(folder.path)
    assert (status.state, status.cause, status.attempts) == ("failed", "killed by signal 9", 4)
    assert [(place / "exit.json").exists() for place in folder.attempt_folders()] == [True] * 4
    assert any(isinstance(event, Failed) and "Resume" in event.hint for event in toy.events(folder))


def test_a_killed_supervisor_takes_its_worker_along_and_the_run_resumes_to_the_same_result(toy, undisturbed):
    folder = toy.start(steps=STEPS, step_seconds=0.02)
    toy.until_step(folder, 8)
    workers = toy.workers(folder)
    toy.supervisor(folder).kill()
    gone, alive = psutil.wait_procs(workers, timeout=2)
    assert (len(gone), alive) == (1, [])
    status = toy.until_over(folder)
    assert (status.state, status.cause, status.resumable) == ("failed", "killed", True)
    assert folder.last_exit() is None
    resume(folder.path)
    assert toy.until_over(folder, attempts=2).state == "finished"
    assert toy.weights(folder) == undisturbed
    events = toy.events(folder)
    assert [event.seq for event in events] == list(range(len(events)))


def test_no_second_attempt_starts_while_an_orphan_of_the_first_lives(toy):
    folder = toy.start(steps=STEPS, step_seconds=0.02, trouble="child")
    toy.until_step(folder, STEPS // 2 + 1)
    (worker,) = toy.workers(folder)
    (orphan,) = worker.children()
    toy.supervisor(folder).kill()
    psutil.wait_procs([worker], timeout=2)
    assert read(folder.path).alive
    with pytest.raises(UserError, match="still going"):
        resume(folder.path)
    assert len(folder.attempt_folders()) == 1
    orphan.kill()
    assert toy.until_over(folder).state == "failed"
    resume(folder.path)
    assert toy.until_over(folder, attempts=2).state == "finished"


def test_a_torn_event_line_costs_nothing_but_itself(toy):
    folder = toy.start(steps=STEPS, step_seconds=0.02)
    toy.until_step(folder, 3)
    toy.supervisor(folder).kill()
    toy.until_over(folder)
    with folder.events.open("ab") as file:
        file.write(b'{"kind":"metric","seq":9')
    resume(folder.path)
    assert toy.until_over(folder, attempts=2).state == "finished"
    seqs = [event.seq for event in toy.events(folder)]
    assert seqs == list(range(len(seqs)))


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MB."""
    place = tmp_path / "small disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_space_again(toy, small_disk, undisturbed):
    folder = toy.finish(small_disk / "run", steps=STEPS, trouble="disk")
    status = read(folder.path)
    assert (status.state, status.cause, status.attempts) == ("failed", "disk full", 1)
    assert status.error.message == "The disk is full."
    assert folder.last_exit().state == "failed"
    (folder.path / "filler").unlink()
    resume(folder.path)
    assert toy.until_over(folder, attempts=2).state == "finished"
    assert toy.weights(folder) == undisturbed
    rows = (folder.tables / "metrics.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == list(range(1, STEPS + 1))


def fill(path):
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def write_metrics(writer, count):
    for step in range(count):
        writer.write(MetricValues(step=step, values={"loss": 1.0}))


def test_the_reserve_carries_states_through_a_full_disk_and_metrics_do_not_use_it_up(small_disk):
    reserve = small_disk / "reserve"
    reserve.write_bytes(bytes(1 << 20))
    writer = EventWriter(small_disk / "events.jsonl", reserve=reserve)
    fill(small_disk / "filler")
    with pytest.raises(OSError, match="No space left"):
        write_metrics(writer, 1000)
    assert reserve.stat().st_size == 1 << 20
    last = writer.write(StateChange(state="failed", cause="disk full" + "!" * 5000))
    assert 0 < reserve.stat().st_size < 1 << 20
    lines = (small_disk / "events.jsonl").read_bytes().splitlines()
    assert b"disk full" in lines[-1]
    assert len(lines) == last.seq + 1
    writer.close()


def test_a_run_folder_that_does_not_fit_leaves_nothing_behind(toy, small_disk):
    (small_disk / "filler").write_bytes(bytes(6 << 20))
    with pytest.raises(UserError, match="cannot be written"):
        toy.start(small_disk / "run")
    assert [path.name for path in small_disk.iterdir()] == ["filler"]
