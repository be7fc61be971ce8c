"""What the numbers of a judgement allow to say, and what they do not."""

from collections.abc import Mapping

from genodesk.core.metrics import meaning
from genodesk.workflows.genechat import METRICS
from genodesk.workflows.genechat.controls import FEWEST_GENES, Gap

FEW_GENES = 60  # below which a difference is easily missed
_SHOWN = {"other": "another gene", "zero": "no gene", "random": "the gene's bases in random order"}
_SIMPLE = {
    "nearest_copy": "Copying the answer of the most alike training gene",
    "most_frequent": "Giving everybody the most frequent answer",
    "most_typical": "Giving everybody the most typical answer",
}


def in_words(
    genes: int,
    gaps: Mapping[str, Gap],
    metrics: Mapping[str, float | None],
    simple: Mapping[str, Mapping[str, float | None]],
    first: str,
) -> tuple[list[str], list[str]]:
    """(calm remarks, warnings) about the gaps of so many genes, and about scores beside those of simple methods.

    `first` is the metric that decides. The best simple method is compared with the model wherever scores are shown, so
    only others are named here.
    """
    remarks, warnings = [], []
    failed = [name for name, gap in gaps.items() if not gap.reads]
    if not failed:
        least = min(gaps.values(), key=lambda gap: gap.difference)
        remarks.append(
            f"The model reads the gene: with anything else in its place the true answer is less likely "
            f"(loss at least {least.difference:.3f} higher, p {_p(max(gap.p for gap in gaps.values()))})."
        )
    else:
        warnings.append(
            "That the model reads the gene is not shown: the true answer may be as likely with "
            + " or ".join(f"{_SHOWN[name]} (p {_p(gaps[name].p)})" for name in failed)
            + ". Its wording may come from the answers it was trained on alone."
        )
    if genes < FEWEST_GENES:
        number = "1 gene is" if genes == 1 else f"{genes} genes are"
        warnings.append(f"{number} too few to show it either way: at least {FEWEST_GENES} are needed.")
    elif genes < FEW_GENES:
        unsure = "a small difference would not be seen" if failed else "others may give other numbers"
        (warnings if failed else remarks).append(f"{genes} genes are few: {unsure}.")
    own = metrics.get(first)
    theirs = {name: scores[first] for name, scores in simple.items() if scores.get(first) is not None}
    for name in sorted(theirs, key=lambda name: -(theirs[name] or 0.0))[1:]:
        value = theirs[name]
        if own is not None and value is not None and value >= own:
            title = meaning(first, METRICS).title
            warnings.append(f"{_SIMPLE[name]} scores as high or higher, too ({title} {value:.3f} against {own:.3f}).")
    return remarks, warnings


def _p(value: float) -> str:
    return f"= {value:.4f}" if value < 0.01 else f"= {value:.2f}"
