"""One constructor for each kind of figure: numbers and words in, a Drawing out.

Knows what a figure says, not how it is painted (`render.py`) nor how it lies on disk (`drawing.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from genodesk.core.figure import Axis, ColourScale, Figure, Kind, Panel, Series
from genodesk.core.figure_files import problem_with
from genodesk.engine.drawing import Drawing, load_drawing, save_drawing

__all__ = [
    "Drawing",
    "bar_figure",
    "confusion_figure",
    "heatmap_figure",
    "hexbin_figure",
    "histogram_figure",
    "line_figure",
    "load_drawing",
    "save_drawing",
    "scatter_figure",
    "spatial_figure",
    "volcano_figure",
]

VOLCANO_CLASSES = ("lower", "higher")


Points = tuple[ArrayLike, ArrayLike]


def line_figure(
    name: str,
    title: str,
    x_axis: Axis,
    y_axis: Axis,
    series: Mapping[str, tuple[ArrayLike, ...]],
    *,
    references: Mapping[str, float | Points] | None = None,
    caption: str = "",
) -> Drawing:
    """Curves. A series is (x, y) or (x, y, low, high) with a band; each array is [points].

    A reference is (x, y) or one number, drawn as a level across all x.
    """
    maker = _Maker(name)
    parts = []
    for label, arrays in series.items():
        parts.append(maker.series(label, dict(zip(("x", "y", "low", "high"), arrays, strict=False))))
    span = _span([arrays[0] for arrays in series.values()])
    for label, reference in (references or {}).items():
        level = isinstance(reference, int | float | np.number)
        x, y = (span, np.full(2, reference, dtype=np.float64)) if level else reference  # type: ignore[misc]
        parts.append(maker.series(label, {"x": x, "y": y}, reference=True))
    return maker.drawing("line", title, [Panel(title="", x=x_axis, y=y_axis, series=tuple(parts))], caption)


def scatter_figure(
    name: str,
    title: str,
    x_axis: Axis,
    y_axis: Axis,
    series: Mapping[str, Points],
    *,
    values: Mapping[str, ArrayLike] | None = None,
    colour: ColourScale | None = None,
    references: Mapping[str, Points] | None = None,
    equal_aspect: bool = False,
    caption: str = "",
) -> Drawing:
    """Points (x, y), each [points]. `values` by series name are class codes or quantities, as `colour` says.

    References are lines through their points, for example the identity.
    """
    maker = _Maker(name)
    parts = []
    for label, (x, y) in series.items():
        extra = {"value": values[label]} if values and label in values else {}
        parts.append(maker.series(label, {"x": x, "y": y, **extra}))
    parts += maker.references(references)
    panel = Panel(title="", x=x_axis, y=y_axis, series=tuple(parts), equal_aspect=equal_aspect)
    return maker.drawing("scatter", title, [panel], caption, colour)


def hexbin_figure(
    name: str,
    title: str,
    x_axis: Axis,
    y_axis: Axis,
    points: Points,
    *,
    references: Mapping[str, Points] | None = None,
    equal_aspect: bool = False,
    caption: str = "",
) -> Drawing:
    """How many of the points (x, y), each [points], fall where: for more points than a scatter can show."""
    maker = _Maker(name)
    parts = (maker.series("points", {"x": points[0], "y": points[1]}), *maker.references(references))
    panel = Panel(title="", x=x_axis, y=y_axis, series=parts, equal_aspect=equal_aspect)
    return maker.drawing("hexbin", title, [panel], caption)


def bar_figure(
    name: str,
    title: str,
    x_axis: Axis,
    y_axis: Axis,
    series: Mapping[str, ArrayLike],
    *,
    errors: Mapping[str, ArrayLike] | None = None,
    intervals: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    baselines: Mapping[str, ArrayLike] | None = None,
    caption: str = "",
) -> Drawing:
    """Bars over the words `x_axis.ticks`. A series has one height a word, NaN where it has no bar.

    By series name, `errors` are half-lengths of whiskers and `intervals` the (low, high) ends of such as reach further
    one way. `baselines` are series drawn in grey beside ours.
    """
    maker = _Maker(name)
    places = np.arange(len(x_axis.ticks))
    parts = []
    for label, heights in {**series, **(baselines or {})}.items():
        extra = {"error": errors[label]} if errors and label in errors else {}
        if intervals and label in intervals:
            extra |= dict(zip(("low", "high"), intervals[label], strict=True))
        parts.append(maker.series(label, {"x": places, "y": heights, **extra}, reference=label not in series))
    return maker.drawing("bar", title, [Panel(title="", x=x_axis, y=y_axis, series=tuple(parts))], caption)


def heatmap_figure(
    name: str, title: str, x_axis: Axis, y_axis: Axis, matrix: ArrayLike, *, colour: ColourScale, caption: str = ""
) -> Drawing:
    """A matrix [rows, columns] of quantities; the axes' ticks, where given, name columns (x) and rows (y)."""
    maker = _Maker(name)
    part = maker.series(colour.label, {"matrix": matrix})
    return maker.drawing("heatmap", title, [Panel(title="", x=x_axis, y=y_axis, series=(part,))], caption, colour)


def confusion_figure(name: str, title: str, classes: Sequence[str], counts: ArrayLike, *, caption: str = "") -> Drawing:
    """How often a true class (row) was called another (column): counts [classes, classes]."""
    maker = _Maker(name)
    words = tuple(classes)
    panel = Panel(
        title="",
        x=Axis(label="Predicted class", ticks=words),
        y=Axis(label="True class", ticks=words),
        series=(maker.series("counts", {"matrix": counts}),),
        equal_aspect=True,
    )
    return maker.drawing("confusion", title, [panel], caption)


def histogram_figure(
    name: str,
    title: str,
    x_axis: Axis,
    series: Mapping[str, ArrayLike],
    *,
    references: Mapping[str, ArrayLike] | None = None,
    count: str = "Count",
    caption: str = "",
) -> Drawing:
    """How the numbers of each series [n] are distributed. The numbers themselves are kept, not the bins."""
    maker = _Maker(name)
    parts = [maker.series(label, {"x": numbers}) for label, numbers in series.items()]
    parts += [maker.series(label, {"x": numbers}, reference=True) for label, numbers in (references or {}).items()]
    panel = Panel(title="", x=x_axis, y=Axis(label=count), series=tuple(parts))
    return maker.drawing("histogram", title, [panel], caption)


def volcano_figure(
    name: str,
    title: str,
    effects: ArrayLike,
    p_values: ArrayLike,
    *,
    genes: Sequence[str] = (),
    named: int = 10,
    minimum_effect: float = 1.0,
    maximum_p: float = 0.05,
    effect_axis: Axis | None = None,
    p_label: str = "−log10 p",
    caption: str = "",
) -> Drawing:
    """Effect (log2 fold change unless `effect_axis` says otherwise) against -log10 p, both [genes].

    Points beyond both thresholds are coloured; the `named` most significant of them bear their gene's name.
    A p of 0 is shown at the smallest p above 0.
    """
    maker = _Maker(name)
    x, p = np.asarray(effects, dtype=np.float64), np.asarray(p_values, dtype=np.float64)
    floor = np.min(p, where=p > 0, initial=1.0)
    y = -np.log10(np.clip(p, floor, 1.0)) + 0.0
    strong = (np.abs(x) >= minimum_effect) & (p <= maximum_p)
    classes = np.where(strong, np.where(x < 0, 0, 1), -1)
    order = np.lexsort((-np.abs(x), -y))
    marks = {int(i): str(genes[i]) for i in order[strong[order]][:named]} if len(genes) else {}
    drawn = np.isfinite(x) & np.isfinite(y)
    reach = float(np.max(np.abs(x), where=drawn, initial=minimum_effect)) * 1.05
    top = float(np.max(y, where=drawn, initial=1.0)) * 1.05
    level = -np.log10(maximum_p)
    parts = [maker.series("genes", {"x": x, "y": y, "value": classes.astype(np.int8)}, marks=marks)]
    for side in (-minimum_effect, minimum_effect):
        parts.append(maker.series("threshold", {"x": [side, side], "y": [0.0, top]}, reference=True))
    parts.append(maker.series("threshold", {"x": [-reach, reach], "y": [level, level]}, reference=True))
    panel = Panel(title="", x=effect_axis or Axis(label="log2 fold change"), y=Axis(label=p_label), series=tuple(parts))
    colour = ColourScale(kind="category", label="", categories=VOLCANO_CLASSES)
    return maker.drawing("volcano", title, [panel], caption, colour)


def spatial_figure(
    name: str,
    title: str,
    panels: Mapping[str, ArrayLike],
    *,
    values: ArrayLike | Mapping[str, ArrayLike] | None = None,
    colour: ColourScale | None = None,
    unit: str = "µm",
    linked: bool = True,
    caption: str = "",
) -> Drawing:
    """Cells where they lie: panel title -> positions [cells, 2] in `unit`.

    `values` [cells] are class codes or quantities, as `colour` says: one array shared by all panels or one a panel.
    `linked` panels share their view, so that truth and sample can be compared at one scale.
    """
    maker = _Maker(name)
    parts = []
    for heading, positions in panels.items():
        place = np.asarray(positions)
        if place.ndim != 2 or place.shape[1] != 2:
            raise ValueError(f"positions of {heading!r} have the shape {place.shape}, not [cells, 2]")
        value = values.get(heading) if isinstance(values, Mapping) else values
        extra = {} if value is None else {"value": value}
        series = maker.series("cells", {"x": place[:, 0], "y": place[:, 1], **extra})
        x, y = Axis(label="x", unit=unit), Axis(label="y", unit=unit)
        parts.append(Panel(title=heading, x=x, y=y, series=(series,), equal_aspect=True))
    return maker.drawing("spatial", title, parts, caption, colour, linked=linked)


class _Maker:
    """Collects the arrays of one drawing. A file is named for its content, so equal arrays are stored once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.arrays: dict[str, np.ndarray] = {}

    def series(
        self,
        label: str,
        arrays: Mapping[str, ArrayLike],
        *,
        reference: bool = False,
        marks: Mapping[int, str] | None = None,
    ) -> Series:
        data = {role: self.add(role, array) for role, array in arrays.items()}
        return Series(name=label, data=data, reference=reference, marks=dict(marks or {}))

    def references(self, lines: Mapping[str, Points] | None) -> list[Series]:
        return [self.series(label, {"x": x, "y": y}, reference=True) for label, (x, y) in (lines or {}).items()]

    def add(self, role: str, array: ArrayLike) -> str:
        numbers = np.ascontiguousarray(array)
        if numbers.dtype.kind not in "biuf":
            raise ValueError(f"{self.name}: {role} holds {numbers.dtype}, not numbers")
        digest = hashlib.sha256(f"{numbers.dtype.str}{numbers.shape}".encode() + numbers.tobytes()).hexdigest()[:12]
        file = f"{self.name}.{role}-{digest}.npy"
        self.arrays[file] = numbers
        return file

    def drawing(
        self,
        kind: Kind,
        title: str,
        panels: Sequence[Panel],
        caption: str,
        colour: ColourScale | None = None,
        *,
        linked: bool = False,
    ) -> Drawing:
        figure = Figure(
            name=self.name, kind=kind, title=title, panels=tuple(panels), caption=caption, colour=colour, linked=linked
        )
        drawing = Drawing(figure, self.arrays)
        if problem := problem_with(figure, self.arrays):
            raise ValueError(f"{self.name}: {problem[1]}")
        return drawing


def _span(arrays: Sequence[ArrayLike]) -> np.ndarray:
    """The least and greatest finite number of several arrays, [2]; 0 and 1 where there is none."""
    numbers = np.concatenate([np.ravel(np.asarray(array, dtype=np.float64)) for array in arrays] or [np.zeros(0)])
    numbers = numbers[np.isfinite(numbers)]
    return np.array([numbers.min(), numbers.max()]) if numbers.size else np.array([0.0, 1.0])
