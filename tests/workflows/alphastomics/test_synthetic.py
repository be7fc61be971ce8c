"""The synthetic cortex is repeatable, looks like counts, and is as hard as it says."""

import time

import numpy as np
import pytest
from scipy import sparse

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics.baselines import position_baselines
from genodesk.workflows.alphastomics.metrics import pair_distance_spearman, similarity_align
from genodesk.workflows.alphastomics.scaling import fit_scaling, slice_names
from genodesk.workflows.alphastomics.slices import make_slices
from genodesk.workflows.alphastomics.synthetic import Difficulty, synthetic_cortex, synthetic_slice


def test_the_default_tissue_has_the_promised_shape() -> None:
    started = time.process_time()
    tissue = synthetic_cortex("demo", seed=0)
    assert time.process_time() - started < 6.0
    assert tissue.shape == (18_000, 300)
    assert sparse.isspmatrix_csr(tissue.X)
    assert tissue.X.dtype == np.float32
    assert (tissue.X.data == np.rint(tissue.X.data)).all()
    assert tissue.X.data.min() > 0
    assert tissue.obs["slice_id"].value_counts().tolist() == [600] * 30
    assert tissue.obs["cell_type"].nunique() == 16
    assert tissue.obs["layer"].nunique() == 6
    assert tissue.obsm["spatial"].shape == tissue.obsm["truth"].shape == (18_000, 2)
    assert tissue.obs_names.is_unique
    assert (tissue.uns["difficulty"], tissue.uns["seed"]) == ("demo", 0)


def test_the_same_seed_gives_the_same_tissue_and_another_seed_another() -> None:
    first, again, other = (synthetic_cortex("mid", seed, slices=2, cells=50, genes=40) for seed in (3, 3, 4))
    assert (first.X != again.X).nnz == 0
    assert np.array_equal(first.obsm["spatial"], again.obsm["spatial"])
    assert (first.X != other.X).nnz > 100


def test_slices_are_turned_but_not_bent() -> None:
    tissue = synthetic_cortex("demo", seed=1, slices=3, cells=100, genes=20)
    for name in slice_names(tissue, "slice_id"):
        cells = (tissue.obs["slice_id"] == name).to_numpy()
        truth, shown = tissue.obsm["truth"][cells], tissue.obsm["spatial"][cells]
        assert np.abs(similarity_align(shown, truth) - truth).max() < 1e-6
        assert np.abs(shown + truth.mean(axis=0) - truth).max() > 50.0


def test_the_kept_rates_are_what_counts_scatter_around() -> None:
    tissue = synthetic_slice(4_000, genes=60, seed=0)
    rate, counts = np.asarray(tissue.layers["rate"]), tissue.X.toarray()
    correlation = np.corrcoef(np.log(rate.mean(axis=0)), np.log(counts.mean(axis=0) + 1e-3))[0, 1]
    assert correlation > 0.8


def test_a_further_slice_obeys_the_laws_of_its_seed() -> None:
    tissue = synthetic_cortex("demo", seed=0, slices=8, cells=300)
    further = synthetic_slice(400, seed=0)
    scaling = fit_scaling(tissue, slice_key="slice_id", coordinate_key="spatial")
    train = make_slices(tissue, scaling, slice_key="slice_id", coordinate_key="spatial", label_key="cell_type")
    unseen = make_slices(further, scaling, slice_key="slice_id", coordinate_key="spatial").slices[0]
    rng = np.random.default_rng(0)
    predicted = position_baselines(train, unseen, rng)["ridge"]
    assert pair_distance_spearman(unseen.position, predicted, rng) > 0.6


def test_a_large_slice_is_drawn_in_blocks() -> None:
    tissue = synthetic_slice(25_000, genes=30, seed=0)
    assert tissue.shape == (25_000, 30)
    assert tissue.X.nnz > 100_000


def test_an_unknown_difficulty_names_the_known_ones() -> None:
    with pytest.raises(UserError, match="demo, mid, hard"):
        synthetic_cortex("easy", 0)  # type: ignore[arg-type]


# Mean pair-distance Spearman over the last three slices, seed 0; a small network reaches 0.90 on demo after 250 steps.
EXPECTED: dict[Difficulty, dict[str, float]] = {
    "demo": {"centroid": 0.19, "nearest_slice_knn": 0.70, "knn": 0.79, "ridge": 0.75},
    "mid": {"centroid": 0.18, "nearest_slice_knn": 0.60, "knn": 0.71, "ridge": 0.67},
    "hard": {"centroid": 0.21, "nearest_slice_knn": 0.43, "knn": 0.53, "ridge": 0.59},
}


@pytest.mark.slow
@pytest.mark.parametrize("difficulty", ["demo", "mid", "hard"])
def test_baselines_reach_what_the_difficulty_promises(difficulty: Difficulty) -> None:
    tissue = synthetic_cortex(difficulty, seed=0)
    names = slice_names(tissue, "slice_id")
    scaling = fit_scaling(tissue, names[:-3], slice_key="slice_id", coordinate_key="spatial")
    slices = make_slices(tissue, scaling, slice_key="slice_id", coordinate_key="spatial", label_key="cell_type")
    train = slices.select(names[:-3])
    scores: dict[str, list[float]] = {}
    for one in slices.select(names[-3:]):
        for method, position in position_baselines(train, one, np.random.default_rng(0)).items():
            score = pair_distance_spearman(one.position, position, np.random.default_rng(0))
            scores.setdefault(method, []).append(score)
    for method, expected in EXPECTED[difficulty].items():
        assert np.mean(scores[method]) == pytest.approx(expected, abs=0.03), method
    assert abs(np.mean(scores["shuffled"])) < 0.03
