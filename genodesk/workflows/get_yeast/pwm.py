"""How strongly motifs bind sequences: a scan of all motifs over all sequences on both strands as matrix products."""

from collections.abc import Callable, Sequence

import numpy as np

from genodesk.workflows.get_yeast.motif_file import Motif

P_VALUE = 1e-4  # of a hit at one position of one strand, the default of FIMO
STEP = 0.01  # bits: scores are rounded to it when their distribution is computed
WINDOWS_AT_ONCE = 60_000
_LETTERS = np.full(256, 4, dtype=np.uint8)
for _number, _letter in enumerate("ACGT"):
    _LETTERS[ord(_letter)] = _LETTERS[ord(_letter.lower())] = _number


def background_of(sequences: Sequence[str]) -> np.ndarray:
    """Probabilities of A, C, G, T float64 [4] in the sequences and their reverse complements; 1 added to each count."""
    counts = np.ones(4)
    for sequence in sequences:
        counts += np.bincount(encode(sequence), minlength=5)[:4]
    both = counts + counts[::-1]
    return both / both.sum()


def scan(
    sequences: Sequence[str],
    motifs: Sequence[Motif],
    background: np.ndarray | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """float32 [sequences, motifs]: the sum of the log-odds, in bits, of all hits of a motif on either strand.

    A hit is a position of one strand whose log-odds against the background (of the sequences where None is given)
    has a p-value of at most 1e-4 (Grant, Bailey and Noble 2011, FIMO). Letters other than ACGT count as background.
    """
    background = background_of(sequences) if background is None else background
    scores = np.zeros((len(sequences), len(motifs)), dtype=np.float32)
    tables = [motif.log_odds(background) for motif in motifs]
    letters = [encode(sequence) for sequence in sequences]
    widths = sorted({len(table) for table in tables})
    for done, width in enumerate(widths):
        if progress is not None:
            progress(done, len(widths))
        chosen = [number for number, table in enumerate(tables) if len(table) == width]
        limits = np.array([threshold(tables[number], background) for number in chosen], dtype=np.float32)
        # Positions x letters flattened, as the windows are; the reverse strand is the same window read backwards.
        forward = np.stack([tables[number].ravel() for number in chosen], axis=1)
        backward = np.stack([tables[number][::-1, ::-1].ravel() for number in chosen], axis=1)
        weights = np.concatenate([forward, backward], axis=1).astype(np.float32)
        scores[:, chosen] = _hits(letters, weights, np.concatenate([limits, limits]), width)
    return scores


def threshold(table: np.ndarray, background: np.ndarray, p_value: float = P_VALUE) -> float:
    """The lowest log-odds of a motif [W, 4] that chance reaches with at most `p_value`; its greatest where none does.

    The distribution over random sequences is exact up to rounding of scores to 0.01 bits. The limit is above 0: against
    a sharp motif even words that fit the background better are rare, and they are no sites.
    """
    steps = np.rint(table / STEP).astype(np.int64)
    lowest = steps.min(axis=1)
    chances = np.ones(1)
    for row, base in zip(steps, lowest, strict=True):
        longer = np.zeros(len(chances) + int(row.max() - base))
        for letter, shift in enumerate(row - base):
            longer[shift : shift + len(chances)] += background[letter] * chances
        chances = longer
    tail = np.cumsum(chances[::-1])[::-1]
    reached = np.flatnonzero(tail <= p_value)
    best = int(reached[0]) if len(reached) else len(chances) - 1
    # Half a step for each position lower, so that no window that rounds to the limit is lost by rounding.
    return max((int(lowest.sum()) + best) * STEP - STEP / 2, STEP)


def encode(sequence: str) -> np.ndarray:
    """Letters as numbers uint8: A, C, G, T = 0 to 3, all others 4."""
    return _LETTERS[np.frombuffer(sequence.encode("latin-1", "replace"), dtype=np.uint8)]


def _hits(letters: list[np.ndarray], weights: np.ndarray, limits: np.ndarray, width: int) -> np.ndarray:
    """[sequences, motifs]: sums over windows of what reaches the limit; `weights` [4 width, 2 motifs], both strands."""
    motifs = weights.shape[1] // 2
    total = np.zeros((len(letters), motifs), dtype=np.float32)
    long_enough = [number for number, sequence in enumerate(letters) if len(sequence) >= width]
    start = 0
    while start < len(long_enough):
        stop, windows = start, 0
        while stop < len(long_enough) and (stop == start or windows < WINDOWS_AT_ONCE):
            windows += len(letters[long_enough[stop]]) - width + 1
            stop += 1
        rows = long_enough[start:stop]
        found = np.concatenate([_windows(letters[row], width) for row in rows]) @ weights
        found[found < limits] = 0.0
        lengths = np.array([len(letters[row]) - width + 1 for row in rows])
        firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        sums = np.add.reduceat(found, firsts, axis=0)
        total[rows] = sums[:, :motifs] + sums[:, motifs:]
        start = stop
    return total


def _windows(sequence: np.ndarray, width: int) -> np.ndarray:
    """All windows of a sequence as 0/1 rows float32 [windows, 4 width]; other letters are 0 throughout."""
    one_hot = np.zeros((len(sequence), 4), dtype=np.float32)
    known = np.flatnonzero(sequence < 4)
    one_hot[known, sequence[known]] = 1.0
    return np.lib.stride_tricks.sliding_window_view(one_hot.ravel(), 4 * width)[::4]
