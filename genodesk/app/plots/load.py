"""Figures from and to disk: a JSON file with its arrays beside it. Draws nothing."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from genodesk.core.disk import write_atomically
from genodesk.core.figure import Figure
from genodesk.core.figure_files import load_figure

Arrays = dict[str, np.ndarray]

_LARGEST_DRAWN = 1e100


def load(path: Path) -> tuple[Figure, Arrays]:
    """The figure in a JSON file and its arrays by file name. Raises UserError where something is missing or damaged."""
    return load_figure(path, partial(np.load, allow_pickle=False))


def save(figure: Figure, arrays: Mapping[str, np.ndarray], folder: Path) -> Path:
    """Writes a figure made in the desk into a folder; returns FOLDER/NAME.json. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in figure.array_files():
        np.save(folder / name, np.ascontiguousarray(arrays[name]), allow_pickle=False)
    path = folder / f"{figure.name}.json"
    write_atomically(path, figure.model_dump_json(indent=1).encode())
    return path


def drawable(numbers: np.ndarray) -> np.ndarray:
    """The numbers as float64, with NaN for those that are not finite or that no axis can span."""
    plain = numbers.astype(np.float64)
    return np.where(np.abs(plain) < _LARGEST_DRAWN, plain, np.nan)
