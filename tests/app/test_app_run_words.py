"""What a run is called, how far it is and when it ends, said in the same words everywhere."""

from datetime import UTC, datetime, timedelta

import pytest
from hand_made_run import losses, make_run, status

from genodesk.app.amounts import moment, when
from genodesk.app.pages.runs.list_model import STARTED, RunListModel
from genodesk.app.run_names import alike, name_of_data, short_name
from genodesk.app.run_words import how_far, run_name, share_done, steps_per_second, time_left
from genodesk.core.events import MetricValues, Progress
from genodesk.core.ids import folder_name, is_folder_name, new_run_id, timestamp
from genodesk.core.run import InputFile
from genodesk.core.workflow import get_workflow

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def going(progress, age_s=0.0, **changes):
    """A run that goes on this computer and told of its progress some time ago."""
    told = progress.model_copy(update={"time": timestamp(NOW - timedelta(seconds=age_s))})
    return status(make_run()).model_copy(update={"state": "running", "alive": True, "progress": told, **changes})


def test_a_run_that_a_person_named_is_called_so_though_its_data_have_a_name(tmp_path):
    run = status(make_run(place=tmp_path / "first try"))
    data = InputFile(setting="data", path="/x/osmfish.h5ad", size=1, sha256="")
    given = run.model_copy(update={"inputs": (data,)})
    assert run_name(given) == "first try · Toy"
    unnamed = given.model_copy(update={"folder": tmp_path / folder_name(new_run_id(), "toy", "train")})
    assert short_name(unnamed) == "osmfish"


def test_only_folders_named_by_date_count_as_unnamed():
    assert is_folder_name(folder_name(new_run_id(), "get_yeast", "demo-data"))
    assert not is_folder_name("20261122-my-run")


def test_a_run_on_made_up_data_is_called_by_them():
    run = status(make_run(workflow="alphastomics", settings={"tissue": {"difficulty": "mid"}}))
    assert short_name(run).startswith("Synthetic tissue, ")
    kind = get_workflow("alphastomics").action("train").settings
    assert name_of_data(kind, {"tissue": {"data": "/x/brain.h5ad"}}) == "brain"
    assert name_of_data(kind, {}) == ""


def test_another_part_of_the_work_has_words_and_a_bar_of_its_own_and_no_speed():
    run = going(Progress(done=1, total=3, unit="slices", text="scoring", eta_s=8))
    assert how_far(run).startswith("running · scoring · 1 of 3 slices")
    assert share_done(run) == pytest.approx(1 / 3)
    assert steps_per_second(run) is None
    assert time_left(run, NOW) == "8 s more"


def test_when_all_steps_are_made_and_the_run_goes_on_no_bar_is_full_and_no_end_is_told():
    run = going(Progress(done=250, total=250, eta_s=0))
    assert share_done(run) is None
    assert steps_per_second(run) is None
    assert "ends in" not in how_far(run)


def test_the_time_that_is_left_agrees_with_the_speed_that_is_shown():
    run = going(Progress(done=45, total=250, eta_s=601))
    assert steps_per_second(run) == pytest.approx(205 / 601)
    assert time_left(run, NOW) == "training ends in 10 min"


@pytest.mark.parametrize(
    ("age_s", "told"), [(0, "training ends in 27 s"), (6, "training ends in 21 s"), (25, "time left: estimating…")]
)
def test_a_time_counts_down_and_is_none_after_a_silence(age_s, told):
    assert time_left(going(Progress(done=150, total=250, eta_s=27), age_s), NOW) == told


def test_a_run_with_long_steps_is_not_taken_for_silent():
    assert time_left(going(Progress(done=5, total=15, eta_s=600), 50), NOW) == "training ends in 9 min 10 s"


def test_only_a_training_is_said_to_end_since_it_still_scores_and_draws_after_its_last_step():
    steps = Progress(done=45, total=250, eta_s=20)
    assert how_far(going(steps)).startswith("running · step 45 of 250")
    assert time_left(going(steps), NOW) == "training ends in 20 s"
    assert time_left(going(steps, action="demo-data"), NOW) == "20 s more"


def test_runs_of_one_name_and_minute_are_told_apart_by_the_second():
    times = ("2026-01-02T10:00:05.000Z", "2026-01-02T10:00:41.000Z", "2026-01-02T10:01:41.000Z")
    first, second, later = (going(Progress(done=1), id=str(i), created=time) for i, time in enumerate(times))
    assert alike([first, second, later]) == {"0", "1"}
    model = RunListModel()
    model.set_runs([first, second, later])
    told = [model.index(row).data(STARTED) for row in range(3)]
    assert told[0] != told[1]
    assert when(times[0], exact=True).endswith(":00:05")
    assert told[0] == when(times[0], exact=True)
    assert told[2] == moment(times[2])


def test_a_stopped_run_tells_the_step_it_came_to():
    events = [*losses(20), Progress(done=23, total=400)]
    assert how_far(status(make_run(events, state="stopped"))) == "stopped · step 23 of 400"
    assert how_far(status(make_run(losses(20)))) == "finished · 20 steps"
    assert how_far(status(make_run(state="failed", cause="out of memory"))) == "failed (out of memory)"


def test_a_run_that_still_saves_its_work_is_pausing_not_paused():
    run = status(make_run([MetricValues(step=3, values={"loss": 1.0})], state="paused"))
    assert how_far(run).startswith("paused")
    assert how_far(run.model_copy(update={"alive": True})).startswith("pausing")
