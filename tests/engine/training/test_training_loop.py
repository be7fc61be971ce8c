"""The loop: what it learns and reports, when it ends, and that a stopped or killed run ends with the same numbers."""

import math
import shutil

import pytest
import torch
from small_training import BEST, SEED, Regression, SmallRun, settings

from genodesk.core.errors import Stopped, UserError
from genodesk.core.training_settings import TrainingSettings
from genodesk.engine.training.loop import fit, resume_point


def train(folder, stop_after=None, task=None, **changed):
    task, run = task or Regression(), SmallRun(folder, stop_after)
    result = fit(task, settings(**changed), run, seed=SEED, best=BEST)
    return task, run, result


def states(folder):
    """All tensors and the document of the last checkpoint."""
    saved = SmallRun(folder).checkpoints.newest()
    groups = ("model", "average", "optimizer", "random")
    return {(group, name): tensor for group in groups for name, tensor in saved.tensors(group).items()}, saved.document


def curve(run):
    """The metric rows without the numbers that depend on the clock and the computer."""
    loose = ("steps_per_second", "memory_mb")
    return [
        (step, split, {k: v for k, v in values.items() if k not in loose}, epoch)
        for step, split, values, epoch in run.metrics
    ]


def assert_same(first, second):
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    task, run, result = train(folder)
    return folder, task, run, result


@pytest.mark.parametrize("stops", [(1,), (7,), (13,), (20,), (1, 1, 5, 6), (3, 4, 4, 9)])
def test_a_stopped_run_resumes_to_the_same_numbers(tmp_path, uninterrupted, stops):
    whole_folder, whole_task, whole_run, whole_result = uninterrupted
    rows = []
    for stop in stops:
        run = SmallRun(tmp_path, stop_after=stop)
        with pytest.raises(Stopped):
            fit(Regression(), settings(), run, seed=SEED, best=BEST)
        rows += curve(run)
    assert run.checkpoints.newest().step == sum(stops)
    torch.manual_seed(99)  # whatever the new process drew before must not matter
    task, run, result = train(tmp_path)
    assert_same(task.model.state_dict(), whole_task.model.state_dict())
    tensors, document = states(tmp_path)
    whole_tensors, whole_document = states(whole_folder)
    assert_same(tensors, whole_tensors)
    assert document == whole_document
    assert result == whole_result
    assert rows + curve(run) == curve(whole_run)
    assert task.seen == whole_task.seen[2 * sum(stops) :]


@pytest.mark.parametrize("step", [3, 12, 21])
def test_a_run_stopped_while_it_looks_at_held_out_data_resumes_with_that(tmp_path, uninterrupted, step):
    whole_folder, whole_task, whole_run, whole_result = uninterrupted

    class Interrupted(Regression):
        def evaluate(self, model, now):
            if now == step:
                raise Stopped
            return super().evaluate(model, now)

    run = SmallRun(tmp_path)
    with pytest.raises(Stopped):
        fit(Interrupted(), settings(), run, seed=SEED, best=BEST)
    assert run.checkpoints.newest().step == step
    task, again, result = train(tmp_path)
    assert task.seen == whole_task.seen[2 * step :]
    assert_same(task.model.state_dict(), whole_task.model.state_dict())
    assert result == whole_result
    assert curve(run) + curve(again) == curve(whole_run)
    assert again.checkpoints.best().step == SmallRun(whole_folder).checkpoints.best().step


def test_a_killed_run_resumes_to_the_same_weights(tmp_path, uninterrupted):
    _, whole_task, _, whole_result = uninterrupted

    class Killed(BaseException):
        pass

    class Mortal(Regression):
        def loss(self, *arguments):
            if len(self.seen) == 2 * 13 + 1:  # between the two batches of step 14; the last checkpoint is older
                raise Killed
            return super().loss(*arguments)

    with pytest.raises(Killed):
        train(tmp_path, task=Mortal())
    store = SmallRun(tmp_path).checkpoints
    last = store.newest().step
    assert last < 13
    # a write cut short, and one that was completed but whose file the power cut left empty
    (store.folder / ".writing-abc").mkdir()
    shutil.copytree(store.folder / f"step-{last:08d}", store.folder / "step-00000013")
    (store.folder / "step-00000013" / "model.safetensors").write_bytes(b"")
    task, run, result = train(tmp_path)
    assert_same(task.model.state_dict(), whole_task.model.state_dict())
    assert result == whole_result
    assert any("step-00000013 is damaged" in warning for warning in run.warnings)
    assert not (store.folder / ".writing-abc").exists()


def test_a_finished_stage_resumes_without_a_step(tmp_path, uninterrupted):
    folder, whole_task, _, whole_result = uninterrupted
    shutil.copytree(folder, tmp_path / "run")
    task, run, result = train(tmp_path / "run")
    assert task.seen == []
    assert curve(run) == []
    assert result == whole_result
    assert_same(task.model.state_dict(), whole_task.model.state_dict())


def test_looking_more_often_does_not_change_the_weights(tmp_path, uninterrupted):
    task, _, _ = train(tmp_path, evaluate_every=1, checkpoint_every=1, log_every=1)
    assert_same(task.model.state_dict(), uninterrupted[1].model.state_dict())


def test_another_seed_gives_other_weights_and_cannot_resume(tmp_path, uninterrupted):
    task, run = Regression(), SmallRun(tmp_path)
    fit(task, settings(), run, seed=SEED + 1, best=BEST)
    assert not torch.equal(task.model[0].weight, uninterrupted[1].model[0].weight)
    with pytest.raises(UserError, match="another seed"):
        train(tmp_path)


def test_training_learns(tmp_path):
    task, _, result = train(tmp_path, max_steps=300, evaluate_every=100, checkpoint_every=300, early_stop_patience=0)
    variance = float(task.y.var())
    assert result.history[-1]["error"] < 0.35 * variance
    assert result.steps == 300
    assert [row["step"] for row in result.history] == [100, 200, 300]


def test_the_curve_holds_means_rate_norm_speed_memory_and_epoch(tmp_path, uninterrupted):
    _, _, run, _ = uninterrupted
    rows = [(step, values, epoch) for step, split, values, epoch in run.metrics if split == "train"]
    assert [step for step, _, _ in rows] == [4, 8, 12, 16, 20, 21]
    _, values, epoch = rows[0]
    assert set(values) == {
        "loss", "absolute", "rows", "gradient_norm", "learning_rate", "steps_per_second", "memory_mb",
    }  # fmt: skip
    assert epoch == pytest.approx(4 * 2 / 6)
    assert values["rows"] == 8
    assert values["learning_rate"] == 0.02  # the last step of the warm-up
    assert 50 < values["memory_mb"] < 20_000
    assert values["steps_per_second"] > 1
    finest = train(tmp_path, log_every=1)[1]
    losses = [values["loss"] for _, split, values, _ in finest.metrics if split == "train"]
    assert values["loss"] == pytest.approx(sum(losses[:4]) / 4, rel=1e-6)
    assert run.progressed[-1] == (21, 21)


def test_batches_follow_the_epochs_and_every_batch_is_used_once(uninterrupted):
    _, task, _, _ = uninterrupted
    assert task.seen == [divmod(k, 6) for k in range(42)]


@pytest.mark.parametrize(
    ("changed", "steps"), [({"epochs": 4}, 12), ({"epochs": 1}, 3), ({"epochs": 9, "max_steps": 5}, 5)]
)
def test_length_is_epochs_or_steps_and_steps_win(tmp_path, changed, steps):
    task, _, result = train(tmp_path, **{"max_steps": None, **changed})
    assert result.steps == steps
    assert len(task.seen) == 2 * steps


def test_a_training_without_length_is_refused(tmp_path):
    with pytest.raises(UserError, match="no length"):
        fit(Regression(), TrainingSettings(), SmallRun(tmp_path), seed=SEED)


def test_accumulated_batches_equal_one_big_batch(tmp_path):
    class Big(Regression):
        """Both batches of a step in one."""

        steps_per_epoch = 3

        def loss(self, model, epoch, index, *others):
            halves = [super(Big, self).loss(model, epoch, 2 * index + k, *others)[0] for k in (0, 1)]
            return (halves[0] + halves[1]) / 2, {}

    def without_batch_statistics(task):
        task.model[3] = torch.nn.Identity()
        return task

    small, _, _ = train(tmp_path / "small", task=without_batch_statistics(Regression(dropout=0.0)))
    big, _, _ = train(tmp_path / "big", task=without_batch_statistics(Big(dropout=0.0)), accumulate=1)
    for first, second in zip(small.model.parameters(), big.model.parameters(), strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=1e-6)


def test_evaluation_sees_the_average_and_leaves_the_weights_alone(tmp_path):
    task, run, _ = train(tmp_path)
    saved = run.checkpoints.newest()
    average, weight = saved.tensors("average")["0.weight"], saved.tensors("model")["0.weight"]
    assert not torch.equal(average, weight)
    assert torch.equal(task.weights_at_evaluation[-1], average)
    assert torch.equal(task.model[0].weight, average)


def test_without_averaging_the_model_keeps_its_last_weights(tmp_path):
    task, run, _ = train(tmp_path, ema_decay=0.0)
    assert_same(task.model.state_dict(), run.checkpoints.newest().tensors("model"))


def test_patience_ends_the_training_and_the_best_weights_return(tmp_path):
    task, run = Regression(worse_after=9), SmallRun(tmp_path)
    result = fit(task, settings(early_stop_patience=2, keep=1), run, seed=SEED, best=BEST, restore_best=True)
    assert result.stopped_early
    assert (result.best_step, result.steps) == (9, 15)
    assert run.checkpoints.steps() == [9, 15]
    best = run.checkpoints.best()
    assert best.step == 9
    assert torch.equal(task.model[0].weight, best.tensors("average")["0.weight"])
    assert torch.equal(task.weights_at_evaluation[2], task.model[0].weight)
    again = Regression(worse_after=9)
    resumed = fit(again, settings(early_stop_patience=2, keep=1), run, seed=SEED, best=BEST, restore_best=True)
    assert again.seen == []
    assert resumed == result
    assert_same(again.model.state_dict(), task.model.state_dict())


def test_a_loss_that_is_not_finite_ends_in_a_sentence_and_keeps_the_last_good_state(tmp_path):
    with pytest.raises(UserError, match="loss became not finite at step 8") as caught:
        train(tmp_path, task=Regression(broken_at=2 * 7 + 2))
    assert "learning rate" in caught.value.hint
    saved = SmallRun(tmp_path).checkpoints.newest()
    assert saved.step == 6
    assert all(torch.isfinite(tensor).all() for tensor in saved.tensors("model").values())


def test_a_gradient_that_is_not_finite_is_noticed_before_it_is_saved(tmp_path):
    class Steep(Regression):
        def loss(self, *arguments):
            loss, parts = super().loss(*arguments)
            infinite_slope = (self.model[0].weight[0, 0] * 0).abs().sqrt()  # 0 with a slope that is no number
            return (loss + infinite_slope if len(self.seen) > 8 else loss), parts

    with pytest.raises(UserError, match="gradient norm became not finite at step 5"):
        train(tmp_path, task=Steep(), checkpoint_every=1)
    assert SmallRun(tmp_path).checkpoints.newest().step == 4


def test_two_stages_share_a_run_and_resume_in_the_second(tmp_path):
    def both(folder, stop_after=None):
        run = SmallRun(folder, stop_after)
        task = Regression()
        reached = resume_point(run)
        if reached is not None and reached.document["stage"] == "refit":
            chosen = reached.document["extra"]["steps"]
        else:
            chosen = fit(task, settings(max_steps=9), run, seed=SEED, best=BEST, stage="select").best_step
        task = Regression()
        result = fit(
            task, settings(), run, seed=SEED, stage="refit", first_step=9, total_steps=chosen, extra={"steps": chosen}
        )
        return task, run, result

    task, run, result = both(tmp_path / "whole")
    assert [step for step, split, _, _ in run.metrics if split == "train"] == [4, 8, 9, 13, 17, 18]
    assert result.steps == 9
    for stop in (4, 9, 13):  # in the first stage, between the two, in the second
        with pytest.raises(Stopped):
            both(tmp_path / f"{stop}", stop_after=stop)
        again, resumed_run, resumed = both(tmp_path / f"{stop}")
        assert resumed == result
        assert len(again.seen) == 2 * (18 - max(stop, 9))
        assert_same(again.model.state_dict(), task.model.state_dict())
        assert resumed_run.progressed[-1] == (18, 18)


@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
def test_bfloat16_trains_resumes_exactly_and_leaves_a_plain_float32_model(tmp_path, ema_decay):
    changed = {"precision": "bfloat16", "ema_decay": ema_decay}
    task, _, _ = train(tmp_path / "whole", **changed)
    with pytest.raises(Stopped):
        train(tmp_path / "parts", stop_after=8, **changed)
    again, _, _ = train(tmp_path / "parts", **changed)
    assert_same(again.model.state_dict(), task.model.state_dict())
    assert {tensor.dtype for tensor in task.model.parameters()} == {torch.float32}
    assert "forward" not in vars(task.model)
    exact = Regression(dropout=0.2)
    exact.model.load_state_dict(task.model.state_dict())
    assert torch.equal(task.model(task.x), exact.model.eval()(task.x))


def test_float16_on_a_processor_is_refused(tmp_path):
    with pytest.raises(UserError, match="graphics processor"):
        train(tmp_path, precision="float16")


def test_a_warm_up_as_long_as_the_training_is_warned_about(tmp_path):
    _, run, _ = train(tmp_path, warmup_steps=21)
    assert any("warm-up" in warning and "--warmup-steps" in warning for warning in run.warnings)


def test_a_task_without_evaluation_trains(tmp_path):
    class Blind(Regression):
        def evaluate(self, model, step):
            return {}

    _, run, result = train(tmp_path, task=Blind())
    assert result.history == []
    assert result.best_step is None
    assert {split for _, split, _, _ in run.metrics} == {"train"}


def test_a_frozen_part_stays_as_it_was(tmp_path):
    task = Regression()
    task.model[0].requires_grad_(False)
    before = task.model[0].weight.clone()
    train(tmp_path, task=task)
    assert torch.equal(task.model[0].weight, before)
    assert "0.weight" not in SmallRun(tmp_path).checkpoints.newest().tensors("average")


def test_running_out_of_memory_is_torchs_own_error(tmp_path):
    class Huge(Regression):
        def loss(self, *arguments):
            raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        train(tmp_path, task=Huge())


def test_a_value_that_is_not_finite_is_never_the_best(tmp_path):
    class Odd(Regression):
        def evaluate(self, model, step):
            return {"error": math.nan if step > 3 else 1.0}

    _, _, result = train(tmp_path, task=Odd(), early_stop_patience=2)
    assert (result.best_step, result.steps, result.stopped_early) == (3, 9, True)
