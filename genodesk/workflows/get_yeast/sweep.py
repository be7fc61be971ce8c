"""What a model expects when one condition of a culture is varied and all others stay: doses, heat, media."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean
from genodesk.workflows.get_yeast.conditions import CATEGORIES, CONDITION_COLUMNS, DOSES, NUMBERS
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.trained import Trained

Array = np.ndarray

POINTS = 25
BEYOND = 0.25  # how far a sweep goes past the range of training, in parts of that range
DOSE_BEYOND = 10.0  # the same for doses, as a factor
LIMITS = {"_temperature_c": (4.0, 60.0), "_time_h": (0.0, np.inf), "_od600": (0.0, 20.0)}


@dataclass(frozen=True)
class Sweep:
    """Predictions [points, R] of a culture over `values` of one field: numbers, or names of classes.

    `trained` is the range of training (None for classes), `culture` the sample whose other conditions stay, `outside`
    why a point is unlike training, "" where it is not.
    """

    field: str
    values: Array
    predicted: Array
    trained: tuple[float, float] | None
    culture: str
    outside: list[str]


def fields_to_sweep(trained: Trained, asked: tuple[str, ...]) -> list[str]:
    """Those asked for, else every field of which training knew several values. Raises UserError for unknown names."""
    for name in asked:
        if name not in CONDITION_COLUMNS:
            raise UserError(
                f"There is no condition called {name}.",
                did_you_mean(name, list(CONDITION_COLUMNS), f"There are: {', '.join(CONDITION_COLUMNS)}."),
                "--sweep",
            )
    encoder = trained.encoder
    ranges = {name for name, (low, high) in encoder.ranges.items() if high > low}
    several = {name for name in CATEGORIES if len(encoder.vocabularies[name]) > 2}
    unknown = [name for name in asked if name not in several | ranges]
    if unknown:
        raise UserError(f"Training knew no more than one value of {unknown[0]}.", "Sweep another condition.", "--sweep")
    return [name for name in CONDITION_COLUMNS if name in (asked or several | ranges)]


def sweep(trained: Trained, data: YeastData, name: str, culture: str | None) -> Sweep | None:
    """The sweep of one field from the conditions of a sample, or of the first in which the field is recorded.

    None where no sample fits: a dose needs a culture with a drug. Raises UserError for an unknown sample.
    """
    row = _start(data, name, culture)
    if row is None:
        return None
    span = None
    if name in NUMBERS:
        span = trained.encoder.ranges[name]
        values = _grid(name, *span)
    else:
        known = trained.encoder.vocabularies[name]
        values = np.array([word for word in known if not word.startswith("<")], dtype=object)
    conditions = data.conditions.iloc[[row] * len(values)].set_axis(pd.RangeIndex(len(values)), axis=0)
    conditions[name] = values
    if name == "drug":
        # A culture without drug has no dose, and a dose means another thing for every drug.
        for dose in DOSES:
            conditions[dose] = np.nan
    one = data.take(samples=np.array([row]))
    predicted = trained.predict(one, conditions=conditions)
    return Sweep(name, values, predicted, span, str(data.samples[row]), trained.encoder.outside(conditions))


def _start(data: YeastData, name: str, culture: str | None) -> int | None:
    if culture is not None:
        found = np.flatnonzero(data.samples == culture)
        if not found.size:
            known = [str(sample) for sample in data.samples]
            raise UserError(
                f"There is no sample called {culture}.",
                did_you_mean(culture, known, "Name one of the data."),
                "--culture",
            )
        row = int(found[0])
        return row if name not in DOSES or data.conditions[name].notna().iloc[row] else None
    recorded = np.flatnonzero(data.conditions[name].notna())
    return int(recorded[0]) if recorded.size else None


def _grid(name: str, low: float, high: float) -> Array:
    """Values from beyond the least of training to beyond the greatest, both among them."""
    if name in DOSES:
        values = np.geomspace(low / DOSE_BEYOND, high * DOSE_BEYOND, POINTS)
    else:
        limits = next(limits for end, limits in LIMITS.items() if name.endswith(end))
        margin = BEYOND * (high - low)
        values = np.linspace(max(low - margin, limits[0]), min(high + margin, limits[1]), POINTS)
    return np.unique(np.concatenate([values, [low, high]]))
