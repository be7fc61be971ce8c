"""The run folder: made once, complete or absent, and readable whatever happened."""

import json
import threading

import pytest

from genodesk.core.disk import write_atomically, write_json
from genodesk.core.errors import UserError
from genodesk.core.ids import new_run_id, utc_now
from genodesk.core.run import RESERVE_BYTES, AttemptExit, InputFile, RunFolder, request_hash
from genodesk.core.training_settings import RuntimeSettings


def create(place, run_id=None, settings=None, exact=True):
    return RunFolder.create(
        place,
        run_id=run_id or new_run_id(),
        workflow="toy",
        action="train",
        settings=settings or RuntimeSettings(seed=5),
        exact=exact,
        host="here",
        now=utc_now(),
    )


def test_a_new_folder_holds_what_was_asked_for_and_nobody_else_may_look(tmp_path):
    folder = create(tmp_path / "a" / "run")
    again = RunFolder.open(folder.path)
    assert again.info == folder.info
    assert (again.info.seed, again.info.host, again.info.workflow) == (5, "here", "toy")
    assert again.settings_document() == RuntimeSettings(seed=5).model_dump()
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.reserve.stat().st_size == RESERVE_BYTES
    names = sorted(path.name for path in folder.path.iterdir())
    assert names == [".reserve", "attempts", "requests", "run.json", "settings.yaml"]


def test_of_many_claims_on_one_id_all_get_the_same_run_and_others_are_refused(tmp_path):
    run_id, made, refused = new_run_id(), [], []
    gate = threading.Barrier(12)

    def claim(number):
        gate.wait()
        try:
            made.append(create(tmp_path, run_id, RuntimeSettings(seed=number % 2), exact=False))
        except UserError as error:
            refused.append(error.message)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), refused) == (6, ["This folder already holds a run."] * 6)
    assert len({folder.info.request_hash for folder in made}) == 1
    (path,) = tmp_path.glob("*toy-train*")
    assert RunFolder.open(path).settings_document()["seed"] == made[0].info.seed


def test_the_request_hash_follows_the_settings_only():
    assert request_hash("w", "a", RuntimeSettings()) == request_hash("w", "a", RuntimeSettings(seed=0))
    assert request_hash("w", "a", RuntimeSettings()) != request_hash("w", "a", RuntimeSettings(seed=1))
    assert request_hash("w", "a", RuntimeSettings()) != request_hash("w", "b", RuntimeSettings())


def test_a_place_that_cannot_be_written_is_a_persons_mistake(tmp_path):
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(UserError, match="cannot be written"):
            create(place)
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "not a run folder"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format": 1}', "cannot be read"),
        ('{"format": 2, "engine_version": "9.9"}', r"newer Genodesk \(9.9\)"),
    ],
)
def test_what_is_no_run_is_refused_by_name(tmp_path, content, message):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(UserError, match=message) as problem:
        RunFolder.open(tmp_path)
    assert problem.value.where == str(tmp_path)


def test_requests_are_left_once_and_taken_up_in_order_of_urgency(tmp_path):
    folder = create(tmp_path / "run")
    for request in ("pause", "stop", "stop", "stop-now"):
        folder.ask(request)
    assert folder.pending_requests() == ["stop-now", "stop", "pause"]
    folder.acknowledge("stop-now")
    assert folder.pending_requests() == ["stop", "pause"]


def test_attempts_count_up_and_the_newest_tells_how_it_ended(tmp_path):
    folder = create(tmp_path / "run")
    assert folder.last_exit() is None
    first, second = folder.start_attempt(), folder.start_attempt()
    assert [first.name, second.name] == ["0001", "0002"]
    ended = AttemptExit(state="stopped", code=3, ended="now")
    write_atomically(first / "exit.json", ended.model_dump_json().encode())
    assert folder.last_exit() is None
    write_atomically(second / "exit.json", ended.model_dump_json().encode())
    assert folder.last_exit() == ended
    (second / "exit.json").write_text("{")
    assert folder.last_exit() is None


def test_inputs_are_recorded(tmp_path):
    folder = create(tmp_path / "run")
    one = InputFile(setting="data", path="/x.h5ad", size=3, sha256="0" * 64)
    folder.record_inputs((one,))
    assert RunFolder.open(folder.path).info.inputs == (one,)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "result.json"
    write_json(path, {"value": float("nan")})
    assert json.loads(path.read_text()) == {"value": None}
    with pytest.raises(TypeError):
        write_atomically(path, "text")  # type: ignore[arg-type]
    assert json.loads(path.read_text()) == {"value": None}
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]
