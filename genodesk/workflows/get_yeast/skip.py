"""The straight path past the transformer: combinations of motifs, each with an activity that depends on the condition.

Two such paths lie side by side: a linear model, fitted beforehand and fixed (`ridge.py`), which also sees what a region
is like at large, and a learned one, whose activities are zero at first.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genodesk.workflows.get_yeast.film import design_width
from genodesk.workflows.get_yeast.inputs import RegionTensors
from genodesk.workflows.get_yeast.region_traits import bump_columns, bumps, traits

LEAST_SPREAD = 1e-6


class BilinearSkip(nn.Module):
    """Sums over k of (combination k of a region) x (activity of k under a condition)."""

    fixed_regions: Tensor
    fixed_bumps: Tensor
    fixed_conditions: Tensor
    trait_mean: Tensor
    trait_spread: Tensor

    def __init__(self, motifs: int, place: int, classes: Sequence[int], condition_width: int, rank: int) -> None:
        super().__init__()
        self._still, self._switched = 1 + motifs + place, 1 + motifs
        columns = self._still + self._switched
        self.register_buffer("fixed_regions", torch.zeros(columns, rank))
        self.register_buffer("fixed_bumps", torch.zeros(bump_columns(place), rank))
        self.register_buffer("fixed_conditions", torch.zeros(design_width(classes), rank))
        self.register_buffer("trait_mean", torch.zeros(place + 2))
        self.register_buffer("trait_spread", torch.ones(place + 2))
        self.combinations = nn.Parameter(torch.randn(columns, rank) * columns**-0.5)
        self.activities = nn.Linear(condition_width, rank)  # zero, while the combinations are not: one must move
        nn.init.zeros_(self.activities.weight)
        nn.init.zeros_(self.activities.bias)

    @property
    def at_large(self) -> int:
        """How many of the linear model's columns tell what a region is like at large; they are the last."""
        return len(self.fixed_bumps)

    def set_scale(self, regions: RegionTensors) -> None:
        """Measures the traits of regions [R] from now on in deviations of these."""
        spread, mean = torch.std_mean(traits(regions).flatten(0, -2), dim=0, correction=0)
        self.trait_mean.copy_(mean)
        self.trait_spread.copy_(torch.where(spread > LEAST_SPREAD, spread, torch.ones_like(spread)))

    def linear_columns(self, regions: RegionTensors) -> Tensor:
        """What the linear model sees of regions, [..., columns]; of accessibility that varies by sample, the mean."""
        accessible = regions.accessibility.mean(dim=0)
        usual = RegionTensors(regions.motifs, regions.place, accessible.unsqueeze(0))
        still = skip_inputs(regions)
        opened = still[..., : self._switched] * accessible.unsqueeze(-1)
        return torch.cat([still, opened, self._bumps(usual)[0]], dim=-1)

    def set_linear(self, regions: Tensor, conditions: Tensor) -> None:
        """Puts in the factors [columns, rank] and [design columns, rank] of a linear model on `linear_columns`."""
        number = len(self.fixed_regions)
        self.fixed_regions.copy_(regions[:number])
        self.fixed_bumps.copy_(regions[number:])
        self.fixed_conditions.copy_(conditions)

    def forward(self, regions: RegionTensors, design: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """(linear, learned), each [S, ...], for regions [...].

        `design` [S, columns] is what the linear model sees of the conditions, `condition` their embedding.
        """
        rank = self.combinations.shape[1]
        still, accessibility = skip_inputs(regions), regions.accessibility
        weights = torch.cat([self.fixed_regions, self.combinations], dim=1)
        base = (still @ weights[: self._still]).unsqueeze(0)
        opened = still[..., : self._switched] @ weights[self._still :]
        told = base + accessibility.unsqueeze(-1) * opened
        linear, learned = told.split(rank, dim=-1)
        linear = linear + self._bumps(regions) @ self.fixed_bumps
        return _summed(design @ self.fixed_conditions, linear), _summed(self.activities(condition), learned)

    def _bumps(self, regions: RegionTensors) -> Tensor:
        return bumps((traits(regions) - self.trait_mean) / self.trait_spread)


def most_combinations(motifs: int, place: int, classes: Sequence[int]) -> int:
    """How many combinations a linear model of so many columns can have: no more than either side has columns."""
    return min(2 * (1 + motifs) + place + bump_columns(place), design_width(classes))


def skip_inputs(regions: RegionTensors) -> Tensor:
    """Columns of a region [..., 1 + M + F]: one, motifs, place. One and motifs come again as far as it is open."""
    return torch.cat([torch.ones_like(regions.motifs[..., :1]), regions.motifs, regions.place], dim=-1)


def _summed(activity: Tensor, told: Tensor) -> Tensor:
    """[S, ...]: sum over k of activity [S, k] x combinations [1 or S, ..., k]."""
    if told.shape[0] == 1:
        return torch.tensordot(activity, told[0], dims=([1], [-1]))
    return torch.einsum("sk,s...k->s...", activity, told)
