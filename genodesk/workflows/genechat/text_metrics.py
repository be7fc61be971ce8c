"""How close answers come to the true ones in words: BLEU, METEOR and ROUGE of each pair, and their means.

Texts are cut at white space and keep their case; ROUGE alone cuts and lower-cases as its package does. Only likeness of
words is measured: an answer worded as usual scores well and may still be about another gene.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

BLEU = ("bleu_1", "bleu_2", "bleu_3", "bleu_4")
ROUGE = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
TEXT_METRICS = ("exact", *BLEU, "meteor", *ROUGE)
HOW = (
    "Mean over pairs of each pair's own score. BLEU: up to n words, no smoothing, 0 where no n words agree. METEOR: "
    "equal words and equal Porter stems, no synonyms (alpha 0.9, beta 3, gamma 0.5). ROUGE: F1 of the rouge-score "
    "package without stemming. Exact: share of answers that equal the true one but for white space."
)


def score_each(answers: Sequence[str], references: Sequence[str]) -> dict[str, np.ndarray]:
    """float64 [pairs] for each of TEXT_METRICS, 0 to 1. BLEU after Papineni 2002, METEOR after Lavie 2007."""
    from rouge_score.rouge_scorer import RougeScorer

    rouge = RougeScorer(list(ROUGE.values()), use_stemmer=False)
    made: dict[str, list[float]] = {name: [] for name in TEXT_METRICS}
    for answer, reference in zip(answers, references, strict=True):
        said, true = answer.split(), reference.split()
        made["exact"].append(float(said == true))
        for name, value in zip(BLEU, _bleu(said, true), strict=True):
            made[name].append(value)
        made["meteor"].append(_meteor(said, true))
        found = rouge.score(reference, answer)
        for name, called in ROUGE.items():
            made[name].append(found[called].fmeasure)
    return {name: np.array(values, dtype=np.float64) for name, values in made.items()}


def means(scores: Mapping[str, np.ndarray]) -> dict[str, float | None]:
    """The mean of each score; None where there is no pair."""
    return {name: float(values.mean()) if values.size else None for name, values in scores.items()}


def _bleu(said: list[str], true: list[str]) -> list[float]:
    from nltk.translate.bleu_score import sentence_bleu

    if not said:
        return [0.0] * len(BLEU)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that no n words agree is an answer, too
        values = [sentence_bleu([true], said, weights=(1 / n,) * n) for n in range(1, len(BLEU) + 1)]
    return [value if value > 1e-12 else 0.0 for value in values]


class _NoSynonyms:
    """Stands for the WordNet that METEOR may ask: nothing is a synonym of anything."""

    def synsets(self, _word: str) -> list[Any]:
        return []


def _meteor(said: list[str], true: list[str]) -> float:
    from nltk.translate.meteor_score import single_meteor_score

    if not said or not true:
        return 0.0
    return float(single_meteor_score(true, said, preprocess=str, wordnet=_NoSynonyms(), alpha=0.9, beta=3.0, gamma=0.5))
