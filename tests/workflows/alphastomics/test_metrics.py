"""Scores take their known values on made-up cases, and chance gives what is printed as chance."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist
from scipy.stats import spearmanr

from genodesk.workflows.alphastomics.metrics import (
    POSITION_SCORES,
    distribution_metrics,
    expression_metrics,
    knn_overlap,
    mean_over_slices,
    morans_i,
    pair_distance_spearman,
    position_metrics,
    rigid_transform,
    similarity_align,
)


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _turned(points: np.ndarray, scale: float = 2.5) -> np.ndarray:
    """Rotated by 0.7 rad, mirrored, scaled and shifted."""
    rotation = np.array([[np.cos(0.7), np.sin(0.7)], [np.sin(0.7), -np.cos(0.7)]])
    return scale * points @ rotation + 40.0


def test_a_perfect_answer_scores_perfectly_whatever_its_turn_mirror_and_scale() -> None:
    truth = _rng().normal(size=(300, 2)) * [100.0, 30.0]
    scores = position_metrics(truth, _turned(truth), rng=_rng())
    assert scores["pair_distance_spearman"] == pytest.approx(1.0)
    assert scores["knn_overlap"] == 1.0
    assert scores["contact_precision"] == 1.0
    assert scores["rmsd"] == pytest.approx(0.0, abs=1e-9)
    assert scores["r2"] == pytest.approx(1.0)


def test_a_shuffled_answer_scores_what_is_called_chance() -> None:
    truth = _rng().normal(size=(800, 2))
    scores = position_metrics(truth, np.random.default_rng(1).permutation(truth), rng=_rng())
    chance = scores["chance"]
    assert set(chance) == set(POSITION_SCORES)
    assert chance["knn_overlap"] == pytest.approx(10 / 799)
    for name, tolerance in [("pair_distance_spearman", 0.02), ("knn_overlap", 0.005), ("contact_precision", 0.01)]:
        assert scores[name] == pytest.approx(chance[name], abs=tolerance), name
    assert scores["rmsd"] == pytest.approx(chance["rmsd"], rel=0.01)
    assert scores["r2"] == pytest.approx(chance["r2"], abs=0.01)


def test_pair_distance_spearman_is_the_textbook_value() -> None:
    rng = _rng()
    truth, predicted = rng.normal(size=(120, 3)), rng.normal(size=(120, 3))
    predicted += truth
    expected = spearmanr(pdist(truth), pdist(predicted)).statistic
    assert pair_distance_spearman(truth, predicted, rng) == pytest.approx(expected)


def test_above_4000_cells_drawn_pairs_agree_with_all_pairs() -> None:
    rng = _rng()
    truth = rng.normal(size=(4_100, 2))
    predicted = truth + rng.normal(size=truth.shape)
    drawn = pair_distance_spearman(truth, predicted, rng)
    assert drawn == pytest.approx(pair_distance_spearman(truth[:1_500], predicted[:1_500], rng), abs=0.02)


def test_a_constant_answer_scores_zero_and_not_nan() -> None:
    truth = _rng().normal(size=(50, 2))
    scores = position_metrics(truth, np.zeros((50, 2)), rng=np.random.default_rng(1))
    assert scores["pair_distance_spearman"] == 0.0
    assert scores["r2"] == pytest.approx(0.0)
    assert scores["contact_precision"] == pytest.approx(0.05, abs=0.01)
    assert scores["knn_overlap"] == pytest.approx(10 / 49, abs=0.1)


def test_knn_overlap_counts_shared_neighbours() -> None:
    rng = _rng()
    truth, predicted = rng.normal(size=(60, 2)), rng.normal(size=(60, 2))

    def nearest(points: np.ndarray) -> np.ndarray:
        distance = cdist(points, points) + np.diag(np.full(60, np.inf))
        return np.argsort(distance, axis=1)[:, :10]

    a, b = nearest(truth), nearest(predicted)
    expected = np.mean([len(set(x) & set(y)) / 10 for x, y in zip(a, b, strict=True)])
    assert knn_overlap(truth, predicted, rng) == pytest.approx(expected)


def test_classes_are_scored_apart() -> None:
    rng = _rng()
    truth = rng.normal(size=(200, 2))
    predicted = truth.copy()
    labels = np.array(["good"] * 100 + ["bad"] * 95 + ["rare"] * 5)
    predicted[100:] = rng.permutation(truth[100:])
    classes = position_metrics(truth, predicted, labels, rng=rng)["classes"]
    assert set(classes) == {"good", "bad"}
    assert classes["good"]["pair_distance_spearman"] == pytest.approx(1.0)
    assert abs(classes["bad"]["pair_distance_spearman"]) < 0.15
    assert classes["good"]["rmsd"] < classes["bad"]["rmsd"]


def test_alignment_undoes_a_similarity_and_a_rigid_one_keeps_lengths() -> None:
    truth = _rng().normal(size=(40, 2))
    assert similarity_align(_turned(truth), truth) == pytest.approx(truth)
    moved = _turned(truth, scale=1.0)
    rotation, shift = rigid_transform(moved, truth)
    assert moved @ rotation + shift == pytest.approx(truth)
    rotation, _ = rigid_transform(_turned(truth), truth)
    assert rotation.T @ rotation == pytest.approx(np.eye(2))


def test_slices_weigh_the_same_in_the_mean() -> None:
    mean = mean_over_slices(
        {
            "small": {"cells": 10, "rmsd": 1.0, "chance": {"rmsd": 4.0}, "classes": {"a": {"rmsd": 9.0}}},
            "large": {"cells": 990, "rmsd": 3.0, "chance": {"rmsd": 6.0}},
        }
    )
    assert mean == {"rmsd": 2.0, "chance": {"rmsd": 5.0}}


def test_morans_i_is_high_for_a_gradient_and_near_its_expectation_for_noise() -> None:
    rng = _rng()
    position = rng.random((500, 2))
    values = np.column_stack([position[:, 0], rng.normal(size=500), np.ones(500)])
    gradient, noise, constant = morans_i(values, position)
    assert gradient > 0.9
    assert noise == pytest.approx(-1 / 499, abs=0.05)
    assert constant == 0.0


def test_expression_scores_reward_the_right_pattern_at_the_right_place() -> None:
    rng = _rng()
    position = rng.random((400, 2))
    truth = np.column_stack([np.sin(5 * position[:, 0]), position[:, 1]])
    perfect = expression_metrics(truth, 3 * truth + 1, position, ["a", "b"])
    assert perfect["gene_pearson"] == pytest.approx(1.0)
    assert perfect["moran_gap"] == pytest.approx(0.0, abs=1e-9)
    shuffled = expression_metrics(truth, rng.permutation(truth), position, ["a", "b"])
    assert abs(shuffled["gene_pearson"]) < 0.1
    assert shuffled["moran_gap"] == pytest.approx(shuffled["chance"]["moran_gap"], abs=0.05)
    assert set(shuffled["genes"]) == {"a", "b"}


def test_distribution_distances_are_at_their_floor_for_the_same_law_and_above_it_for_another() -> None:
    rng = _rng()
    first, second = rng.normal(size=(600, 8)), rng.normal(size=(600, 8))
    here, there = rng.random((600, 2)), rng.random((600, 2))
    same = distribution_metrics(first, second, here, there, rng=_rng())
    other = distribution_metrics(first, second + 1.0, here, there**3, rng=_rng())
    for name in ("expression_energy", "expression_wasserstein", "neighbour_wasserstein"):
        assert same[name] < 2.5 * same["floor"][name] + 0.02, name
        assert other[name] > 3.0 * same[name], name
