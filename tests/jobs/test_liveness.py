"""Alive or not, and how a list shows it."""

import os
import subprocess
import time

import psutil
import pytest

from genodesk.core.ids import new_run_id, utc_now
from genodesk.core.run import ProcessRecord, RunFolder
from genodesk.jobs.liveness import death, is_same_process, judge, this_host, this_process
from genodesk.jobs.lock import RunLock
from genodesk.jobs.status import read
from genodesk.jobs.watch import heart_beats


def create(toy, place, workflow):
    return RunFolder.create(
        place,
        run_id=new_run_id(),
        workflow=workflow,
        action="train",
        settings=toy.settings(),
        exact=True,
        now=utc_now(),
    )


@pytest.fixture
def folder(toy, tmp_path):
    """A run folder with one attempt and no process."""
    made = create(toy, tmp_path / "run", "toy")
    made.start_attempt()
    return made


def record(folder: RunFolder, process: ProcessRecord) -> None:
    (folder.attempt_folders()[-1] / "process.json").write_text(process.model_dump_json())


def test_this_process_is_known_again_and_a_later_one_with_its_number_is_not():
    mine = this_process()
    assert is_same_process(mine)
    assert not is_same_process(mine.model_copy(update={"created": mine.created - 1}))
    assert is_same_process(mine.model_copy(update={"created": mine.created - 3600, "boot": mine.boot - 3600}))


def test_a_process_that_ended_and_was_not_waited_for_is_dead():
    child = subprocess.Popen(["true"])
    process = psutil.Process(child.pid)
    seen = ProcessRecord(pid=child.pid, created=process.create_time(), boot=psutil.boot_time(), host=this_host())
    while process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert not is_same_process(seen)
    child.wait()


def test_a_reused_process_number_does_not_make_a_dead_run_alive(folder):
    mine = this_process()
    record(folder, mine.model_copy(update={"created": mine.created - 60}))
    assert psutil.pid_exists(mine.pid)
    status = read(folder.path)
    assert (status.state, status.cause, status.alive, status.resumable) == ("failed", "killed", False, True)


def test_a_restart_of_the_computer_is_told_from_a_kill(folder):
    mine = this_process()
    record(folder, mine.model_copy(update={"boot": mine.boot - 86_400}))
    assert read(folder.path).cause == "the computer was restarted"
    assert death(mine) == "killed"


def test_a_held_lock_means_alive_whatever_the_record_says(folder):
    record(folder, ProcessRecord(pid=2**22 + 1, created=0, boot=0, host=this_host()))
    lock = RunLock.acquire(folder.lock)
    assert judge(folder) == "alive"
    lock.close()
    assert judge(folder) == "dead"


def test_another_computers_run_is_not_judged_here(folder):
    record(folder, this_process().model_copy(update={"host": "elsewhere.example"}))
    status = read(folder.path)
    assert (status.alive, status.resumable) == (None, False)


def test_a_heart_that_moves_beats_whatever_the_clock_says(folder):
    ancient = 1_000_000_000
    folder.heartbeat.touch()
    os.utime(folder.heartbeat, (ancient, ancient))
    mover = subprocess.Popen(["sh", "-c", 'sleep 0.2; touch -d @1000000001 "$0"', str(folder.heartbeat)])
    assert heart_beats(folder)
    mover.wait()


def test_a_run_without_an_attempt_is_queued(toy, tmp_path):
    status = read(create(toy, tmp_path / "r", "gone").path)
    assert (status.state, status.best, status.attempts) == ("queued", None, 0)
