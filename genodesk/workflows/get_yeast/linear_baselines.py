"""Two ridge regressions in closed form whose shrinkage is what predicts left-out rows best. Knows only numbers."""

from dataclasses import dataclass
from typing import Self

import numpy as np

Array = np.ndarray

STRENGTHS = np.logspace(-3, 3, 19)  # of the shrinkage, in units of the number of rows
LEAST_SPREAD = 1e-6


@dataclass(frozen=True)
class RowRidge:
    """Outputs from the columns of a row: `weights` [columns, outputs] on columns / `spread` - `centre`."""

    centre: Array
    spread: Array
    weights: Array
    level: Array

    @classmethod
    def fit(cls, columns: Array, outputs: Array) -> Self:
        """Ridge with one strength for all outputs, chosen by leaving out each row in turn."""
        centre, spread = _scales(columns)
        level = outputs.mean(axis=0)
        left, sizes, right = np.linalg.svd((columns - centre) / spread, full_matrices=False)
        turned = left.T @ (outputs - level)
        best, strength = np.inf, 0.0
        for candidate in len(columns) * STRENGTHS:
            shrunk = sizes**2 / (sizes**2 + candidate)
            leverage = (left**2) @ shrunk + 1 / len(columns)
            error = outputs - level - left @ (shrunk[:, None] * turned)
            missed = float(((error / (1 - np.minimum(leverage, 0.999))[:, None]) ** 2).sum())
            if missed < best:
                best, strength = missed, candidate
        weights = right.T @ ((sizes / (sizes**2 + strength))[:, None] * turned)
        return cls(centre, spread, weights.astype(np.float32), level)

    def answers(self, columns: Array) -> Array:
        """[rows, outputs]."""
        return ((columns - self.centre) / self.spread) @ self.weights + self.level

    def arrays(self) -> dict[str, Array]:
        """The fitted numbers by name."""
        return {"centre": self.centre, "spread": self.spread, "weights": self.weights, "level": self.level}


@dataclass(frozen=True)
class PairRidge:
    """Values of pairs from all products of region columns and condition columns (ones included): `weights` [P, C].

    Solved by the eigenvectors of both sides (Stock et al. 2018, arXiv 1803.01575).
    """

    centre: Array
    spread: Array
    condition_centre: Array
    condition_spread: Array
    weights: Array
    level: Array

    @classmethod
    def fit(cls, of_regions: Array, of_conditions: Array, values: Array) -> Self:
        """From `values` [conditions, regions]; the strength is best for left-out regions and conditions together."""
        centre, spread = _scales(of_regions)
        condition_centre, condition_spread = _scales(of_conditions)
        u = _with_one((of_regions - centre) / spread)
        c = _with_one((of_conditions - condition_centre) / condition_spread)
        level = values.mean()
        y = (values - level).T
        p, a, p_right = np.linalg.svd(u, full_matrices=False)
        q, b, q_right = np.linalg.svd(c, full_matrices=False)
        turned = p.T @ y @ q
        grid = (a**2)[:, None] * (b**2)[None]
        best, strength = np.inf, 0.0
        for candidate in y.size * STRENGTHS:
            shrunk = grid / (grid + candidate)
            told = shrunk * turned
            # What lies outside the columns of the other side is zero by any strength, so it does not decide.
            missed = 0.0
            for truth, fitted, leverage in (
                (y @ q, p @ told, (p**2) @ shrunk),
                (p.T @ y, told @ q.T, shrunk @ (q**2).T),
            ):
                error = (truth - fitted) / (1 - np.minimum(leverage, 0.999))
                missed += float((error**2).sum()) / max(float((truth**2).sum()), 1e-12)
            if missed < best:
                best, strength = missed, candidate
        weights = p_right.T @ (turned * (a[:, None] * b[None]) / (grid + strength)) @ q_right
        return cls(centre, spread, condition_centre, condition_spread, weights.astype(np.float32), np.array([level]))

    def answers(self, of_regions: Array, of_conditions: Array) -> Array:
        """[conditions, regions]."""
        u = _with_one((of_regions - self.centre) / self.spread)
        c = _with_one((of_conditions - self.condition_centre) / self.condition_spread)
        return c @ self.weights.T @ u.T + self.level

    def arrays(self) -> dict[str, Array]:
        """The fitted numbers by name."""
        return {
            "centre": self.centre,
            "spread": self.spread,
            "condition_centre": self.condition_centre,
            "condition_spread": self.condition_spread,
            "weights": self.weights,
            "level": self.level,
        }


def _scales(columns: Array) -> tuple[Array, Array]:
    spread = columns.std(axis=0)
    return columns.mean(axis=0), np.where(spread > LEAST_SPREAD, spread, 1.0)


def _with_one(columns: Array) -> Array:
    return np.concatenate([np.ones((len(columns), 1)), columns], axis=1)
