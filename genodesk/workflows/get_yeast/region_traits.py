"""What a region is like at large (how wide, how far from its neighbours, how open, how rich in motifs), told smoothly.

Which motifs a region bears leaves out that a wide one with few of them differs from a narrow one with many. Bumps over
pairs of these traits let a linear model say so, however expression rises and falls with them.
"""

from itertools import combinations

import torch
from torch import Tensor

from genodesk.workflows.get_yeast.inputs import RegionTensors

CENTRES = (-2.0, -1.0, 0.0, 1.0, 2.0)  # of the bumps, which are one deviation wide


def traits(regions: RegionTensors) -> Tensor:
    """[1 or S, ..., F + 2]: places, accessibility, and log(1 + sum of all motif scores)."""
    opened = regions.accessibility.unsqueeze(-1)
    rich = torch.log1p(regions.motifs.sum(dim=-1, keepdim=True)).expand_as(opened)
    return torch.cat([regions.place.expand(*opened.shape[:-1], -1), opened, rich], dim=-1)


def bumps(even: Tensor) -> Tensor:
    """[..., columns] of traits [..., T] in deviations from their mean: for every pair, the products of their bumps."""
    single = torch.exp(-(even.unsqueeze(-1) - even.new_tensor(CENTRES)).square() / 2)
    pairs = combinations(range(even.shape[-1]), 2)
    return torch.cat(
        [(single[..., one, :, None] * single[..., other, None, :]).flatten(-2) for one, other in pairs], dim=-1
    )


def bump_columns(place: int) -> int:
    """The number of columns of `bumps` for so many columns of place."""
    number = place + 2
    return number * (number - 1) // 2 * len(CENTRES) ** 2
