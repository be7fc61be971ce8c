"""How good a model's answers are, and whether they come from the gene: the numbers of train and evaluate.

The same answers are scored with the true gene, another gene, windows that say nothing and permuted bases; beside the
model stand answers that need no network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genodesk.core.errors import Stopped
from genodesk.core.metrics import meaning
from genodesk.engine.live_run import Run
from genodesk.workflows.genechat import METRICS, pictures
from genodesk.workflows.genechat.answer_baselines import AnswerBaselines
from genodesk.workflows.genechat.controls import CONTROLS, Gap, other_gene, paired_bootstrap, permuted
from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.text_metrics import HOW, TEXT_METRICS, means, score_each

if TYPE_CHECKING:
    from torch import Tensor

    from genodesk.workflows.genechat.trained import Trained

Array = np.ndarray

FEW_GENES = 60  # below which a difference is easily missed
_TOKENISED = 100  # of the longest answers in letters; the longest in tokens is among them


@dataclass(frozen=True)
class Genes:
    """The genes of some pairs: their `sequences`, the `family` of each, and the gene [pairs] of each pair."""

    sequences: list[str]
    families: list[str]
    of_pair: Array

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> Genes:
        """Pairs with one sequence are about one gene."""
        families = {pair.sequence: pair.family for pair in pairs}
        numbers = {sequence: number for number, sequence in enumerate(families)}
        return cls(list(families), list(families.values()), np.array([numbers[pair.sequence] for pair in pairs]))

    def mean(self, values: Array) -> Array:
        """[genes]: the mean over each gene's pairs, which are not independent of each other."""
        return np.bincount(self.of_pair, weights=values) / np.bincount(self.of_pair)


def judge(
    run: Run,
    trained: Trained,
    pairs_by_split: Mapping[str, Sequence[Pair]],
    embeddings: Mapping[str, Tensor],
    *,
    seed: int,
    part: str = "test",
    most_tokens: int | None = None,
) -> dict[str, Any]:
    """Scores the model on a part of a set, beside baselines fitted to its training part; leaves tables and figures.

    `embeddings` hold the windows [W, d] of every sequence of that part. Answers are cut off after `most_tokens`; where
    that is None, after as many as the longest true answer of the training has. Returns `metrics`, `baselines`,
    `controls` (losses with the gap to the true gene) and `said`, sentences that sum up. Raises Stopped.
    """
    from genodesk.workflows.genechat.answering import answers
    from genodesk.workflows.genechat.model import answer_losses

    pairs, references = pairs_by_split[part], [pair.answer for pair in pairs_by_split[part]]
    genes = Genes.of(pairs)
    longest = most_tokens or _longest_answer(trained, pairs_by_split.get("train") or pairs)
    shown = _shown(run, trained, genes, embeddings, seed)
    losses: dict[str, Array] = {}
    told: dict[str, list[str]] = {}
    for number, (name, windows) in enumerate(shown.items()):
        run.progress(number, len(shown), unit="controls", text=f"Asking with the gene: {name}")
        of_pairs = [windows[gene] for gene in genes.of_pair]
        prompts = _prompts(trained, pairs, of_pairs, references)
        losses[name] = answer_losses(trained.model, prompts, of_pairs, should_stop=run.should_stop)
        if name in ("true", "other"):
            told[name] = answers(
                trained,
                _prompts(trained, pairs, of_pairs, [None] * len(pairs)),
                of_pairs,
                most_tokens=longest,
                should_stop=run.should_stop,
            )
    run.progress(len(shown), len(shown), unit="controls")
    gaps = {name: paired_bootstrap(genes.mean(losses["true"]), genes.mean(losses[name]), seed) for name in CONTROLS}
    scores = {name: score_each(said, references) for name, said in told.items()}
    beside = _baselines(run, pairs_by_split, pairs) if part != "train" else {}
    simple = {name: score_each(said, references) for name, said in beside.items()}
    document = _document(genes, losses, gaps, scores, simple, references, part)
    _show(run, genes, losses, scores["true"], simple, gaps)
    run.table("answers", _table(pairs, losses, told, scores["true"], beside))
    return document


def _shown(
    run: Run, trained: Trained, genes: Genes, embeddings: Mapping[str, Tensor], seed: int
) -> dict[str, list[Tensor]]:
    """{control: the windows [W, d] shown in place of each gene}, the true ones first."""
    true = [embeddings[sequence] for sequence in genes.sequences]
    # Once standardised, the mean window is zero: a window without anything of its own.
    nothing = trained.model.adapter.mean.detach().cpu()
    mixed = [permuted(sequence, seed, number) for number, sequence in enumerate(genes.sequences)]
    return {
        "true": true,
        "other": [true[number] for number in other_gene(genes.families, seed)],
        "zero": [nothing.expand_as(windows).contiguous() for windows in true],
        "random": trained.encoder.encode(
            mixed,
            should_stop=run.should_stop,
            progress=lambda done, total: run.progress(done, total, unit="windows", text="Encoding permuted genes"),
        ),
    }


def _longest_answer(trained: Trained, pairs: Sequence[Pair]) -> int:
    """In tokens, with one for its end."""
    longest = sorted({pair.answer for pair in pairs}, key=len)[-_TOKENISED:]
    return 1 + max(len(trained.tokenizer.encode(answer, add_special_tokens=False)) for answer in longest)


def _prompts(
    trained: Trained, pairs: Sequence[Pair], windows: Sequence[Tensor], answers: Sequence[str | None]
) -> list[Any]:
    from genodesk.workflows.genechat.prompt import PlacedGene, Turn

    return [
        trained.prompt([Turn(pair.prompt)], [PlacedGene(pair.gene, len(shown))], answer)
        for pair, shown, answer in zip(pairs, windows, answers, strict=True)
    ]


def _baselines(run: Run, pairs_by_split: Mapping[str, Sequence[Pair]], pairs: Sequence[Pair]) -> dict[str, list[str]]:
    def between() -> None:
        if run.should_stop():
            raise Stopped

    return AnswerBaselines(pairs_by_split["train"], between).answers(pairs)


def _document(
    genes: Genes,
    losses: Mapping[str, Array],
    gaps: Mapping[str, Gap],
    scores: Mapping[str, Mapping[str, Array]],
    simple: Mapping[str, Mapping[str, Array]],
    references: Sequence[str],
    part: str,
) -> dict[str, Any]:
    # Where no two genes share an answer, equal answers cannot be expected, and METEOR tells more.
    repeated = len(set(references)) < len(genes.sequences)
    first = ("exact", "meteor") if repeated else ("meteor", "exact")
    order = (*first, *(name for name in TEXT_METRICS if name not in first))
    metrics = {name: means(scores["true"])[name] for name in order}
    metrics["answer_loss"] = float(losses["true"].mean())
    metrics.update({f"gap_{name}": gap.difference for name, gap in gaps.items()})
    controls: dict[str, dict[str, float | None]] = {
        name: {"loss": float(genes.mean(values).mean())} for name, values in losses.items()
    }
    for name, gap in gaps.items():
        controls[name].update(asdict(gap))
    for name, values in scores.items():
        controls[name]["exact"] = means(values)["exact"]
    return {
        "metrics": metrics,
        "baselines": {name: means(values) for name, values in simple.items()},
        "controls": controls,
        "reads_the_gene": all(gap.reads for gap in gaps.values()),
        "part": part,
        "genes": len(genes.sequences),
        "pairs": len(references),
        "how": HOW,
        "said": in_words(genes, gaps, metrics, {name: means(values) for name, values in simple.items()}, first[0]),
    }


def in_words(
    genes: Genes,
    gaps: Mapping[str, Gap],
    metrics: Mapping[str, float | None],
    simple: Mapping[str, Mapping[str, float | None]],
    first: str,
) -> list[str]:
    """What the numbers allow to say, and what they do not."""
    said = []
    failed = [name for name, gap in gaps.items() if not gap.reads]
    shown = {"other": "another gene", "zero": "no gene", "random": "the gene's bases in random order"}
    if not failed:
        least = min(gaps.values(), key=lambda gap: gap.difference)
        said.append(
            f"The model reads the gene: with anything else in its place the true answer is less likely "
            f"(loss at least {least.difference:.3f} higher, p {_p(max(gap.p for gap in gaps.values()))})."
        )
    else:
        said.append(
            "That the model reads the gene is not shown: the true answer is no less likely with "
            + " or ".join(f"{shown[name]} (p {_p(gaps[name].p)})" for name in failed)
            + ". Its wording then comes from the answers it was trained on."
        )
    for name, words in (("nearest_copy", "Copying the answer of the most alike training gene"),
                        ("most_frequent", "Giving everybody the most frequent answer"),
                        ("most_typical", "Giving everybody the most typical answer")):  # fmt: skip
        own, theirs = metrics.get(first), simple.get(name, {}).get(first)
        if own is not None and theirs is not None and theirs >= own:
            title = meaning(first, METRICS).title
            said.append(f"{words} scores as high or higher ({title} {theirs:.3f} against {own:.3f}).")
    if len(genes.sequences) < FEW_GENES:
        said.append(f"{len(genes.sequences)} genes are few: a small difference would not be seen.")
    return said


def _p(value: float) -> str:
    return f"= {value:.4f}" if value < 0.01 else f"= {value:.2f}"


def _show(
    run: Run,
    genes: Genes,
    losses: Mapping[str, Array],
    scores: Mapping[str, Array],
    simple: Mapping[str, Mapping[str, Array]],
    gaps: Mapping[str, Gap],
) -> None:
    run.figure(pictures.loss_by_control({name: genes.mean(values) for name, values in losses.items()}, gaps))
    run.figure(pictures.gaps({name: genes.mean(losses[name] - losses["true"]) for name in CONTROLS}))
    of_genes = {name: {metric: genes.mean(values) for metric, values in one.items()} for name, one in simple.items()}
    own = {metric: genes.mean(values) for metric, values in scores.items()}
    run.figure(pictures.scores_beside(own, of_genes))
    run.figure(pictures.score_distribution(own, of_genes))


def _table(
    pairs: Sequence[Pair],
    losses: Mapping[str, Array],
    told: Mapping[str, Sequence[str]],
    scores: Mapping[str, Array],
    beside: Mapping[str, Sequence[str]],
) -> dict[str, Sequence[Any]]:
    """One row a pair: what was asked, what is true, what was said, and how likely the truth was with each control."""
    columns: dict[str, Sequence[Any]] = {
        "id": [pair.id for pair in pairs],
        "gene": [pair.gene for pair in pairs],
        "family": [pair.family for pair in pairs],
        "bases": [len(pair.sequence) for pair in pairs],
        "prompt": [pair.prompt for pair in pairs],
        "true_answer": [pair.answer for pair in pairs],
        "answer": told["true"],
        "answer_with_another_gene": told["other"],
        **beside,
    }
    columns |= {name: [float(value) for value in values] for name, values in scores.items()}
    columns |= {f"loss_{name}": [float(value) for value in values] for name, values in losses.items()}
    return columns
