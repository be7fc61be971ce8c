"""How good an answer is, per slice and over all of them, beside baselines and chance: the numbers of train and test.

What is scored depends on the mode: places for `expr_to_pos`, expression for `pos_to_expr`, distributions for `joint`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.workflow import Best
from genodesk.engine.data.columns import first_few
from genodesk.workflows.alphastomics import checks
from genodesk.workflows.alphastomics.baselines import expression_baselines, position_baselines
from genodesk.workflows.alphastomics.diffusion import Mode
from genodesk.workflows.alphastomics.metrics import (
    distribution_metrics,
    expression_metrics,
    mean_over_slices,
    position_metrics,
)
from genodesk.workflows.alphastomics.predict import Answer, Estimator
from genodesk.workflows.alphastomics.slices import Slice, SliceSet

Array = np.ndarray

# What decides between two trainings in each mode.
DECISIVE: Mapping[Mode, Best] = {
    "expr_to_pos": Best("validation", "pair_distance_spearman", "max"),
    "pos_to_expr": Best("validation", "gene_pearson", "max"),
    "joint": Best("validation", "expression_wasserstein", "min"),
}


@dataclass(frozen=True)
class Scores:
    """Scores of one method: their means over slices, and each slice's own."""

    mean: dict[str, Any]
    per_slice: dict[str, dict[str, Any]]

    @property
    def headline(self) -> dict[str, float]:
        """The numbers worth a line in a table, without chance, classes and genes."""
        return {name: value for name, value in self.mean.items() if isinstance(value, float)}

    def each(self, name: str) -> dict[str, Any]:
        """One number of every slice."""
        return {one: scores.get(name) for one, scores in self.per_slice.items()}


def large_enough(slices: SliceSet, warn: Callable[[str], None], where: str) -> SliceSet:
    """The slices with enough cells to be scored, the others named in a warning. Raises UserError if none is left."""
    small = [one.name for one in slices if len(one) < checks.FEWEST_CELLS_SCORED]
    if len(small) == len(slices):
        raise UserError(
            f"No slice has the {checks.FEWEST_CELLS_SCORED} cells that scores need.", "Judge with larger slices.", where
        )
    if small:
        warn(f"Slices with fewer than {checks.FEWEST_CELLS_SCORED} cells are not scored: {first_few(small)}.")
    return slices.select(name for name in slices.names if name not in small)


def score_estimates(
    estimator: Estimator, slices: SliceSet, kinds: tuple[str, ...], follow: Callable[[int, int], None]
) -> tuple[dict[str, Scores], dict[str, dict[str, Answer]]]:
    """Scores and answers of each kind of estimate (one_step, sample, consensus) on placed slices.

    `follow` is told slices done and slices in all. Raises Stopped when the run should stop.
    """
    answers: dict[str, dict[str, Answer]] = {kind: {} for kind in kinds}
    for number, one in enumerate(slices):
        sample = estimator.sample(one) if {"sample", "consensus"} & set(kinds) else None
        for kind in kinds:
            if kind == "one_step":
                answers[kind][one.name] = estimator.one_step(one)
            elif kind == "consensus":
                answers[kind][one.name] = estimator.consensus(one, [sample] if sample else None)
            elif sample is not None:
                answers[kind][one.name] = sample
        follow(number + 1, len(slices))
    scores = {kind: score_answers(slices, made, estimator.mode, estimator.seed) for kind, made in answers.items()}
    return scores, answers


def score_answers(slices: SliceSet, answers: Mapping[str, Answer], mode: Mode, seed: int) -> Scores:
    """Scores of one answer for every slice."""
    per_slice = {one.name: _score(slices, one, answers[one.name], mode, seed) for one in slices}
    return Scores(mean_over_slices(per_slice), per_slice)


def score_baselines(train: SliceSet, slices: SliceSet, mode: Mode, seed: int) -> dict[str, Scores]:
    """Scores of the methods without our network, fitted on the training slices.

    There is no baseline for `joint`, whose samples belong to no particular cell.
    """
    made: dict[str, dict[str, Answer]] = {}
    for one in slices:
        rng = np.random.default_rng([seed, 3])
        if mode == "expr_to_pos":
            for name, position in position_baselines(train, one, rng).items():
                made.setdefault(name, {})[one.name] = Answer(position, one.expression)
        elif mode == "pos_to_expr":
            for name, expression in expression_baselines(train, one, rng).items():
                made.setdefault(name, {})[one.name] = Answer(one.position, expression)
    return {name: score_answers(slices, answers, mode, seed) for name, answers in made.items()}


def score_table(estimates: Mapping[str, Scores], baselines: Mapping[str, Scores]) -> dict[str, list[Any]]:
    """One row a method, ours first: columns for a table."""
    rows = {**estimates, **baselines}
    table: dict[str, list[Any]] = {"method": list(rows), "baseline": [name in baselines for name in rows]}
    for column in next(iter(rows.values())).headline:
        table[column] = [scores.mean.get(column) for scores in rows.values()]
    return table


def best_baseline(baselines: Mapping[str, Scores], mode: Mode) -> tuple[str, float] | None:
    """The strongest baseline and its decisive number, or None where there is none."""
    decisive = DECISIVE[mode]
    sign = 1 if decisive.direction == "max" else -1
    known = {name: scores.mean[decisive.metric] for name, scores in baselines.items() if decisive.metric in scores.mean}
    return max(known.items(), key=lambda item: sign * item[1]) if known else None


def _score(slices: SliceSet, one: Slice, answer: Answer, mode: Mode, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng([seed, 5])
    scaling = slices.scaling
    dims = scaling.dims
    if mode == "expr_to_pos":
        unit = scaling.coordinate_scale
        labels = None if one.labels is None else slices.names_of(one.labels)
        return position_metrics(one.position[:, :dims] * unit, answer.position[:, :dims] * unit, labels, rng=rng)
    if mode == "pos_to_expr":
        truth, predicted = scaling.to_log(one.expression), scaling.to_log(answer.expression)
        return expression_metrics(truth, predicted, one.position[:, :dims], scaling.genes)
    return distribution_metrics(
        one.expression, answer.expression, one.position[:, :dims], answer.position[:, :dims], rng=rng
    )
