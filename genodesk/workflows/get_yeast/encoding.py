"""Conditions as numbers for a network: classes as whole numbers, quantities on even scales, and what is known of them.

Fitted on the samples of the training split alone; the result belongs to the model and is saved with it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.conditions import CATEGORIES, DOSES, NUMBERS, amount_text, typed
from genodesk.workflows.get_yeast.vocabulary import NO_DRUG

UNKNOWN = "<unknown>"  # class 0 of every vocabulary: not recorded, or never seen in training
SLACK = 1e-6  # relative: a number that went through a file is still inside the range it came from
Range = tuple[float, float]
_WORDS = {"dose_molar": ("dose", " M"), "dose_g_per_l": ("dose", " g/L")}


@dataclass(frozen=True)
class CondBatch:
    """Conditions of S samples: `categories` int64 [S, 4], `numbers` and `mask` float32 [S, 8]; mask 1 = recorded."""

    categories: np.ndarray
    numbers: np.ndarray
    mask: np.ndarray

    @property
    def recorded(self) -> np.ndarray:
        """Of which samples something is recorded that training knew, bool [S]."""
        return np.logical_or((self.categories > 0).any(axis=1), (self.mask > 0).any(axis=1))


@dataclass(frozen=True)
class ConditionEncoder:
    """Vocabularies, dose scales and ranges of the training samples.

    `vocabularies`: names of classes per category as training spells them, whatever the case; class 0 is `<unknown>`; of
    drugs, class 1 is `none` where training knew cultures without.
    `centres`, `spreads`: mean and deviation of log10 of each dose. `ranges`: least and greatest number recorded, of all
    but doses. `doses`: the same of the doses of each drug, by its case-folded name, "" for a drug that is not known.
    `undosed`: the drugs, named likewise, of cultures of which no dose is recorded.
    """

    vocabularies: dict[str, tuple[str, ...]]
    centres: dict[str, float]
    spreads: dict[str, float]
    ranges: dict[str, Range]
    doses: dict[str, dict[str, Range]]
    undosed: tuple[str, ...]

    @classmethod
    def fit(cls, conditions: pd.DataFrame) -> Self:
        """From the typed conditions of the training samples."""
        conditions = typed(conditions)
        vocabularies, centres, spreads = {}, {}, {}
        for name in CATEGORIES:
            seen = _spelled(conditions[name].dropna())
            first = (UNKNOWN, NO_DRUG) if NO_DRUG in seen else (UNKNOWN,)
            vocabularies[name] = (*first, *(seen[word] for word in sorted(seen) if word not in first))
        for name in DOSES:
            logs = np.unique(np.log10(conditions[name].dropna().to_numpy()))
            centres[name] = float(logs.mean()) if logs.size else 0.0
            spreads[name] = float(logs.std()) if logs.size > 1 else 1.0
        ranges = _ranges(conditions, (name for name in NUMBERS if name not in DOSES))
        drugs = np.array([_folded(value) for value in conditions["drug"]], dtype=object)
        dosed = conditions[list(DOSES)].notna().any(axis=1).to_numpy()
        doses = {drug: _ranges(conditions[drugs == drug], DOSES) for drug in sorted(set(drugs[dosed]))}
        undosed = tuple(sorted(set(drugs[~dosed])))
        return cls(vocabularies, centres, spreads, ranges, doses, undosed)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of classes of each category, `<unknown>` included."""
        return tuple(len(self.vocabularies[name]) for name in CATEGORIES)

    def encode(self, conditions: pd.DataFrame) -> CondBatch:
        """Typed conditions of S samples as arrays; what training never saw becomes `<unknown>`, never an error."""
        conditions = typed(conditions)
        categories = np.zeros((len(conditions), len(CATEGORIES)), dtype=np.int64)
        for place, name in enumerate(CATEGORIES):
            number = self._classes(name)
            categories[:, place] = [number.get(_folded(value), 0) for value in conditions[name]]
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

    def dose_range(self, drug: object, name: str) -> Range | None:
        """The least and greatest dose of a drug in training, None where it had none of this kind."""
        return self.doses.get(_folded(drug), {}).get(name)

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model folder."""
        return {
            "vocabularies": {name: list(words) for name, words in self.vocabularies.items()},
            "centres": dict(self.centres),
            "spreads": dict(self.spreads),
            "ranges": {name: list(pair) for name, pair in self.ranges.items()},
            "doses": {drug: {name: list(pair) for name, pair in of.items()} for drug, of in self.doses.items()},
            "undosed": list(self.undosed),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """What `to_json` gave. Raises UserError for anything else.

        Without `doses`, the range of a dose in `ranges` is taken for that of every drug, also of one that is not known.
        """
        try:
            vocabularies = {name: tuple(map(str, document["vocabularies"][name])) for name in CATEGORIES}
            ranges = _pairs(document["ranges"])
            of_any = {name: ranges.pop(name) for name in DOSES if name in ranges}
            drugs = ["", *map(_folded, vocabularies["drug"])]
            dosed = [drug for drug in drugs if drug not in (UNKNOWN, NO_DRUG)]
            doses = document.get("doses")
            return cls(
                vocabularies,
                {name: float(document["centres"][name]) for name in DOSES},
                {name: float(document["spreads"][name]) for name in DOSES},
                ranges,
                dict.fromkeys(dosed, of_any) if doses is None else {drug: _pairs(of) for drug, of in doses.items()},
                tuple(map(str, document.get("undosed", drugs))),
            )
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise UserError(
                "The model's description of conditions is damaged.", "Copy the model folder again.", "encoder"
            ) from error

    def _scaled(self, name: str, values: np.ndarray) -> np.ndarray:
        if name in DOSES:
            return (np.log10(values) - self.centres[name]) / self.spreads[name]
        if name.endswith("_temperature_c"):
            return (values - 30.0) / 7.5
        return np.sign(values) * np.log1p(np.abs(values))  # numbers that somebody scaled can be negative

    def _classes(self, name: str) -> dict[str, int]:
        return {_folded(word): index for index, word in enumerate(self.vocabularies[name])}

    def _reasons(self, row: dict[str, Any]) -> list[str]:
        reasons = []
        for name in CATEGORIES:
            value = row[name]
            if value is not None and _folded(value) not in self._classes(name):
                told = f"{name.replace('_', ' ')} {value} was not in training"
                reasons.append("every culture of training had a drug" if value == NO_DRUG else told)
        reasons += self._reasons_of_dose(row)
        for name in NUMBERS:
            value = row[name]
            if np.isnan(value) or name in DOSES:
                continue
            what, unit = in_words(name)
            if name not in self.ranges:
                reasons.append(f"{what} was never recorded in training")
            elif not _inside(value, self.ranges[name]):
                low, high = self.ranges[name]
                trained = f"{low:g}" if low == high else f"{low:g} to {high:g}"
                reasons.append(f"{what} {value:g}{unit} is outside {trained}{unit} of training")
        return reasons

    def _reasons_of_dose(self, row: dict[str, Any]) -> list[str]:
        """Why the dose is unlike those that training knew of the same drug."""
        drug = _folded(row["drug"])
        if drug and drug not in self._classes("drug"):
            return []  # told already
        called = str(row["drug"]) if drug else "a drug that is not named"
        given = [name for name in DOSES if not np.isnan(row[name])]
        if drug and drug != NO_DRUG and not given and drug not in self.undosed:
            return [f"{called} without a dose was not in training"]
        reasons = []
        for name in given:
            unit, span = in_words(name)[1].strip(), self.dose_range(drug, name)
            if span is None:
                told = f"a dose of {called} in {unit} was not in training"
                reasons.append(told if drug else "a dose is given but no drug")
            elif not _inside(row[name], span):
                value, low, high = (amount_text(amount, unit, " ") for amount in (row[name], *span))
                trained = low if low == high else f"{low} to {high}"
                reasons.append(f"dose {value} of {called} is outside {trained} of training")
        return reasons


def _folded(value: object) -> str:
    """A class as it is compared, "" for None."""
    return "" if value is None else str(value).strip().casefold()


def _spelled(values: Iterable[object]) -> dict[str, str]:
    """The case-folded classes and how most of the values spell each."""
    counts = Counter(str(value).strip() for value in values)
    return {_folded(word): word for word, _ in sorted(counts.items(), key=lambda known: (known[1], known[0]))}


def _ranges(conditions: pd.DataFrame, names: Iterable[str]) -> dict[str, Range]:
    """The least and greatest of each of these numbers that is recorded at all."""
    given = {name: conditions[name].dropna() for name in names}
    return {name: (float(values.min()), float(values.max())) for name, values in given.items() if len(values)}


def _pairs(document: dict[str, Any]) -> dict[str, Range]:
    return {str(name): (float(pair[0]), float(pair[1])) for name, pair in document.items()}


def _inside(value: float, span: Range) -> bool:
    low, high = span
    return low - abs(low) * SLACK <= value <= high + abs(high) * SLACK


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
