"""Simple methods see what the model sees, know what they should, and are the same after they were saved."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from tiny_yeast import tiny_yeast

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.baselines import Baselines, fit_baselines
from genodesk.workflows.get_yeast.forest import Forest
from genodesk.workflows.get_yeast.linear_baselines import PairRidge, RowRidge
from genodesk.workflows.get_yeast.metrics import score
from genodesk.workflows.get_yeast.region_features import region_features
from genodesk.workflows.get_yeast.settings import SplitSettings
from genodesk.workflows.get_yeast.splits import make_split
from genodesk.workflows.get_yeast.synthetic import make_yeast

METHODS = {
    "region_mean", "nearest_condition", "replicate_mean", "ridge", "ridge_per_condition", "ridge_motif_condition",
    "boosting", "extra_trees",
}  # fmt: skip


@pytest.fixture(scope="module")
def data():
    return tiny_yeast()


@pytest.fixture(scope="module")
def fitted(data):
    """Fitted to all but the third condition (samples 4 and 5) and the last chromosome."""
    train = np.ones(data.expression.shape, dtype=bool)
    train[4:6] = False
    train[:, data.regions.chrom == "chr4"] = False
    return fit_baselines(data, region_features(data)[0], train, 0)


@pytest.fixture(scope="module")
def told(data, fitted):
    return fitted.predict(data, region_features(data)[0])


def test_every_method_answers_for_every_entry_and_never_below_zero(data, told):
    assert set(told) == METHODS - {"replicate_mean"}  # one condition has no replicate in training
    for name, predicted in told.items():
        assert predicted.shape == data.expression.shape, name
        assert np.isfinite(predicted).all(), name
        assert predicted.min() >= 0, name


def test_means_are_those_of_training_entries(data, told):
    known = data.regions.chrom != "chr4"
    train = np.delete(data.expression, [4, 5], axis=0)[:, known]
    assert np.allclose(told["region_mean"][0, known], train.mean(axis=0), atol=1e-5)
    assert np.allclose(told["nearest_condition"][0, known], data.expression[:2, known].mean(axis=0), atol=1e-5)
    # A region never seen has the mean of all.
    assert np.allclose(told["region_mean"][0, ~known], train.mean(), atol=1e-4)


def test_a_new_condition_takes_the_nearest_ones_and_ties_are_averaged(data, fitted):
    conditions = data.conditions.copy()
    # Halfway between the second (30 °C, rapamycin) and the fourth condition (37 °C, rapamycin).
    conditions.loc["sample4", "drug"] = "rapamycin"
    conditions.loc["sample4", "dose_molar"] = 1e-6
    conditions.loc["sample4", "drug_temperature_c"] = 33.5
    told = fitted.predict(replace(data, conditions=conditions), region_features(data)[0])["nearest_condition"]
    known = data.regions.chrom != "chr4"
    expected = (data.expression[[2, 3]].mean(axis=0) + data.expression[[6, 7]].mean(axis=0)) / 2
    assert np.allclose(told[4, known], expected[known], atol=1e-5)


def test_a_culture_of_which_nothing_is_known_is_expected_to_be_the_usual_one(data, fitted, told):
    conditions = data.conditions.copy()
    conditions.loc["sample0"] = None
    blank = replace(data, conditions=conditions)
    answer = fitted.predict(blank, region_features(data)[0])["nearest_condition"]
    assert np.allclose(answer[0], told["region_mean"][0], atol=1e-5)


def test_replicates_answer_where_every_sample_has_one(data):
    split = make_split(data, SplitSettings(split="replicates"), 0)
    features = region_features(data)[0]
    told = fit_baselines(data, features, split.train, 0).predict(data, features)
    sample = int(np.flatnonzero(split.test.any(axis=1))[0])
    twin = sample + 1 if sample % 2 == 0 else sample - 1
    assert np.allclose(told["replicate_mean"][sample], data.expression[twin], atol=1e-5)


def test_held_out_values_reach_no_baseline(data, fitted, told):
    changed = data.expression.copy()
    changed[4:6] = 50.0
    changed[:, data.regions.chrom == "chr4"] = 70.0
    train = np.ones(changed.shape, dtype=bool)
    train[4:6] = False
    train[:, data.regions.chrom == "chr4"] = False
    features = region_features(data)[0]
    again = fit_baselines(replace(data, expression=changed), features, train, 0).predict(data, features)
    for name, predicted in told.items():
        assert np.array_equal(predicted, again[name]), name


def test_saved_baselines_say_the_same(data, fitted, told, tmp_path):
    fitted.save(tmp_path / "baselines")
    again = Baselines.load(tmp_path / "baselines").predict(data, region_features(data)[0])
    for name, predicted in told.items():
        assert np.array_equal(predicted, again[name]), name
    document = json.loads((tmp_path / "baselines" / "baselines.json").read_text())
    del document["groups"]
    (tmp_path / "baselines" / "baselines.json").write_text(json.dumps(document))
    with pytest.raises(UserError, match="baselines of this run cannot be read"):
        Baselines.load(tmp_path / "baselines")


def test_motifs_are_found_by_name_whatever_their_order(data, fitted, told):
    order = np.random.default_rng(0).permutation(len(data.motif_names))
    turned = replace(data, motifs=data.motifs[:, order], motif_names=[data.motif_names[index] for index in order])
    again = fitted.predict(turned, region_features(data)[0])
    assert np.allclose(again["ridge_motif_condition"], told["ridge_motif_condition"], atol=1e-5)


def test_missing_training_values_do_not_spoil_anything(data):
    holes = data.expression.copy()
    holes[np.random.default_rng(0).random(holes.shape) < 0.2] = np.nan
    features = region_features(data)[0]
    patchy = fit_baselines(replace(data, expression=holes), features, np.ones(holes.shape, dtype=bool), 0)
    told = patchy.predict(data, features)
    level = np.nanmean(holes, axis=0)
    assert np.allclose(told["region_mean"][0], level, atol=1e-4)
    assert all(np.isfinite(predicted).all() for predicted in told.values())


@pytest.mark.slow
def test_on_new_regions_of_made_up_yeast_conditions_help_ridge():
    data, _ = make_yeast(genes=960, conditions=24)
    features = region_features(data)[0]
    split = make_split(data, SplitSettings(split="regions", holdout=("chrI", "chrV")), 0)
    told = fit_baselines(data, features, split.train, 0).predict(data, features)
    pearson = {
        name: score(data.expression, p, split.test, None, 0, intervals=False)["pearson"] for name, p in told.items()
    }
    assert pearson["ridge_motif_condition"] > pearson["ridge"] + 0.05
    assert pearson["ridge_motif_condition"] > 0.8
    assert pearson["boosting"] > 0.7


def test_trees_as_arrays_answer_as_the_trees_do():
    rng = np.random.default_rng(0)
    regions, conditions = rng.random((60, 4)).astype(np.float32), rng.random((7, 3)).astype(np.float32)
    pairs = np.concatenate([np.repeat(regions, 7, axis=0), np.tile(conditions, (60, 1))], axis=1)
    y = pairs[:, 0] * 3 + (pairs[:, 5] > 0.5) * pairs[:, 1]
    boosting = HistGradientBoostingRegressor(max_iter=20, max_leaf_nodes=7, early_stopping=False).fit(pairs, y)
    forest = Forest.of_boosting(boosting)
    expected = boosting.predict(pairs)
    assert np.allclose(forest.answers_for_pairs(regions, conditions), expected.reshape(60, 7).T, atol=1e-4)
    assert np.allclose(forest.answers(pairs)[:, 0], expected, atol=1e-4)
    many = np.stack([y, -y], axis=1)
    trees = ExtraTreesRegressor(n_estimators=7, min_samples_leaf=3, random_state=0).fit(pairs, many)
    assert np.allclose(Forest.of_extra_trees(trees).answers(pairs), trees.predict(pairs), atol=1e-4)


def test_ridge_is_ridge_and_finds_a_law_of_products():
    rng = np.random.default_rng(0)
    columns, outputs = rng.normal(size=(80, 5)), rng.normal(size=(80, 2))
    made = RowRidge.fit(columns, outputs)
    scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    assert min(
        np.abs(Ridge(alpha=80 * strength).fit(scaled, outputs).predict(scaled) - made.answers(columns)).max()
        for strength in np.logspace(-3, 3, 19)
    ) == pytest.approx(0, abs=1e-5)
    conditions = rng.normal(size=(12, 3))
    law = rng.normal(size=(5, 3))
    pairs = PairRidge.fit(columns, conditions, conditions @ law.T @ columns.T)
    new_regions, new_conditions = rng.normal(size=(20, 5)), rng.normal(size=(6, 3))
    told = pairs.answers(new_regions, new_conditions)
    assert np.corrcoef(told.ravel(), (new_conditions @ law.T @ new_regions.T).ravel())[0, 1] > 0.99
