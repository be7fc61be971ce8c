"""What a model's predictions rest on: motifs by integrated gradients and knock-outs, conditions by taking them away.

All of it is the model's own view. Motifs are explained for the motif path, since a region's learned effect has none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import wilcoxon

from genodesk.core.errors import Stopped
from genodesk.engine.live_run import CallRun
from genodesk.workflows.get_yeast.conditions import CATEGORIES, CONDITION_COLUMNS
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.trained import Trained
from genodesk.workflows.get_yeast.windows import chromosomes

Array = np.ndarray

TOKENS = 8_192  # regions x cultures whose gradients are held at once
BEARING = 75  # percentile of a motif's scores from which on a region bears it
FEWEST_BEARERS = 6


@dataclass(frozen=True)
class Attribution:
    """`values` [R, M]: what the motifs of a region add to predictions, summed over its window, mean over cultures.

    `gap`: by what share the values miss the difference between all motifs and none, which they should sum to.
    """

    values: Array
    gap: float

    @property
    def importance(self) -> Array:
        """Mean size of a motif's contribution over regions, [M]."""
        return np.abs(self.values).mean(axis=0)


@dataclass(frozen=True)
class FieldEffect:
    """What hiding one field of the conditions does: mean size of the change, and the squared error with and without.

    Errors are None where nothing was measured.
    """

    change: float
    error: float | None
    error_without: float | None


def one_of_each(data: YeastData, most: int) -> Array:
    """One sample of each condition group, at most so many, evenly spread."""
    _, first = np.unique(data.condition_group.astype(str), return_index=True)
    first = np.sort(first)
    return first[np.linspace(0, len(first) - 1, min(most, len(first))).astype(int)]


def integrated_gradients(trained: Trained, data: YeastData, points: int, run: CallRun | None = None) -> Attribution:
    """Integrated gradients from no motif at all to the motifs there are (Sundararajan et al. 2017, arXiv 1703.01365).

    The path integral is taken by Gauss-Legendre quadrature with so many points. Raises Stopped.
    """
    places, weights = np.polynomial.legendre.leggauss(points)
    places, weights = (places + 1) / 2, weights / 2
    values = np.zeros((len(data.regions), len(trained.motif_names)))
    difference = missed = 0.0
    for number, (samples, regions, total) in enumerate(_blocks(data)):
        if run is not None:
            if run.should_stop():
                raise Stopped
            run.progress(number, total, unit="blocks", text="Integrated gradients")
        part = data.take(samples=samples, regions=regions)
        motifs, path = trained.region_tensors(part).motifs, trained.path_of(part)
        summed = torch.zeros_like(motifs)
        for place, weight in zip(places, weights, strict=True):
            along = (motifs * float(place)).requires_grad_()
            (gradient,) = torch.autograd.grad(path(along).sum(), along)
            summed += float(weight) * gradient.cpu()
        told = (summed * motifs).double().numpy()
        with torch.no_grad():
            ends = [float(path(motifs * share).double().sum()) for share in (1.0, 0.0)]
        values[regions] += told / len(data.samples)
        difference += abs(ends[0] - ends[1])
        missed += abs(float(told.sum()) - (ends[0] - ends[1]))
    return Attribution(values, missed / difference if difference > 0 else 0.0)


def knock_outs(trained: Trained, data: YeastData, motifs: Sequence[str], run: CallRun | None = None) -> Array:
    """Mean change over cultures of each region's prediction without each motif, [len(motifs), R]. Raises Stopped.

    Accessibility is left as it is.
    """
    before = trained.motif_path(data)
    scores = trained.region_tensors(data).motifs.numpy()
    effects = np.zeros((len(motifs), len(data.regions)))
    for number, name in enumerate(motifs):
        if run is not None:
            if run.should_stop():
                raise Stopped
            run.progress(number, len(motifs), unit="motifs", text="Knocking out")
        column = trained.motif_names.index(name)
        without = scores.copy()
        without[:, column] = 0.0
        effects[number] = (trained.motif_path(data, motifs=without) - before).mean(axis=0)
    return effects


def agreement(trained: Trained, data: YeastData, motifs: Sequence[str], effects: Array) -> tuple[Array, Array, Array]:
    """(mean effect, p, number) over the regions that bear each motif, [len(motifs)] each.

    p: Wilcoxon's signed-rank test of whether those regions change in one direction; 1 for too few of them.
    """
    scores = trained.region_tensors(data).motifs.numpy()
    means, p_values, numbers = np.zeros(len(motifs)), np.ones(len(motifs)), np.zeros(len(motifs), dtype=int)
    for number, name in enumerate(motifs):
        column = scores[:, trained.motif_names.index(name)]
        bearers = (column > 0) & (column >= np.percentile(column, BEARING))
        numbers[number] = bearers.sum()
        if bearers.any():
            means[number] = effects[number, bearers].mean()
        if bearers.sum() >= FEWEST_BEARERS and np.any(effects[number, bearers] != 0):
            p_values[number] = wilcoxon(effects[number, bearers], method="approx").pvalue
    return means, p_values, numbers


def condition_importance(trained: Trained, data: YeastData) -> dict[str, FieldEffect]:
    """For each field that is recorded in some culture, what changes when the model is not told it."""
    base = trained.predict(data)
    truth = data.expression
    measured = None if truth is None else np.isfinite(truth)
    effects = {}
    for name in CONDITION_COLUMNS:
        if data.conditions[name].isna().all():
            continue
        hidden = data.conditions.assign(**{name: None if name in CATEGORIES else np.nan})
        told = trained.predict(data, conditions=hidden, varied=True)  # of the same culture, with the field left out
        errors: tuple[float | None, float | None] = (None, None)
        if truth is not None and measured is not None and measured.any():
            errors = (_squared(truth, base, measured), _squared(truth, told, measured))
        effects[name] = FieldEffect(float(np.abs(told - base).mean()), *errors)
    return effects


def _blocks(data: YeastData) -> Iterator[tuple[Array, Array, int]]:
    """(cultures, regions, number of blocks): whole chromosomes, so that windows stay as they are."""
    parts = chromosomes(data.regions)
    sizes = [max(1, TOKENS // max(1, len(rows))) for rows in parts]
    total = sum(-(-len(data.samples) // size) for size in sizes)
    for rows, size in zip(parts, sizes, strict=True):
        for first in range(0, len(data.samples), size):
            yield np.arange(first, min(first + size, len(data.samples))), rows, total


def _squared(truth: Array, told: Array, measured: Array) -> float:
    return float(((truth[measured] - told[measured]) ** 2).mean())
