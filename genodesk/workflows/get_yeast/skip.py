"""The straight path past the transformer: combinations of motifs, each with an activity that depends on the condition.

Two such paths lie side by side: a linear model, fitted beforehand and fixed (`ridge.py`), and a learned one, whose
activities are zero at first.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genodesk.workflows.get_yeast.film import design_width
from genodesk.workflows.get_yeast.inputs import RegionTensors


class BilinearSkip(nn.Module):
    """Sums over k of (combination k of a region) x (activity of k under a condition)."""

    fixed_regions: Tensor
    fixed_conditions: Tensor

    def __init__(self, motifs: int, place: int, classes: Sequence[int], condition_width: int, rank: int) -> None:
        super().__init__()
        columns = skip_width(motifs, place)
        self._still, self._switched = 1 + motifs + place, 1 + motifs
        self.register_buffer("fixed_regions", torch.zeros(columns, rank))
        self.register_buffer("fixed_conditions", torch.zeros(design_width(classes), rank))
        self.combinations = nn.Parameter(torch.randn(columns, rank) * columns**-0.5)
        self.activities = nn.Linear(condition_width, rank)  # zero, while the combinations are not: one must move
        nn.init.zeros_(self.activities.weight)
        nn.init.zeros_(self.activities.bias)

    def set_linear(self, regions: Tensor, conditions: Tensor) -> None:
        """Puts in the factors [columns, rank] and [design columns, rank] of a fitted linear model."""
        self.fixed_regions.copy_(regions)
        self.fixed_conditions.copy_(conditions)

    def forward(self, still: Tensor, accessibility: Tensor, design: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """(linear, learned), each [S, ...], for `still` [..., 1 + M + F] and accessibility [1 or S, ...].

        `design` [S, columns] is what the linear model sees of the conditions, `condition` their embedding.
        """
        rank = self.combinations.shape[1]
        weights = torch.cat([self.fixed_regions, self.combinations], dim=1)
        base = still @ weights[: self._still]
        opened = still[..., : self._switched] @ weights[self._still :]
        activity = torch.cat([design @ self.fixed_conditions, self.activities(condition)], dim=1)
        ends = slice(0, rank), slice(rank, 2 * rank)
        linear, learned = (
            _summed(base[..., part], opened[..., part], accessibility, activity[:, part]) for part in ends
        )
        return linear, learned


def skip_width(motifs: int, place: int) -> int:
    """Columns of a region in the skip: one, motifs, place; then accessibility and motifs where the region is open."""
    return 1 + motifs + place + 1 + motifs


def skip_inputs(regions: RegionTensors) -> Tensor:
    """The columns that do not depend on accessibility [..., 1 + M + F]."""
    return torch.cat([torch.ones_like(regions.motifs[..., :1]), regions.motifs, regions.place], dim=-1)


def _summed(base: Tensor, opened: Tensor, accessibility: Tensor, activity: Tensor) -> Tensor:
    """[S, ...]: sum over k of activity [S, k] x (base + accessibility x opened) [..., k]."""
    if accessibility.shape[0] == 1:
        return torch.tensordot(activity, base + accessibility[0].unsqueeze(-1) * opened, dims=([1], [-1]))
    return torch.tensordot(activity, base, dims=([1], [-1])) + accessibility * torch.tensordot(
        activity, opened, dims=([1], [-1])
    )
