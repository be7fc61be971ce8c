"""A figure and its arrays as they lie on disk. They may be anybody's: no pickles, no size a file does not hold.

Knows no array library: whoever loads brings the function that reads one .npy file.
"""

import ast
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.figure import Figure, Kind, Panel, Series, read_figure

MAXIMUM_ELEMENTS = 50_000_000
ROLES: dict[Kind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "line": (("x", "y"), ("low", "high")),
    "scatter": (("x", "y"), ("value",)),
    "hexbin": (("x", "y"), ()),
    "bar": (("x", "y"), ("error", "low", "high")),
    "heatmap": (("matrix",), ()),
    "spatial": (("x", "y"), ("value",)),
    "confusion": (("matrix",), ()),
    "histogram": (("x",), ()),
    "volcano": (("x", "y"), ("value",)),
}
"""The arrays that a series of each kind must have, and those it may have."""

MATRIX_KINDS: tuple[Kind, ...] = ("heatmap", "confusion")

Arrays = Mapping[str, Any]

_ATTEMPTS = 3
_LONGEST_HEADER = 10_000
_NUMBERS = "biuf"
_HINT = "The file is damaged: let the run draw the figure again."


def load_figure(path: Path, read: Callable[[Path], Any]) -> tuple[Figure, dict[str, Any]]:
    """The figure in a JSON file with its arrays by file name; `read` reads one .npy file without pickles.

    Raises UserError naming the file that is missing, damaged or lying.
    """
    for _ in range(_ATTEMPTS):
        figure = read_figure(path)
        try:
            return figure, _arrays(figure, path, read)
        except UserError:
            # A figure that is being redrawn may lose its old arrays between the two reads.
            if read_figure(path) == figure:
                raise
    figure = read_figure(path)
    return figure, _arrays(figure, path, read)


def problem_with(figure: Figure, arrays: Arrays) -> tuple[str, str] | None:
    """The first thing that keeps a figure from being drawn, as (array file, sentence), or None."""
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
                if said := _problem_with_array(figure, arrays, panel, series, role):
                    return file, said
    return None


def _arrays(figure: Figure, path: Path, read: Callable[[Path], Any]) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    left = MAXIMUM_ELEMENTS
    for name in figure.array_files():
        if name not in arrays:
            arrays[name] = _read_array(path.parent / name, left, read)
            left -= arrays[name].size
    if problem := problem_with(figure, arrays):
        file, sentence = problem
        raise UserError(sentence, _HINT, str(path.parent / file if file else path))
    return arrays


def _read_array(path: Path, most: int, read: Callable[[Path], Any]) -> Any:
    """The numbers of one .npy file, after its header was compared with what the file can hold."""
    if not path.is_file():
        raise UserError("An array of the figure is missing.", "Copy the whole figures folder of the run.", str(path))
    try:
        kind, width, shape, held = _declared(path)
        if kind not in _NUMBERS:
            raise UserError("This array holds something else than numbers.", _HINT, str(path))
        size = math.prod(shape)
        if size > most:
            raise UserError(
                f"The figure would hold more than {MAXIMUM_ELEMENTS:,} numbers.", "Draw fewer points.", str(path)
            )
        if size * width != held:
            raise UserError(f"This array declares the shape {shape}, but the file does not hold it.", _HINT, str(path))
        return read(path)
    except (OSError, ValueError, EOFError, TypeError, KeyError, SyntaxError, RecursionError, OverflowError):
        raise UserError("This array file cannot be read.", _HINT, str(path)) from None


def _declared(path: Path) -> tuple[str, int, tuple[int, ...], int]:
    """What the header of a .npy file says: kind and bytes of a number, shape; and the bytes that follow it."""
    with path.open("rb") as file:
        if file.read(6) != b"\x93NUMPY":
            raise ValueError("no array")
        version = file.read(2)
        length = int.from_bytes(file.read(2 if version[:1] == b"\x01" else 4), "little")
        if length > _LONGEST_HEADER:
            raise ValueError("no honest header")
        header = ast.literal_eval(file.read(length).decode("latin-1").strip())
        held = path.stat().st_size - file.tell()
    descr, shape = header["descr"], header["shape"]
    if not isinstance(descr, str):
        return "V", 1, (), held
    return descr[1], int(descr[2:] or 0), tuple(int(side) for side in shape), held


def _problem_with_array(figure: Figure, arrays: Arrays, panel: Panel, series: Series, role: str) -> str:
    array = arrays[series.data[role]]
    first = arrays[next(iter(series.data.values()))]
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
    # Comparing tells NaN and infinity apart from numbers in every array library.
    if role == "value":
        if figure.colour is None:
            return f"The series {series.name!r} has values but the figure says nothing of their meaning."
        number = len(figure.colour.categories)
        beyond = array[(array >= number) & (array < math.inf)]
        if figure.colour.kind == "category" and beyond.size:
            return f"A class number is {beyond.max():g}, but there are {number} classes."
    if figure.kind == "bar" and role == "x" and panel.x.ticks:
        words = len(panel.x.ticks)
        beyond = array[((array < 0) & (array > -math.inf)) | ((array >= words) & (array < math.inf))]
        if beyond.size:
            return f"A bar stands at {beyond[0]:g}, but the axis has {words} words, counted from 0."
    if any(not 0 <= place < array.size for place in series.marks):
        return f"The series {series.name!r} names a point that it does not have."
    return ""
