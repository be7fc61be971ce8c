"""What a person named (motifs, regions, conditions, cultures), found among what there is or refused with a hint."""

from collections.abc import Sequence

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean
from genodesk.workflows.get_yeast.conditions import CATEGORIES, CONDITION_COLUMNS
from genodesk.workflows.get_yeast.encoding import ConditionEncoder


def places_of(names: Sequence[str], known: Sequence[object] | np.ndarray, what: str, option: str) -> list[int]:
    """Where each name stands in `known`. Raises UserError for the first that is not there."""
    place = {str(name): index for index, name in enumerate(known)}
    for name in names:
        if name not in place:
            raise UserError(
                f"There is no {what} called {name}.",
                did_you_mean(name, place, f"{known[0]} is one."),
                option,
            )
    return [place[name] for name in names]


def fields_to_sweep(encoder: ConditionEncoder, asked: Sequence[str]) -> list[str]:
    """The conditions asked for, else every one of which training knew several values. Raises UserError."""
    places_of(asked, CONDITION_COLUMNS, "condition", "--sweep")
    several = {name for name, (low, high) in encoder.ranges.items() if high > low}
    several |= {name for name in CATEGORIES if len(encoder.vocabularies[name]) > 2}
    for name in asked:
        if name not in several:
            raise UserError(
                f"Training knew no more than one value of {name}.",
                f"Vary another condition: {', '.join(sorted(several))}." if several else "Leave --sweep away.",
                "--sweep",
            )
    return [name for name in CONDITION_COLUMNS if name in (asked or several)]
