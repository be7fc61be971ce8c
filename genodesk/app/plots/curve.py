"""One named curve: its points in arrays that grow, their moving average, its band, and what of them a view shows."""

import math
from collections.abc import Iterable

import numpy as np

from genodesk.app.plots.decimate import MovingAverage, columns

Extent = tuple[float, float, float, float]
"""Least and greatest x, least and greatest y."""


# From so many points on, the weight is that of a stretch and no longer of a point: the picture stays the same.
_FULL_WEIGHT = 1000
_LEAST_WEIGHT = 0.02


class Curve:
    """Points that are no finite numbers are left out, as in print.

    Points appended before the last one go where they belong: a run that was resumed repeats a few steps.
    `band` is the area around it, as x with its lower and upper edge [points].
    """

    def __init__(self, colour: str, dash: tuple[float, ...] = ()) -> None:
        self.colour = colour
        self.dash = dash
        self.shown = True
        self.band: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        self._x = np.zeros(64)
        self._y = np.zeros(64)
        self._smooth = np.zeros(64)
        self._size = 0
        self._ordered = True
        self._average: MovingAverage | None = None
        self._averaged = 0

    @property
    def x(self) -> np.ndarray:
        """[points]"""
        return self._x[: self._size]

    @property
    def y(self) -> np.ndarray:
        """[points]"""
        return self._y[: self._size]

    def append(self, xs: np.ndarray, ys: np.ndarray) -> None:
        """Adds points [points] at the end."""
        xs, ys = np.atleast_1d(np.asarray(xs, np.float64)), np.atleast_1d(np.asarray(ys, np.float64))
        known = np.isfinite(xs) & np.isfinite(ys)
        xs, ys = xs[known], ys[known]
        before, self._size = self._size, self._size + xs.size
        if self._size > self._x.size:
            room = max(self._size, 2 * self._x.size)
            self._x, self._y = np.resize(self._x, room), np.resize(self._y, room)
            self._smooth = np.resize(self._smooth, room)
        self._x[before : self._size] = xs
        self._y[before : self._size] = ys
        was_ordered = self._ordered
        if xs.size:
            self._ordered = self._ordered and bool(np.all(np.diff(self._x[max(before - 1, 0) : self._size]) >= 0))
        if before and was_ordered and not self._ordered:
            order = np.argsort(self.x, kind="stable")
            self._x[: self._size], self._y[: self._size] = self.x[order], self.y[order]
            self._ordered = True
            self._averaged = 0

    @property
    def spacing(self) -> float:
        """The mean distance between neighbours along x; 0 where there are fewer than two."""
        return float(abs(self.x[-1] - self.x[0])) / (self._size - 1) if self._size > 1 else 0.0

    def smoothed(self, weight: float) -> np.ndarray:
        """The moving average of y [points], y itself for a weight of 0; only points new since the last call cost."""
        if weight == 0:
            return self.y
        if self._averaged == 0 or self._average is None or self._average.weight != weight:
            self._average, self._averaged = MovingAverage(weight), 0
        fresh = slice(self._averaged, self._size)
        self._smooth[fresh] = self._average.take(self._y[fresh])
        self._averaged = self._size
        return self._smooth[: self._size]

    def drawn(self, edges: np.ndarray, weight: float, *, log_x: bool, log_y: bool) -> tuple[np.ndarray, np.ndarray]:
        """What a view with these columns shows of the moving average, logarithms taken where asked for."""
        x, y = self.x, self.smoothed(weight)
        if (log_x and x.size and x.min() <= 0) or (log_y and y.size and y.min() <= 0):
            possible = ((x > 0) | (not log_x)) & ((y > 0) | (not log_y))
            x, y = x[possible], y[possible]
        if self._ordered:
            x, y = columns(x, y, 10**edges if log_x else edges)
        return np.log10(x) if log_x else x, np.log10(y) if log_y else y

    def extent(self, *, log_x: bool, log_y: bool) -> Extent | None:
        """The box around all that can be shown, in numbers or their logarithms; None where there is nothing."""
        x, y = self.x, self.y
        possible = ((x > 0) | (not log_x)) & ((y > 0) | (not log_y)) if log_x or log_y else slice(None)
        x, y = x[possible], y[possible]
        boxes = []
        if x.size:
            box = np.array([x.min(), x.max(), y.min(), y.max()])
            box[:2] = np.log10(box[:2]) if log_x else box[:2]
            box[2:] = np.log10(box[2:]) if log_y else box[2:]
            boxes.append(box)
        along, low, high = self.band_drawn(log_x=log_x, log_y=log_y)
        if along.size:
            boxes.append(np.array([along.min(), along.max(), low.min(), high.max()]))
        if not boxes:
            return None
        least, greatest = np.min(boxes, axis=0).tolist(), np.max(boxes, axis=0).tolist()
        return least[0], greatest[1], least[2], greatest[3]

    def band_drawn(self, *, log_x: bool, log_y: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The x and both edges of the band where they can be shown [points], logarithms taken where asked for."""
        if self.band is None:
            return np.zeros(0), np.zeros(0), np.zeros(0)
        x, low, high = self.band
        known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        known &= ((x > 0) | (not log_x)) & ((low > 0) | (not log_y))
        x, low, high = x[known], low[known], high[known]
        x = np.log10(x) if log_x else x
        return (x, np.log10(low), np.log10(high)) if log_y else (x, low, high)

    def between(self, x: float) -> float:
        """The height of the curve at x, on the straight line between its neighbours."""
        return float(np.interp(x, self.x, self.y))

    def beyond(self, x: float, way: int) -> float | None:
        """The x of the nearest point above (way 1) or below (-1) a place; None where there is none."""
        further = self.x[self.x > x] if way > 0 else self.x[self.x < x]
        if not further.size:
            return None
        return float(further.min() if way > 0 else further.max())

    def nearest(self, x: float) -> int:
        """The number of the point whose x is nearest, -1 where there are no points."""
        if not self._size:
            return -1
        if not self._ordered:
            return int(np.argmin(np.abs(self.x - x)))
        after = int(np.clip(np.searchsorted(self.x, x), 1, max(self._size - 1, 1)))
        if self._size == 1:
            return 0
        return after if self.x[after] - x < x - self.x[after - 1] else after - 1


def smoothing_of(curve: Curve, shown: Iterable[Curve], weight: float) -> float:
    """The weight of one curve's moving average, such that all curves are smoothed over the same stretch of x.

    `weight` is that of the densest curve, or of a point in a thousand where there are more. Stretches are rounded to
    powers of two, so that a growing curve is not averaged anew with every point. A reference is never smoothed.
    """
    if not weight or curve.dash or not curve.spacing:
        return 0.0
    others = [other for other in shown if not other.dash and other.spacing]
    length = max(other.spacing * (other.x.size - 1) for other in others)
    unit = max(min(other.spacing for other in others), length / _FULL_WEIGHT)
    own = weight ** (2.0 ** round(math.log2(curve.spacing / unit)))
    return float(own) if own > _LEAST_WEIGHT else 0.0
