"""Made-up gene families: members share conserved segments that mutate, and what is said of them follows the family.

Every base is invented, and all families use the four bases alike, so that only the order of bases tells them apart.
"""

from typing import Literal, get_args

import numpy as np

from genodesk.core.errors import UserError
from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.synthetic_words import FAMILIES, QUESTIONS, FamilyWords

Difficulty = Literal["demo", "mid", "hard"]

BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
MUTATED: dict[Difficulty, float] = {"demo": 0.08, "mid": 0.15, "hard": 0.25}  # share of bases of a conserved segment
SHORTEST, LONGEST = 600, 2400  # bases of a gene
SEGMENT_LENGTH = 72
CONSERVED = 0.7  # share of a gene that is its family's segments: a longer gene has more of them
SOURCE = "generated"


def make_families(seed: int, genes: int = 600, families: int = 10, difficulty: Difficulty = "demo") -> list[Pair]:
    """Genes spread evenly over the families, each with one question and answer of every kind (QUESTIONS).

    A gene is 600 to 2,400 bases: the first segments of its family in their order, as many as fill 70 % of it, each with
    a share of its bases mutated, and random bases between. The same seed gives the same genes. Raises UserError for
    unknown numbers and names.
    """
    if difficulty not in MUTATED:
        raise UserError(
            f"There is no difficulty {difficulty}.", f"Use {', '.join(get_args(Difficulty))}.", "--difficulty"
        )
    if not 2 <= families <= len(FAMILIES) or genes < families:
        raise UserError(
            f"{genes} genes of {families} families cannot be made.",
            f"Ask for 2 to {len(FAMILIES)} families and at least one gene of each.",
            "--families",
        )
    rng = np.random.default_rng([seed, 7])
    segments = [[_even(SEGMENT_LENGTH, rng) for _ in range(_segments(LONGEST))] for _ in range(families)]
    pairs: list[Pair] = []
    for number in range(genes):
        words = FAMILIES[number % families]
        sequence = _gene(segments[number % families], MUTATED[difficulty], rng)
        pairs += _asked(f"gene{number + 1:04d}", sequence, words, rng)
    return pairs


def _even(length: int, rng: np.random.Generator) -> np.ndarray:
    """Bases in random order, each of the four as often."""
    return rng.permutation(np.resize(BASES, length))


def _segments(length: int) -> int:
    """How many segments a gene of this length has."""
    return round(CONSERVED * length / SEGMENT_LENGTH)


def _gene(segments: list[np.ndarray], mutated: float, rng: np.random.Generator) -> str:
    length = int(rng.integers(SHORTEST, LONGEST + 1))
    chosen = segments[: _segments(length)]
    between = length - SEGMENT_LENGTH * len(chosen)
    spacers = np.split(_even(between, rng), np.sort(rng.integers(0, between + 1, len(chosen))))
    parts = [spacers[0]]
    for segment, spacer in zip(chosen, spacers[1:], strict=True):
        parts += [_mutated(segment, mutated, rng), spacer]
    return np.concatenate(parts).tobytes().decode("ascii")


def _mutated(segment: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """The segment with each base replaced by one of the other three with this probability."""
    place = np.searchsorted(BASES, segment)
    step = np.where(rng.random(len(segment)) < share, rng.integers(1, 4, len(segment)), 0)
    return BASES[(place + step) % 4]


def _asked(gene: str, sequence: str, words: FamilyWords, rng: np.random.Generator) -> list[Pair]:
    return [
        Pair(
            id=f"{gene}-{aspect}",
            gene=gene,
            sequence=sequence,
            prompt=wordings[int(rng.integers(len(wordings)))],
            answer=words.answer(aspect),
            family=words.name,
            source=SOURCE,
        )
        for aspect, wordings in QUESTIONS.items()
    ]
