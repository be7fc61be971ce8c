"""Starting and resuming: exactly once, and refused where it would do harm."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from toy_workflow import TrainSettings

from genodesk.core.errors import UserError
from genodesk.core.events import Attempt
from genodesk.core.ids import folder_name, new_run_id
from genodesk.core.run import RunFolder
from genodesk.jobs.lock import RunLock, is_held
from genodesk.jobs.status import read
from genodesk.jobs.submit import ask, resume, submit

RACE = """
import sys, threading
from toy_workflow import TrainSettings
from genodesk.jobs.submit import submit
gate, names = threading.Barrier(16), []
def race():
    gate.wait()
    names.append(submit("toy", "train", TrainSettings(steps=3), run_id=sys.argv[1]).folder.name)
threads = [threading.Thread(target=race) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(*names)
"""


def test_of_64_submits_of_one_run_exactly_one_starts_it(toy, home):
    run_id = new_run_id()
    racers = [
        subprocess.Popen([sys.executable, "-c", RACE, run_id], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    names = [name for racer in racers for name in racer.communicate()[0].split()]
    assert all(racer.returncode == 0 for racer in racers)
    assert len(names) == 64
    assert len(set(names)) == 1
    (path,) = (home / "runs").iterdir()
    folder = RunFolder.open(path)
    assert toy.until_over(folder).state == "finished"
    assert len([event for event in toy.events(folder) if isinstance(event, Attempt)]) == 1
    assert [place.name for place in folder.attempt_folders()] == ["0001"]


def test_a_repeated_submit_returns_the_run_there_is_and_another_request_is_refused(toy):
    run_id = new_run_id()
    first = submit("toy", "train", TrainSettings(steps=3), run_id=run_id)
    toy.until_over(RunFolder.open(first.folder))
    again = submit("toy", "train", TrainSettings(steps=3), run_id=run_id)
    assert (again.folder, again.state, again.attempts) == (first.folder, "finished", 1)
    with pytest.raises(UserError, match="already holds a run"):
        submit("toy", "train", TrainSettings(steps=4), run_id=run_id)


def test_a_submit_that_died_before_its_start_is_completed_by_the_next(toy, home):
    run_id = new_run_id()
    place = home / "runs" / folder_name(run_id, "toy", "train")
    (place / "requests").mkdir(parents=True)
    status = submit("toy", "train", TrainSettings(steps=3), run_id=run_id)
    assert toy.until_over(RunFolder.open(status.folder)).state == "finished"
    assert status.folder == place


@pytest.mark.parametrize("run_id", ["../../x", "a;touch P", "-rf", "x" * 26, "01JD0000000000000000000\nAB"])
def test_an_id_that_is_no_ulid_is_refused_before_anything_is_written(home, run_id):
    with pytest.raises(UserError, match="is not the id of a run"):
        submit("toy", "train", TrainSettings(), run_id=run_id)
    assert not home.exists()


def test_a_folder_that_holds_a_run_or_other_files_is_refused_and_left_alone(toy, tmp_path):
    folder = toy.finish(tmp_path / "run", steps=3)
    before = sorted(path.name for path in folder.path.rglob("*"))
    with pytest.raises(UserError, match="already holds a run") as refusal:
        toy.start(tmp_path / "run", steps=3)
    assert "runs resume" in refusal.value.hint
    assert sorted(path.name for path in folder.path.rglob("*")) == before
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "draft.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        toy.start(tmp_path / "papers")
    assert [path.name for path in (tmp_path / "papers").iterdir()] == ["draft.txt"]


def test_an_empty_folder_may_become_a_run(toy, tmp_path):
    (tmp_path / "empty").mkdir()
    assert read(toy.finish(tmp_path / "empty", steps=3).path).state == "finished"


def test_a_run_that_is_going_or_finished_is_not_resumed(toy):
    folder = toy.start(steps=100_000, step_seconds=0.01)
    toy.until_step(folder, 1)
    with pytest.raises(UserError, match="still going"):
        resume(folder.path)
    ask(folder.path, "stop-now")
    toy.until_over(folder)
    with pytest.raises(UserError, match="not going: it is stopped"):
        ask(folder.path, "stop")
    done = toy.finish(steps=3)
    with pytest.raises(UserError, match="is finished"):
        resume(done.path)
    assert not is_held(done.lock)


def test_two_resumes_at_once_start_one_attempt(toy):
    folder = toy.start(steps=100_000, step_seconds=0.01)
    toy.until_step(folder, 1)
    ask(folder.path, "stop")
    toy.until_over(folder)
    refused = []

    def race() -> None:
        try:
            resume(folder.path)
        except UserError as error:
            refused.append(error)

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    toy.until(lambda: read(folder.path).attempts == 2)
    assert len(refused) == 1
    ask(folder.path, "stop-now")
    toy.until_over(folder, attempts=2)
    assert len(folder.attempt_folders()) == 2


@pytest.mark.parametrize(("number", "message"), [(2, "newer Genodesk"), (0, "another format")])
def test_a_run_of_another_format_is_not_resumed(toy, number, message):
    folder = toy.finish(steps=3, trouble="user")
    document = json.loads((folder.path / "run.json").read_text())
    (folder.path / "run.json").write_text(json.dumps(document | {"format": number}))
    with pytest.raises(UserError, match=message):
        resume(folder.path)
    assert len(folder.attempt_folders()) == 1


def test_anybody_who_can_write_in_the_folder_can_ask(toy):
    folder = toy.start(steps=100_000, step_seconds=0.01)
    toy.until_step(folder, 1)
    subprocess.run(["touch", str(folder.requests / "stop")], check=True)
    assert toy.until_over(folder).state == "stopped"


def test_a_supervisor_that_cannot_be_started_leaves_a_run_that_can_be_resumed(toy, home, monkeypatch):
    python = sys.executable
    monkeypatch.setattr(sys, "executable", str(home / "no python"))
    with pytest.raises(UserError, match="supervisor cannot be started"):
        toy.start(steps=3)
    (path,) = (home / "runs").iterdir()
    folder = RunFolder.open(path)
    assert not is_held(folder.lock)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    resume(path)
    status = toy.until_over(folder, attempts=0)
    assert (status.state, status.cause, status.resumable) == ("failed", "it never started", True)
    monkeypatch.setattr(sys, "executable", python)
    resume(path)
    assert toy.until_over(folder, attempts=1).state == "finished"
    assert [event.reason for event in toy.events(folder) if isinstance(event, Attempt)] == ["start"]


def test_a_disk_without_locks_is_told(tmp_path):
    with pytest.raises(UserError, match="cannot be taken"):
        RunLock.acquire(tmp_path / "absent" / ".lock")


def test_a_request_left_before_the_start_is_heard(toy):
    folder = toy.start(steps=100_000, step_seconds=0.01)
    folder.ask("stop")
    assert toy.until_over(folder).state == "stopped"


def test_a_lock_is_free_only_when_every_holder_is_gone(tmp_path: Path):
    lock = RunLock.acquire(tmp_path / ".lock")
    child = subprocess.Popen(["sleep", "60"], pass_fds=(lock.descriptor,))
    lock.close()
    assert is_held(tmp_path / ".lock")
    assert RunLock.acquire(tmp_path / ".lock", wait_s=0.1) is None
    child.kill()
    child.wait()
    assert not is_held(tmp_path / ".lock")
