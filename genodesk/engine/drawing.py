"""Drawing: a figure together with its numbers, and how it is saved: NAME.json, NAME.*.npy, a folder NAME of steps.

What is believed when one is loaded again is said in `core/figure_files.py`.
"""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from genodesk.core.disk import write_atomically
from genodesk.core.errors import UserError
from genodesk.core.figure import Figure, read_figure
from genodesk.core.figure_files import load_figure

HISTORY_KEPT = 50
_LARGEST_DRAWN = 1e100


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
    return Drawing(*load_figure(path, partial(np.load, allow_pickle=False)))


def drawable(numbers: np.ndarray) -> np.ndarray:
    """The numbers as float64, with NaN for those that are not finite or that no axis can span."""
    plain = numbers.astype(np.float64)
    return np.where(np.abs(plain) < _LARGEST_DRAWN, plain, np.nan)


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
