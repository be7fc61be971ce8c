"""Where cells lie, sorted into a grid: what lies in a view, which cell is nearest, which lie inside an outline.

Pure numpy on arrays; knows nothing of colours, pixels or widgets.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Box = tuple[float, float, float, float]
"""Left, right, bottom, top in the units of the positions."""

_CELLS_PER_BIN = 16
_MOST_BINS = 60_000  # fewer than 2^16: sorting 16-bit numbers is three times faster
_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class CellIndex:
    """Cells with a position, in the order of a row-major grid of square bins and in a fixed shuffled order within one.

    `cells` are their numbers in the file; `x` and `y` are relative to `origin`. `spacing` is a usual distance between
    neighbours. `starts` [rows * columns + 1] says where each bin begins.
    """

    cells: np.ndarray
    x: np.ndarray
    y: np.ndarray
    starts: np.ndarray
    origin: tuple[float, float]
    size: tuple[float, float]
    bin: float
    columns: int
    rows: int
    spacing: float

    def box_of(self, shown: np.ndarray | None) -> Box | None:
        """The smallest box around the shown cells, or around all; None where there are none."""
        (left, bottom), (width, height) = self.origin, self.size
        if shown is None:
            return (left, left + width, bottom, bottom + height) if self.cells.size else None
        keep = shown[self.cells]
        x, y = self.x[keep], self.y[keep]
        if not x.size:
            return None
        return left + float(x.min()), left + float(x.max()), bottom + float(y.min()), bottom + float(y.max())

    def rows_in(self, box: Box) -> Iterator[tuple[int, int]]:
        """Ranges of bins that together cover a box, one a row, or one for all where the box is as wide as the grid."""
        left, right = (int(np.clip((v - self.origin[0]) // self.bin, 0, self.columns - 1)) for v in box[:2])
        low, high = (int(np.clip((v - self.origin[1]) // self.bin, 0, self.rows - 1)) for v in box[2:])
        if left == 0 and right == self.columns - 1:
            yield low * self.columns, (high + 1) * self.columns
            return
        for row in range(low, high + 1):
            yield row * self.columns + left, row * self.columns + right + 1

    def nearest(self, x: float, y: float, reach: float, shown: np.ndarray | None = None) -> int:
        """The number of the nearest shown cell at most `reach` away, or -1."""
        box = (x - reach, x + reach, y - reach, y + reach)
        pieces = [np.arange(self.starts[a], self.starts[b]) for a, b in self.rows_in(box)]
        places = np.concatenate(pieces)
        if shown is not None:
            places = places[shown[self.cells[places]]]
        if not places.size:
            return -1
        far = np.hypot(self.x[places] - (x - self.origin[0]), self.y[places] - (y - self.origin[1]))
        best = int(np.argmin(far))
        return int(self.cells[places[best]]) if far[best] <= reach else -1

    def inside(self, outline: np.ndarray, count: int) -> np.ndarray:
        """Which of `count` cells [count] lie inside a closed outline [points, 2], by the even-odd rule.

        An edge is crossed only by rays that start in its own rows, so each edge looks at those rows alone.
        """
        odd = np.zeros(self.cells.size, dtype=bool)
        points = np.asarray(outline, dtype=np.float64) - self.origin
        for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, axis=0), strict=True):
            if y1 == y2:
                continue
            low, high = sorted((y1, y2))
            if high < 0 or low > self.size[1]:
                continue
            first, last = (int(np.clip(v // self.bin, 0, self.rows - 1)) for v in (low, high))
            start, stop = self.starts[first * self.columns], self.starts[(last + 1) * self.columns]
            for a in range(start, stop, _CHUNK):
                part = slice(a, min(a + _CHUNK, stop))
                y = self.y[part]
                crossed = (y > low) & (y <= high)
                crossed &= self.x[part] < x1 + (y - y1) * ((x2 - x1) / (y2 - y1))
                odd[part] ^= crossed
        mask = np.zeros(count, dtype=bool)
        mask[self.cells[odd]] = True
        return mask


def index_cells(positions: np.ndarray) -> CellIndex:
    """The index of positions [cells, 2]; cells without a finite position are left out."""
    cells = _shuffled(len(positions))
    place = positions[cells]
    known = np.isfinite(place).all(axis=1)
    if not known.all():
        cells, place = cells[known], place[known]
    if not cells.size:
        none = np.zeros(0, dtype=np.float32)
        return CellIndex(cells, none, none, np.zeros(2, dtype=np.int64), (0.0, 0.0), (0.0, 0.0), 1.0, 1, 1, 1.0)
    low = place.min(axis=0).astype(np.float64)
    x, y = ((place[:, axis] - low[axis]).astype(np.float32) for axis in (0, 1))
    width, height = float(x.max()), float(y.max())
    side, columns, rows = _grid(width, height, cells.size)
    bins = np.minimum((x / side).astype(np.int32), columns - 1)
    bins += columns * np.minimum((y / side).astype(np.int32), rows - 1)
    order = np.argsort(bins.astype(np.uint16), kind="stable")
    counts = np.bincount(bins, minlength=rows * columns)
    starts = np.concatenate([[0], np.cumsum(counts)])
    spacing = _spacing(counts, side, (width, height))
    origin = (float(low[0]), float(low[1]))
    return CellIndex(cells[order], x[order], y[order], starts, origin, (width, height), side, columns, rows, spacing)


def _shuffled(count: int) -> np.ndarray:
    """0 to count - 1 in steps of the golden ratio: a fixed order in which no class or slice comes last."""
    step = max(int(count * 0.6180339887), 1)
    while np.gcd(step, count) > 1:
        step += 1
    return np.arange(count, dtype=np.int64) * step % max(count, 1)


def _grid(width: float, height: float, count: int) -> tuple[float, int, int]:
    wanted = min(max(count / _CELLS_PER_BIN, 1.0), _MOST_BINS)
    long = max(width, height)
    if long == 0:
        return 1.0, 1, 1
    # A line of cells has no area to share out, so a side is never less than an even cut of the longer one.
    side = max(float(np.sqrt(width * height / wanted)), long / wanted)
    columns, rows = int(width / side) + 1, int(height / side) + 1
    while columns * rows >= 1 << 16:
        side *= 1.05
        columns, rows = int(width / side) + 1, int(height / side) + 1
    return side, columns, rows


def _spacing(counts: np.ndarray, side: float, size: tuple[float, float]) -> float:
    """The distance between neighbours, where three quarters of the cells lie at least as close."""
    filled = np.sort(counts[counts > 0])
    among = filled[np.searchsorted(np.cumsum(filled), filled.sum() / 4)]
    area = min(side, size[0] or side) * min(side, size[1] or side)
    return float(np.sqrt(area / among)) or 1.0
