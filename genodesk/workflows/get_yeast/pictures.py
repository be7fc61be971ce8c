"""The figures of GET yeast as data: predicted against measured, what matters, and what a change would do."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genodesk.core.figure import Axis
from genodesk.core.metrics import meaning
from genodesk.engine.figures import (
    Drawing,
    bar_figure,
    hexbin_figure,
    histogram_figure,
    line_figure,
    scatter_figure,
    volcano_figure,
)
from genodesk.engine.figures_names import told_apart
from genodesk.workflows.get_yeast import METHODS, METRICS
from genodesk.workflows.get_yeast.conditions import DOSES
from genodesk.workflows.get_yeast.encoding import in_words

Array = np.ndarray

FEW_POINTS = 3_000  # up to so many each is a point; more are counted in hexagons
MOST_POINTS = 100_000
MOST_BARS = 24
LONGEST_NAME = 20  # letters: what desk and print have room for beside lying bars, also in a small window
SHORTENED = "… stands for what does not tell the names apart; the table holds them whole."
ENDS = ("least", "most")


def predicted_against_true(truth: Array, predicted: Array) -> Drawing:
    """Each value as predicted over what was measured, with the line of equal values. Both [entries]."""
    shown = _shown(truth, predicted)
    points = (truth[shown].astype(np.float32), predicted[shown].astype(np.float32))
    ends = np.array([min(p.min(initial=0.0) for p in points), max(p.max(initial=1.0) for p in points)])
    axes = Axis(label="Measured expression"), Axis(label="Predicted expression")
    about, equal = ("predicted_against_true", "Predicted against measured"), {"equal": (ends, ends)}
    if shown.size <= FEW_POINTS:
        return scatter_figure(*about, *axes, {"values": points}, references=equal, equal_aspect=True)
    return hexbin_figure(*about, *axes, points, references=equal, equal_aspect=True)


def residuals(truth: Array, predicted: Array) -> Drawing:
    """How the misses (measured minus predicted) are distributed."""
    shown = _shown(truth, predicted)
    missed = (truth - predicted)[shown].astype(np.float32)
    return histogram_figure(
        "residuals", "What the model misses", Axis(label="Measured − predicted"), {"values": missed}
    )


def baselines_beside(ours: Mapping[str, Any], baselines: Mapping[str, Mapping[str, Any]], on: str) -> Drawing:
    """Bars of Pearson with its 95 % interval: the model, then the simple methods in grey, also when they win.

    `on` says in words what was judged.
    """
    rows = {"this model": ours, **{METHODS.get(name, name): scores for name, scores in baselines.items()}}
    heights = np.array([_number(scores.get("pearson")) for scores in rows.values()])
    ends = [np.array([_number(scores.get(f"pearson_{end}")) for scores in rows.values()]) for end in ("low", "high")]
    first = np.arange(len(rows)) == 0
    title = meaning("pearson", METRICS).title
    return bar_figure(
        "baselines",
        f"{title} {on}, beside simple methods",
        Axis(label="", ticks=tuple(rows)),
        Axis(label=title),
        {"this model": np.where(first, heights, np.nan)},
        intervals={"this model": (ends[0], ends[1]), "simple method": (ends[0], ends[1])},
        baselines={"simple method": np.where(first, np.nan, heights)} if baselines else None,
        caption="Whiskers are 95 % intervals over regions drawn anew. No bar: the number does not apply.",
    )


def scores_by_group(groups: Mapping[str, Mapping[str, Any]], best: Mapping[str, Any], best_name: str) -> Drawing:
    """Pearson of every condition group, beside that of the best simple method."""
    names = list(groups)[:MOST_BARS]
    ticks = _short(names)
    part = "" if len(groups) <= MOST_BARS else f"The first {MOST_BARS} of {len(groups)}; the table holds all. "
    return bar_figure(
        "condition_groups",
        "How well each condition is predicted",
        Axis(label="", ticks=ticks),
        Axis(label="Pearson"),
        {"this model": [_number(groups[name].get("pearson")) for name in names]},
        baselines={best_name: [_number(best.get(name)) for name in names]} if best else None,
        caption=(part + (SHORTENED if ticks != tuple(names) else "")).strip(),
    )


def knock_outs(motifs: Sequence[str], effects: Array, p_values: Array) -> Drawing:
    """A point for each motif: how the regions that bear it change without it, and how much they agree on that."""
    return volcano_figure(
        "knock_outs",
        "What losing a motif does to the regions that bear it",
        effects,
        p_values,
        genes=[str(name) for name in motifs],
        minimum_effect=float(np.nanmax(np.abs(effects), initial=0.0)) / 4,
        maximum_p=0.05 / max(len(motifs), 1),
        effect_axis=Axis(label="Mean change of predicted expression"),
        p_label="−log10 p that the regions agree",
        caption="Coloured: over a quarter of the largest change, p below 0.05 after Bonferroni. The model's view.",
    )


def motif_importance(motifs: Sequence[str], values: Array) -> Drawing:
    """Bars of the motifs that add or take most."""
    caption = "Integrated gradients; a motif that is everywhere alike can matter and still explain no difference."
    return _most("motif_importance", "Motifs that predictions rest on", motifs, values, "Mean contribution", caption)


def condition_importance(fields: Sequence[str], values: Array) -> Drawing:
    """Bars of the conditions that predictions change most without."""
    names = [in_words(name)[0] + f" ({in_words(name)[1].strip()})" * (name in DOSES) for name in fields]
    caption = "How much predictions change on average when the model is not told the condition."
    return _most("condition_importance", "Conditions that predictions rest on", names, values, "Mean change", caption)


def sweep(
    field: str, values: Array, curves: Mapping[str, Array], trained: tuple[float, float] | None, culture: str
) -> Drawing:
    """Predicted expression over one condition of a culture: curves over numbers, bars over classes.

    Upright lines bound the range of training; beyond them the model extrapolates.
    """
    name, unit = in_words(field)
    title = f"Predicted expression over {name}, all else as in {culture}"
    expression = Axis(label="Predicted expression")
    if trained is None:
        words = Axis(label=name[:1].upper() + name[1:], ticks=_short([str(value) for value in values]))
        return bar_figure(f"sweep_{field}", title, words, expression, curves)
    numbers = np.asarray(values, dtype=np.float64)
    heights = np.concatenate(list(curves.values()))
    reach = np.array([heights.min(), heights.max()])
    return line_figure(
        f"sweep_{field}",
        title,
        Axis(label=name[:1].upper() + name[1:], unit=unit.strip(), log=field in DOSES),
        expression,
        {label: (numbers, y) for label, y in curves.items()},
        references={f"{end} in training": (np.full(2, at), reach) for end, at in zip(ENDS, trained, strict=True)},
        caption="Left of the least and right of the most in training the model extrapolates.",
    )


def cultures(names: Sequence[str], means: Array, outside: Sequence[str]) -> Drawing:
    """Mean predicted expression of every culture; those unlike training stand apart."""
    shown = len(names) if len(names) <= 2 * MOST_BARS else 2 * MOST_BARS
    unlike = np.array([bool(reason) for reason in outside[:shown]])
    heights = np.asarray(means)[:shown]
    series = {"like training": np.where(unlike, np.nan, heights), "outside training": np.where(unlike, heights, np.nan)}
    extrapolated = f"{sum(map(bool, outside))} of {len(names)} lie outside the conditions of training: extrapolation. "
    part = f"The first {shown} of {len(names)}; the table holds all. " if shown < len(names) else ""
    ticks = _short(names[:shown])
    part += SHORTENED if ticks != tuple(map(str, names[:shown])) else ""
    return bar_figure(
        "cultures",
        "Mean predicted expression of each culture",
        Axis(label="", ticks=ticks),
        Axis(label="Mean predicted expression"),
        # Both series wherever one is unlike training, so that its colour and the legend say so.
        series if unlike.any() else {"like training": heights},
        caption=((extrapolated if any(outside) else "") + part).strip(),
    )


def _most(name: str, title: str, names: Sequence[str], values: Array, label: str, caption: str) -> Drawing:
    """Bars, highest first."""
    order = np.argsort(-np.asarray(values))[:MOST_BARS]
    return bar_figure(
        name,
        title,
        Axis(label="", ticks=tuple(str(names[index]) for index in order)),
        Axis(label=label),
        {"importance": np.asarray(values)[order]},
        caption=caption,
    )


def _shown(truth: Array, predicted: Array) -> Array:
    """Numbers of at most MOST_POINTS entries that have both values, evenly spread."""
    there = np.flatnonzero(np.isfinite(truth) & np.isfinite(predicted))
    return there if there.size <= MOST_POINTS else there[np.linspace(0, there.size - 1, MOST_POINTS).astype(int)]


def _short(names: Sequence[str]) -> tuple[str, ...]:
    """The names, those too long for the room beside bars shortened so that they stay apart."""
    return told_apart([str(name) for name in names], lambda text: len(text) <= LONGEST_NAME)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
