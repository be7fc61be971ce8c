"""Which values of a slice are hidden from the network, and the learned tokens that stand in their place.

The target of a hidden value is always the clean one; this file never sees noise.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

MaskPattern = Literal["random", "block", "structured"]


@dataclass(frozen=True)
class Masks:
    """True where a value is hidden."""

    expression: Tensor
    """[slices, cells, genes]"""
    position: Tensor
    """[slices, cells, 3]"""


class MaskTokens(nn.Module):
    """One learned value for every gene and every axis, put where a value is hidden."""

    def __init__(self, genes: int) -> None:
        super().__init__()
        self.expression = nn.Parameter(torch.zeros(genes))
        self.position = nn.Parameter(torch.zeros(3))

    def forward(self, expression: Tensor, position: Tensor, masks: Masks) -> tuple[Tensor, Tensor]:
        """Expression [slices, cells, genes] and position [slices, cells, 3] with tokens in place of hidden values."""
        expression = torch.where(masks.expression, self.expression.to(expression.dtype), expression)
        position = torch.where(masks.position, self.position.to(position.dtype), position)
        return expression, position


def draw_masks(
    position: Tensor,
    padding: Tensor,
    genes: int,
    *,
    pattern: MaskPattern,
    expression_ratio: float,
    position_ratio: float,
    generator: torch.Generator,
    axes: Tensor | None = None,
) -> Masks:
    """Hide exactly round(ratio * values) values of every slice; padded cells neither count nor are hidden.

    position [slices, cells, 3] are the clean coordinates, padding [slices, cells] is True for real cells, axes
    [slices, 3] for the coordinates a tissue has (None: all three). The generator lives on the CPU, so that a seed means
    the same on every device.
    random: single values. block: a compact patch of cells, one for expression and one for positions.
    structured: whole genes, and whole axes, across the slice. The last cell, gene or axis is hidden in part.
    """
    slices, cells = padding.shape

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator).to(padding.device)

    # A pattern is an order in which values are hidden; the ratio says how far down the order to go.
    expression_order, position_order = uniform(slices, cells, genes), uniform(slices, cells, 3)
    if pattern == "block":
        expression_order = expression_order + _nearest_first(position, padding, uniform(slices))[..., None]
        position_order = position_order + _nearest_first(position, padding, uniform(slices))[..., None]
    elif pattern == "structured":
        expression_order = expression_order + uniform(slices, 1, genes).argsort(dim=-1)
        position_order = position_order + uniform(slices, 1, 3).argsort(dim=-1)
    values = padding[..., None].expand(-1, -1, genes)
    coordinates = padding[..., None] & (
        torch.ones(3, dtype=torch.bool).to(padding.device) if axes is None else axes[:, None]
    )
    return Masks(
        expression=_first(expression_order, values, expression_ratio),
        position=_first(position_order, coordinates.expand(-1, -1, 3), position_ratio),
    )


def progressive_ratio(ratio: float, progress: float) -> float:
    """The ratio at a point of the training (0 to 1): from zero straight up to the full ratio at half way."""
    return ratio * min(1.0, 2 * progress)


def _nearest_first(position: Tensor, padding: Tensor, where: Tensor) -> Tensor:
    """Rank of every cell by its distance from one real cell per slice, which `where` in 0..1 picks. [slices, cells]"""
    number = (where * padding.sum(dim=1)).long()
    centre = padding.long().argsort(dim=1, descending=True, stable=True).gather(1, number[:, None])
    distance = (position - position.gather(1, centre[..., None].expand(-1, -1, 3))).norm(dim=-1)
    return distance.masked_fill(~padding, torch.inf).argsort(dim=1, stable=True).argsort(dim=1)


def _first(order: Tensor, eligible: Tensor, ratio: float) -> Tensor:
    """True for the first round(ratio * eligible) values of every slice in the given order."""
    count = (eligible.flatten(1).sum(dim=1).double() * ratio).round().long()
    ranked = order.masked_fill(~eligible, torch.inf).flatten(1).argsort(dim=1, stable=True)
    hidden = torch.arange(ranked.shape[1], device=ranked.device) < count[:, None]
    return torch.zeros_like(hidden).scatter(1, ranked, hidden).view_as(order)
