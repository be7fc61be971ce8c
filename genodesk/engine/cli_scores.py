"""The scores of a run beside those of the baselines and of chance: as columns for a file, as a table for people."""

import textwrap
from collections.abc import Sequence
from typing import Any

from genodesk.core.metrics import Metric, meaning
from genodesk.core.scores import Scores, best_baseline, decimals, heading, verdict
from genodesk.engine.cli_print import WIDEST

WIDEST_LABEL = 26
WIDEST_HEADING = 13


def score_columns(rows: Sequence[Scores], vocabulary: tuple[Metric, ...] = ()) -> dict[str, list[Any]]:
    """The same as columns by heading, for a CSV file."""
    columns: dict[str, list[Any]] = {"method": [row.label for row in rows]}
    for name in rows[0].values:
        columns[heading(name, vocabulary)] = [row.values[name] for row in rows]
    return columns


def score_lines(rows: Sequence[Scores], vocabulary: tuple[Metric, ...] = (), beside: Sequence[str] = ()) -> list[str]:
    """The same as a table of at most 100 characters a line; columns that do not fit beside each other follow below.

    The best baseline of each column bears a star. The interval (NAME_low, NAME_high) of the first metric stands in the
    cell of its number; those of others are left to the result document.
    `beside` are sentences without which the verdict below would mislead.
    """
    if not rows:
        return []
    labels = [textwrap.shorten(row.label, WIDEST_LABEL, placeholder="...") for row in rows]
    left = max(map(len, labels))
    bounds = {end for name in rows[0].values for end in _interval(rows, name)}
    columns = [_column(rows, name, vocabulary) for name in rows[0].values if name not in bounds]
    lines: list[str] = []
    while columns:
        taken, width = 0, left
        while taken < len(columns) and (not taken or width + 2 + len(columns[taken][0]) <= WIDEST):
            width += 2 + len(columns[taken][0])
            taken += 1
        lines += _block(labels, columns[:taken])
        columns = columns[taken:]
    return [*lines, *_legend(rows, vocabulary), *_verdict(rows, vocabulary, beside)]


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
    places = decimals(values)
    best = best_baseline(rows, name, vocabulary)
    interval = _interval(rows, name) if name == next(iter(rows[0].values)) else ()
    words = []
    for number, row in enumerate(rows):
        shown = _number(values[number], places)
        ends = [_number(row.values[end], places) for end in interval]
        words.append(shown + (f" [{', '.join(ends)}]" if ends and "-" not in ends else "") + "* "[number != best])
    title = textwrap.wrap(heading(name, vocabulary), WIDEST_HEADING)
    lines = [*(f"{line} " for line in title), *words]  # the last place is the star's
    width = max(map(len, lines))
    return [line.rjust(width) for line in lines]


def _interval(rows: Sequence[Scores], name: str) -> tuple[str, ...]:
    """The metrics that bound this one, or none."""
    ends = (f"{name}_low", f"{name}_high")
    return ends if all(end in rows[0].values for end in ends) else ()


def _number(value: float | None, places: int | None) -> str:
    return "-" if value is None else f"{value:.2e}" if places is None else f"{value:,.{places}f}"


def _legend(rows: Sequence[Scores], vocabulary: tuple[Metric, ...]) -> list[str]:
    metrics = [meaning(name, vocabulary) for name in rows[0].values]
    lower = [metric.title for metric in metrics if metric.better == "lower"]
    higher = [metric.title for metric in metrics if metric.better == "higher"]
    parts = ["* best baseline."] if any(row.kind == "baseline" for row in rows) and lower + higher else []
    if _interval(rows, next(iter(rows[0].values))):
        parts.append("In brackets the 95 % interval; result.json holds those of the other columns.")
    if higher and lower:
        parts.append(f"Higher is better, except for {', '.join(lower)}.")
    elif higher or lower:
        parts.append(f"{'Higher' if higher else 'Lower'} is better.")
    return textwrap.wrap(" ".join(parts), WIDEST)


def _verdict(rows: Sequence[Scores], vocabulary: tuple[Metric, ...], beside: Sequence[str]) -> list[str]:
    """Whether the model beats the best baseline in the first metric, in a sentence, and what must be known of it."""
    found = verdict(rows, vocabulary)
    if found is None:
        return textwrap.wrap(" ".join(beside), WIDEST)
    said = "beats" if found.beats else "does not beat"
    sentence = f"The model {said} the best baseline, {found.baseline.label}, in {found.metric.title}"
    compared = f"{sentence} ({found.own:.3g} against {found.other:.3g})."
    return textwrap.wrap(" ".join([compared, *beside]), WIDEST)
