"""What a person named (motifs, regions, conditions, cultures), found among what there is or refused with a hint."""

from collections.abc import Sequence

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean
from genodesk.workflows.get_yeast.conditions import CATEGORIES, CONDITION_COLUMNS
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.encoding import ConditionEncoder


def places_of(names: Sequence[str], known: Sequence[object] | np.ndarray, what: str, option: str) -> list[int]:
    """Where each name stands in `known`. Raises UserError for the first that is not there."""
    place = {str(name): index for index, name in enumerate(known)}
    for name in names:
        if name not in place:
            raise UserError(
                f"There is no {what} called {name}.",
                did_you_mean(name, place, f"{known[0]} is one." if len(known) else "There is none at all."),
                option,
            )
    return [place[name] for name in names]


def check_to_explain(data: YeastData, regions: Sequence[str], culture: str | None) -> None:
    """Raises UserError where there is no culture, or where one of the regions or the culture is not in the data."""
    if not len(data.samples):
        raise UserError(
            "These data hold no culture to explain predictions of.",
            "Name a table of cultures with --conditions.",
            "--data",
        )
    places_of(regions, data.regions.ids, "region", "--regions")
    places_of([] if culture is None else [culture], data.samples, "sample", "--culture")


def check_to_predict(samples: int) -> None:
    """Raises UserError where there is no culture."""
    if not samples:
        raise UserError(
            "No culture is named to predict for.", "Name a table of cultures with --cultures.", "--cultures"
        )


def fields_to_sweep(encoder: ConditionEncoder, asked: Sequence[str]) -> list[str]:
    """The conditions asked for, else every one of which training knew several values. Raises UserError."""
    places_of(asked, CONDITION_COLUMNS, "condition", "--sweep")
    ranges = [encoder.ranges, *encoder.doses.values()]
    several = {name for known in ranges for name, (low, high) in known.items() if high > low}
    several |= {name for name in CATEGORIES if len(encoder.vocabularies[name]) > 2}
    for name in asked:
        if name not in several:
            raise UserError(
                f"Training knew no more than one value of {name}.",
                f"Vary another condition: {', '.join(sorted(several))}." if several else "Leave --sweep away.",
                "--sweep",
            )
    return [name for name in CONDITION_COLUMNS if name in (asked or several)]
