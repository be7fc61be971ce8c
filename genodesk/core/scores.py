"""Scores: what a run measured of itself beside its baselines and chance, and which of them is better.

Knows a result document and the metrics' meanings; how they are printed or drawn stands elsewhere.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from genodesk.core.metrics import Metric, meaning

Kind = Literal["model", "baseline", "chance"]


@dataclass(frozen=True)
class Scores:
    """The scores of one method by metric; None where a metric was not measured.

    `name` is the title of an estimate or a baseline; empty where there is only one.
    """

    kind: Kind
    name: str
    values: Mapping[str, float | None]

    @property
    def label(self) -> str:
        """The method in words, for example `this model (one step)`."""
        words = self.name
        if self.kind == "model":
            return f"this model ({words})" if words else "this model"
        return words or "chance"


@dataclass(frozen=True)
class Verdict:
    """How the model compares with its best baseline in the metric that stands first."""

    metric: Metric
    baseline: Scores
    own: float
    other: float

    @property
    def beats(self) -> bool:
        """Whether the model is the better one."""
        return self.own > self.other if self.metric.better == "higher" else self.own < self.other


def scores_of(
    result: Mapping[str, Any], vocabulary: tuple[Metric, ...] = (), methods: Mapping[str, str] | None = None
) -> list[Scores]:
    """The model, its other estimates, the baselines and chance, in this order; empty where nothing was measured.

    Reads `metrics`, `estimates` (of which one may be the `point_estimate` itself), `baselines` and `chance` of a
    result; chance that was not measured comes from the vocabulary. `methods` are titles of baselines by their keys.
    """
    metrics = _numbers(result.get("metrics"))
    if not metrics:
        return []
    point = result.get("point_estimate")
    titles = methods or {}
    rows = [Scores("model", _words(str(point or "")), metrics)]
    rows += [Scores("model", _words(name), values) for name, values in _members(result, "estimates") if name != point]
    rows += [Scores("baseline", titles.get(name, _words(name)), v) for name, v in _members(result, "baselines")]
    known = {name: meaning(name, vocabulary).chance for name in metrics}
    chance = {name: value for name, value in known.items() if value is not None} | _numbers(result.get("chance"))
    if chance.keys() & metrics.keys():
        rows.append(Scores("chance", "", chance))
    return [Scores(row.kind, row.name, {name: row.values.get(name) for name in metrics}) for row in rows]


def sentences(result: Mapping[str, Any], part: Literal["warnings", "remarks"]) -> list[str]:
    """What a result says must be known beside its scores: `warnings` without which they mislead, calm `remarks`."""
    told = result.get(part)
    return [str(sentence) for sentence in told] if isinstance(told, list | tuple) else []


def best_baseline(rows: Sequence[Scores], name: str, vocabulary: tuple[Metric, ...] = ()) -> int | None:
    """The row of the best baseline in a metric that has a better direction."""
    better = meaning(name, vocabulary).better
    found = [
        (value, number)
        for number, row in enumerate(rows)
        if row.kind == "baseline" and (value := row.values[name]) is not None and math.isfinite(value)
    ]
    if better == "neither" or not found:
        return None
    return (max if better == "higher" else min)(found, key=lambda pair: pair[0])[1]


def verdict(rows: Sequence[Scores], vocabulary: tuple[Metric, ...] = ()) -> Verdict | None:
    """Whether the model beats the best baseline in the first metric; None where that cannot be told."""
    if not rows:
        return None
    name = next(iter(rows[0].values))
    best, own = best_baseline(rows, name, vocabulary), rows[0].values[name]
    other = rows[best].values[name] if best is not None else None
    if best is None or own is None or other is None or not math.isfinite(own):
        return None
    return Verdict(meaning(name, vocabulary), rows[best], own, other)


def heading(name: str, vocabulary: tuple[Metric, ...] = ()) -> str:
    """The title of a metric with its unit."""
    metric = meaning(name, vocabulary)
    return f"{metric.title} [{metric.unit}]" if metric.unit else metric.title


def decimals(values: Sequence[float | None]) -> int | None:
    """How many decimals the numbers of one column are shown with; None where only powers of ten show them."""
    largest = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
    if 0 < largest < 0.01:
        return None
    return 3 if largest < 10 else 2 if largest < 100 else 1 if largest < 1000 else 0


def _words(name: str) -> str:
    return name.replace("_", " ")


def _members(result: Mapping[str, Any], part: str) -> list[tuple[str, dict[str, float | None]]]:
    found = result.get(part)
    return [(str(name), _numbers(values)) for name, values in found.items()] if isinstance(found, Mapping) else []


def _numbers(values: Any) -> dict[str, float | None]:
    if not isinstance(values, Mapping):
        return {}
    return {str(name): value for name, value in values.items() if type(value) in (int, float)}
