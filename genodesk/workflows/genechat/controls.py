"""Does a model read the gene? What it is shown instead of the true one, and whether that makes a difference.

`other`: a gene of another family. `zero`: windows that say nothing. `random`: the gene's own bases in random order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONTROLS = ("other", "zero", "random")
DRAWS = 10_000
SURE = 0.01  # below which a difference counts as more than chance
FEWEST_GENES = 7  # of which alone a difference can be so sure: of six, one in 2^6 sign patterns is still 0.016
_AT_ONCE = 500  # draws


@dataclass(frozen=True)
class Gap:
    """By how much a loss grows without the true gene: the mean over genes with its 95 % interval.

    `p` is the larger of two: how often genes drawn anew would show no growth, at least 1 / (draws + 1), and how often
    chance alone would show as much growth, at least 1 / 2^genes.
    """

    difference: float
    low: float
    high: float
    p: float

    @property
    def reads(self) -> bool:
        """Whether the difference is more than chance would give."""
        return self.difference > 0 and self.p < SURE


def paired_bootstrap(true: np.ndarray, control: np.ndarray, seed: int, draws: int = DRAWS) -> Gap:
    """The gap between losses [genes] with the true gene and with a control: the interval from genes drawn anew (Efron
    1979), p from these and from turned signs, since few genes drawn anew are always the same few."""
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
    return Gap(float(difference.mean()), float(low), float(high), max(p, sign_flips(difference, seed, draws)))


def sign_flips(difference: np.ndarray, seed: int, draws: int = DRAWS) -> float:
    """How often differences [genes] whose signs are chance have a mean at least as large (Fisher 1935).

    Every pattern of signs is tried where there are no more than `draws`, else so many are drawn.
    """
    genes = difference.size
    rng = np.random.default_rng([seed, 44])
    all_patterns = 2**genes <= draws
    number = 2**genes if all_patterns else draws
    reached = 0
    least = difference.sum() - 1e-12 * np.abs(difference).sum()
    for done in range(0, number, _AT_ONCE):
        rows = min(_AT_ONCE, number - done)
        if all_patterns:
            negative = (np.arange(done, done + rows)[:, None] >> np.arange(genes)) & 1
        else:
            negative = rng.integers(0, 2, (rows, genes), dtype=np.int8)
        reached += int(((1 - 2.0 * negative) @ difference >= least).sum())
    return reached / number if all_patterns else (1 + reached) / (number + 1)


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
