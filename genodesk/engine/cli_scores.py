"""The scores of a run beside those of the baselines and of chance: as columns for a file, as a table for people."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from genodesk.core.metrics import Metric, meaning
from genodesk.engine.cli_print import WIDEST, label

WIDEST_LABEL = 26
WIDEST_HEADING = 13

Kind = Literal["model", "baseline", "chance"]


@dataclass(frozen=True)
class Scores:
    """The scores of one method by metric; None where a metric was not measured."""

    label: str
    kind: Kind
    values: Mapping[str, float | None]


def scores_of(result: Mapping[str, Any], vocabulary: tuple[Metric, ...] = ()) -> list[Scores]:
    """The model, its other estimates, the baselines and chance, in this order; empty where nothing was measured.

    Reads `metrics`, `estimates` (of which one may be the `point_estimate` itself), `baselines` and `chance` of a
    result; chance that was not measured comes from the vocabulary.
    """
    metrics = _numbers(result.get("metrics"))
    if not metrics:
        return []
    point = result.get("point_estimate")
    rows = [Scores(f"this model ({label(point)})" if point else "this model", "model", metrics)]
    for name, values in _members(result, "estimates"):
        if name != point:
            rows.append(Scores(f"this model ({label(name)})", "model", values))
    rows += [Scores(label(name), "baseline", values) for name, values in _members(result, "baselines")]
    known = {name: meaning(name, vocabulary).chance for name in metrics}
    chance = {name: value for name, value in known.items() if value is not None} | _numbers(result.get("chance"))
    if chance.keys() & metrics.keys():
        rows.append(Scores("chance", "chance", chance))
    return [Scores(row.label, row.kind, {name: row.values.get(name) for name in metrics}) for row in rows]


def score_columns(rows: Sequence[Scores], vocabulary: tuple[Metric, ...] = ()) -> dict[str, list[Any]]:
    """The same as columns by heading, for a CSV file."""
    columns: dict[str, list[Any]] = {"method": [row.label for row in rows]}
    for name in rows[0].values:
        columns[_heading(name, vocabulary)] = [row.values[name] for row in rows]
    return columns


def score_lines(rows: Sequence[Scores], vocabulary: tuple[Metric, ...] = ()) -> list[str]:
    """The same as a table of at most 100 characters a line; columns that do not fit beside each other follow below.

    The best baseline of each column bears a star.
    """
    if not rows:
        return []
    labels = [textwrap.shorten(row.label, WIDEST_LABEL, placeholder="...") for row in rows]
    left = max(map(len, labels))
    columns = [_column(rows, name, vocabulary) for name in rows[0].values]
    lines: list[str] = []
    while columns:
        taken, width = 0, left
        while taken < len(columns) and (not taken or width + 2 + len(columns[taken][0]) <= WIDEST):
            width += 2 + len(columns[taken][0])
            taken += 1
        lines += _block(labels, columns[:taken])
        columns = columns[taken:]
    return [*lines, *_legend(rows, vocabulary), *_verdict(rows, vocabulary)]


def _block(labels: Sequence[str], columns: Sequence[Sequence[str]]) -> list[str]:
    """Columns beside each other: headings, which end at the same line, then a line for each label."""
    depth = max(len(column) for column in columns) - len(labels)
    margins = [*[""] * depth, *labels]
    left = max(map(len, labels))
    padded = [[" " * len(column[0])] * (len(margins) - len(column)) + list(column) for column in columns]
    return ["  ".join([margin.ljust(left), *cells]).rstrip() for margin, *cells in zip(margins, *padded, strict=True)]


def _column(rows: Sequence[Scores], name: str, vocabulary: tuple[Metric, ...]) -> list[str]:
    """The lines of a column, all equally wide: its heading, then a number or a dash for each row."""
    values = [row.values[name] for row in rows]
    finite = [abs(value) for value in values if value is not None and math.isfinite(value)]
    largest = max(finite, default=0.0)
    decimals = 3 if largest < 10 else 2 if largest < 100 else 1 if largest < 1000 else 0
    small = 0 < largest < 0.01
    best = _best_baseline(rows, name, vocabulary)
    words = []
    for number, value in enumerate(values):
        shown = "-" if value is None else f"{value:.2e}" if small else f"{value:,.{decimals}f}"
        words.append(shown + ("*" if number == best else " "))
    heading = textwrap.wrap(_heading(name, vocabulary), WIDEST_HEADING)
    lines = [*(f"{line} " for line in heading), *words]  # the last place is the star's
    width = max(map(len, lines))
    return [line.rjust(width) for line in lines]


def _best_baseline(rows: Sequence[Scores], name: str, vocabulary: tuple[Metric, ...]) -> int | None:
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


def _legend(rows: Sequence[Scores], vocabulary: tuple[Metric, ...]) -> list[str]:
    metrics = [meaning(name, vocabulary) for name in rows[0].values]
    lower = [metric.title for metric in metrics if metric.better == "lower"]
    higher = [metric.title for metric in metrics if metric.better == "higher"]
    parts = ["* best baseline."] if any(row.kind == "baseline" for row in rows) and lower + higher else []
    if higher and lower:
        parts.append(f"Higher is better, except for {', '.join(lower)}.")
    elif higher or lower:
        parts.append(f"{'Higher' if higher else 'Lower'} is better.")
    return textwrap.wrap(" ".join(parts), WIDEST)


def _verdict(rows: Sequence[Scores], vocabulary: tuple[Metric, ...]) -> list[str]:
    """Whether the model beats the best baseline in the first metric, in a sentence."""
    name = next(iter(rows[0].values))
    best, own = _best_baseline(rows, name, vocabulary), rows[0].values[name]
    if best is None or own is None:
        return []
    other = rows[best].values[name] or 0.0
    wins = own > other if meaning(name, vocabulary).better == "higher" else own < other
    verdict = "beats" if wins else "does not beat"
    said = f"The model {verdict} the best baseline, {rows[best].label}, in {meaning(name, vocabulary).title}"
    return textwrap.wrap(f"{said} ({own:.3g} against {other:.3g}).", WIDEST)


def _heading(name: str, vocabulary: tuple[Metric, ...]) -> str:
    metric = meaning(name, vocabulary)
    return f"{metric.title} [{metric.unit}]" if metric.unit else metric.title


def _members(result: Mapping[str, Any], part: str) -> list[tuple[str, dict[str, float | None]]]:
    found = result.get(part)
    return [(str(name), _numbers(values)) for name, values in found.items()] if isinstance(found, Mapping) else []


def _numbers(values: Any) -> dict[str, float | None]:
    if not isinstance(values, Mapping):
        return {}
    return {str(name): value for name, value in values.items() if type(value) in (int, float)}
