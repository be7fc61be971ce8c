"""Drawing: a figure together with its numbers, and how it lies on disk: NAME.json, NAME.*.npy, a folder NAME of steps.

Reads what others wrote, so nothing is believed: no pickles, no size that the file does not hold, no missing part.
"""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genodesk.core.disk import write_atomically
from genodesk.core.errors import UserError
from genodesk.core.figure import Figure, Kind, Panel, Series, read_figure

HISTORY_KEPT = 50
MAXIMUM_ELEMENTS = 50_000_000
ROLES: dict[Kind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "line": (("x", "y"), ("low", "high")),
    "scatter": (("x", "y"), ("value",)),
    "hexbin": (("x", "y"), ()),
    "bar": (("x", "y"), ("error",)),
    "heatmap": (("matrix",), ()),
    "spatial": (("x", "y"), ("value",)),
    "confusion": (("matrix",), ()),
    "histogram": (("x",), ()),
    "volcano": (("x", "y"), ("value",)),
}
"""The arrays that a series of each kind must have, and those it may have."""

MATRIX_KINDS: tuple[Kind, ...] = ("heatmap", "confusion")

_ATTEMPTS = 3
_LARGEST_DRAWN = 1e100
_HINT = "The file is damaged: let the run draw the figure again."


@dataclass(frozen=True)
class Drawing:
    """What to draw and the numbers, by the file names the figure uses for them."""

    figure: Figure
    arrays: dict[str, np.ndarray]


def save_drawing(drawing: Drawing, folder: Path, step: int | None = None) -> Path:
    """Writes the drawing into a run's figures folder and returns FOLDER/NAME.json.

    With a step it is also kept as FOLDER/NAME/00000500.json; of those the first, the last and 48 between stay.
    Arrays are written first and are named for their content, so a reader never meets numbers of another step.
    """
    figure = drawing.figure if step is None else drawing.figure.model_copy(update={"step": step})
    path = folder / f"{figure.name}.json"
    _write(figure, drawing.arrays, path)
    if step is not None:
        history = folder / figure.name
        _write(figure, drawing.arrays, history / f"{step:08d}.json")
        _thin(history)
    return path


def load_drawing(path: Path) -> Drawing:
    """The figure in a JSON file with its arrays. Raises UserError naming the file that is missing, damaged or lying."""
    for _ in range(_ATTEMPTS):
        figure = read_figure(path)
        try:
            return _checked(figure, path)
        except UserError:
            # A figure that is being redrawn may lose its old arrays between the two reads.
            if read_figure(path) == figure:
                raise
    return _checked(read_figure(path), path)


def drawable(numbers: np.ndarray) -> np.ndarray:
    """The numbers as float64, with NaN for those that are not finite or that no axis can span."""
    plain = numbers.astype(np.float64)
    return np.where(np.abs(plain) < _LARGEST_DRAWN, plain, np.nan)


def problem_with(drawing: Drawing) -> tuple[str, str] | None:
    """The first thing that keeps a drawing from being drawn, as (array file, sentence), or None."""
    figure = drawing.figure
    required, optional = ROLES[figure.kind]
    for panel in figure.panels:
        for series in panel.series:
            shown = f"The series {series.name!r} of this {figure.kind} figure"
            if missing := [role for role in required if role not in series.data]:
                return "", f"{shown} has no {missing[0]}."
            if surplus := [role for role in series.data if role not in (*required, *optional)]:
                return series.data[surplus[0]], f"{shown} has a {surplus[0]!r}, which means nothing there."
            if ("low" in series.data) != ("high" in series.data):
                return "", f"{shown} has only one edge of its band."
            for role, file in series.data.items():
                if said := _problem_with_array(drawing, panel, series, role):
                    return file, said
    return None


def _write(figure: Figure, arrays: dict[str, np.ndarray], path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file, array in arrays.items():
        if not (path.parent / file).exists():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            write_atomically(path.parent / file, content.getvalue())
    write_atomically(path, figure.model_dump_json(indent=1).encode())
    if path.name == f"{figure.name}.json":
        _remove_arrays(path.parent, figure.name, keep=set(figure.array_files()))


def _thin(history: Path) -> None:
    """Drops, one by one, the step whose neighbours lie closest together, until few enough are left."""
    steps = sorted(int(file.stem) for file in history.glob("*.json") if file.stem.isdecimal())
    surplus = len(steps) - HISTORY_KEPT
    if surplus <= 0:
        return
    for _ in range(surplus):
        gaps = [after - before for before, after in zip(steps, steps[2:], strict=False)]
        (history / f"{steps.pop(gaps.index(min(gaps)) + 1):08d}.json").unlink(missing_ok=True)
    keep: set[str] = set()
    for step in steps:
        with contextlib.suppress(UserError):
            keep.update(read_figure(history / f"{step:08d}.json").array_files())
    _remove_arrays(history, history.name, keep)


def _remove_arrays(folder: Path, name: str, keep: set[str]) -> None:
    ours = re.compile(re.escape(name) + r"\.[a-z]+-[0-9a-f]{12}\.npy")
    for file in folder.iterdir():
        if ours.fullmatch(file.name) and file.name not in keep:
            # Windows refuses while a reader has the file open; the next save takes it.
            with contextlib.suppress(OSError):
                file.unlink()


def _checked(figure: Figure, path: Path) -> Drawing:
    arrays: dict[str, np.ndarray] = {}
    left = MAXIMUM_ELEMENTS
    for name in figure.array_files():
        if name not in arrays:
            arrays[name] = _read_array(path.parent / name, left)
            left -= arrays[name].size
    drawing = Drawing(figure, arrays)
    if problem := problem_with(drawing):
        file, sentence = problem
        raise UserError(sentence, _HINT, str(path.parent / file if file else path))
    return drawing


def _read_array(path: Path, most: int) -> np.ndarray:
    """The numbers of one .npy file, after its header was compared with what the file can hold."""
    if not path.is_file():
        raise UserError("An array of the figure is missing.", "Copy the whole figures folder of the run.", str(path))
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read_header = (
                np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            )
            shape, _, dtype = read_header(file)
            held = path.stat().st_size - file.tell()
        if dtype.hasobject or dtype.kind not in "biuf":
            raise UserError(f"This array holds {dtype}, not numbers.", _HINT, str(path))
        size = 1
        for length in shape:
            size *= length
        if size > most:
            raise UserError(
                f"The figure would hold more than {MAXIMUM_ELEMENTS:,} numbers.", "Draw fewer points.", str(path)
            )
        if size * dtype.itemsize != held:
            raise UserError(f"This array declares the shape {shape}, but the file does not hold it.", _HINT, str(path))
        numbers: np.ndarray = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, TypeError, SyntaxError, RecursionError, OverflowError):
        raise UserError("This array file cannot be read.", _HINT, str(path)) from None
    return numbers


def _problem_with_array(drawing: Drawing, panel: Panel, series: Series, role: str) -> str:
    array = drawing.arrays[series.data[role]]
    first = drawing.arrays[next(iter(series.data.values()))]
    colour = drawing.figure.colour
    if role == "matrix":
        if array.ndim != 2:
            return f"A matrix has rows and columns, but this array has the shape {array.shape}."
        for axis, size, word in ((panel.y, array.shape[0], "rows"), (panel.x, array.shape[1], "columns")):
            if axis.ticks and len(axis.ticks) != size:
                return f"There are {len(axis.ticks)} names for {size} {word}."
        return ""
    if array.ndim != 1:
        return f"This series is one row of numbers, but the array has the shape {array.shape}."
    if array.size != first.size:
        return f"The series {series.name!r} has {first.size:,} points but {array.size:,} values of {role}."
    if role == "value":
        if colour is None:
            return f"The series {series.name!r} has values but the figure says nothing of their meaning."
        if colour.kind == "category" and array.size and _largest(array) >= len(colour.categories):
            return f"A class number is {_largest(array):g}, but there are {len(colour.categories)} classes."
    if drawing.figure.kind == "bar" and role == "x" and panel.x.ticks:
        finite = array[np.isfinite(array)]
        if finite.size and (finite.min() < 0 or finite.max() >= len(panel.x.ticks)):
            words = len(panel.x.ticks)
            return f"The bars stand at {finite.min():g} to {finite.max():g}, but the axis has {words} words."
    if any(not 0 <= place < array.size for place in series.marks):
        return f"The series {series.name!r} names a point that it does not have."
    return ""


def _largest(array: np.ndarray) -> float:
    finite = array[np.isfinite(array)]
    return float(finite.max()) if finite.size else -1.0
