"""Training learns what it should, watches regions it has not seen, and goes on after a stop to the same weights."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from attempts import Made
from tiny_yeast import TINY, made, settings_of, tiny_network, tiny_yeast

from genodesk.core.errors import Stopped
from genodesk.core.settings import leaves
from genodesk.workflows.get_yeast.data import Regions, YeastData
from genodesk.workflows.get_yeast.film import Conditions
from genodesk.workflows.get_yeast.fitting import Fitting
from genodesk.workflows.get_yeast.inputs import RegionInputs
from genodesk.workflows.get_yeast.settings import TrainSettings
from genodesk.workflows.get_yeast.task import ExpressionTask, predict_all
from genodesk.workflows.get_yeast.trained import load_trained, save_trained
from genodesk.workflows.get_yeast.windows import neighbour_windows, stretches


@pytest.fixture(scope="module")
def data() -> YeastData:
    return tiny_yeast()


def settings(**flat: Any) -> TrainSettings:
    made_settings = settings_of("train", **{**TINY, "difficulty": "demo", **flat})
    assert isinstance(made_settings, TrainSettings)
    return made_settings


def kept_back(data: YeastData) -> tuple[np.ndarray, np.ndarray]:
    """Entries to learn, and those of the last chromosome, which are watched."""
    watched = np.zeros((len(data.samples), len(data.regions)), dtype=bool)
    watched[:, data.regions.chrom == "chr4"] = True
    return ~watched, watched


def trained_by(data: YeastData, place, stop_asked=lambda: False, run: Made | None = None, **flat: Any):
    used = settings(**flat)
    run = run or made(place / "run", "train", used)
    fitting = Fitting(used, run.attempt(stop_asked), data, *kept_back(data))
    fitting.train_path("select", 0, used.training.max_steps or fitting.planned_steps(), {})
    return fitting, run


@pytest.fixture(scope="module")
def fitted(data, tmp_path_factory) -> Fitting:
    return trained_by(data, tmp_path_factory.mktemp("fitted"), max_steps=40, learning_rate=5e-3)[0]


def test_a_run_stopped_at_several_steps_ends_with_the_same_weights(data, tmp_path):
    whole, _ = trained_by(data, tmp_path / "whole")
    run = made(tmp_path / "stopped", "train", settings())
    for moment in ("step-00000002", "step-00000004"):
        with pytest.raises(Stopped):
            trained_by(data, tmp_path, lambda moment=moment: any(moment in p for p in run.checkpoints_saved), run=run)
    resumed, _ = trained_by(data, tmp_path, run=run)
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, resumed.network.state_dict()[name]), name


def test_a_resumed_lora_training_ends_with_the_same_weights(data, tmp_path):
    published = tiny_network(motifs=10, place=3).region
    torch.save({"model": published.state_dict()}, tmp_path / "published.pth")
    flat = {"checkpoint": tmp_path / "published.pth", "lora": True, "lora_rank": 2}
    whole, _ = trained_by(data, tmp_path / "whole", **flat)
    run = made(tmp_path / "stopped", "train", settings(**flat))
    with pytest.raises(Stopped):
        trained_by(data, tmp_path, lambda: any("step-00000004" in p for p in run.checkpoints_saved), run=run, **flat)
    resumed, _ = trained_by(data, tmp_path, run=run, **flat)
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, resumed.network.state_dict()[name]), name
    assert whole.adapters
    assert torch.equal(whole.network.region.norm.weight, published.norm.weight)


def test_it_learns_to_tell_other_chromosomes(data, fitted):
    told = fitted.finished().motif_path(data)
    watched = kept_back(data)[1]
    assert np.corrcoef(told[watched], data.expression[watched])[0, 1] > 0.8


def test_without_conditions_all_cultures_are_told_alike(data, tmp_path):
    fitting, _ = trained_by(data, tmp_path, use_conditions=False)
    told = fitting.finished().predict(data)
    assert np.ptp(told, axis=0).max() < 1e-5


def test_every_window_meets_every_culture_once_in_an_epoch(data):
    task = task_of(data, tiny_network(motifs=10, place=3), windows_per_batch=5, samples_per_batch=5)
    met = np.zeros((len(data.samples), len(data.regions)), dtype=int)
    for index in range(task.steps_per_epoch):
        windows, samples = task.batch(3, index)
        assert len(windows) <= 5
        assert len(samples) <= 5
        met[np.ix_(samples.numpy(), windows[windows >= 0])] += 1
    assert (met == 1).all()


def test_the_loss_compares_each_entry_with_its_own_prediction(data):
    known = np.random.default_rng(0).random(data.expression.shape) < 0.6
    network = tiny_network(motifs=10, place=3)
    task = task_of(data, network, known, windows_per_batch=100, samples_per_batch=100)
    loss, _ = task.loss(network, 0, 0, 0, 1, torch.Generator())
    told = predict_all(network, *inputs_of(data), neighbour_windows(data.regions, 8), "cpu")
    assert loss.item() == pytest.approx(((told - data.expression) ** 2)[known].mean(), rel=1e-4)


def test_ranks_share_the_windows_of_a_batch(data):
    network = tiny_network(motifs=10, place=3)
    task = task_of(data, network, windows_per_batch=4, samples_per_batch=6)
    whole = task.loss(network, 0, 1, 0, 1, torch.Generator())[0]
    parts = [task.loss(network, 0, 1, rank, 2, torch.Generator())[0] for rank in range(2)]
    assert sum(parts).item() / 2 == pytest.approx(whole.item(), rel=1e-4)


def test_what_is_missing_or_watched_does_not_influence_the_weights(data, tmp_path):
    learned, watched = kept_back(data)
    other = data.expression.copy()
    other[watched] += 3
    other[0, 0] = np.nan
    first, second = data.expression.copy(), other
    first[0, 0] = np.nan
    weights = []
    for number, expression in enumerate((first, second)):
        changed = replace(data, expression=expression)
        run = made(tmp_path / str(number), "train", settings()).attempt()
        fitting = Fitting(settings(max_steps=2), run, changed, learned)
        fitting.train_path("refit", 0, 2, {})
        weights.append(fitting.network.state_dict())
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())


def test_training_leaves_the_data_as_they_were(data, tmp_path):
    copies = data.motifs.copy(), data.expression.copy(), data.accessibility.copy(), data.conditions.copy()
    fitting, _ = trained_by(data, tmp_path)
    fitting.finished().predict(data)
    assert np.array_equal(data.motifs, copies[0])
    assert np.array_equal(data.expression, copies[1])
    assert np.array_equal(data.accessibility, copies[2])
    assert data.conditions.equals(copies[3])


def test_the_model_comes_back_as_it_was_saved(data, fitted, tmp_path):
    trained = fitted.finished()
    save_trained(tmp_path / "model", trained, settings(), {"metrics": {"pearson": 0.5}, "held_out": "chr4"})
    back = load_trained(tmp_path / "model")
    assert np.array_equal(back.predict(data), trained.predict(data))
    assert np.array_equal(back.seen(data), trained.seen(data))
    assert np.array_equal(back.training_level(data), trained.training_level(data), equal_nan=True)
    assert "pearson" in (tmp_path / "model" / "README.md").read_text()


def test_motifs_are_found_by_name_and_not_by_position(data, fitted):
    trained, order = fitted.finished(), np.random.default_rng(1).permutation(len(data.motif_names))
    shuffled = replace(data, motifs=data.motifs[:, order], motif_names=[data.motif_names[place] for place in order])
    assert np.array_equal(trained.predict(shuffled), trained.predict(data))
    fewer = replace(data, motifs=data.motifs[:, 1:], motif_names=data.motif_names[1:])
    absent = data.motifs.copy()
    absent[:, 0] = 0
    assert np.array_equal(trained.predict(fewer), trained.predict(replace(data, motifs=absent)))


def test_regions_are_predicted_alike_in_any_order(data, fitted):
    trained, order = fitted.finished(), np.random.default_rng(1).permutation(len(data.regions))
    np.testing.assert_allclose(trained.predict(data.take(regions=order)), trained.predict(data)[:, order], atol=1e-5)


def test_regions_not_seen_in_training_have_no_effect_of_their_own(data, fitted):
    trained = fitted.finished()
    watched = data.regions.chrom == "chr4"
    assert np.array_equal(trained.seen(data), ~watched)
    part = trained.region_part(data)
    assert (part[:, watched] == 0).all()
    assert (part[:, ~watched] != 0).any(axis=0).mean() > 0.9


def test_losing_a_motif_changes_known_regions_as_much_as_the_motif_path(data, fitted):
    trained = fitted.finished()
    lost = data.motifs.copy()
    lost[:, 1] = 0
    before, after = trained.predict(data), trained.predict(data, motifs=lost)
    of_path = trained.motif_path(data, motifs=lost) - trained.motif_path(data)
    above = (before > 0) & (after > 0)
    np.testing.assert_allclose((after - before)[above], of_path[above], atol=1e-4)
    assert np.abs(after - before).max() > 0.1


def test_windows_hold_every_region_once_and_never_cross_chromosomes(data):
    order = np.random.default_rng(0).permutation(len(data.regions))
    regions = data.regions.take(order)
    windows = neighbour_windows(regions, 7)
    assert sorted(windows[windows >= 0]) == list(range(len(regions)))
    for window in windows:
        members = window[window >= 0]
        assert len(set(regions.chrom[members])) == 1
        assert (np.diff(regions.start[members]) == 1000).all()
    assert len(np.unique(stretches(regions))) == 4
    assert len(np.unique(stretches(Regions(regions.ids)))) == 4


def test_place_and_accessibility_are_scaled_by_the_training_regions_alone(data):
    first = data.regions.chrom == "chr1"
    inputs = RegionInputs.fit(data, first)
    told = inputs.tensors(data)
    assert told.place[torch.from_numpy(first)].mean(dim=0).abs().max() < 1e-3
    assert RegionInputs.from_json(inputs.to_json()) == inputs
    again = inputs.tensors(data)
    assert torch.equal(again.place, told.place)
    assert inputs.width == len(data.motif_names) + 1 + 3
    assert told.accessibility.shape == (1, len(data.regions))
    varying = replace(data, accessibility=np.repeat(data.accessibility[None], len(data.samples), axis=0))
    assert inputs.tensors(varying).accessibility.shape == (len(data.samples), len(data.regions))


def test_every_setting_of_a_training_is_known_by_one_name():
    names = [leaf.name for leaf in leaves(TrainSettings)]
    assert len(names) == len(set(names))


def task_of(data: YeastData, network, known=None, **batches: int) -> ExpressionTask:
    known = np.ones(data.expression.shape, dtype=bool) if known is None else known
    windows = neighbour_windows(data.regions, 8)
    return ExpressionTask(
        network, *inputs_of(data), data.expression, known, windows, lambda _: {}, seed=0, device="cpu", **batches
    )


def inputs_of(data: YeastData):
    blank = torch.zeros(len(data.samples), 4, dtype=torch.int64)
    numbers = torch.linspace(-1, 1, len(data.samples)).unsqueeze(1).repeat(1, 8)
    everything = RegionInputs.fit(data, np.ones(len(data.regions), dtype=bool))
    return everything.tensors(data), Conditions(blank, numbers, torch.ones_like(numbers))
