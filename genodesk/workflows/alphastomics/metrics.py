"""How close predicted places and predicted expression come to the truth, each with the value that chance gives.

Nothing here knows a model. Memory stays bounded: distances are exact up to 4,000 cells and sampled above.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist
from scipy.stats import rankdata, wasserstein_distance

Array = np.ndarray

EXACT_CELLS = 4_000
SAMPLED_PAIRS = 2_000_000
NEIGHBOURS = 10
CONTACT_FRACTION = 0.05
SHUFFLES = 20
FEWEST_CLASS_CELLS = 10
POSITION_SCORES = ("pair_distance_spearman", "knn_overlap", "contact_precision", "rmsd", "r2")


def position_metrics(
    truth: Array, predicted: Array, labels: Sequence[object] | Array | None = None, *, rng: np.random.Generator
) -> dict[str, Any]:
    """Scores of predicted positions of one slice, [cells, 2 or 3] each.

    Keys: cells, the five of POSITION_SCORES (`rmsd` in the unit of `truth`), `chance` with the value each takes
    for positions dealt out at random, and, when `labels` [cells] are given, `classes`: class -> scores of its cells.
    `pair_distance_spearman`: rank correlation of true and predicted distances over pairs of cells, no alignment.
    `knn_overlap`: shared fraction of the 10 nearest neighbours. `contact_precision`: fraction of the 5 % of pairs
    predicted closest that are among the 5 % truly closest. `rmsd`, `r2`: after the best similarity alignment.
    """
    truth, predicted = np.asarray(truth, dtype=float), np.asarray(predicted, dtype=float)
    left, right = _pairs(len(truth), rng)
    true_distance, predicted_distance = _distances(truth, left, right), _distances(predicted, left, right)
    aligned = similarity_align(predicted, truth)
    overlap = _knn_overlap_per_cell(truth, predicted, rng)
    scores: dict[str, Any] = {
        "cells": len(truth),
        "pair_distance_spearman": _spearman(true_distance, predicted_distance),
        "knn_overlap": float(overlap.mean()),
        "contact_precision": _contact_precision(true_distance, predicted_distance),
        "rmsd": _rmsd(truth, aligned),
        "r2": _r2(truth, aligned),
    }
    shuffled = [similarity_align(rng.permutation(predicted), truth) for _ in range(SHUFFLES)]
    scores["chance"] = {
        "pair_distance_spearman": 0.0,
        "knn_overlap": min(1.0, NEIGHBOURS / max(len(truth) - 1, 1)),
        "contact_precision": CONTACT_FRACTION,
        "rmsd": float(np.mean([_rmsd(truth, other) for other in shuffled])),
        "r2": float(np.mean([_r2(truth, other) for other in shuffled])),
    }
    if labels is not None:
        scores["classes"] = _per_class(truth, predicted, aligned, overlap, np.asarray(labels).astype(str), rng)
    return scores


def mean_over_slices(per_slice: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The plain mean over slices of every number (chance values included); every slice weighs the same."""
    rows = list(per_slice.values())
    if not rows:
        return {}
    mean: dict[str, Any] = {
        key: float(np.mean([row[key] for row in rows]))
        for key, value in rows[0].items()
        if isinstance(value, (int, float)) and key != "cells"
    }
    if "chance" in rows[0]:
        mean["chance"] = mean_over_slices({str(index): row["chance"] for index, row in enumerate(rows)})
    return mean


def pair_distance_spearman(truth: Array, predicted: Array, rng: np.random.Generator) -> float:
    """Spearman correlation of distances over all pairs of cells (2,000,000 drawn ones above 4,000 cells); 0 if flat."""
    left, right = _pairs(len(truth), rng)
    return _spearman(_distances(truth, left, right), _distances(predicted, left, right))


def knn_overlap(truth: Array, predicted: Array, rng: np.random.Generator, k: int = NEIGHBOURS) -> float:
    """Mean fraction of a cell's k nearest neighbours that are the same in both; ties are broken at random."""
    return float(_knn_overlap_per_cell(truth, predicted, rng, k).mean())


def similarity_align(moving: Array, fixed: Array) -> Array:
    """`moving` [cells, d] after the rotation, reflection, scale and shift that bring it closest to `fixed`.

    Umeyama 1991 (doi:10.1109/34.88573) with reflections allowed, since a slice has no front.
    """
    centre = fixed.mean(axis=0)
    shifted = moving - moving.mean(axis=0)
    left, singular, right = np.linalg.svd(shifted.T @ (fixed - centre))
    spread = float((shifted**2).sum())
    scale = singular.sum() / spread if spread > 0 else 0.0
    return scale * shifted @ left @ right + centre


def rigid_transform(moving: Array, fixed: Array, weights: Array | None = None) -> tuple[Array, Array]:
    """Rotation or reflection R [d, d] and shift s [d] by which `moving @ R + s` is nearest to `fixed` (Kabsch 1976)."""
    weights = np.ones(len(moving)) if weights is None else weights
    from_centre = np.average(moving, axis=0, weights=weights)
    to_centre = np.average(fixed, axis=0, weights=weights)
    left, _, right = np.linalg.svd((moving - from_centre).T @ ((fixed - to_centre) * weights[:, None]))
    rotation = left @ right
    return rotation, to_centre - from_centre @ rotation


def expression_metrics(truth: Array, predicted: Array, position: Array, genes: Sequence[str]) -> dict[str, Any]:
    """Scores of predicted expression [cells, genes] at known positions [cells, d].

    `gene_pearson`: mean over genes of Pearson's correlation over cells; `moran_gap`: mean absolute difference of
    Moran's I (10 nearest neighbours, row-standardised) between prediction and truth; `genes`: both per gene;
    `chance`: the values for a prediction whose cells were dealt out at random.
    """
    truth, predicted = np.asarray(truth, dtype=float), np.asarray(predicted, dtype=float)
    pearson = _pearson_columns(truth, predicted)
    true_moran, predicted_moran = morans_i(truth, position), morans_i(predicted, position)
    expected = -1.0 / max(len(truth) - 1, 1)
    return {
        "cells": len(truth),
        "gene_pearson": float(pearson.mean()),
        "moran_gap": float(np.abs(predicted_moran - true_moran).mean()),
        "chance": {"gene_pearson": 0.0, "moran_gap": float(np.abs(expected - true_moran).mean())},
        "genes": {
            gene: {"pearson": float(r), "moran_truth": float(a), "moran_predicted": float(b)}
            for gene, r, a, b in zip(genes, pearson, true_moran, predicted_moran, strict=True)
        },
    }


def morans_i(values: Array, position: Array, k: int = NEIGHBOURS) -> Array:
    """Moran's I (1950) of every column of `values` [cells, columns]; weights 1/k to the k nearest; 0 if constant."""
    neighbours = _neighbours(np.asarray(position, dtype=float), min(k, len(values) - 1))
    deviation = values - values.mean(axis=0)
    lag = np.zeros_like(deviation)
    for column in neighbours.T:
        lag += deviation[column]
    lag /= neighbours.shape[1]
    return _ratio((deviation * lag).sum(axis=0), (deviation**2).sum(axis=0))


def distribution_metrics(
    true_expression: Array,
    expression: Array,
    true_position: Array,
    position: Array,
    *,
    rng: np.random.Generator,
    at_most: int = 2_000,
) -> dict[str, Any]:
    """How far generated cells lie from real ones as a whole, where no cell has a partner; 0 = the same distribution.

    `expression_energy`: energy distance (Székely and Rizzo 2013) and `expression_wasserstein`: sliced 1-Wasserstein
    over 64 directions, both of up to `at_most` cells [cells, genes]; `neighbour_wasserstein`: 1-Wasserstein distance
    of the distances to the 10 nearest cells, in units of the true median; `moran_gap` as in `expression_metrics`,
    each expression at its own positions. `floor` holds the values for two random halves of the real cells.
    """
    real, made = _subset(len(true_expression), at_most, rng), _subset(len(expression), at_most, rng)
    directions = rng.normal(size=(true_expression.shape[1], 64))
    directions /= np.linalg.norm(directions, axis=0)
    true_moran = morans_i(true_expression, true_position)
    halves = rng.permutation(len(true_expression))
    first, second = halves[: len(halves) // 2][:at_most], halves[len(halves) // 2 :][:at_most]

    def distances(a: Array, b: Array) -> dict[str, float]:
        return {
            "expression_energy": _energy_distance(a, b),
            "expression_wasserstein": float(
                np.mean(
                    [wasserstein_distance(x, y) for x, y in zip((a @ directions).T, (b @ directions).T, strict=True)]
                )
            ),
        }

    true_reach, reach = _reach(true_position), _reach(position)
    unit = float(np.median(true_reach)) or 1.0
    return {
        **distances(true_expression[real], expression[made]),
        "neighbour_wasserstein": float(wasserstein_distance(true_reach / unit, reach / unit)),
        "moran_gap": float(np.abs(morans_i(expression, position) - true_moran).mean()),
        "floor": {
            **distances(true_expression[first], true_expression[second]),
            "neighbour_wasserstein": float(wasserstein_distance(true_reach[first] / unit, true_reach[second] / unit)),
        },
    }


def _pairs(cells: int, rng: np.random.Generator) -> tuple[Array | None, Array | None]:
    """The pairs to compare: None and None stand for all of them."""
    if cells <= EXACT_CELLS:
        return None, None
    left = rng.integers(0, cells, SAMPLED_PAIRS)
    return left, (left + rng.integers(1, cells, SAMPLED_PAIRS)) % cells


def _distances(points: Array, left: Array | None, right: Array | None) -> Array:
    if left is None or right is None:
        return pdist(points)
    return np.linalg.norm(points[left] - points[right], axis=1)


def _spearman(first: Array, second: Array) -> float:
    a, b = rankdata(first), rankdata(second)
    a -= a.mean()
    b -= b.mean()
    return float(_ratio(a @ b, np.sqrt((a @ a) * (b @ b))))


def _contact_precision(true_distance: Array, predicted_distance: Array) -> float:
    """Expected precision when ties at the threshold are broken at random."""
    number = max(1, round(CONTACT_FRACTION * len(true_distance)))
    contact = true_distance <= np.partition(true_distance, number - 1)[number - 1]
    threshold = np.partition(predicted_distance, number - 1)[number - 1]
    below, at = predicted_distance < threshold, predicted_distance == threshold
    hits = contact[below].sum() + (number - below.sum()) * contact[at].mean()
    return float(hits / number)


def _knn_overlap_per_cell(truth: Array, predicted: Array, rng: np.random.Generator, k: int = NEIGHBOURS) -> Array:
    k = min(k, len(truth) - 1)
    # Methods that stack cells on one point would otherwise win or lose by the order of the rows.
    jitter = 1e-6 * (predicted.std() + 1e-12) * rng.normal(size=predicted.shape)
    true_neighbours, predicted_neighbours = _neighbours(truth, k), _neighbours(predicted + jitter, k)
    shared = np.zeros(len(truth))
    for column in true_neighbours.T:
        shared += (predicted_neighbours == column[:, None]).any(axis=1)
    return shared / k


def _neighbours(points: Array, k: int) -> Array:
    """Indices [cells, k] of the nearest other cells."""
    found = cKDTree(points).query(points, k=k + 1)[1]
    is_self = found == np.arange(len(points))[:, None]
    # With coinciding cells a cell may not find itself: then the farthest is left out.
    is_self[~is_self.any(axis=1), -1] = True
    return found[~is_self].reshape(len(points), k)


def _reach(position: Array) -> Array:
    """Mean distance of each cell to its nearest neighbours [cells]."""
    k = min(NEIGHBOURS, len(position) - 1)
    return cKDTree(position).query(position, k=k + 1)[0][:, 1:].mean(axis=1)


def _rmsd(truth: Array, aligned: Array) -> float:
    return float(np.sqrt(((truth - aligned) ** 2).sum(axis=1).mean()))


def _r2(truth: Array, aligned: Array) -> float:
    return float(1.0 - ((truth - aligned) ** 2).sum() / max(((truth - truth.mean(axis=0)) ** 2).sum(), 1e-300))


def _per_class(
    truth: Array, predicted: Array, aligned: Array, overlap: Array, labels: Array, rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    """Scores of classes of at least 10 cells: distances within the class, neighbours and rmsd among all cells."""
    classes = {}
    for name in np.unique(labels):
        cells = np.flatnonzero(labels == name)
        if len(cells) >= FEWEST_CLASS_CELLS:
            classes[str(name)] = {
                "cells": len(cells),
                "pair_distance_spearman": pair_distance_spearman(truth[cells], predicted[cells], rng),
                "knn_overlap": float(overlap[cells].mean()),
                "rmsd": _rmsd(truth[cells], aligned[cells]),
            }
    return classes


def _pearson_columns(first: Array, second: Array) -> Array:
    a, b = first - first.mean(axis=0), second - second.mean(axis=0)
    return _ratio((a * b).sum(axis=0), np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0)))


def _ratio(numerator: Any, denominator: Any) -> Any:
    """numerator / denominator, and 0 where the denominator vanishes: a constant agrees with nothing."""
    safe = np.where(denominator > 1e-12, denominator, 1.0)
    return np.where(denominator > 1e-12, numerator / safe, 0.0)


def _subset(cells: int, at_most: int, rng: np.random.Generator) -> Array:
    return rng.permutation(cells)[:at_most]


def _energy_distance(first: Array, second: Array) -> float:
    return 2.0 * _mean_distance(first, second) - _mean_distance(first, first) - _mean_distance(second, second)


def _mean_distance(first: Array, second: Array) -> float:
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2.0 * first @ second.T
    return float(np.sqrt(np.maximum(squares, 0.0)).mean())
