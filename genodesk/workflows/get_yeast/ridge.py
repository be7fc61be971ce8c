"""The linear model the network starts from: ridge regression of expression on motif x condition, in closed form.

With U [regions, columns] and C [samples, columns] the solution needs only the eigenvectors of both, never their product
(the Kronecker ridge of Stock et al. 2018, arXiv 1803.01575). Expression is softplus of the linear model, so the
regression is repeated on working responses, as a generalised linear model is fitted (McCullagh & Nelder 1989).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)  # per sample
CAUTIONS = (0.1, 0.3, 1.0)  # how readily conditions are believed to change what motifs do
HEIGHTS = (0.0, 0.3, 3.0)  # weight of what a region is like at large beside its motifs
ROUNDS = 8
LEAST_SLOPE = 0.15
FREE = 10.0  # factor by which the constant column of regions is enlarged, so that levels are hardly shrunk


@dataclass(frozen=True)
class HeldBack:
    """How strongly all weights are shrunk, and how much less those of conditions and of a region at large."""

    strength: float = 1.0
    caution: float = 1.0
    height: float = 1.0


@dataclass(frozen=True)
class LinearModel:
    """Factors [region columns, rank] and [condition columns, rank], and how strongly it was held back."""

    regions: np.ndarray
    conditions: np.ndarray
    held_back: HeldBack


def fit_linear(
    regions: np.ndarray,
    conditions: np.ndarray,
    expression: np.ndarray,
    known: np.ndarray,
    region_groups: Sequence[str] | np.ndarray,
    sample_groups: Sequence[str] | np.ndarray,
    rank: int,
    at_large: int = 0,
    held_back: HeldBack | None = None,
) -> LinearModel:
    """The model with at most `rank` combinations, from the entries of `expression` [S, R] where `known`.

    `regions` [R, columns] and `conditions` [S, columns] begin with a column of ones; the last `at_large` columns of
    regions are no motifs. How strongly it is held back is, where not given, what predicts other region groups
    (chromosomes) best.
    """
    samples, places = known.any(axis=1), known.any(axis=0)
    u, c = regions[places].astype(np.float64), conditions[samples].astype(np.float64)
    y, there = expression[np.ix_(samples, places)].astype(np.float64), known[np.ix_(samples, places)]
    z = np.full(y.shape, inverse_softplus(float(y[there].mean())))
    response = _response(y, there, z)
    groups = np.asarray(region_groups)[places], np.asarray(sample_groups)[samples]
    by = held_back or _chosen(u, c, response, *groups, at_large)
    of_regions, of_conditions = _scale(u.shape[1], at_large, by.height), _caution(c.shape[1], by.caution)
    rows, columns = _Turned.of(u * of_regions), _Turned.of(c * of_conditions)
    for _ in range(ROUNDS):
        weights = _solve(rows, columns, _response(y, there, z), by.strength)
        z = columns.matrix @ weights.T @ rows.matrix.T
    left, sizes, right = np.linalg.svd(weights, full_matrices=False)
    kept = min(rank, len(sizes))
    roots = np.sqrt(sizes[:kept])
    return LinearModel(
        of_regions[:, None] * left[:, :kept] * roots, of_conditions[:, None] * right[:kept].T * roots, by
    )


def inverse_softplus(y: np.ndarray | float) -> np.ndarray | float:
    """x with softplus(x) = y, for y > 0."""
    return y + np.log(-np.expm1(-np.maximum(y, 1e-6)))


@dataclass(frozen=True)
class _Turned:
    """A matrix [rows, columns] with the eigenvalues and eigenvectors of its columns' products."""

    matrix: np.ndarray
    values: np.ndarray
    vectors: np.ndarray

    @classmethod
    def of(cls, matrix: np.ndarray) -> Self:
        values, vectors = np.linalg.eigh(matrix.T @ matrix)
        return cls(matrix, np.clip(values, 0, None), vectors)


def _solve(u: _Turned, c: _Turned, z: np.ndarray, strength: float) -> np.ndarray:
    """Weights [region columns, condition columns] for responses [S, R]."""
    return _solve_each(u, c, z, [strength])[0]


def _solve_each(u: _Turned, c: _Turned, z: np.ndarray, strengths: Sequence[float]) -> list[np.ndarray]:
    turned = u.vectors.T @ (u.matrix.T @ z.T @ c.matrix) @ c.vectors
    grid = np.outer(u.values, c.values)
    return [u.vectors @ (turned / (grid + each * len(c.matrix) + 1e-9)) @ c.vectors.T for each in strengths]


def _response(y: np.ndarray, there: np.ndarray, z: np.ndarray) -> np.ndarray:
    """The working response at z; entries that are not known are taken as predicted."""
    slope = np.clip(1 / (1 + np.exp(-z)), LEAST_SLOPE, None)
    return np.where(there, z + (np.where(there, y, 0.0) - np.logaddexp(0, z)) / slope, z)


def _chosen(
    u: np.ndarray, c: np.ndarray, z: np.ndarray, region_groups: np.ndarray, sample_groups: np.ndarray, at_large: int
) -> HeldBack:
    """What predicts other regions best, in conditions that were seen and in ones that were not.

    Regions that were seen say nothing here: the less a model is held back, the better it knows them by heart.
    """
    heights = HEIGHTS if at_large else HEIGHTS[-1:]
    errors = np.zeros((len(heights), len(CAUTIONS), len(STRENGTHS)))
    whole = np.zeros(len(c), dtype=bool)
    sample_folds = folds(sample_groups)
    for number, regions in enumerate(folds(region_groups)):
        unseen = sample_folds[number % len(sample_folds)] if sample_folds else whole
        for place, height in enumerate(heights):
            scaled = u * _scale(u.shape[1], at_large, height)
            turned = _Turned.of(scaled[~regions])
            for new in (whole, unseen):
                asked = new if new.any() else ~whole
                truth = z[np.ix_(asked, regions)]
                size = float(((truth - z.mean()) ** 2).sum()) or 1.0
                for row, caution in enumerate(CAUTIONS):
                    of_conditions = c * _caution(c.shape[1], caution)
                    made = _solve_each(turned, _Turned.of(of_conditions[~new]), z[np.ix_(~new, ~regions)], STRENGTHS)
                    told = [of_conditions[asked] @ weights.T @ scaled[regions].T for weights in made]
                    errors[place, row] += [((each - truth) ** 2).sum() / size for each in told]
    if not errors.any():
        return HeldBack()
    best_place, best_row, column = np.unravel_index(int(np.argmin(errors)), errors.shape)
    return HeldBack(STRENGTHS[column], CAUTIONS[best_row], heights[best_place])


def _scale(columns: int, at_large: int, height: float) -> np.ndarray:
    """Factors for the columns of regions."""
    scale = np.ones(columns)
    scale[columns - at_large :] = height
    scale[0] = FREE
    return scale


def _caution(columns: int, caution: float) -> np.ndarray:
    """Factors for the columns of conditions."""
    scale = np.full(columns, caution)
    scale[0] = 1.0
    return scale


def folds(groups: np.ndarray, most: int = 4) -> list[np.ndarray]:
    """Masks of what is kept back in turn: whole groups, about equally many members each; none for a single group."""
    groups = np.char.lower(groups.astype(str))  # the same folds however names are spelled
    names, numbers = np.unique(groups, return_counts=True)
    if len(names) < 2:
        return []
    folds: list[list[str]] = [[] for _ in range(min(most, len(names)))]
    filled = np.zeros(len(folds))
    for place in np.argsort(-numbers, kind="stable"):
        least = int(np.argmin(filled))
        folds[least].append(names[place])
        filled[least] += numbers[place]
    return [np.isin(groups, fold) for fold in folds]
