"""Baselines answer in the right shape, find what is there to be found, and do not look at the held-out truth."""

from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pytest

from genodesk.workflows.alphastomics.baselines import align_slices, expression_baselines, position_baselines
from genodesk.workflows.alphastomics.metrics import expression_metrics, pair_distance_spearman
from genodesk.workflows.alphastomics.scaling import fit_scaling, slice_names
from genodesk.workflows.alphastomics.slices import SliceSet, make_slices
from genodesk.workflows.alphastomics.synthetic import synthetic_cortex

OSMFISH = Path(__file__).parents[4] / "shared" / "data" / "spatial" / "osmfish_cortex.h5ad"


@pytest.fixture(scope="module")
def cortex() -> tuple[SliceSet, SliceSet]:
    """Seven training slices and one held-out slice."""
    tissue = synthetic_cortex("demo", seed=0, slices=8, cells=300)
    names = slice_names(tissue, "slice_id")
    scaling = fit_scaling(tissue, names[:-1], slice_key="slice_id", coordinate_key="spatial")
    slices = make_slices(tissue, scaling, slice_key="slice_id", coordinate_key="spatial", label_key="cell_type")
    return slices.select(names[:-1]), slices.select(names[-1:])


def test_every_method_places_every_cell_better_than_chance(cortex: tuple[SliceSet, SliceSet]) -> None:
    train, held_out = cortex
    one = held_out.slices[0]
    predicted = position_baselines(train, one, np.random.default_rng(0))
    assert list(predicted) == ["shuffled", "centroid", "pca2", "nearest_slice_knn", "knn", "ridge"]
    scores = {}
    for name, position in predicted.items():
        assert position.shape == (300, 3)
        assert position.dtype == np.float32
        assert np.isfinite(position).all()
        scores[name] = pair_distance_spearman(one.position, position, np.random.default_rng(0))
    assert abs(scores["shuffled"]) < 0.05
    assert scores["centroid"] > 0.1
    assert scores["knn"] > 0.6
    assert scores["ridge"] > 0.6


def test_no_method_but_the_shuffled_one_depends_on_the_held_out_positions(cortex: tuple[SliceSet, SliceSet]) -> None:
    train, held_out = cortex
    one = held_out.slices[0]
    blind = replace(one, position=np.zeros_like(one.position))
    seeing = position_baselines(train, one, np.random.default_rng(0))
    blinded = position_baselines(train, blind, np.random.default_rng(0))
    for name in set(seeing) - {"shuffled"}:
        assert np.array_equal(seeing[name], blinded[name]), name


def test_without_labels_there_are_no_centroids(cortex: tuple[SliceSet, SliceSet]) -> None:
    train, held_out = cortex
    one = replace(held_out.slices[0], labels=None)
    assert "centroid" not in position_baselines(train, one, np.random.default_rng(0))


def test_turned_slices_come_into_one_frame_without_changing_shape(cortex: tuple[SliceSet, SliceSet]) -> None:
    train, _ = cortex
    frame = align_slices(train)
    for one, moved in zip(train, frame, strict=True):
        # Distances within a slice stay; 300 cells are few enough to compare all.
        before = np.linalg.norm(one.position[:, None] - one.position, axis=-1)
        after = np.linalg.norm(moved[:, None] - moved, axis=-1)
        assert np.abs(before - after).max() < 1e-3
    labels = np.concatenate([one.labels for one in train if one.labels is not None])

    def explained(position: np.ndarray) -> float:
        """Share of the variance of places that the class explains; grows when slices agree."""
        middle = position - position.mean(axis=0)
        centres = np.array([middle[labels == code].mean(axis=0) for code in range(labels.max() + 1)])
        return float((centres[labels] ** 2).sum() / (middle**2).sum())

    assert explained(np.concatenate(frame)) > 3.0 * explained(np.concatenate([one.position for one in train]))


def test_expression_is_painted_back_from_places() -> None:
    tissue = synthetic_cortex("demo", seed=0, slices=8, cells=300)
    # The outline of another slice of this tissue is so even that it is laid over the others the wrong way round.
    others = [name for name in slice_names(tissue, "slice_id") if name != "slice_06"]
    scaling = fit_scaling(tissue, others, slice_key="slice_id", coordinate_key="spatial")
    slices = make_slices(tissue, scaling, slice_key="slice_id", coordinate_key="spatial")
    train, one = slices.select(others), slices["slice_06"]
    predicted = expression_baselines(train, one, np.random.default_rng(0))
    genes = train.scaling.genes
    score = {
        name: expression_metrics(one.expression, value, one.position, genes)["gene_pearson"]
        for name, value in predicted.items()
    }
    assert all(value.shape == one.expression.shape for value in predicted.values())
    assert abs(score["shuffled"]) < 0.03
    assert score["gene_mean"] == 0.0
    assert score["knn"] > 0.1
    assert score["ridge"] > 0.1


@pytest.mark.real_data
@pytest.mark.skipif(not OSMFISH.exists(), reason="the osmFISH cortex does not lie beside the checkout")
def test_pooled_knn_reaches_its_measured_score_on_real_tissue() -> None:
    tissue = anndata.read_h5ad(OSMFISH)
    names = slice_names(tissue, "slice_id")
    scores = {}
    for name in names:
        others = [other for other in names if other != name]
        scaling = fit_scaling(tissue, others, slice_key="slice_id", coordinate_key="spatial")
        slices = make_slices(tissue, scaling, slice_key="slice_id", coordinate_key="spatial", label_key="cell_type")
        predicted = position_baselines(slices.select(others), slices[name], np.random.default_rng(0))["knn"]
        scores[name] = pair_distance_spearman(slices[name].position, predicted, np.random.default_rng(0))
    assert np.mean(list(scores.values())) == pytest.approx(0.451, abs=0.02)
    assert scores["strip_4"] == pytest.approx(0.539, abs=0.03)
