"""The figures of AlphaSTomics as data: tissue measured beside tissue predicted, scores, baselines."""

from collections.abc import Mapping, Sequence

import numpy as np

from genodesk.core.figure import Axis, ColourScale
from genodesk.core.metrics import meaning
from genodesk.engine.figures import Drawing, bar_figure, line_figure, spatial_figure
from genodesk.workflows.alphastomics import METHODS, METRICS
from genodesk.workflows.alphastomics.judge import Scores
from genodesk.workflows.alphastomics.metrics import similarity_align
from genodesk.workflows.alphastomics.predict import Answer
from genodesk.workflows.alphastomics.slices import Slice, SliceSet

Array = np.ndarray
SHOWN_CELLS = 20_000


def truth_beside(slices: SliceSet, one: Slice, answer: Answer, mode: str, name: str = "truth_and_sample") -> Drawing:
    """The slice as measured beside the model's answer, in the data's unit, one colour scale for both.

    Places are laid over the truth by turning, mirroring and scaling, since a model knows them only up to that.
    """
    dims, unit = 2, slices.scaling.coordinate_scale
    shown = np.linspace(0, len(one) - 1, min(len(one), SHOWN_CELLS)).astype(int)
    truth = one.position[shown, :dims] * unit
    if mode == "pos_to_expr":
        return _painted(slices, one, answer, shown, truth, name)
    placed = answer.position[shown, :dims] * unit
    if mode == "expr_to_pos":
        placed = similarity_align(placed, truth)
    values, colour = _colour(slices, one, shown)
    heading = "Made by the model" if mode == "joint" else "Placed by the model"
    return spatial_figure(
        name,
        one.name,
        {"Measured": truth, heading: placed},
        values=values,
        colour=colour,
        unit=slices.scaling.coordinate_unit,
    )


def score_curve(name: str, points: Sequence[tuple[float, float]], baseline: tuple[str, float] | None) -> Drawing:
    """The deciding number over steps on held-out slices, with the best baseline as a level."""
    title = meaning(name, METRICS).title
    references = {METHODS.get(baseline[0], baseline[0]): baseline[1]} if baseline else None
    return line_figure(
        "score",
        f"{title} on held-out slices",
        Axis(label="Step"),
        Axis(label=title),
        {"this model": tuple(np.array(points, dtype=float).T)},
        references=references,
    )


def baselines_beside(name: str, estimates: Mapping[str, Scores], baselines: Mapping[str, Scores]) -> Drawing:
    """Bars of the deciding number: our estimates, then the baselines in grey."""
    ours = {kind.replace("_", " "): scores.mean[name] for kind, scores in estimates.items() if name in scores.mean}
    others = {METHODS.get(k, k): scores.mean[name] for k, scores in baselines.items() if name in scores.mean}
    ticks = (*ours, *others)
    nothing = [np.nan] * len(ticks)
    title = meaning(name, METRICS).title
    return bar_figure(
        "baselines",
        f"{title} on held-out slices, beside simple methods",
        Axis(label="", ticks=ticks),
        Axis(label=title),
        {"this model": [*ours.values(), *nothing[len(ours) :]]},
        baselines={"baseline": [*nothing[: len(ours)], *others.values()]} if others else None,
    )


def _painted(slices: SliceSet, one: Slice, answer: Answer, shown: Array, place: Array, name: str) -> Drawing:
    """The gene whose measured expression varies most over space, measured and painted."""
    scaling = slices.scaling
    gene = int(np.argmax(one.expression.var(axis=0)))
    truth, painted = (scaling.to_log(values)[shown, gene] for values in (one.expression, answer.expression))
    return spatial_figure(
        name,
        f"{one.name}: {scaling.genes[gene]}",
        {"Measured": place, "Painted by the model": place},
        values={"Measured": truth, "Painted by the model": painted},
        colour=ColourScale(kind="continuous", label=scaling.genes[gene], unit="log counts"),
        unit=scaling.coordinate_unit,
    )


def _colour(slices: SliceSet, one: Slice, shown: Array) -> tuple[Array, ColourScale]:
    """Cell types where they are known and few enough to tell apart; else the measured place along the slice."""
    if one.labels is not None and 1 < len(slices.label_names) <= 40:
        return one.labels[shown], ColourScale(kind="category", label="cell type", categories=slices.label_names)
    centred = one.position[shown] - one.position[shown].mean(axis=0)
    axis = np.linalg.svd(centred.T @ centred)[0][:, 0]
    along = centred @ axis * slices.scaling.coordinate_scale
    return along, ColourScale(
        kind="continuous", label="measured place along the slice", unit=slices.scaling.coordinate_unit
    )
