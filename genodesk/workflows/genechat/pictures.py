"""The figures of a judgement: losses with and without the true gene, and scores beside simple methods."""

from collections.abc import Mapping

import numpy as np

from genodesk.core.figure import Axis
from genodesk.core.metrics import meaning
from genodesk.engine.drawing import Drawing
from genodesk.engine.figures import bar_figure, histogram_figure
from genodesk.workflows.genechat import METHODS, METRICS
from genodesk.workflows.genechat.controls import Gap

Array = np.ndarray

SHOWN = ("exact", "bleu_1", "bleu_4", "meteor", "rouge_l")
DISTRIBUTED = "meteor"
CONTROL_TITLES = {
    "true": "the true gene",
    "other": "another gene",
    "zero": "no gene",
    "random": "permuted bases",
}
_WHISKERS = "Whiskers are 95 % intervals over genes."


def loss_by_control(losses: Mapping[str, Array], gaps: Mapping[str, Gap]) -> Drawing:
    """The loss of the true answer, mean over genes, by what stands in the gene's place; losses are [genes]."""
    worst = max(gap.p for gap in gaps.values())
    # The genes are the same in every bar, so what counts is how sure their differences are.
    whiskers = [(gaps[name].high - gaps[name].low) / 2 if name in gaps else 0.0 for name in losses]
    return bar_figure(
        "controls",
        "How unlikely the true answer is",
        Axis(label="What the model is shown", ticks=tuple(CONTROL_TITLES[name] for name in losses)),
        Axis(label="Loss of the true answer"),
        {"this model": [values.mean() for values in losses.values()]},
        errors={"this model": whiskers},
        caption=f"Whiskers are 95 % intervals of the difference to the true gene, gene by gene; p at most {worst:.4f}.",
    )


def gaps(differences: Mapping[str, Array]) -> Drawing:
    """How much the loss of each gene grows without it; differences are [genes]."""
    return histogram_figure(
        "gaps",
        "By how much the true answer is less likely without its gene",
        Axis(label="Loss with the control − loss with the true gene"),
        {CONTROL_TITLES[name]: values for name, values in differences.items()},
        count="Genes",
        caption="Right of 0, the true gene helps.",
    )


def scores_beside(own: Mapping[str, Array], simple: Mapping[str, Mapping[str, Array]]) -> Drawing:
    """Scores of the model and of methods without a network, means over genes; scores are [genes]."""
    methods = {"this model": own, **{METHODS[name]: scores for name, scores in simple.items()}}
    heights = {name: [scores[metric].mean() for metric in SHOWN] for name, scores in methods.items()}
    return bar_figure(
        "scores",
        "Answers beside those of simple methods",
        Axis(label="", ticks=tuple(meaning(metric, METRICS).title for metric in SHOWN)),
        Axis(label="Mean score"),
        {"this model": heights.pop("this model")},
        errors={name: [_half_interval(scores[metric]) for metric in SHOWN] for name, scores in methods.items()},
        baselines=heights or None,
        caption=_WHISKERS,
    )


def score_distribution(own: Mapping[str, Array], simple: Mapping[str, Mapping[str, Array]]) -> Drawing:
    """How one score spreads over genes, of the model and of simple methods."""
    return histogram_figure(
        "score_distribution",
        f"{meaning(DISTRIBUTED, METRICS).title} of each gene's answers",
        Axis(label=meaning(DISTRIBUTED, METRICS).title),
        {"this model": own[DISTRIBUTED]},
        references={METHODS[name]: scores[DISTRIBUTED] for name, scores in simple.items()},
        count="Genes",
    )


def _half_interval(values: Array) -> float:
    """Half the length of a 95 % interval of the mean; 0 for a single gene."""
    return float(1.96 * values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else 0.0
