"""What a model expects when one condition of a culture is varied and all others stay: doses, heat, media."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from genodesk.workflows.get_yeast.asked import places_of
from genodesk.workflows.get_yeast.conditions import DOSES, NUMBERS, possible
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.trained import Trained

Array = np.ndarray

POINTS = 25
BEYOND = 0.25  # how far a sweep goes past the range of training, in parts of that range
DOSE_BEYOND = 10.0  # the same for doses, as a factor


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
    predicted = trained.predict(one, conditions=conditions, varied=True)
    return Sweep(name, values, predicted, span, str(data.samples[row]), trained.encoder.outside(conditions))


def _start(data: YeastData, name: str, culture: str | None) -> int | None:
    if culture is not None:
        (row,) = places_of([culture], data.samples, "sample", "--culture")
        return row if name not in DOSES or data.conditions[name].notna().iloc[row] else None
    recorded = np.flatnonzero(data.conditions[name].notna())
    return int(recorded[0]) if recorded.size else None


def _grid(name: str, low: float, high: float) -> Array:
    """Values from beyond the least of training to beyond the greatest, both among them."""
    if name in DOSES:
        values = np.geomspace(low / DOSE_BEYOND, high * DOSE_BEYOND, POINTS)
    else:
        least, greatest = possible(name)
        margin = BEYOND * (high - low)
        # Numbers that somebody scaled can lie beyond what is possible, and are varied all the same.
        first, last = max(low - margin, min(least, low)), min(high + margin, max(greatest, high))
        values = np.linspace(first, last, POINTS)
    return np.unique(np.concatenate([values, [low, high]]))
