"""The list of runs: starting, asking, resuming and deleting real runs, and what is told of them."""

import json
import shutil
import time

import pytest
from hand_made_run import make_run, write_events
from toy_workflow import TrainSettings

from genodesk.app.run_list import RunList
from genodesk.core.errors import UserError
from genodesk.core.events import Failed, Log
from genodesk.core.layers import Layer, build
from genodesk.jobs.catalogue import Catalogue
from genodesk.jobs.status import read, standing
from genodesk.jobs.submit import submit

CPU = {"runtime": {"device": "cpu"}}


class BrokenEngine:
    """An engine whose commands die without a word as often as told, and then answer."""

    def __init__(self, failures=0, answer=None):
        self.requests, self._failures, self._answer = [], failures, answer

    async def command(self, words, stdin=""):
        self.requests.append((words, json.loads(stdin)))
        if len(self.requests) <= self._failures:
            return -9, "", "killed"
        return 0, json.dumps(self._answer), ""


@pytest.fixture
def runs(loop):
    made = RunList(None, BrokenEngine())
    ended = []
    made.ended.connect(ended.append)
    made.told = ended
    yield made
    made.close()
    made.deleteLater()


def start(**values):
    return submit("toy", "train", build(TrainSettings, Layer({**CPU, **values}, "test"))).folder


async def test_a_run_started_through_the_engine_appears_moves_and_its_end_is_told(desk, until):
    told = []
    desk.runs.ended.connect(told.append)
    status = await desk.runs.submit("toy", "train", {"steps": 60, "step_seconds": 0.01, **CPU})
    shown = await until(lambda: desk.runs.find(status.folder))
    assert (shown.workflow, shown.action) == ("toy", "train")
    await until(lambda: (desk.runs.find(status.folder).step or 0) > 0)
    await until(lambda: told)
    assert [(run.id, run.state, run.step) for run in told] == [(status.id, "finished", 60)]


async def test_settings_that_cannot_work_come_back_as_a_sentence_and_start_nothing(desk, until):
    with pytest.raises(UserError, match="greater than or equal to 1"):
        await desk.runs.submit("toy", "train", {"steps": 0})
    await until(lambda: desk.runs.loaded)
    assert desk.runs.runs == []


async def test_asking_again_after_a_broken_engine_asks_for_the_same_run(loop):
    answer = json.loads(read(make_run().path).model_dump_json())
    engine = BrokenEngine(failures=1, answer=answer)
    runs = RunList(None, engine)
    try:
        status = await runs.submit("toy", "train", {"steps": 3}, preset="quick", run_dir="/somewhere")
        assert status.id == answer["id"]
        (_, first), (_, second) = engine.requests
        assert first == second
        assert first["settings"] == {"steps": 3}
        assert (first["preset"], first["run_dir"]) == ("quick", "/somewhere")
        engine._failures = 9
        with pytest.raises(UserError, match="ended without an answer"):
            await runs.submit("toy", "train", {})
    finally:
        runs.close()


async def test_stopping_is_acknowledged_at_once_and_a_resumed_run_ends_again(runs, until):
    folder = start(steps=2000, step_seconds=0.01)
    await until(lambda: (status := runs.find(folder)) and (status.step or 0) > 0)
    begin = time.monotonic()
    await runs.ask(folder, "pause")
    assert time.monotonic() - begin < 0.1
    await until(lambda: [run.state for run in runs.told] == ["paused"])
    await runs.resume(folder)
    await until(lambda: runs.find(folder).attempts == 2 and runs.find(folder).state == "running")
    await runs.ask(folder, "stop")
    await until(lambda: [run.state for run in runs.told] == ["paused", "stopped"])
    with pytest.raises(UserError, match="not going"):
        await runs.ask(folder, "stop")


async def test_runs_that_had_ended_before_are_listed_and_not_told_of(runs, until):
    folder = make_run()
    await until(lambda: runs.find(folder.path))
    write_events(folder, [Log(text="x")])
    await runs.add(folder.path)
    assert runs.told == []


async def test_a_living_run_is_not_deleted_and_an_ended_one_goes_to_the_trash(runs, until, tmp_path, monkeypatch):
    (tmp_path / "xdg").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    folder = start(steps=2000, step_seconds=0.01)
    await until(lambda: (status := runs.find(folder)) and (status.step or 0) > 0)
    with pytest.raises(UserError, match="still going"):
        await runs.delete(folder)
    await runs.ask(folder, "stop-now")
    await until(lambda: runs.told)
    await runs.delete(folder)
    await until(lambda: runs.runs == [])
    assert not folder.exists()
    assert (tmp_path / "xdg" / "Trash" / "files" / folder.name / "run.json").exists()


async def test_a_run_that_lies_anywhere_can_be_added_and_a_folder_that_is_none_is_refused(runs, until, tmp_path):
    folder = make_run(place=tmp_path / "a place" / "我的 run")
    assert (await runs.add(folder.path)).id == folder.info.id
    await until(lambda: runs.find(folder.path))
    with pytest.raises(UserError, match="not a run folder"):
        await runs.add(tmp_path)


async def test_a_folder_that_somebody_removed_leaves_the_list(runs, until):
    folder = make_run()
    await until(lambda: runs.find(folder.path))
    shutil.rmtree(folder.path)
    await until(lambda: runs.runs == [])


async def test_runs_that_did_not_move_stay_the_same_objects(runs, until):
    folder = make_run()
    await until(lambda: runs.runs == [read(folder.path)])
    (before,) = runs.runs
    make_run()
    await until(lambda: len(runs.runs) == 2)
    assert any(status is before for status in runs.runs)


def test_a_run_that_fails_just_when_it_is_looked_at_is_never_told_of_without_its_reason(monkeypatch):
    folder = make_run()
    ended = (folder.attempt_folders()[-1] / "exit.json").read_text()
    (folder.attempt_folders()[-1] / "exit.json").unlink()

    def fail_and_look(path):
        if folder.last_exit() is None:
            write_events(folder, [Failed(message="The walk is too steep.")])
            (folder.attempt_folders()[-1] / "exit.json").write_text(ended.replace("finished", "failed"))
        return standing(path)

    monkeypatch.setattr("genodesk.jobs.catalogue.standing", fail_and_look)
    with Catalogue() as catalogue:
        (status,) = catalogue.runs()
    assert (status.state, status.error.message) == ("failed", "The walk is too steep.")
