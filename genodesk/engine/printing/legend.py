"""The words that explain colours, dashes and shapes, and how much room they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure as Page
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from genodesk.core.figure_look import baseline_shade
from genodesk.core.palette import REFERENCE
from genodesk.engine.drawing import Drawing
from genodesk.engine.printing.axes import INK
from genodesk.engine.printing.colouring import Colouring
from genodesk.engine.printing.kinds import MARKERS
from genodesk.engine.printing.lettering import SIZE, shorten_middle, width_mm


def series_entries(
    drawing: Drawing, line_colours: dict[str, str], dashes: dict[str, Any], colouring: Colouring
) -> list[tuple[Any, str]]:
    """What the legend says of series: nothing where there is only one, or where colours mean something else."""
    figure = drawing.figure
    if figure.kind in ("spatial", "heatmap", "confusion"):
        return []
    if len(line_colours) < 2 and not dashes:
        return []
    entries: list[tuple[Any, str]] = []
    coloured = bool(colouring.legend) or colouring.continuous
    for i, (name, colour) in enumerate(line_colours.items()):
        if figure.kind in ("scatter", "volcano", "hexbin"):
            if len(line_colours) > 1:
                ink = INK if coloured else colour
                entries.append((Line2D([], [], ls="", marker=MARKERS[i % len(MARKERS)], ms=3, mew=0, color=ink), name))
        elif figure.kind == "line":
            entries.append((Line2D([], [], color=colour, lw=1.4), name))
        else:
            entries.append((Patch(color=colour, lw=0), name))
    for i, (name, dash) in enumerate(dashes.items()):
        if figure.kind == "bar":
            entries.append((Patch(color=baseline_shade(i), lw=0), name))
        else:
            ink = INK if figure.kind == "hexbin" else REFERENCE
            entries.append((Line2D([], [], color=ink, lw=1.0, ls=dash), name))
    return entries


def class_entries(colouring: Colouring) -> list[tuple[Any, str]]:
    """What the legend says of classes: a dot of its colour for every one that occurs."""
    return [(Line2D([], [], ls="", marker="o", ms=3.6, mew=0, color=colour), word) for colour, word in colouring.legend]


@dataclass(frozen=True)
class Legend:
    """A legend of known size in mm, placed by its upper left corner in shares of the page."""

    artist: Any
    width: float = 0.0
    height: float = 0.0

    def place(self, x: float, y: float) -> None:
        """Puts the upper left corner at (x, y), in shares of the page from its lower left corner."""
        if self.artist is not None:
            self.artist.set_bbox_to_anchor((x, y))


def legend(page: Page, entries: list[tuple[Any, str]], room: float, columns: int = 0) -> Legend:
    """A legend of as many columns as `room` mm holds, or of `columns`."""
    if not entries:
        return Legend(None)
    words = [shorten_middle(word, SIZE, room - 10) for _, word in entries]
    if not columns:
        columns = max(int((room - 2) // (max(width_mm(word, SIZE) for word in words) + 8)), 1)
        columns = -(-len(words) // -(-len(words) // columns))
    artist = page.legend(
        [handle for handle, _ in entries],
        words,
        loc="upper left",
        ncols=columns,
        frameon=False,
        borderpad=0.0,
        borderaxespad=0.0,
        labelspacing=0.3,
        handlelength=1.4,
        handletextpad=0.5,
        columnspacing=1.4,
    )
    artist.set_in_layout(False)
    canvas: Any = page.canvas
    box = artist.get_window_extent(canvas.get_renderer())
    return Legend(artist, box.width / page.dpi * 25.4, box.height / page.dpi * 25.4 + 1.0)
