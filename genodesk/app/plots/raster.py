"""Raster: every cell of a view drawn into one array of pixels. Pure numpy, made for a thread that leaves others time.

Three ways, by how many cells share the pixels: single pixels shaded by how many cells they hold, small discs grown from
those pixels, large discs placed exactly. Where discs overlap each pixel goes to the nearest cell, so that the order of
the file hides nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genodesk.app.plots.cell_index import Box, CellIndex

_CHUNK = 1 << 16  # cells at a time: what fits into the cache, and a short time between two breaths
_BAND = 48  # rows of pixels at a time, likewise
_LARGEST_DISC = 15.0  # px of the screen
_SINGLE = 1.25  # px of the device: below this a disc is no more than a pixel
_ABOVE = 0x80  # this bit of a strength lets the upper layer win every pixel it reaches
_LIKE_STAMPING = 250  # so many pixels grown cost as much as one disc placed exactly


@dataclass(frozen=True, eq=False)
class Layer:
    """The cells of an index that are drawn together: `paint` is each one's colour number, starts as in the index."""

    x: np.ndarray
    y: np.ndarray
    paint: np.ndarray
    starts: np.ndarray


@dataclass(frozen=True)
class Target:
    """The pixels to fill: the view's left and top edge, pixels per unit, size in pixels and pixels per screen pixel."""

    left: float
    top: float
    scale: float
    width: int
    height: int
    ratio: float = 1.0

    @property
    def box(self) -> Box:
        """The part of the plane that the pixels show."""
        return self.left, self.left + self.width / self.scale, self.top - self.height / self.scale, self.top


def layer_of(index: CellIndex, paint: np.ndarray, keep: np.ndarray) -> Layer:
    """The cells of an index for which `keep` holds; both `paint` (uint8) and `keep` are in the order of the index."""
    if keep.all():
        return Layer(index.x, index.y, paint, index.starts)
    starts = np.concatenate([[0], np.cumsum(keep)])[index.starts]
    return Layer(index.x[keep], index.y[keep], paint[keep], starts)


def disc_diameter(spacing: float, scale: float, ratio: float = 1.0) -> float:
    """How wide a cell is drawn, in device pixels: wide enough to see, narrow enough to leave neighbours apart."""
    apart = spacing * scale / ratio
    return max(ratio * min(0.85 * apart, 2.1 * float(np.sqrt(apart)), _LARGEST_DISC), 1.0)


def draw(
    index: CellIndex,
    beneath: Layer,
    above: Layer,
    target: Target,
    colours: np.ndarray,
    background: tuple[int, int, int],
) -> np.ndarray:
    """Pixels 0xFFRRGGBB [height, width] of two layers; `colours` [256, 3] are looked up by the layers' paint."""
    diameter = disc_diameter(index.spacing, target.scale, target.ratio)
    radius = diameter / 2
    air = (int(radius) + 2) / target.scale
    left, right, bottom, top = target.box
    ranges = list(index.rows_in((left - air, right + air, bottom - air, top + air)))
    layers = [layer for layer in (beneath, above) if layer.x.size]
    seen = sum(int(layer.starts[b] - layer.starts[a]) for layer in layers for a, b in ranges)
    if diameter <= _SINGLE:
        marks = _shaded(index, layers, ranges, target)
        opacity = _shade_opacity(index.spacing * target.scale)
    elif seen * _LIKE_STAMPING < target.width * target.height:
        marks, opacity = _stamped(index, layers, ranges, target, radius, above), _disc_opacity(radius)
    else:
        marks, opacity = _grown(index, layers, ranges, target, radius, above), _disc_opacity(radius)
    ground = np.asarray(background, dtype=np.float64)
    table = _packed((ground + opacity[:, None, None] * (colours[None] - ground)).reshape(-1, 3))
    return table.take(marks)


def _shaded(index: CellIndex, layers: list[Layer], ranges: list[tuple[int, int]], target: Target) -> np.ndarray:
    """Marks [height, width], the number of cells in a pixel * 256 + the paint of one of them."""
    width, height = target.width, target.height
    paint = np.zeros(width * height, dtype=np.uint16)
    counts = np.zeros(width * height, dtype=np.int64)
    for layer in layers:
        for x, y, colour in _visible(index, layer, ranges, target, 0):
            place = y.astype(np.int64)
            place *= width
            place += x
            paint[place] = colour
            # Cells come row by row, so a chunk touches a band of pixels and not the whole picture.
            first, last = int(place.min()), int(place.max()) + 1
            place -= first
            counts[first:last] += np.bincount(place, minlength=last - first)
    marks = np.minimum(counts, 255).astype(np.uint16)
    marks <<= 8
    marks |= paint
    return marks.reshape(height, width)


def _grown(
    index: CellIndex, layers: list[Layer], ranges: list[tuple[int, int]], target: Target, radius: float, above: Layer
) -> np.ndarray:
    """Marks [height, width], strength * 256 + paint: discs grown ring by ring from a picture of their centres."""
    margin = int(radius + 0.5) + 1
    wide, high = target.width + 2 * margin, target.height + 2 * margin
    centres = np.zeros(wide * high, dtype=np.uint16)
    for layer in layers:
        code = np.uint16(0xFF00 if layer is above else 0x7F00)
        for x, y, colour in _visible(index, layer, ranges, target, margin):
            place = y.astype(np.int64)
            place *= wide
            place += x
            centres[place] = colour | code
    grid = centres.reshape(high, wide)
    rings = _rings(radius)
    marks = np.zeros((target.height, target.width), dtype=np.uint16)
    room = np.empty((_BAND, target.width), dtype=np.uint16)
    for top in range(0, target.height, _BAND):
        band = marks[top : top + _BAND]
        if not grid[top : top + _BAND + 2 * margin].any():
            continue
        work = room[: len(band)]
        for strength, steps in rings:
            work[:] = 0
            for dx, dy in steps:
                row, column = top + margin + dy, margin + dx
                np.maximum(work, grid[row : row + len(band), column : column + target.width], out=work)
            # An empty pixel stays 0; a cell keeps its colour and its layer and gets the ring's strength.
            work &= np.uint16((_ABOVE | strength) << 8 | 0xFF)
            np.maximum(band, work, out=band)
    return marks


def _stamped(
    index: CellIndex, layers: list[Layer], ranges: list[tuple[int, int]], target: Target, radius: float, above: Layer
) -> np.ndarray:
    """Marks like those of `_grown` of discs around exact centres, pixel by pixel of a square around each."""
    reach = int(radius + 0.5) + 1
    margin = 2 * reach  # a cell that just touches the picture still has room for its whole square
    wide, high = target.width + 2 * margin, target.height + 2 * margin
    flat = np.zeros(wide * high, dtype=np.uint16)
    for layer in layers:
        base = np.uint16(_ABOVE << 8 if layer is above else 0)
        for x, y, colour in _visible(index, layer, ranges, target, margin, whole=False):
            column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
            inner = (column >= reach) & (column < wide - reach) & (row >= reach) & (row < high - reach)
            column, row, paint = column[inner], row[inner], colour[inner] | base
            across, down = x[inner] - column - 0.5, y[inner] - row - 0.5
            place = row * wide + column
            for dy in range(-reach, reach + 1):
                below = np.square(dy - down)
                for dx in range(-reach, reach + 1):
                    strength = _strength(np.sqrt(np.square(dx - across) + below), radius)
                    mark = strength << np.uint16(8)
                    mark |= paint * (strength > 0)
                    spot = place + (dy * wide + dx)
                    flat[spot] = np.maximum(flat[spot], mark)
    return flat.reshape(high, wide)[margin : margin + target.height, margin : margin + target.width]


def _visible(
    index: CellIndex,
    layer: Layer,
    ranges: list[tuple[int, int]],
    target: Target,
    margin: int,
    *,
    whole: bool = True,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Columns, rows and colours (uint16) of the cells in the pixels and a margin around them, some thousand at a time.

    Whole pixels are int32, else float32; the first pixel of the margin is 0.
    """
    wide, high = np.uint32(target.width + 2 * margin), np.uint32(target.height + 2 * margin)
    scale = np.float32(target.scale)
    left = np.float32((index.origin[0] - target.left) * target.scale + margin)
    top = np.float32((target.top - index.origin[1]) * target.scale + margin)
    for parts in _chunks(layer, ranges):
        x = _gathered(layer.x, parts) * scale
        x += left
        y = _gathered(layer.y, parts) * -scale
        y += top
        column, row = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
        # Taken as unsigned, what lies left or above is far too large.
        inside = column.view(np.uint32) < wide
        inside &= row.view(np.uint32) < high
        colour = _gathered(layer.paint, parts).astype(np.uint16)
        if not inside.all():
            column, row, colour = column[inside], row[inside], colour[inside]
            x, y = x[inside], y[inside]
        if colour.size:
            yield (column, row, colour) if whole else (x, y, colour)


def _chunks(layer: Layer, ranges: list[tuple[int, int]]) -> Iterator[list[slice]]:
    """Ranges of bins as slices of cells, put together to about one chunk each."""
    parts: list[slice] = []
    held = 0
    for first, last in ranges:
        start, stop = int(layer.starts[first]), int(layer.starts[last])
        while start < stop:
            end = min(start + _CHUNK - held, stop)
            parts.append(slice(start, end))
            held += end - start
            start = end
            if held == _CHUNK:
                yield parts
                parts, held = [], 0
    if parts:
        yield parts


def _gathered(array: np.ndarray, parts: list[slice]) -> np.ndarray:
    return array[parts[0]] if len(parts) == 1 else np.concatenate([array[part] for part in parts])


def _rings(radius: float) -> list[tuple[int, list[tuple[int, int]]]]:
    """(strength, steps from the centre) of the pixels of a disc, those equally far together, the outermost first."""
    reach = int(radius + 0.5)
    found: dict[int, list[tuple[int, int]]] = {}
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            strength = int(_strength(np.hypot(dx, dy), radius))
            if strength:
                found.setdefault(strength, []).append((dx, dy))
    return sorted(found.items())


def _strength(far: np.ndarray, radius: float) -> np.ndarray:
    """1 to 127 for pixels at a distance from the centre, 127 at the centre, 0 outside the disc's soft edge."""
    share = 1.0 - far / (radius + 0.5)
    return np.where(share > 0, 1.0 + 126.0 * share, 0.0).astype(np.uint16)


def _disc_opacity(radius: float) -> np.ndarray:
    """How much of a pixel a disc covers [256], by its strength: all within, less over the last pixel."""
    far = (1.0 - (np.arange(128) - 1.0) / 126.0) * (radius + 0.5)
    covered = np.clip(radius + 0.5 - far, 0.0, 1.0) * (np.arange(128) > 0)
    return np.concatenate([covered, covered])


def _shade_opacity(apart: float) -> np.ndarray:
    """The opacity of a pixel by its number of cells [256], where neighbours are `apart` pixels from each other.

    At one cell a pixel or fewer each stands out; where many share one, the shade tells how many.
    """
    usual = max(1.0 / apart**2, 0.7)
    opacity = np.maximum(1.0 - 0.2 ** (np.arange(256) / usual), 0.3)
    opacity[0] = 0.0
    return opacity


def _packed(rgb: np.ndarray) -> np.ndarray:
    """0xFFRRGGBB of colours [..., 3]."""
    red, green, blue = np.moveaxis(np.rint(rgb).astype(np.uint32), -1, 0)
    return np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
