"""How good a model's answers are, and whether they come from the gene: the numbers of train and evaluate.

The same answers are scored with the true gene, another gene, windows that say nothing and permuted bases; beside the
model stand answers that need no network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from genodesk.engine.live_run import Run
from genodesk.workflows.genechat import pictures
from genodesk.workflows.genechat.answer_baselines import AnswerBaselines
from genodesk.workflows.genechat.controls import CONTROLS, Gap, paired_bootstrap, permuted
from genodesk.workflows.genechat.judged_questions import Genes, Questions
from genodesk.workflows.genechat.judged_words import in_words
from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.text_metrics import HOW, TEXT_METRICS, means, score_each

if TYPE_CHECKING:
    from torch import Tensor

    from genodesk.workflows.genechat.trained import Trained

Array = np.ndarray

_HOW_LOSSES = "Losses and gaps: natural logarithm per token of the true answer, mean over genes."


def judge(
    run: Run,
    trained: Trained,
    questions: Questions,
    training: Sequence[Pair],
    embeddings: Mapping[str, Tensor],
    *,
    seed: int,
    batch_size: int,
    part: str = "test",
) -> dict[str, Any]:
    """Scores the model on the questions, beside baselines fitted to the `training`; leaves tables and figures.

    `embeddings` hold the windows [W, d] of every sequence asked about; so many questions are asked at once. Returns
    `metrics`, `baselines`, `controls` (losses with the gap to the true gene), and the sentences that sum up, as
    `warnings` and `remarks`. Raises Stopped.
    """
    from genodesk.workflows.genechat.answering import answers
    from genodesk.workflows.genechat.model import answer_losses

    pairs, genes = questions.pairs, questions.genes
    references = [pair.answer for pair in pairs]
    shown = _shown(run, trained, questions, embeddings, seed)
    losses: dict[str, Array] = {}
    told: dict[str, list[str]] = {}
    for number, (name, windows) in enumerate(shown.items()):
        run.progress(number, len(shown), unit="controls", text=f"Asking with the gene: {name}")
        of_pairs = [windows[gene] for gene in genes.of_pair]
        # A gene that says nothing, or is permuted, has as many windows as the true one.
        prompts = questions.answered.get(name, questions.answered["true"])
        losses[name] = answer_losses(
            trained.model, prompts, of_pairs, batch_size=batch_size, should_stop=run.should_stop
        )
        if name in questions.asked:
            told[name] = answers(
                trained,
                questions.asked[name],
                of_pairs,
                most_tokens=questions.most_tokens,
                batch_size=batch_size,
                should_stop=run.should_stop,
            )
    run.progress(len(shown), len(shown), unit="controls")
    gaps = {name: paired_bootstrap(genes.mean(losses["true"]), genes.mean(losses[name]), seed) for name in CONTROLS}
    scores = {name: score_each(said, references) for name, said in told.items()}
    beside = AnswerBaselines(training, run.raise_if_stopped).answers(pairs) if part != "train" else {}
    simple = {name: score_each(said, references) for name, said in beside.items()}
    document = _document(genes, losses, gaps, scores, simple, references, part)
    _show(run, genes, losses, scores["true"], simple, gaps)
    run.table("answers", _table(pairs, losses, told, scores["true"], beside))
    return document


def _shown(
    run: Run, trained: Trained, questions: Questions, embeddings: Mapping[str, Tensor], seed: int
) -> dict[str, list[Tensor]]:
    """{control: the windows [W, d] shown in place of each gene}, the true ones first."""
    genes = questions.genes
    true = [embeddings[sequence] for sequence in genes.sequences]
    # Once standardised, the mean window is zero: a window without anything of its own.
    nothing = trained.model.adapter.mean.detach().cpu()
    mixed = [permuted(sequence, seed, number) for number, sequence in enumerate(genes.sequences)]
    return {
        "true": true,
        "other": [true[number] for number in questions.other],
        "zero": [nothing.expand_as(windows).contiguous() for windows in true],
        "random": trained.encoder.encode(
            mixed,
            should_stop=run.should_stop,
            progress=lambda done, total: run.progress(done, total, unit="windows", text="Encoding permuted genes"),
        ),
    }


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
    metrics["answer_loss"] = float(genes.mean(losses["true"]).mean())
    metrics.update({f"gap_{name}": gap.difference for name, gap in gaps.items()})
    controls: dict[str, dict[str, float | None]] = {
        name: {"loss": float(genes.mean(values).mean())} for name, values in losses.items()
    }
    for name, gap in gaps.items():
        controls[name].update(asdict(gap))
    for name, values in scores.items():
        controls[name]["exact"] = means(values)["exact"]
    baselines = {name: means(values) for name, values in simple.items()}
    remarks, warnings = in_words(len(genes.sequences), gaps, metrics, baselines, first[0])
    return {
        "metrics": metrics,
        "baselines": baselines,
        "controls": controls,
        "reads_the_gene": all(gap.reads for gap in gaps.values()),
        "part": part,
        "genes": len(genes.sequences),
        "pairs": len(references),
        "how": f"{HOW} {_HOW_LOSSES}",
        "warnings": warnings,
        "remarks": remarks,
    }


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
