"""A run's ordinary life: start, work, requests, ends of every kind."""

import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from genodesk.core.events import Attempt, Failed, Requested, Warned
from genodesk.core.run import RunFolder
from genodesk.jobs.lock import RunLock
from genodesk.jobs.status import read
from genodesk.jobs.submit import ask, resume


def test_a_run_finishes_and_tells_its_whole_story(toy, tmp_path):
    data = tmp_path / "data.txt"
    data.write_text("cells\n")
    folder = toy.finish(data=str(data))
    events = toy.events(folder)
    assert [event.seq for event in events] == list(range(len(events)))
    assert [event.kind for event in events[:3]] == ["begin", "attempt", "state"]
    assert toy.states(folder) == ["preparing", "running", "finished"]
    status = read(folder.path)
    assert (status.state, status.alive, status.resumable, status.step) == ("finished", False, False, 40)
    assert status.best.metric == "loss"
    assert status.progress.done == 40
    assert folder.last_exit().code == 0
    assert folder.result()["metrics"]["loss"] == status.metrics["train"]["loss"]
    assert (folder.figures / "walk.json").exists()
    opened = RunFolder.open(folder.path).info.inputs
    assert [(entry.setting, entry.size) for entry in opened] == [("data", 6)]


def test_a_run_is_private(toy):
    folder = toy.finish()
    for path in [folder.path, *folder.path.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_run_outlives_who_started_it(toy, home):
    starter = (
        "from toy_workflow import TrainSettings; from genodesk.jobs.submit import submit;"
        "print(submit('toy', 'train', TrainSettings(step_seconds=0.02)).folder)"
    )
    made = subprocess.run([sys.executable, "-c", starter], check=True, capture_output=True, text=True)
    folder = RunFolder.open(Path(made.stdout.strip()))
    assert read(folder.path).state != "finished"
    assert toy.until_over(folder).state == "finished"


def test_a_stop_is_acknowledged_within_100_ms_and_leaves_a_checkpoint(toy):
    folder = toy.start(steps=100_000, step_seconds=0.01, checkpoint_every=100_000)
    toy.until_step(folder, 3)
    asked = time.time()
    ask(folder.path, "stop")
    status = toy.until_over(folder)
    answer = next(event for event in toy.events(folder) if isinstance(event, Requested))
    assert datetime.fromisoformat(answer.time).timestamp() - asked < 0.1
    assert status.state == "stopped"
    assert folder.last_exit().code == 3
    assert len(list(folder.checkpoints.iterdir())) == 1
    assert toy.states(folder)[-2:] == ["stopping", "stopped"]
    assert folder.pending_requests() == []


def test_a_paused_run_frees_its_processes_and_goes_on_to_the_same_result(toy):
    whole = toy.weights(toy.finish(steps=60))
    folder = toy.start(steps=60, step_seconds=0.01)
    toy.until_step(folder, 5)
    ask(folder.path, "pause")
    assert toy.until_over(folder).state == "paused"
    assert folder.last_exit().code == 3
    resume(folder.path)
    assert toy.until_over(folder, attempts=2).state == "finished"
    assert toy.weights(folder) == whole
    assert [event.reason for event in toy.events(folder) if isinstance(event, Attempt)] == ["start", "resume"]


@pytest.mark.parametrize("requests", [("stop-now",), ("stop", "stop")])
def test_a_worker_that_does_not_listen_is_killed_when_asked_now_or_twice(toy, requests):
    folder = toy.start(steps=10, trouble="deaf")
    toy.until_step(folder, 5)
    for request in requests:
        toy.until(lambda: not folder.pending_requests())
        ask(folder.path, request)
    assert toy.until_over(folder).state == "stopped"
    assert any(isinstance(event, Warned) and "killed" in event.message for event in toy.events(folder))


def test_a_worker_that_does_not_listen_is_killed_after_the_grace(toy, monkeypatch):
    monkeypatch.setenv("GENODESK_GRACE_S", "0.3")
    folder = toy.start(steps=10, trouble="deaf")
    toy.until_step(folder, 5)
    ask(folder.path, "pause")
    assert toy.until_over(folder).state == "paused"


def test_signals_to_the_supervisor_are_requests(toy):
    folder = toy.start(steps=100_000, step_seconds=0.01)
    toy.until_step(folder, 2)
    toy.supervisor(folder).send_signal(signal.SIGTERM)
    assert toy.until_over(folder).state == "stopped"
    assert [event.request for event in toy.events(folder) if isinstance(event, Requested)] == ["stop"]


def test_a_stop_is_heard_while_inputs_are_still_being_hashed(toy, tmp_path):
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(200 << 30)  # sparse: minutes to hash, nothing to store
    folder = toy.start(data=str(huge))
    toy.until(lambda: read(folder.path).state == "preparing")
    ask(folder.path, "stop")
    assert toy.until_over(folder).state == "stopped"
    assert folder.info.inputs == ()


def test_a_persons_mistake_is_told_in_a_sentence_and_not_tried_again(toy):
    folder = toy.finish(trouble="user")
    status = read(folder.path)
    assert (status.state, folder.last_exit().code, status.attempts) == ("failed", 2, 1)
    assert (status.error.message, status.error.where, status.error.user) == ("The walk is too steep.", "steps", True)
    assert "Traceback" not in folder.log.read_text()


def test_an_error_of_the_program_leaves_its_traceback_in_the_log(toy):
    folder = toy.finish(trouble="error")
    status = read(folder.path)
    assert (status.state, status.cause, status.attempts, folder.last_exit().code) == ("failed", "error", 1, 1)
    assert "a stone in the way" not in status.error.message
    assert "a stone in the way" in (folder.path / status.error.traceback).read_text()


def test_out_of_memory_ends_with_three_hints(toy):
    folder = toy.finish(trouble="memory")
    status = read(folder.path)
    assert (status.state, status.cause, status.attempts) == ("failed", "out of memory", 1)
    assert status.error.hint.count(";") == 2


def test_the_number_of_threads_is_stored_and_kept_by_a_resumed_run(toy, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    folder = toy.start(steps=100_000, step_seconds=0.01)
    toy.until_step(folder, 2)
    assert folder.last_process().threads == 3
    assert toy.workers(folder)[0].environ()["OMP_NUM_THREADS"] == "3"
    ask(folder.path, "stop")
    toy.until_over(folder)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    resume(folder.path)
    toy.until(lambda: len(folder.attempt_folders()) == 2 and folder.last_process())
    assert folder.last_process().threads == 3
    ask(folder.path, "stop-now")
    toy.until_over(folder, attempts=2)


def test_live_metrics_are_thinned_but_every_row_is_kept(toy):
    folder = toy.finish(steps=3000, checkpoint_every=3000)
    metrics = [event for event in toy.events(folder) if event.kind == "metric"]
    assert len(metrics) < 400
    assert [metrics[0].step, metrics[-1].step] == [1, 3000]
    rows = (folder.tables / "metrics.csv").read_text().splitlines()
    assert len(rows) == 3001


def test_a_rank_that_is_left_alone_by_a_stop_is_no_failure(toy):
    runtime = {"device": "cpu", "seed": 7, "processes": 2}
    folder = toy.start(steps=100, step_seconds=0.02, trouble="alone", runtime=runtime)
    toy.until_step(folder, 60)
    ask(folder.path, "stop")
    assert toy.until_over(folder).state == "stopped"
    assert not [event for event in toy.events(folder) if isinstance(event, Failed)]


def test_a_run_waits_for_a_device_that_another_run_has_and_says_so(toy, home):
    (home / "devices").mkdir(parents=True)
    (home / "devices" / "cuda-0").write_text("the-other-run")
    lock = RunLock.acquire(home / "devices" / "cuda-0.lock")
    folders = [toy.start(steps=4, trouble="busy") for _ in range(2)]
    for folder in folders:
        status = toy.until(lambda folder=folder: (now := read(folder.path)).cause and now)
        assert (status.state, status.cause) == ("queued", "the-other-run is using A GPU")
    ask(folders[0].path, "stop")
    assert toy.until_over(folders[0]).state == "stopped"
    lock.close()
    assert toy.until_over(folders[1]).state == "finished"
    assert toy.states(folders[1]) == ["preparing", "running", "queued", "running", "finished"]
    assert (home / "devices" / "cuda-0").read_text() == folders[1].path.name


def test_one_dead_rank_ends_the_others_and_all_start_again(toy):
    alone = toy.weights(toy.finish(steps=10))
    runtime = {"device": "cpu", "seed": 7, "processes": 2}
    folder = toy.start(steps=10, checkpoint_every=100, trouble="rank", runtime=runtime)
    workers = toy.until(lambda: len(found := toy.workers(folder)) == 2 and found)
    environments = [worker.environ() for worker in workers]
    assert {e["RANK"] for e in environments} == {"0", "1"}
    assert len({e["GENODESK_RENDEZVOUS"] for e in environments}) == 1
    assert environments[0]["GLOO_SOCKET_IFNAME"] == "lo"
    status = toy.until_over(folder)
    assert (status.state, status.attempts) == ("finished", 2)
    assert not any(worker.is_running() for worker in workers)
    assert toy.weights(folder) == alone
