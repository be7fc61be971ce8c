"""What a known region does beyond what its motifs say: a level of its own, and a profile over conditions.

b_r + e_r · W(condition), for regions seen in training only, fitted in closed form on what the network leaves
unexplained. W spans functions of how alike a condition is to those of training. Far from all of them, and where nothing
is recorded, it is zero and the level remains. Where conditions left out are told worse with the network's view of
conditions than without, known regions use its mean over the training conditions instead (`trust` 0).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from genodesk.workflows.get_yeast.condition_kernel import Cultures, Likeness, distances

WIDTH = 16
USUAL = Likeness(reach=4.0, alike=1.0, lone=0.1)  # taken while conditions are too few to choose by
REACHES, ALIKE, LONE = (1.0, 2.0, 4.0), (0.0, 0.3, 1.0, 3.0), (0.1, 0.3, 1.0, 3.0, 10.0)
FEW = 6  # conditions: with fewer, what predicts the one left out best is chance
NOISE = 0.1  # variance of one sample, where that of the smooth part is 1
LEVEL_SAMPLES = 0.5  # a level counts as if so many samples had said zero


@dataclass(frozen=True)
class RegionEffects:
    """Levels [R] and profiles [R, K] of regions `ids`; W is `projection` [G, K] of the kernel at `landmarks` [G, D].

    `scale` and `grown` [D] are those of the training cultures. `usual` [R] is what the network says of a region on
    average over training, `trust` from 0 to 1 how much of its view of conditions is kept.
    """

    ids: tuple[str, ...]
    level: Tensor
    profile: Tensor
    landmarks: Tensor
    projection: Tensor
    scale: Tensor
    grown: Tensor
    usual: Tensor
    likeness: Likeness
    trust: float

    def of(
        self, ids: np.ndarray, design: Tensor, recorded: Tensor, path: Tensor, varied: Tensor | None = None
    ) -> Tensor:
        """What to add to `path` [S, R], the network's prediction for regions under conditions with these design
        columns, [S, R]; 0 for regions not seen. `recorded` bool [S]: of which conditions anything is known.

        `varied` [1 or S, D]: design columns of cultures of which these are variants, see `directions`.
        """
        rows, seen = self._rows(ids)
        directions = self.directions(design, varied) * recorded.unsqueeze(-1)
        effects = self.level[rows] + directions @ self.profile[rows].T
        effects = effects + (1 - self.trust) * (self.usual[rows] - path)
        return torch.where(seen, effects, torch.zeros_like(effects))

    def directions(self, design: Tensor, varied: Tensor | None = None) -> Tensor:
        """W(condition), [S, K]. A variant keeps what the culture it comes from shares with its own experiment."""
        apart = distances(design * self.scale, self.landmarks, self.grown)
        own = apart if varied is None else distances(varied * self.scale, self.landmarks, self.grown)
        return (self.likeness.near(apart) + self.likeness.shared(own)) @ self.projection

    def seen(self, ids: np.ndarray) -> np.ndarray:
        """Which of these regions have an effect, bool [R]."""
        return self._rows(ids)[1].numpy()

    def tensors(self) -> dict[str, Tensor]:
        """The arrays, to be saved beside the network's."""
        return {f"effects.{name}": getattr(self, name) for name in _ARRAYS}

    def to_json(self) -> dict[str, Any]:
        """Everything else."""
        return {"ids": list(self.ids), "likeness": asdict(self.likeness), "trust": self.trust}

    @classmethod
    def from_saved(cls, tensors: Mapping[str, Tensor], document: Mapping[str, Any]) -> Self:
        """What `tensors` and `to_json` gave. Raises KeyError or TypeError."""
        arrays = {name: tensors[f"effects.{name}"] for name in _ARRAYS}
        likeness = Likeness(**{name: float(value) for name, value in document["likeness"].items()})
        return cls(tuple(document["ids"]), **arrays, likeness=likeness, trust=float(document["trust"]))

    def _rows(self, ids: np.ndarray) -> tuple[Tensor, Tensor]:
        place = {name: index for index, name in enumerate(self.ids)}
        rows = np.array([place.get(str(name), -1) for name in ids], dtype=np.int64)
        return torch.from_numpy(np.maximum(rows, 0)), torch.from_numpy(rows >= 0)


_ARRAYS = ("level", "profile", "landmarks", "projection", "scale", "grown", "usual")


def no_effects(columns: int) -> RegionEffects:
    """Effects of no region."""
    one, none, ones = torch.zeros(1), torch.zeros(1, WIDTH), torch.ones(columns)
    return RegionEffects((), one, none, torch.zeros(1, columns), none, ones, ones, one, USUAL, 1.0)


def fit_region_effects(
    expression: np.ndarray,
    path: np.ndarray,
    known: np.ndarray,
    ids: np.ndarray,
    cultures: Cultures,
    groups: np.ndarray,
    trust: float = 1.0,
) -> RegionEffects:
    """From expression [S, R] where `known` and what the network says of it; samples of one group share a condition.

    How conditions are alike is what predicts condition groups left out best, where these are many enough to tell.
    """
    regions = known.any(axis=0)
    if not regions.any():
        return no_effects(cultures.design.shape[1])
    entries = known[:, regions]
    usual = np.where(entries, path[:, regions], 0.0).sum(axis=0) / entries.sum(axis=0)
    residual = np.where(entries, expression[:, regions] - trust * path[:, regions] - (1 - trust) * usual, 0.0)
    measured = entries.sum(axis=0) + LEVEL_SAMPLES
    level = residual.sum(axis=0) / measured
    marks, means, numbers = _by_condition(residual, entries & cultures.recorded.numpy()[:, None], cultures, groups)
    # Conditions in which a region is unknown count as its level.
    centred = np.where(numbers > 0, means - level, 0.0)
    apart = distances(marks, marks, cultures.grown.double())
    noise = NOISE / np.maximum(np.median(numbers, axis=1), 0.5)
    likeness = USUAL if len(marks) < FEW else _best_likeness(centred, numbers, measured, apart, noise)
    kernel = likeness.of(apart).numpy()
    solved = np.linalg.solve(kernel + np.diag(noise), centred)
    # The profiles live in a space of G functions; the 16 that carry most of them are kept.
    values, vectors = np.linalg.eigh(kernel)
    roots = np.sqrt(np.clip(values, 1e-8, None))
    left, sizes, right = np.linalg.svd((vectors * roots).T @ solved, full_matrices=False)
    kept = min(WIDTH, len(sizes))
    projection = np.zeros((len(marks), WIDTH))
    projection[:, :kept] = (vectors / roots) @ left[:, :kept]
    profile = np.zeros((level.shape[0], WIDTH))
    profile[:, :kept] = right[:kept].T * sizes[:kept]

    def tensor(values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))

    return RegionEffects(
        ids=tuple(str(name) for name in np.asarray(ids)[regions]),
        level=tensor(level),
        profile=tensor(profile),
        landmarks=marks.float(),
        projection=tensor(projection),
        scale=cultures.scale,
        grown=cultures.grown,
        usual=tensor(usual),
        likeness=likeness,
        trust=float(trust),
    )


def _by_condition(
    residual: np.ndarray, known: np.ndarray, cultures: Cultures, groups: np.ndarray
) -> tuple[Tensor, np.ndarray, np.ndarray]:
    """Places [G, D], mean residuals [G, R] and how many samples they are the means of, of every condition."""
    samples = known.any(axis=1)
    names, place = np.unique(np.asarray(groups)[samples].astype(str), return_inverse=True)
    member = (place[None] == np.arange(len(names))[:, None]).astype(np.float64)
    numbers = member @ known[samples]
    totals = member @ np.where(known, residual, 0.0)[samples]
    places = cultures.places.double()[torch.from_numpy(samples)]
    marks = torch.from_numpy(member / np.maximum(member.sum(axis=1, keepdims=True), 1)) @ places
    return marks, totals / np.maximum(numbers, 1), numbers


def _best_likeness(
    centred: np.ndarray, numbers: np.ndarray, measured: np.ndarray, apart: tuple[Tensor, Tensor], noise: np.ndarray
) -> Likeness:
    """The likeness with which profiles predict condition groups left out in turn with the least squared error."""
    # Without a group levels move as well: by so much of what it deviates from them.
    pull = numbers / (measured - numbers)
    there = numbers > 0
    if (numbers == numbers[:, :1]).all():  # squared errors are the same in fewer columns
        left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
        centred, pull, there = left * sizes, pull[:, :1], np.ones((len(left), len(sizes)), dtype=bool)

    def error(likeness: Likeness) -> float:
        inverse = np.linalg.inv(likeness.of(apart).numpy() + np.diag(noise))
        weighed = inverse @ centred + inverse.sum(axis=1, keepdims=True) * pull * centred
        return float(((weighed / np.diag(inverse)[:, None]) ** 2)[there].sum())

    return min((Likeness(*each) for each in product(REACHES, ALIKE, LONE)), key=error)
