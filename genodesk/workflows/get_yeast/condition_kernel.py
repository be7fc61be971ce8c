"""How alike conditions are for what regions do in them: near in their numbers, grown alike but for the drug, or equal.

Cultures with exactly the same times, temperatures and density are mostly from one experiment, treated and control, and
share more than the sheet records.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from genodesk.workflows.get_yeast.encoding import ConditionEncoder
from genodesk.workflows.get_yeast.film import Conditions, design, grown_columns, natural_scale

SAME = 0.02  # distance within which conditions are equal


@dataclass(frozen=True)
class Cultures:
    """S cultures by their `design` [S, D]; `recorded` bool [S]: whether anything is known of one.

    `scale` [D] brings columns to the units in which conditions are near or far; `grown` [D] is 0 for drug and dose.
    """

    design: Tensor
    recorded: Tensor
    scale: Tensor
    grown: Tensor

    @classmethod
    def of(cls, conditions: Conditions, encoder: ConditionEncoder) -> Self:
        """The cultures of encoded conditions."""
        columns = design(conditions, encoder.sizes).cpu()
        scales = (torch.from_numpy(part) for part in (natural_scale(encoder), grown_columns(encoder)))
        return cls(columns, conditions.recorded.cpu(), *scales)

    @property
    def places(self) -> Tensor:
        """[S, D] in those units."""
        return self.design * self.scale


@dataclass(frozen=True)
class Likeness:
    """Variances of what equal conditions share (`lone`) and cultures grown alike (`alike`), where the smooth part,
    which reaches as far as `reach`, has 1."""

    reach: float
    alike: float
    lone: float

    def of(self, apart: tuple[Tensor, Tensor]) -> Tensor:
        """Covariances of conditions from `distances`."""
        return self.near(apart) + self.shared(apart)

    def near(self, apart: tuple[Tensor, Tensor]) -> Tensor:
        """The smooth part of them."""
        return torch.exp(-apart[0] / (2 * self.reach**2))

    def shared(self, apart: tuple[Tensor, Tensor]) -> Tensor:
        """What is shared by equal conditions and by cultures grown alike alone."""
        equal, same_culture = (torch.exp(-part / (2 * SAME**2)) for part in apart)
        return self.lone * equal + self.alike * same_culture


def distances(one: Tensor, other: Tensor, grown: Tensor) -> tuple[Tensor, Tensor]:
    """Squared distances [A, B] between places [A, D] and [B, D]: of everything, and of all but drug and dose."""
    apart = (one[:, None] - other[None]).square()
    return apart.sum(dim=-1), (apart * grown).sum(dim=-1)
