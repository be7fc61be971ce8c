"""What a model expects when one condition of a culture is varied and all others stay: doses, heat, media."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from genodesk.workflows.get_yeast.asked import places_of
from genodesk.workflows.get_yeast.conditions import DOSES, NUMBERS, possible
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.encoding import ConditionEncoder, Range
from genodesk.workflows.get_yeast.trained import Trained

Array = np.ndarray

POINTS = 25
BEYOND = 0.25  # how far a sweep goes past the range of training, in parts of that range
DOSE_BEYOND = 10.0  # the same for doses, as a factor


@dataclass(frozen=True)
class Sweep:
    """Predictions [points, R] of a culture over `values` of one field: numbers, or names of classes.

    `trained` is the range of training (None for classes; that of the culture's drug for a dose), `culture` the sample
    whose other conditions stay, `outside` why a point is unlike training, "" where it is not. `doses`: those that go
    with each drug, columns of M or g/L by field, None for no dose; empty for other fields.
    """

    field: str
    values: Array
    predicted: Array
    trained: Range | None
    culture: str
    outside: list[str]
    doses: dict[str, list[float | None]]


def sweep(trained: Trained, data: YeastData, name: str, culture: str | None) -> Sweep | None:
    """The sweep of one field from the conditions of a sample, or of the first in which the field is recorded.

    None where no sample fits: a dose needs a culture with a drug of which training knew doses. Raises UserError for an
    unknown sample.
    """
    row = _start(trained.encoder, data, name, culture)
    if row is None:
        return None
    span: Range | None = None
    doses: dict[str, list[float | None]] = {}
    if name in NUMBERS:
        span = _span(trained.encoder, data, name, row)
        assert span is not None
        values = _grid(name, *span)
    else:
        known = trained.encoder.vocabularies[name]
        values = np.array([word for word in known if not word.startswith("<")], dtype=object)
    conditions = data.conditions.iloc[[row] * len(values)].set_axis(pd.RangeIndex(len(values)), axis=0)
    conditions[name] = values
    if name == "drug":
        # A dose means another thing for every drug, and a culture without drug has none.
        doses = _middle_doses(trained.encoder, values)
        conditions = conditions.assign(**{dose: np.array(column, dtype=float) for dose, column in doses.items()})
    one = data.take(samples=np.array([row]))
    predicted = trained.predict(one, conditions=conditions, varied=True)
    outside = trained.encoder.outside(conditions)
    return Sweep(name, values, predicted, span, str(data.samples[row]), outside, doses)


def _start(encoder: ConditionEncoder, data: YeastData, name: str, culture: str | None) -> int | None:
    """The sample asked for, else one in which the field is recorded: for a dose, of a drug that had several."""
    rows = np.flatnonzero(data.conditions[name].notna()).tolist()
    if culture is not None:
        asked = places_of([culture], data.samples, "sample", "--culture")
        rows = asked if name not in DOSES else [row for row in asked if row in rows]
    if name in DOSES:
        spans = {row: span for row in rows if (span := _span(encoder, data, name, row)) is not None}
        rows = sorted(spans, key=lambda row: spans[row][0] == spans[row][1])
    return rows[0] if rows else None


def _span(encoder: ConditionEncoder, data: YeastData, name: str, row: int) -> Range | None:
    """The least and greatest number in training, for a dose with the drug of this sample."""
    return encoder.dose_range(data.conditions["drug"].iloc[row], name) if name in DOSES else encoder.ranges.get(name)


def _middle_doses(encoder: ConditionEncoder, drugs: Array) -> dict[str, list[float | None]]:
    """For each drug the geometric middle of its molar doses in training, or of those by mass where it had no others."""
    doses: dict[str, list[float | None]] = {name: [None] * len(drugs) for name in DOSES}
    for number, drug in enumerate(drugs):
        for name in DOSES:
            span = encoder.dose_range(drug, name)
            if span is not None:
                doses[name][number] = float(np.sqrt(span[0] * span[1]))
                break
    return doses


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
