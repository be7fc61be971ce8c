"""How far a prediction is from the clean slice. Positions are judged by distances between cells, so that a slice may
be turned, mirrored and moved; every number is a mean per slice first, then over slices, and knows no padding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor

from genodesk.workflows.alphastomics.diffusion import Mode
from genodesk.workflows.alphastomics.masking import Masks
from genodesk.workflows.alphastomics.model import Prediction

RANDOM_PARTNERS = 64
NEIGHBOURS = 8
FULL_MATRIX_BELOW = 512


@dataclass(frozen=True)
class LossWeights:
    """How much each part counts."""

    expression: float = 1.0
    position: float = 1.0
    masked: float = 1.0


@dataclass(frozen=True)
class Losses:
    """The parts as they are before weighting (scalars), and the weighted sum to minimise."""

    total: Tensor
    expression: Tensor
    position: Tensor
    masked: Tensor
    balance: Tensor

    def parts(self) -> dict[str, Tensor]:
        """The parts by the names under which they are shown."""
        return {
            "expression_loss": self.expression,
            "position_loss": self.position,
            "masked_loss": self.masked,
            "balance_loss": self.balance,
        }


def denoising_losses(
    prediction: Prediction,
    expression: Tensor,
    position: Tensor,
    padding: Tensor,
    *,
    mode: Mode,
    seeds: Sequence[int],
    masks: Masks | None = None,
    weights: LossWeights = LossWeights(),
) -> Losses:
    """Compare with the clean expression [slices, cells, genes] and position [slices, cells, 3].

    A modality that the mode gives to the network is not scored, except where `masks` hid it. Of every slice a seed
    draws the partners of its cells, where slices are large.
    """
    nothing = prediction.auxiliary.new_zeros(())
    partners = draw_partners(position, padding, seeds) if padding.shape[1] >= FULL_MATRIX_BELOW else None
    real_values = padding[..., None].expand_as(expression)
    expression_part = (
        nothing if mode == "expr_to_pos" else expression_loss(prediction.expression, expression, real_values)
    )
    position_part = (
        nothing if mode == "pos_to_expr" else distance_loss(prediction.position, position, padding, partners)
    )
    masked_part = nothing
    if masks is not None:
        hidden_cells = masks.position.any(dim=-1)
        masked_part = expression_loss(prediction.expression, expression, masks.expression)
        masked_part = masked_part + distance_loss(prediction.position, position, padding, partners, hidden_cells)
    # Every head takes part in the sum, if only times zero: gradients of unused parameters are zeros, not missing,
    # which processes that average their gradients rely on.
    unscored = 0.0 * (prediction.expression.sum() + prediction.position.sum())
    return Losses(
        total=weights.expression * expression_part
        + weights.position * position_part
        + weights.masked * masked_part
        + prediction.auxiliary
        + unscored,
        expression=expression_part.detach(),
        position=position_part.detach(),
        masked=masked_part.detach(),
        balance=prediction.auxiliary.detach(),
    )


def expression_loss(predicted: Tensor, clean: Tensor, scored: Tensor) -> Tensor:
    """Mean squared error over the scored values [slices, cells, genes] of each slice, then over slices."""
    error = (predicted - clean).square().masked_fill(~scored, 0).flatten(1).sum(dim=1)
    return (error / scored.flatten(1).sum(dim=1).clamp_min(1)).mean()


def distance_loss(
    predicted: Tensor,
    clean: Tensor,
    padding: Tensor,
    partners: Tensor | None = None,
    scored_cells: Tensor | None = None,
) -> Tensor:
    """Mean squared error of distances between cells, per slice and then over slices; blind to turning and mirroring.

    predicted and clean [slices, cells, 3] are in units of the data set's spread, so the loss has no unit. All pairs of
    real cells are compared, or each cell with its `partners` [slices, cells, partners]; `scored_cells` [slices, cells]
    restricts the first cell of a pair.
    """
    scored = padding if scored_cells is None else padding & scored_cells
    if partners is None:
        pairs = scored[:, :, None] & padding[:, None, :]
        pairs = pairs & ~torch.eye(padding.shape[1], dtype=torch.bool, device=padding.device)
        error = _distance(predicted[:, :, None], predicted[:, None]) - _distance(clean[:, :, None], clean[:, None])
    else:
        pairs = scored[:, :, None].expand_as(partners)
        error = _distance_to(predicted, partners) - _distance_to(clean, partners)
    summed = error.square().masked_fill(~pairs, 0).flatten(1).sum(dim=1)
    return (summed / pairs.flatten(1).sum(dim=1).clamp_min(1)).mean()


def draw_partners(position: Tensor, padding: Tensor, seeds: Sequence[int]) -> Tensor:
    """Cells to compare each cell with: 64 random others and its 8 true neighbours. [slices, cells, 72], int64.

    A real cell's partners are real cells of the same slice, drawn on the CPU from the slice's own seed, so that they
    are the same on every device and whatever slices share the batch; what stands in padded rows means nothing.
    """
    slices, cells = padding.shape
    partners = torch.zeros(slices, cells, RANDOM_PARTNERS + NEIGHBOURS, dtype=torch.int64)
    for number, (points, real, seed) in enumerate(zip(position.detach().cpu(), padding.cpu(), seeds, strict=True)):
        generator = torch.Generator().manual_seed(seed)
        rows = real.nonzero().squeeze(1)
        count = len(rows)
        step = 1 + (torch.rand(count, RANDOM_PARTNERS, generator=generator) * (count - 1)).long()
        chance = (torch.arange(count)[:, None] + step) % count
        # A tree on the host needs no N x N distances; it takes 15 ms for 4,000 cells on one thread.
        places = points[rows].numpy()
        ranks = np.arange(2, NEIGHBOURS + 2)
        found = KDTree(places).query(places, k=ranks, workers=torch.get_num_threads())[1]
        nearest = torch.from_numpy(np.minimum(found, count - 1))
        partners[number, rows] = rows[torch.cat([chance, nearest], dim=1)]
    return partners.to(position.device)


def _distance(first: Tensor, second: Tensor) -> Tensor:
    # Axis by axis is twice as fast as a sum over a last dimension of 3. The small constant keeps the gradient finite
    # where two cells coincide.
    x, y, z = ((a - b).square() for a, b in zip(first.unbind(-1), second.unbind(-1), strict=True))
    return (x + y + z + 1e-8).sqrt()


def _distance_to(position: Tensor, partners: Tensor) -> Tensor:
    flat = partners.flatten(1)[..., None].expand(-1, -1, 3)
    other = position.gather(1, flat).view(*partners.shape, 3)
    return _distance(position[:, :, None], other)
