"""What a known region does beyond what its motifs say: a level of its own, and a profile over conditions.

b_r + e_r · W(condition), for regions seen in training only, fitted in closed form on what the network leaves
unexplained. W spans functions of how near a condition is to those of training: a smooth part that reaches the
neighbourhood, and a part for the very same condition. Far from all of them it fades out and the level remains. Where
conditions left out are told worse with the network's view of conditions than without, known regions use its mean over
the training conditions instead (`trust` 0).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

WIDTH = 16
USUAL = (2.0, 0.3)  # reach, and variance a condition has for itself; taken while conditions are too few to choose by
REACHES = (1.0, 2.0, 4.0)
LONE = (0.1, 0.3, 1.0, 3.0, 10.0)
FEW = 20  # conditions: with fewer, what predicts the one left out best is chance
SAME = 0.02  # distance within which a condition is the same
NOISE = 0.1  # variance of one sample, where that of the smooth part is 1
LEVEL_SAMPLES = 0.5  # a level counts as if so many samples had said zero


@dataclass(frozen=True)
class RegionEffects:
    """Levels [R] and profiles [R, K] of regions `ids`; W is `projection` [G, K] of the kernel at `landmarks` [G, D].

    `scale` [D] brings design columns to the units in which conditions are near or far. `usual` [R] is what the network
    says of a region on average over training, `trust` from 0 to 1 how much of its view of conditions is kept.
    """

    ids: tuple[str, ...]
    level: Tensor
    profile: Tensor
    landmarks: Tensor
    projection: Tensor
    scale: Tensor
    usual: Tensor
    reach: float
    lone: float
    trust: float

    def of(self, ids: np.ndarray, design: Tensor, path: Tensor) -> Tensor:
        """What to add to `path` [S, R], the network's prediction for regions under conditions with these design
        columns, [S, R]; 0 for regions not seen."""
        rows, seen = self._rows(ids)
        effects = self.level[rows] + self.directions(design) @ self.profile[rows].T
        effects = effects + (1 - self.trust) * (self.usual[rows] - path)
        return torch.where(seen, effects, torch.zeros_like(effects))

    def directions(self, design: Tensor) -> Tensor:
        """W(condition), [S, K]."""
        apart = (design[:, None] * self.scale - self.landmarks[None]).square().sum(dim=-1)
        kernel = torch.exp(-apart / (2 * self.reach**2)) + self.lone * torch.exp(-apart / (2 * SAME**2))
        return kernel @ self.projection

    def seen(self, ids: np.ndarray) -> np.ndarray:
        """Which of these regions have an effect, bool [R]."""
        return self._rows(ids)[1].numpy()

    def tensors(self) -> dict[str, Tensor]:
        """The arrays, to be saved beside the network's."""
        return {f"effects.{name}": getattr(self, name) for name in _ARRAYS}

    def to_json(self) -> dict[str, Any]:
        """Everything else."""
        return {"ids": list(self.ids), "reach": self.reach, "lone": self.lone, "trust": self.trust}

    @classmethod
    def from_saved(cls, tensors: Mapping[str, Tensor], document: Mapping[str, Any]) -> Self:
        """What `tensors` and `to_json` gave. Raises KeyError."""
        numbers = {name: float(document[name]) for name in ("reach", "lone", "trust")}
        return cls(tuple(document["ids"]), **{name: tensors[f"effects.{name}"] for name in _ARRAYS}, **numbers)

    def _rows(self, ids: np.ndarray) -> tuple[Tensor, Tensor]:
        place = {name: index for index, name in enumerate(self.ids)}
        rows = np.array([place.get(str(name), -1) for name in ids], dtype=np.int64)
        return torch.from_numpy(np.maximum(rows, 0)), torch.from_numpy(rows >= 0)


_ARRAYS = ("level", "profile", "landmarks", "projection", "scale", "usual")


def no_effects(columns: int) -> RegionEffects:
    """Effects of no region."""
    one, none = torch.zeros(1), torch.zeros(1, WIDTH)
    return RegionEffects((), one, none, torch.zeros(1, columns), none, torch.ones(columns), one, 1.0, 0.0, 1.0)


def fit_region_effects(
    expression: np.ndarray,
    path: np.ndarray,
    known: np.ndarray,
    ids: np.ndarray,
    design: np.ndarray,
    scale: np.ndarray,
    groups: np.ndarray,
    trust: float = 1.0,
) -> RegionEffects:
    """From expression [S, R] where `known` and what the network says of it; samples of one group share a condition.

    How far a condition reaches and how much is its own is what predicts condition groups left out best, where these
    are many enough to tell.
    """
    regions = known.any(axis=0)
    if not regions.any():
        return no_effects(design.shape[1])
    entries = known[:, regions]
    usual = np.where(entries, path[:, regions], 0.0).sum(axis=0) / entries.sum(axis=0)
    residual = expression[:, regions] - trust * path[:, regions] - (1 - trust) * usual
    marks, means, numbers = _by_condition(residual, entries, design * scale, groups)
    apart = _distances(marks, marks)
    reach, lone = USUAL
    if len(marks) >= FEW:
        choices = [(reach, lone) for reach in REACHES for lone in LONE]
        parts = _main_parts(means, numbers)
        reach, lone = min(choices, key=lambda choice: _left_out_error(*parts, apart, *choice))
    kernel = _kernel(apart, reach, lone)
    level, solved = _solve(means, numbers, kernel)
    # The profiles live in a space of G functions; the 16 that carry most of them are kept.
    values, vectors = np.linalg.eigh(kernel)
    roots = np.sqrt(np.clip(values, 1e-8, None))
    coordinates = (vectors * roots).T @ solved
    left, sizes, right = np.linalg.svd(coordinates, full_matrices=False)
    kept = min(WIDTH, len(sizes))
    projection = np.zeros((len(marks), WIDTH))
    projection[:, :kept] = (vectors / roots) @ left[:, :kept]
    profile = np.zeros((level.shape[0], WIDTH))
    profile[:, :kept] = right[:kept].T * sizes[:kept]

    def tensor(values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))

    names = tuple(str(name) for name in np.asarray(ids)[regions])
    arrays = (level, profile, marks, projection, scale, usual)
    return RegionEffects(names, *(tensor(array) for array in arrays), float(reach), float(lone), float(trust))


def _by_condition(
    residual: np.ndarray, known: np.ndarray, design: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Design [G, D], mean residuals [G, R] and how many samples they are the means of, of every condition."""
    samples = known.any(axis=1)
    names, place = np.unique(np.asarray(groups)[samples].astype(str), return_inverse=True)
    there, values = known[samples], np.where(known, residual, 0.0)[samples]
    numbers = np.stack([there[place == group].sum(axis=0) for group in range(len(names))])
    totals = np.stack([values[place == group].sum(axis=0) for group in range(len(names))])
    marks = np.stack([design[samples][place == group].mean(axis=0) for group in range(len(names))])
    return marks.astype(np.float64), totals / np.maximum(numbers, 1), numbers


def _solve(means: np.ndarray, numbers: np.ndarray, kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels [R] and the kernel's weights [G, R]. Conditions in which a region is unknown count as its level."""
    level = (numbers * means).sum(axis=0) / (numbers.sum(axis=0) + LEVEL_SAMPLES)
    usual = np.maximum(np.median(numbers, axis=1), 0.5)
    centred = np.where(numbers > 0, means - level, 0.0)
    return level, np.linalg.solve(kernel + NOISE * np.diag(1 / usual), centred)


def _main_parts(means: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means with the same squared errors in fewer columns, where every region was measured equally often."""
    if (numbers != numbers[:, :1]).any():
        return means, numbers
    left, sizes, _ = np.linalg.svd(means, full_matrices=False)
    return left * sizes, np.repeat(numbers[:, :1], len(sizes), axis=1)


def _left_out_error(means: np.ndarray, numbers: np.ndarray, apart: np.ndarray, reach: float, lone: float) -> float:
    """Over condition groups left out in turn: the squared error with profiles."""
    kernel, error = _kernel(apart, reach, lone), 0.0
    for group in range(len(means)):
        rest = np.arange(len(means)) != group
        level, solved = _solve(means[rest], numbers[rest], kernel[np.ix_(rest, rest)])
        wrong = means[group] - level - kernel[group, rest] @ solved
        error += float((wrong**2)[numbers[group] > 0].sum())
    return error


def _kernel(apart: np.ndarray, reach: float, lone: float) -> np.ndarray:
    return np.exp(-apart / (2 * reach**2)) + lone * np.exp(-apart / (2 * SAME**2))


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return ((one[:, None] - other[None]) ** 2).sum(axis=-1)
