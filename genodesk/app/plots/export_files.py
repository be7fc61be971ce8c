"""Where an exported figure comes from and where it goes: its words, its runs, the usual folder, the size of a file."""

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QStandardPaths

from genodesk.app.amounts import bytes_words
from genodesk.core.errors import UserError
from genodesk.core.figure import Figure, read_figure

Source = Path | tuple[Figure, dict[str, np.ndarray]]
"""A saved figure, or one made in the desk with its arrays by file name."""


def figure_of(source: Source) -> Figure | None:
    """The words of the figure; None where its file is damaged, which the preview then says."""
    if not isinstance(source, Path):
        return source[0]
    try:
        return read_figure(source)
    except UserError:
        return None


def runs_of(source: Source) -> list[Path]:
    """The run folder that a figure file lies in, if it lies in one."""
    if not isinstance(source, Path):
        return []
    return [folder for folder in list(source.absolute().parents)[:3] if (folder / "run.json").is_file()][:1]


def first_folder(kept: dict[str, Any]) -> Path:
    """Where the last figure went, else the person's documents."""
    last = Path(str(kept.get("folder", "")))
    if kept.get("folder") and last.is_dir():
        return last
    places = QStandardPaths.standardLocations(QStandardPaths.StandardLocation.DocumentsLocation)
    return next((Path(place) for place in places if Path(place).is_dir()), Path.home())


def size_in_words(file: Path) -> str:
    return bytes_words(file.stat().st_size)
