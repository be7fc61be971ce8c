"""Figure: what to draw, never how. The numbers lie beside it as .npy files; desk and renderer read the same ones."""

import json
import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from genodesk.core.errors import UserError

FORMAT = 1
MAXIMUM_BYTES = 16_000_000
Kind = Literal["line", "scatter", "hexbin", "bar", "heatmap", "spatial", "confusion", "histogram", "volcano"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Axis(_Part):
    """One axis. `ticks` are the words of a categorical axis, at 0, 1, 2, ..."""

    label: str
    unit: str = ""
    log: bool = False
    ticks: tuple[str, ...] = ()


class Series(_Part):
    """Numbers that belong together. `data` maps a role to an array file beside the figure.

    Roles by kind: line/scatter/volcano x, y (and low, high for a band; value for colour); spatial x, y, value;
    bar x, y (and error, or low, high); histogram/hexbin x (and y); heatmap/confusion matrix [rows, columns].
    A missing number is NaN; a missing class is NaN or below 0. A reference is what ours is measured against.
    `marks` are words beside points of a scatter or volcano: point number -> word.
    """

    name: str
    data: dict[str, str]
    reference: bool = False
    marks: dict[int, str] = {}


class ColourScale(_Part):
    """What the `value` of a point means: a class number into `categories`, or a measured quantity."""

    kind: Literal["category", "continuous"]
    label: str
    unit: str = ""
    categories: tuple[str, ...] = ()


class Panel(_Part):
    """One pair of axes. Panels of a figure with `linked` share their view."""

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    equal_aspect: bool = False


class Figure(_Part):
    """A whole figure: one panel or several side by side, one colour scale, a caption and the step it was made at.

    `name` is also the name of its file.
    """

    format: int = FORMAT
    name: str = Field(pattern=r"^[\w@+-]{1,100}$")
    kind: Kind
    title: str
    panels: tuple[Panel, ...]
    caption: str = ""
    colour: ColourScale | None = None
    linked: bool = False
    step: int | None = None

    def array_files(self) -> list[str]:
        """Every array file the figure names, relative to the figure's own file."""
        return [name for panel in self.panels for series in panel.series for name in series.data.values()]


def read_figure(path: Path) -> Figure:
    """The figure in a JSON file. Raises UserError where the file is no figure or names arrays outside its folder."""
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise ValueError("too long")
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document, dict) and isinstance(document.get("format"), int) and document["format"] > FORMAT:
            raise UserError("This figure was made by a newer Genodesk.", "Update Genodesk to open it.", str(path))
        figure = Figure.model_validate(document)
    except FileNotFoundError:
        raise UserError(
            "There is no such figure.", "Check the path, for example RUN/figures/NAME.json.", str(path)
        ) from None
    except (OSError, ValueError, ValidationError, RecursionError):
        raise UserError(
            "This file is not a Genodesk figure.", "Give a file from a run's figures folder.", str(path)
        ) from None
    for name in figure.array_files():
        if not re.fullmatch(r"[\w.@+-]+\.npy", name):
            raise UserError(
                f"The figure names an array outside its folder: {name!r}.", "Do not trust this file.", str(path)
            )
    return figure
