"""How close predicted expression comes to what was measured, once over a whole split, with 95 % intervals.

Knows no model. Intervals come from drawing regions anew, since the values of one region are not independent.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import rankdata

Array = np.ndarray

DRAWS = 500
LOW, HIGH = 2.5, 97.5
FEWEST = 3  # entries below which nothing is said
NAMES = ("pearson", "spearman", "r2", "delta_pearson", "mse", "rmse", "mae")


def score(
    truth: Array, predicted: Array, entries: Array, region_mean: Array | None, seed: int, *, intervals: bool = True
) -> dict[str, Any]:
    """{name, name_low, name_high} for the NAMES, as plain numbers, over the `entries` bool [S, R] that were measured.

    `truth`, `predicted` [S, R]; `region_mean` [R] is each region's mean in training, NaN for regions not seen there.
    r2 is 1 - squared error / variance around the mean of these entries. delta_pearson is Pearson's correlation after
    subtracting region_mean from both, over regions seen. A value that does not apply is None: correlation of what
    does not vary, delta_pearson where no region was seen, everything where a prediction is missing.
    """
    entries = np.asarray(entries, dtype=bool) & np.isfinite(truth)
    rows, regions = np.nonzero(entries)
    y, x = truth[rows, regions].astype(np.float64), predicted[rows, regions].astype(np.float64)
    if y.size < FEWEST or not np.isfinite(x).all():
        return dict.fromkeys(_keys(intervals))
    mean = np.full(truth.shape[1], np.nan) if region_mean is None else np.asarray(region_mean, dtype=np.float64)
    seen = np.isfinite(mean[regions])
    # Every number is a function of sums over entries, and these are sums over regions of sums within a region.
    within = {
        "plain": _sums(x, y, regions),
        "rank": _sums(rankdata(x), rankdata(y), regions),
        "delta": _sums((x - mean[regions])[seen], (y - mean[regions])[seen], regions[seen]),
    }
    whole = {kind: sums.sum(axis=0, keepdims=True) for kind, sums in within.items()}
    scores = {name: _number(values[0]) for name, values in _numbers(whole).items()}
    if not intervals:
        return scores
    drawn = _drawn(within, seed)
    for name in NAMES:
        usable = drawn[name][np.isfinite(drawn[name])]
        known = scores[name] is not None and usable.size > 0
        for end, percentile in (("low", LOW), ("high", HIGH)):
            scores[f"{name}_{end}"] = float(np.percentile(usable, percentile)) if known else None
    return scores


def score_groups(
    truth: Array, predicted: Array, entries: Array, region_mean: Array | None, groups: Array
) -> dict[str, dict[str, Any]]:
    """The same numbers without intervals for the samples of each condition group that has entries."""
    made = {}
    for group in np.unique(groups.astype(str)):
        rows = groups.astype(str) == group
        if entries[rows].any():
            made[str(group)] = {
                "entries": int((entries[rows] & np.isfinite(truth[rows])).sum()),
                **score(truth[rows], predicted[rows], entries[rows], region_mean, 0, intervals=False),
            }
    return made


def best_baseline(baselines: Mapping[str, Mapping[str, Any]], name: str = "pearson") -> tuple[str, float] | None:
    """The baseline with the highest such number, or None where none has it."""
    known = {method: scores[name] for method, scores in baselines.items() if scores.get(name) is not None}
    return max(known.items(), key=lambda item: item[1]) if known else None


def _keys(intervals: bool) -> list[str]:
    keys = list(NAMES)
    return keys + [f"{name}_{end}" for name in NAMES for end in ("low", "high")] if intervals else keys


def _sums(x: Array, y: Array, regions: Array) -> Array:
    """Per region n, x, y, xx, yy, xy, (x - y)² and |x - y|, each summed: [regions with entries, 8].

    Both are shifted by the mean of y first, so that sums of squares keep their digits.
    """
    if not x.size:
        return np.zeros((1, 8))
    middle = y.mean()
    x, y = x - middle, y - middle
    _, place = np.unique(regions, return_inverse=True)
    columns = (np.ones_like(x), x, y, x * x, y * y, x * y, (x - y) ** 2, np.abs(x - y))
    return np.stack([np.bincount(place, weights=column) for column in columns], axis=1)


def _drawn(within: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Every number [DRAWS] over regions drawn with replacement."""
    rng = np.random.default_rng([seed, 21])
    regions = len(within["plain"])
    counts = rng.multinomial(regions, np.full(regions, 1 / regions), size=DRAWS).astype(np.float64)
    sums = {kind: counts @ values for kind, values in within.items() if len(values) == regions}
    if len(within["delta"]) != regions:  # some regions were not seen in training
        seen = len(within["delta"])
        again = rng.multinomial(seen, np.full(seen, 1 / seen), size=DRAWS).astype(np.float64)
        sums["delta"] = again @ within["delta"]
    return _numbers(sums)


def _numbers(sums: Mapping[str, Array]) -> dict[str, Array]:
    """The NAMES from sums [draws, 8] of each kind."""
    n, _, y, _, yy, _, squared, absolute = sums["plain"].T
    spread = yy - y**2 / n
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "pearson": _correlation(sums["plain"]),
            "spearman": _correlation(sums["rank"]),
            "r2": np.where(spread > 1e-12 * n, 1 - squared / spread, np.nan),
            "delta_pearson": _correlation(sums["delta"]),
            "mse": squared / n,
            "rmse": np.sqrt(squared / n),
            "mae": absolute / n,
        }


def _correlation(sums: Array) -> Array:
    n, x, y, xx, yy, xy = sums.T[:6]
    with np.errstate(divide="ignore", invalid="ignore"):
        of_x, of_y = xx - x**2 / n, yy - y**2 / n
        made = (xy - x * y / n) / np.sqrt(of_x * of_y)
        # What varies only by rounding does not vary, and has no correlation.
        least = 1e-12 * np.maximum(of_x, of_y)
        return np.where((of_x > least) & (of_y > least) & (n >= FEWEST), made, np.nan)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
