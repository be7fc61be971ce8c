"""Scores are counted once over a whole split, have intervals, and are silent where they do not apply."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from genodesk.engine.printing.axes import tick_words
from genodesk.workflows.get_yeast import pictures
from genodesk.workflows.get_yeast.metrics import NAMES, best_baseline, score, score_groups


@pytest.fixture(scope="module")
def told():
    """Truth and prediction [20, 150]: regions differ in level, and half of the change is understood."""
    rng = np.random.default_rng(0)
    level, change = rng.gamma(2, 1, 150), rng.normal(size=(20, 150))
    truth = 4 + level + change
    return truth, 4 + level + 0.5 * change + rng.normal(0, 0.5, change.shape), 4 + level


def everything(truth):
    return np.ones(truth.shape, dtype=bool)


def test_every_number_is_what_its_definition_says(told):
    truth, predicted, level = told
    scores = score(truth, predicted, everything(truth), level, 0)
    x, y = predicted.ravel(), truth.ravel()
    assert scores["pearson"] == pytest.approx(pearsonr(x, y)[0])
    assert scores["spearman"] == pytest.approx(spearmanr(x, y)[0])
    assert scores["r2"] == pytest.approx(r2_score(y, x))
    assert scores["mse"] == pytest.approx(mean_squared_error(y, x))
    assert scores["rmse"] == pytest.approx(np.sqrt(scores["mse"]))
    assert scores["mae"] == pytest.approx(mean_absolute_error(y, x))
    change = (predicted - level).ravel(), (truth - level).ravel()
    assert scores["delta_pearson"] == pytest.approx(pearsonr(*change)[0])


def test_only_the_entries_asked_for_and_measured_count(told):
    truth, predicted, level = (part.copy() for part in told)
    entries = np.random.default_rng(1).random(truth.shape) < 0.3
    expected = pearsonr(predicted[entries], truth[entries])[0]
    truth[~entries] = np.nan
    assert score(truth, predicted, everything(truth), level, 0)["pearson"] == pytest.approx(expected)
    assert score(told[0], predicted, entries, level, 0)["pearson"] == pytest.approx(expected)


def test_a_score_over_the_split_is_not_the_mean_of_scores_over_batches(told):
    truth, predicted, level = told
    whole = score(truth, predicted, everything(truth), level, 0)["pearson"]
    parts = [
        score(truth[:, part], predicted[:, part], everything(truth[:, part]), level[part], 0)["pearson"]
        for part in np.array_split(np.argsort(level), 10)
    ]
    assert abs(whole - np.mean(parts)) > 0.1


def test_intervals_hold_the_value_and_are_as_wide_as_drawing_regions_makes_them(told):
    truth, predicted, level = told
    scores = score(truth, predicted, everything(truth), level, 0)
    for name in NAMES:
        assert scores[f"{name}_low"] < scores[name] < scores[f"{name}_high"]
    rng = np.random.default_rng(2)
    drawn = []
    for _ in range(300):
        rows = rng.integers(0, 150, 150)
        drawn.append(pearsonr(predicted[:, rows].ravel(), truth[:, rows].ravel())[0])
    width = scores["pearson_high"] - scores["pearson_low"]
    assert width == pytest.approx(np.percentile(drawn, 97.5) - np.percentile(drawn, 2.5), rel=0.25)
    # Four regions in many samples know less than many regions: values of one region are not independent.
    few = score(truth[:, :4], predicted[:, :4], everything(truth[:, :4]), level[:4], 0)
    assert few["pearson_high"] - few["pearson_low"] > 2 * width


def test_the_same_seed_gives_the_same_interval(told):
    truth, predicted, level = told
    one, again, other = (score(truth, predicted, everything(truth), level, seed) for seed in (1, 1, 2))
    assert one == again
    assert one["pearson_low"] != other["pearson_low"]


def test_change_is_judged_over_regions_seen_and_null_where_none_was(told):
    truth, predicted, level = told
    some = level.copy()
    some[:75] = np.nan
    scores = score(truth, predicted, everything(truth), some, 0)
    half = score(truth[:, 75:], predicted[:, 75:], everything(truth[:, 75:]), level[75:], 0)
    assert scores["delta_pearson"] == pytest.approx(half["delta_pearson"])
    none = score(truth, predicted, everything(truth), np.full(150, np.nan), 0)
    assert none["delta_pearson"] is None
    assert none["delta_pearson_low"] is None
    assert none["pearson"] is not None


def test_what_does_not_vary_has_no_correlation_but_an_error(told):
    truth, _, level = told
    scores = score(truth, np.full(truth.shape, 5.0), everything(truth), level, 0)
    assert scores["pearson"] is None
    assert scores["spearman"] is None
    assert scores["rmse"] > 0
    # A mean of float32 numbers differs from itself by rounding, which is no change.
    mean = truth.mean(axis=0).astype(np.float32)
    steady = np.repeat(truth.mean(axis=0)[None], 20, axis=0).astype(np.float32)
    assert score(truth, steady, everything(truth), mean.astype(np.float64), 0)["delta_pearson"] is None


def test_a_method_that_says_nothing_for_some_entries_is_not_scored(told):
    truth, predicted, level = told
    holes = predicted.copy()
    holes[3, 7] = np.nan
    assert set(score(truth, holes, everything(truth), level, 0).values()) == {None}
    elsewhere = everything(truth)
    elsewhere[3, 7] = False
    assert score(truth, holes, elsewhere, level, 0)["pearson"] is not None


def test_each_condition_has_its_own_scores(told):
    truth, predicted, level = told
    groups = np.array(["heat", "cold"] * 10)
    entries = everything(truth)
    entries[groups == "cold", 100:] = False
    made = score_groups(truth, predicted, entries, level, groups)
    assert made["heat"]["entries"] == 1500
    assert made["cold"]["entries"] == 1000
    assert made["heat"]["pearson"] == pytest.approx(pearsonr(predicted[::2].ravel(), truth[::2].ravel())[0])
    assert "pearson_low" not in made["heat"]


def test_the_best_baseline_is_the_one_with_the_highest_number_known():
    assert best_baseline({"a": {"pearson": 0.2}, "b": {"pearson": None}, "c": {"pearson": 0.5}}) == ("c", 0.5)
    assert best_baseline({"b": {"pearson": None}}) is None


def test_conditions_that_differ_in_their_middle_stand_apart_in_the_figure():
    names = ["ypd borrelidin 5uM 9h 30C OD0.7", "ypd borrelidin 10uM 9h 30C OD0.7", "ypd no-drug 9h 30C"]
    figure = pictures.scores_by_group({name: {"pearson": 0.5} for name in names}, {}, "").figure
    ticks = figure.panels[0].x.ticks
    assert len(set(ticks)) == 3
    assert ("5uM" in ticks[0], "10uM" in ticks[1], ticks[2]) == (True, True, names[2])
    assert "the table holds them whole" in figure.caption
    printed = tick_words(ticks)
    assert len(set(printed)) == 3
    alike = pictures.cultures([f"{'culture ' * 10}{number}" for number in range(3)], np.ones(3), ["", "", ""]).figure
    assert len(set(alike.panels[0].x.ticks)) == 3
