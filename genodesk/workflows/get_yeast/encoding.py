"""Conditions as numbers for a network: classes as whole numbers, quantities on even scales, and what is known of them.

Fitted on the samples of the training split alone; the result belongs to the model and is saved with it.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.conditions import CATEGORIES, DOSES, NUMBERS, typed
from genodesk.workflows.get_yeast.vocabulary import NO_DRUG

UNKNOWN = "<unknown>"  # class 0 of every vocabulary: not recorded, or never seen in training
SLACK = 1e-6  # relative: a number that went through a file is still inside the range it came from
_WORDS = {"dose_molar": ("dose", " M"), "dose_g_per_l": ("dose", " g/L")}


@dataclass(frozen=True)
class CondBatch:
    """Conditions of S samples: `categories` int64 [S, 4], `numbers` and `mask` float32 [S, 8]; mask 1 = recorded."""

    categories: np.ndarray
    numbers: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True)
class ConditionEncoder:
    """Vocabularies, dose scales and ranges of the training samples.

    `vocabularies`: names of classes per category, class 0 is `<unknown>`; of drugs, class 1 is `none` where training
    knew cultures without.
    `centres`, `spreads`: mean and deviation of log10 of each dose. `ranges`: least and greatest number recorded.
    """

    vocabularies: dict[str, tuple[str, ...]]
    centres: dict[str, float]
    spreads: dict[str, float]
    ranges: dict[str, tuple[float, float]]

    @classmethod
    def fit(cls, conditions: pd.DataFrame) -> Self:
        """From the typed conditions of the training samples."""
        conditions = typed(conditions)
        vocabularies, centres, spreads = {}, {}, {}
        for name in CATEGORIES:
            seen = {_folded(value) for value in conditions[name].dropna()}
            first = (UNKNOWN, NO_DRUG) if NO_DRUG in seen else (UNKNOWN,)
            vocabularies[name] = (*first, *sorted(seen - set(first)))
        for name in DOSES:
            logs = np.unique(np.log10(conditions[name].dropna().to_numpy()))
            centres[name] = float(logs.mean()) if logs.size else 0.0
            spreads[name] = float(logs.std()) if logs.size > 1 else 1.0
        given = {name: conditions[name].dropna() for name in NUMBERS}
        ranges = {name: (float(values.min()), float(values.max())) for name, values in given.items() if len(values)}
        return cls(vocabularies, centres, spreads, ranges)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of classes of each category, `<unknown>` included."""
        return tuple(len(self.vocabularies[name]) for name in CATEGORIES)

    def encode(self, conditions: pd.DataFrame) -> CondBatch:
        """Typed conditions of S samples as arrays; what training never saw becomes `<unknown>`, never an error."""
        conditions = typed(conditions)
        categories = np.zeros((len(conditions), len(CATEGORIES)), dtype=np.int64)
        for place, name in enumerate(CATEGORIES):
            number = {word: index for index, word in enumerate(self.vocabularies[name])}
            categories[:, place] = [0 if value is None else number.get(_folded(value), 0) for value in conditions[name]]
        values = conditions[list(NUMBERS)].to_numpy(dtype=np.float64)
        mask = np.isfinite(values)
        numbers = np.zeros(values.shape, dtype=np.float32)
        for place, name in enumerate(NUMBERS):
            rows = mask[:, place]
            numbers[rows, place] = self._scaled(name, values[rows, place])
        return CondBatch(categories, numbers, mask.astype(np.float32))

    def outside(self, conditions: pd.DataFrame) -> list[str]:
        """Per sample why its conditions lie outside those of training, in words; "" where they lie inside."""
        return ["; ".join(self._reasons(row)) for row in typed(conditions).to_dict("records")]

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model folder."""
        return {
            "vocabularies": {name: list(words) for name, words in self.vocabularies.items()},
            "centres": dict(self.centres),
            "spreads": dict(self.spreads),
            "ranges": {name: list(pair) for name, pair in self.ranges.items()},
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """What `to_json` gave. Raises UserError for anything else."""
        try:
            return cls(
                {name: tuple(map(str, document["vocabularies"][name])) for name in CATEGORIES},
                {name: float(document["centres"][name]) for name in DOSES},
                {name: float(document["spreads"][name]) for name in DOSES},
                {name: (float(pair[0]), float(pair[1])) for name, pair in document["ranges"].items()},
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise UserError(
                "The model's description of conditions is damaged.", "Copy the model folder again.", "encoder"
            ) from error

    def _scaled(self, name: str, values: np.ndarray) -> np.ndarray:
        if name in DOSES:
            return (np.log10(values) - self.centres[name]) / self.spreads[name]
        if name.endswith("_temperature_c"):
            return (values - 30.0) / 7.5
        return np.sign(values) * np.log1p(np.abs(values))  # numbers that somebody scaled can be negative

    def _reasons(self, row: dict[str, Any]) -> list[str]:
        reasons = []
        for name in CATEGORIES:
            value = row[name]
            if value is not None and _folded(value) not in self.vocabularies[name]:
                told = f"{name.replace('_', ' ')} {value} was not in training"
                reasons.append("every culture of training had a drug" if value == NO_DRUG else told)
        for name in NUMBERS:
            value = row[name]
            if np.isnan(value):
                continue
            what, unit = in_words(name)
            if name not in self.ranges:
                reasons.append(f"{what} was never recorded in training")
                continue
            low, high = self.ranges[name]
            if not low - abs(low) * SLACK <= value <= high + abs(high) * SLACK:
                trained = f"{low:g}" if low == high else f"{low:g} to {high:g}"
                reasons.append(f"{what} {value:g}{unit} is outside {trained}{unit} of training")
        return reasons


def _folded(value: object) -> str:
    return str(value).strip().casefold()


def in_words(name: str) -> tuple[str, str]:
    """A condition as people say it, and its unit with a blank before it, "" for classes."""
    if name in CATEGORIES:
        return name.replace("_", " "), ""
    if name in _WORDS:
        return _WORDS[name]
    for end, unit in (("_h", " h"), ("_c", " °C"), ("_od600", "")):
        if name.endswith(end):
            what = name.removesuffix(end) if unit else name.replace("od600", "OD600")
            return what.replace("_", " ").replace("drug ", "culture "), unit
    raise KeyError(name)
