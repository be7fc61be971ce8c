"""A million points for a screen of a thousand columns: what a curve looks like there, and its moving average.

Plain numpy, a few milliseconds for a million points. Knows no widget.
"""

import math

import numpy as np

Numbers = np.ndarray

# Powers of the weight up to this exponent neither vanish nor overflow in double precision.
_REACH = 600.0
_LONGEST_ROW = 4096


def columns(x: Numbers, y: Numbers, edges: Numbers) -> tuple[Numbers, Numbers]:
    """The lowest and highest point of a curve in every pixel column, as a curve of at most two points a column.

    `x` [points] never decreases; `edges` [columns + 1] are where the columns begin and end. One point beyond
    either side is kept, so that the curve runs on to the rim. Few points come back as they are.
    """
    first, last = np.searchsorted(x, edges[0], "left"), np.searchsorted(x, edges[-1], "right")
    first, last = max(int(first) - 1, 0), min(int(last) + 1, x.size)
    if last - first <= 2 * edges.size:
        return x[first:last], y[first:last]
    starts = np.searchsorted(x, edges[:-1], "left")
    starts = np.unique(np.clip(np.concatenate(([first], starts, [last - 1])), first, last - 1))
    seen = y[first:last]
    low = np.minimum.reduceat(seen, starts - first)
    high = np.maximum.reduceat(seen, starts - first)
    return np.repeat(x[starts], 2), np.column_stack((low, high)).ravel()


class MovingAverage:
    """The exponential moving average with weight w: s = w s + (1 - w) y, divided by 1 - w^n so that it starts unbiased.

    Goes on where it stopped, so that a growing curve costs only its new points.
    """

    def __init__(self, weight: float) -> None:
        if not 0 < weight < 1:
            raise ValueError("the weight lies between 0 and 1")
        self.weight = weight
        self._sum = 0.0
        self._seen = 0

    def take(self, y: Numbers) -> Numbers:
        """The averages at the next points [points]."""
        if not y.size:
            return np.zeros(0)
        w, n = self.weight, y.size
        across = int(np.clip(-_REACH / math.log(w), 1, min(_LONGEST_ROW, n)))
        rows = np.zeros((-(-n // across), across))
        rows.ravel()[:n] = y
        powers = w ** np.arange(across, dtype=np.float64)
        # Within a row: s_k = w^k (sum of (1 - w) y_j / w^j); what the rows before leave behind decays over the row.
        rows *= (1 - w) / powers
        np.cumsum(rows, axis=1, out=rows)
        rows *= powers
        carried = np.empty(len(rows))
        kept = self._sum
        for i, gained in enumerate(rows[:, -1].tolist()):
            carried[i] = kept
            kept = gained + kept * w**across
        rows += carried[:, None] * (w * powers)
        self._sum = float(rows.ravel()[n - 1])
        before = self._seen
        self._seen += n
        biased = min(max(math.ceil((math.log(1e-17) / math.log(w) - before) / across), 0), len(rows))
        left = w ** (before + 1.0 + across * np.arange(biased))
        rows[:biased] /= 1 - left[:, None] * powers
        average: Numbers = rows.ravel()[:n]
        return average
