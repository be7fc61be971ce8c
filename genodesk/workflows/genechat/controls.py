"""Does a model read the gene? What it is shown instead of the true one, and whether that makes a difference.

`other`: a gene of another family. `zero`: windows that say nothing. `random`: the gene's own bases in random order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONTROLS = ("other", "zero", "random")
DRAWS = 10_000
_AT_ONCE = 500  # draws


@dataclass(frozen=True)
class Gap:
    """By how much a loss grows without the true gene: the mean over genes with its 95 % interval.

    `p` is how often genes drawn anew would show no growth, at least 1 / (draws + 1).
    """

    difference: float
    low: float
    high: float
    p: float

    @property
    def reads(self) -> bool:
        """Whether the difference is more than chance would give."""
        return self.difference > 0 and self.p < 0.01


def paired_bootstrap(true: np.ndarray, control: np.ndarray, seed: int, draws: int = DRAWS) -> Gap:
    """The gap between losses [genes] with the true gene and with a control, genes drawn anew (Efron 1979)."""
    difference = np.asarray(control, dtype=np.float64) - np.asarray(true, dtype=np.float64)
    genes = difference.size
    rng = np.random.default_rng([seed, 41])
    drawn = [
        rng.multinomial(genes, np.full(genes, 1 / genes), size=min(_AT_ONCE, draws - done)) @ difference / genes
        for done in range(0, draws, _AT_ONCE)
    ]
    every = np.concatenate(drawn)
    low, high = np.percentile(every, (2.5, 97.5))
    p = (1 + int((every <= 0).sum())) / (draws + 1)
    return Gap(float(difference.mean()), float(low), float(high), p)


def other_gene(families: Sequence[str], seed: int) -> np.ndarray:
    """[genes]: for each the number of a gene of another family, of any other gene where there is but one family."""
    names = np.asarray(families, dtype=str)
    rng = np.random.default_rng([seed, 42])
    chosen = np.zeros(len(names), dtype=np.int64)
    for number, family in enumerate(names):
        others = np.flatnonzero(names != family)
        if not others.size:
            others = np.delete(np.arange(len(names)), number)
        chosen[number] = rng.choice(others) if others.size else number
    return chosen


def permuted(sequence: str, seed: int, number: int) -> str:
    """The bases of a sequence in random order; stretches of N stay where they are."""
    letters = np.frombuffer(sequence.encode("ascii"), dtype=np.uint8).copy()
    bases = letters != ord("N")
    letters[bases] = np.random.default_rng([seed, 43, number]).permutation(letters[bases])
    return letters.tobytes().decode("ascii")
