"""Conditions inside the network: tensors of them, their embedding, and FiLM, by which they scale and shift features.

FiLM: Perez et al. 2018, arXiv 1709.07871; it starts as the identity, so that an untrained one changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genodesk.workflows.get_yeast.conditions import CATEGORIES, DOSES, NUMBERS
from genodesk.workflows.get_yeast.encoding import CondBatch, ConditionEncoder

CATEGORY_WIDTH = 8


@dataclass(frozen=True)
class Conditions:
    """S conditions, each once: `categories` int64 [S, 4], `numbers` and `mask` float32 [S, 8]; mask 1 = recorded."""

    categories: Tensor
    numbers: Tensor
    mask: Tensor

    @classmethod
    def of(cls, batch: CondBatch) -> "Conditions":
        """The tensors of encoded conditions."""
        return cls(*(torch.from_numpy(part) for part in (batch.categories, batch.numbers, batch.mask)))

    def __len__(self) -> int:
        return len(self.categories)

    @property
    def recorded(self) -> Tensor:
        """Of which anything is known, bool [S]."""
        return (self.categories > 0).any(dim=1) | (self.mask > 0).any(dim=1)

    def take(self, rows: Tensor) -> "Conditions":
        """These conditions, in this order."""
        return Conditions(self.categories[rows], self.numbers[rows], self.mask[rows])

    def to(self, device: str | torch.device) -> "Conditions":
        """The same on a device."""
        return Conditions(self.categories.to(device), self.numbers.to(device), self.mask.to(device))

    def blank(self) -> "Conditions":
        """As many conditions of which nothing is known."""
        return Conditions(*(torch.zeros_like(part) for part in (self.categories, self.numbers, self.mask)))


def design(conditions: Conditions, classes: Sequence[int]) -> Tensor:
    """Columns for linear models [S, 1 + classes + 16]: a one, the classes as indicators, numbers, what is recorded."""
    shown = [F.one_hot(conditions.categories[:, place], number) for place, number in enumerate(classes)]
    one = torch.ones_like(conditions.mask[:, :1])
    numbers = conditions.numbers * conditions.mask
    return torch.cat([one, *(part.to(one.dtype) for part in shown), numbers, conditions.mask], dim=1)


def design_width(classes: Sequence[int]) -> int:
    """The number of columns of `design`."""
    return 1 + sum(classes) + 2 * len(NUMBERS)


def natural_scale(encoder: ConditionEncoder) -> np.ndarray:
    """Factors for the columns of `design` that bring doses back to powers of ten, float32 [columns]."""
    scale = np.ones(design_width(encoder.sizes), dtype=np.float32)
    first = 1 + sum(encoder.sizes)
    for place, name in enumerate(NUMBERS):
        scale[first + place] = encoder.spreads.get(name, 1.0)
    return scale


def grown_columns(encoder: ConditionEncoder) -> np.ndarray:
    """1 for the columns of `design` that tell how a culture was grown, 0 for its drug and dose, float32 [columns]."""
    ends = np.cumsum([1, *encoder.sizes])
    grown = np.ones(design_width(encoder.sizes), dtype=np.float32)
    drug = CATEGORIES.index("drug")
    grown[ends[drug] : ends[drug + 1]] = 0.0
    for place, name in enumerate(NUMBERS):
        if name in DOSES:
            grown[[ends[-1] + place, ends[-1] + len(NUMBERS) + place]] = 0.0
    return grown


class ConditionEmbedding(nn.Module):
    """Conditions as vectors: an embedding of every class, numbers with what is known of them, and two layers."""

    def __init__(self, classes: Sequence[int], width: int) -> None:
        super().__init__()
        inputs = CATEGORY_WIDTH * len(classes) + 2 * len(NUMBERS)
        self.embeddings = nn.ModuleList(nn.Embedding(number, CATEGORY_WIDTH) for number in classes)
        self.layers = nn.Sequential(nn.Linear(inputs, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, conditions: Conditions) -> Tensor:
        """[S, width]."""
        words = [table(conditions.categories[:, place]) for place, table in enumerate(self.embeddings)]
        return self.layers(torch.cat([*words, conditions.numbers * conditions.mask, conditions.mask], dim=1))


class Film(nn.Module):
    """Scale and shift of features from a condition; both zero at first."""

    def __init__(self, condition_width: int, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(condition_width, 2 * width)
        nn.init.zeros_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """(scale, shift), each [S, width], of conditions [S, condition width]: x becomes x (1 + scale) + shift."""
        scale, shift = self.layer(condition).chunk(2, dim=-1)
        return scale, shift
