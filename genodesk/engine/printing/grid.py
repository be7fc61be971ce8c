"""How the panels of a figure stand on the page and how large each comes out, in mm. Draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from genodesk.core.figure import Panel
from genodesk.core.figure_files import MATRIX_KINDS
from genodesk.engine.drawing import Drawing, drawable
from genodesk.engine.printing.axes import LONGEST_TICK_MM, tick_words
from genodesk.engine.printing.colouring import Colouring
from genodesk.engine.printing.lettering import SIZE, width_mm


@dataclass(frozen=True)
class Grid:
    """How panels stand: rows and columns, and in mm a cell with its labels, the axes inside it, the whole height, and
    how wide the words of an axis may be.
    """

    rows: int
    columns: int
    cell_width: float
    axes: tuple[float, float]
    height: float
    horizontal: bool = False
    longest_word: float = LONGEST_TICK_MM

    @classmethod
    def plan(cls, drawing: Drawing, room: float, colouring: Colouring) -> Grid:
        """The grid of a drawing's panels in `room` mm of width, a colour bar included where one is needed."""
        figure = drawing.figure
        n = len(figure.panels)
        columns = min(n, max(int(room // 40), 1))
        rows = -(-n // columns)
        bar = 13.0 if colouring.continuous else 0.0
        cell = (room - bar) / columns
        horizontal = figure.kind == "bar" and any(_lies_down(panel, cell) for panel in figure.panels)
        longest = _longest_word(cell) if figure.kind == "bar" else LONGEST_TICK_MM
        widths, heights = zip(*(_axes_size(drawing, index, cell, horizontal) for index in range(n)), strict=True)
        axes = (min(widths), max(size for size, _ in heights))
        tall = max(size + around for size, around in heights)
        return cls(rows, columns, cell, axes, rows * tall + (rows - 1) * 2.0, horizontal, longest)


def _axes_size(drawing: Drawing, index: int, cell: float, horizontal: bool) -> tuple[float, tuple[float, float]]:
    """Width of the axes of one panel, and (their height, the height of what stands above and below), in mm."""
    figure = drawing.figure
    panel = figure.panels[index]
    above = 4.0 if panel.title else 1.5
    across, words_x, words_y = cell - 11, _longest(panel.x.ticks), _longest(panel.y.ticks)
    if figure.kind == "spatial":
        left, right, bottom, top = views(drawing)[index]
        return cell, (float(np.clip(cell * (top - bottom) / (right - left), 12, 1.5 * cell)), above + 5.0)
    if figure.kind in MATRIX_KINDS:
        rows, columns = drawing.arrays[panel.series[0].data["matrix"]].shape if panel.series else (1, 1)
        across = cell - 5 - (words_y or 6)
        pitch = across / max(columns, 1)
        side = float(np.clip(pitch, 2.3 if panel.y.ticks else 0.0, 5.0)) if figure.kind == "heatmap" else pitch
        tall = float(np.clip(side * rows, 20, 180))
        return across, (tall, above + 5 + (words_x if words_x > pitch - 1 else 3))
    if horizontal:
        words_x = _longest(panel.x.ticks, _longest_word(cell))
        bars = max(len(panel.x.ticks), 1) * max(len(panel.series) if _grouped(drawing, panel) else 1, 1)
        return cell - 5 - words_x, (float(np.clip(3.4 * bars + 2, 14, 200)), above + 8.0)
    if panel.equal_aspect:
        return across, (across, above + 8.0)
    return across, (float(np.clip(0.66 * across, 32, 65)), above + 8.0)


def _grouped(drawing: Drawing, panel: Panel) -> bool:
    """Whether several series have a bar at one place."""
    places: list[float] = []
    for series in panel.series:
        y = drawing.arrays[series.data["y"]]
        places += drawing.arrays[series.data["x"]][np.isfinite(y)].tolist()
    return len(set(places)) < len(places)


def _lies_down(panel: Panel, cell: float) -> bool:
    """Whether the words of a bar chart need lines of their own."""
    widths = [width_mm(word, SIZE) for word in tick_words(panel.x.ticks, _longest_word(cell))]
    across = cell - 12
    return sum(widths) + 2.5 * len(widths) > across or any(
        width > max(LONGEST_TICK_MM, across / len(widths) - 1) for width in widths
    )


def _longest(words: tuple[str, ...], limit: float = LONGEST_TICK_MM) -> float:
    return max((width_mm(word, SIZE) for word in tick_words(words, limit)), default=0.0)


def _longest_word(cell: float) -> float:
    """The words of bars may take a third of a wide page, so that long names stay whole."""
    return max(LONGEST_TICK_MM, 0.37 * cell)


def views(drawing: Drawing) -> list[tuple[float, float, float, float]]:
    """Left, right, bottom, top of every spatial panel, one for all where they are linked, with a little air."""
    boxes = []
    for panel in drawing.figure.panels:
        box = []
        for role in ("x", "y"):
            numbers = np.concatenate([drawable(drawing.arrays[s.data[role]]) for s in panel.series] or [np.zeros(0)])
            numbers = numbers[np.isfinite(numbers)]
            box.append((float(numbers.min()), float(numbers.max())) if numbers.size else (np.nan, np.nan))
        boxes.append((*box[0], *box[1]))
    table = np.array(boxes)
    if drawing.figure.linked:
        low, high = _least(table[:, ::2], np.fmin, 0.0), _least(table[:, 1::2], np.fmax, 1.0)
        table[:, ::2], table[:, 1::2] = low, high
    table[:, ::2], table[:, 1::2] = np.nan_to_num(table[:, ::2], nan=0.0), np.nan_to_num(table[:, 1::2], nan=1.0)
    air = 0.02 * np.maximum(table[:, 1] - table[:, 0], table[:, 3] - table[:, 2])
    air[air == 0] = 0.5
    return [(a - e, b + e, c - e, d + e) for (a, b, c, d), e in zip(table.tolist(), air.tolist(), strict=True)]


def _least(numbers: np.ndarray, choose: Any, otherwise: float) -> np.ndarray:
    found = choose.reduce(numbers, axis=0)
    return np.where(np.isfinite(found), found, otherwise)
