"""The questions of a judgement, made before a training begins or a gene is encoded: what does not fit is told at once.

Every pair is asked about its own gene and about another one, with the true answer to tell how likely it is, and
without, to be answered in as many tokens as the longest answer of the training has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genodesk.core.errors import UserError
from genodesk.workflows.genechat.controls import other_gene
from genodesk.workflows.genechat.pairs import Pair

if TYPE_CHECKING:
    from genodesk.workflows.genechat.prompt import Prompt
    from genodesk.workflows.genechat.trained import Trained

Array = np.ndarray

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


@dataclass(frozen=True)
class Questions:
    """`pairs` of one part of a set with their `genes`, and for each gene the number of the `other` one shown instead.

    `answered` and `asked` hold prompts with and without the true answer, by the gene they have room for: "true" or
    "other". Answers are cut off after `most_tokens`.
    """

    pairs: list[Pair]
    genes: Genes
    other: Array
    most_tokens: int
    answered: dict[str, list[Prompt]]
    asked: dict[str, list[Prompt]]


def questions(
    trained: Trained,
    pairs: Sequence[Pair],
    training: Sequence[Pair],
    windows: Mapping[str, int],
    *,
    seed: int,
    most_tokens: int | None = None,
) -> Questions:
    """The questions about `pairs`, whose sequences have so many `windows`.

    Where `most_tokens` is None, answers get the room of the longest of the `training`. Raises UserError, naming the
    pair, where a question with its gene or with another one in its place, and an answer, do not fit.
    """
    genes = Genes.of(pairs)
    other = other_gene(genes.families, seed)
    room = most_tokens or _longest_answer(trained, training)
    counts = np.array([windows[sequence] for sequence in genes.sequences])
    shown = {"true": counts, "other": counts[other]}
    answered = {name: _prompts(trained, pairs, each[genes.of_pair], None) for name, each in shown.items()}
    asked = {name: _prompts(trained, pairs, each[genes.of_pair], room) for name, each in shown.items()}
    return Questions(list(pairs), genes, other, room, answered, asked)


def _prompts(trained: Trained, pairs: Sequence[Pair], windows: Array, room: int | None) -> list[Prompt]:
    """With the true answers, or without where there is `room` for others."""
    from genodesk.workflows.genechat.prompt import PlacedGene, Turn

    made = []
    for pair, number in zip(pairs, windows, strict=True):
        gene = PlacedGene(pair.gene, int(number))
        try:
            answer = pair.answer if room is None else None
            made.append(trained.prompt([Turn(pair.prompt)], [gene], answer, room=room or 0))
        except UserError as error:
            raise UserError(error.message, error.hint, f"pair {pair.id}") from None
    return made


def _longest_answer(trained: Trained, pairs: Sequence[Pair]) -> int:
    """In tokens, with one for its end."""
    longest = sorted({pair.answer for pair in pairs}, key=len)[-_TOKENISED:]
    return 1 + max(len(trained.tokenizer.encode(answer, add_special_tokens=False)) for answer in longest)
