"""How each kind of figure is painted on one pair of axes. Titles, legends and sizes belong to `page.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import matplotlib
import numpy as np

from genodesk.core.figure import Kind, Panel, Series
from genodesk.core.figure_look import FEW_POINTS, NUMBERED_BARS, bars, baseline_shade, bin_count, whisker
from genodesk.core.figure_text import bar_number
from genodesk.core.palette import REFERENCE
from genodesk.engine.printing.axes import INK, Paint, dress
from genodesk.engine.printing.lettering import MM_PER_POINT, SIZE, SMALL, SMALLEST, width_mm

MARKERS = ("o", "^", "s", "D", "v", "P")
# Beyond this a vector file becomes slow to open, so points turn into an image inside it.
VECTOR_POINTS = 5000


def paint_panel(kind: Kind, axes: Any, panel: Panel, paint: Paint) -> Any:
    """Draws one panel and dresses its axes. Returns the artist a colour bar explains, or None."""
    mappable = _PAINTERS[kind](axes, panel, paint)
    if kind == "spatial":
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.spines[:].set_visible(False)
    else:
        dress(axes, panel, paint)
        axes.spines[["top", "right"]].set_visible(False)
    return mappable


def _line(axes: Any, panel: Panel, paint: Paint) -> None:
    for series in panel.series:
        x, y = paint.numbers(series, "x", "y")
        known = np.isfinite(x) & np.isfinite(y)
        if series.reference:
            _reference(axes, x[known], y[known], paint.dashes[series.name])
            continue
        colour = paint.line_colours[series.name]
        if "low" in series.data:
            low, high = paint.numbers(series, "low", "high")
            edged = known & np.isfinite(low) & np.isfinite(high)
            axes.fill_between(x[edged], low[edged], high[edged], color=colour, alpha=0.18, linewidth=0)
        few = known.sum() <= FEW_POINTS
        axes.plot(x[known], y[known], color=colour, marker="o" if few else "", markersize=2.8, linewidth=1.1)
    axes.margins(x=0.02)


def _scatter(axes: Any, panel: Panel, paint: Paint) -> Any:
    mappable = None
    shapes = 0
    for series in panel.series:
        x, y = paint.numbers(series, "x", "y")
        if series.reference:
            known = np.isfinite(x) & np.isfinite(y)
            _reference(axes, x[known], y[known], paint.dashes[series.name])
            continue
        values = paint.values(series)
        plain = paint.line_colours[series.name]
        mappable = _points(axes, x, y, values, plain, paint, MARKERS[shapes % len(MARKERS)]) or mappable
        shapes += 1
    return mappable


def _spatial(axes: Any, panel: Panel, paint: Paint) -> Any:
    mappable = None
    for series in panel.series:
        x, y = paint.numbers(series, "x", "y")
        mappable = _points(axes, x, y, paint.values(series), paint.line_colours[series.name], paint) or mappable
    return mappable


def _hexbin(axes: Any, panel: Panel, paint: Paint) -> Any:
    mappable = None
    for series in panel.series:
        x, y = paint.numbers(series, "x", "y")
        known = np.isfinite(x) & np.isfinite(y)
        known &= (x > 0) | (not panel.x.log)
        known &= (y > 0) | (not panel.y.log)
        x, y = x[known], y[known]
        if series.reference:
            # Above the hexagons and dark, since grey would drown in the middle of the scale.
            _reference(axes, x, y, paint.dashes[series.name], colour=INK, zorder=3)
        elif x.size:
            across = max(int(paint.width / 1.4), 10)
            mappable = axes.hexbin(
                x,
                y,
                gridsize=(across, max(int(across * paint.height / paint.width / 1.732), 5)),
                mincnt=1,
                norm=paint.colouring.norm,
                cmap=paint.colouring.map_name,
                xscale="log" if panel.x.log else "linear",
                yscale="log" if panel.y.log else "linear",
                linewidths=0.15,
                edgecolors="face",
            )
            paint.colouring.norm.vmax = max(paint.colouring.norm.vmax, float(mappable.get_array().max()))
    return mappable


def _bar(axes: Any, panel: Panel, paint: Paint) -> None:
    heights = [paint.numbers(series, "y")[0] for series in panel.series]
    places = []
    for series, y in zip(panel.series, heights, strict=True):
        x = paint.numbers(series, "x")[0]
        places.append({round(a): i for i, a in enumerate(x) if np.isfinite(a) and np.isfinite(y[i])})
    shown = np.concatenate(heights or [np.zeros(0)])
    whole = bool(np.all(np.isnan(shown) | (shown == np.round(shown))))
    standing = bars(places)
    for bar in standing:
        series, length = panel.series[bar.series], float(heights[bar.series][bar.point])
        if series.reference:
            colour = baseline_shade(list(paint.dashes).index(series.name))
        else:
            colour = paint.line_colours[series.name]
        ends = whisker(series, length, partial(_number_of, paint, series, bar.point))
        words = bar_number(length, whole=whole) if len(standing) <= NUMBERED_BARS else ""
        _one_bar(axes, bar.at, length, ends, bar.thick, colour, paint.horizontal, words)
    # The line at zero stands for the spine, which negative bars would otherwise cross.
    if paint.horizontal:
        axes.axvline(0, color=INK, lw=0.6)
        axes.spines["left"].set_visible(False)
        axes.margins(x=0.12, y=0.01)
        axes.invert_yaxis()
    else:
        axes.axhline(0, color=INK, lw=0.6)
        axes.spines["bottom"].set_visible(False)
        axes.margins(y=0.12)


def _number_of(paint: Paint, series: Series, point: int, role: str) -> float:
    return float(paint.numbers(series, role)[0][point])


def _one_bar(
    axes: Any,
    at: float,
    length: float,
    ends: tuple[float, float],
    thick: float,
    colour: Any,
    horizontal: bool,
    words: str,
) -> None:
    (axes.barh if horizontal else axes.bar)(at, length, thick, color=colour, linewidth=0)
    end = max(*ends, length) if length >= 0 else min(*ends, length)
    if ends[0] != ends[1]:
        line = (ends, [at, at])
        axes.plot(*(line if horizontal else line[::-1]), color=INK, linewidth=0.7, solid_capstyle="butt")
    if words:
        # Beside the axis for a negative bar, so that the number does not run into the words on its other side.
        tip = max(end, 0.0)
        axes.annotate(
            words,
            (tip, at) if horizontal else (at, tip),
            (2, 0) if horizontal else (0, 2),
            textcoords="offset points",
            ha="left" if horizontal else "center",
            va="center_baseline" if horizontal else "bottom",
            fontsize=SMALL,
            color=INK,
        )


def _histogram(axes: Any, panel: Panel, paint: Paint) -> None:
    samples = []
    for series in panel.series:
        numbers = paint.numbers(series, "x")[0]
        known = np.isfinite(numbers) & ((numbers > 0) | (not panel.x.log))
        samples.append(numbers[known])
    edges = _bins(np.concatenate(samples) if samples else np.zeros(0), panel.x.log)
    ours = sum(not series.reference for series in panel.series)
    for series, numbers in zip(panel.series, samples, strict=True):
        if series.reference:
            dash = paint.dashes[series.name]
            axes.hist(numbers, edges, histtype="step", color=REFERENCE, linestyle=dash, linewidth=1.0)
        elif ours == 1:
            axes.hist(numbers, edges, color=paint.line_colours[series.name], edgecolor="white", linewidth=0.3)
        else:
            colour = paint.line_colours[series.name]
            axes.hist(numbers, edges, histtype="stepfilled", color=colour, alpha=0.18)
            axes.hist(numbers, edges, histtype="step", color=colour, linewidth=1.0)


def _heatmap(axes: Any, panel: Panel, paint: Paint) -> Any:
    mappable = None
    for series in panel.series:
        matrix = paint.numbers(series, "matrix")[0]
        mappable = _image(axes, matrix, paint)
    return mappable


def _confusion(axes: Any, panel: Panel, paint: Paint) -> Any:
    mappable = None
    for series in panel.series:
        counts = np.nan_to_num(paint.numbers(series, "matrix")[0])
        totals = counts.sum(axis=1, keepdims=True)
        # A class that never occurs has no shares: its row stays blank instead of claiming zeros.
        shares = np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
        mappable = _image(axes, shares, paint)
        axes.set_aspect("equal")
        room = 0.85 * min(paint.width, paint.height) / max(*counts.shape, 1)
        size = min(SIZE, SIZE * room / width_mm("0.00", SIZE))
        if size < SMALLEST:
            continue
        for (row, column), share in np.ndenumerate(shares):
            if np.isfinite(share):
                shade = mappable.cmap(mappable.norm(share))
                ink = "white" if np.dot(shade[:3], (0.299, 0.587, 0.114)) < 0.55 else INK
                axes.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=size, color=ink)
    return mappable


def _image(axes: Any, matrix: np.ndarray, paint: Paint) -> Any:
    if not matrix.size:
        return None
    cmap = matplotlib.colormaps[paint.colouring.map_name].with_extremes(bad="#EEF0F2")
    return axes.imshow(matrix, cmap=cmap, norm=paint.colouring.norm, aspect="auto", interpolation="nearest")


def _points(
    axes: Any, x: np.ndarray, y: np.ndarray, values: np.ndarray | None, plain: str, paint: Paint, marker: str = "o"
) -> Any:
    """Points with missing ones beneath and the others in a fixed shuffled order, so that no class hides another."""
    drawn = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    rgba, known = paint.colouring.of_points(values, plain)
    if known.size == x.size and values is not None:
        rank = np.random.default_rng(0).permutation(x.size) + x.size * known
        drawn = drawn[np.argsort(rank[drawn], kind="stable")]
        rgba = rgba[drawn]
    area = (paint.width / MM_PER_POINT) * (paint.height / MM_PER_POINT)
    size = float(np.clip(0.5 * area / max(drawn.size, 1), 0.3, 9.0))
    artist = axes.scatter(
        x[drawn], y[drawn], s=size, c=rgba, marker=marker, linewidths=0, rasterized=drawn.size > VECTOR_POINTS
    )
    artist.set_in_layout(False)
    if not paint.colouring.continuous or values is None:
        return None
    return matplotlib.cm.ScalarMappable(paint.colouring.norm, paint.colouring.map_name)


def _reference(
    axes: Any, x: np.ndarray, y: np.ndarray, dash: Any, *, colour: str = REFERENCE, zorder: float = 1.5
) -> None:
    axes.plot(x, y, color=colour, linewidth=0.9, linestyle=dash, zorder=zorder)


def _bins(numbers: np.ndarray, log: bool) -> np.ndarray:
    """At most 81 edges shared by all series."""
    if not numbers.size:
        return np.linspace(0.0, 1.0, 11)
    shown = np.log10(numbers) if log else numbers
    low, high = float(shown.min()), float(shown.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    count = bin_count(numbers.size, low, high, tuple(np.percentile(shown, (25, 75)).tolist()))
    edges = np.linspace(low, high, count + 1)
    return 10**edges if log else edges


_PAINTERS: dict[Kind, Callable[[Any, Panel, Paint], Any]] = {
    "line": _line,
    "scatter": _scatter,
    "volcano": _scatter,
    "hexbin": _hexbin,
    "bar": _bar,
    "heatmap": _heatmap,
    "spatial": _spatial,
    "confusion": _confusion,
    "histogram": _histogram,
}
