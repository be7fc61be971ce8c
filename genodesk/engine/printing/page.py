"""One page: size, title, legends, panels, colour bar. How a kind is painted is the business of `kinds.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Page
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, NullFormatter

from genodesk.core.errors import UserError
from genodesk.core.figure_look import DASHES, reference_numbers, series_colours
from genodesk.core.figure_text import plain_number, with_unit
from genodesk.engine.drawing import Drawing
from genodesk.engine.printing.axes import Paint, place_marks, scale_bar
from genodesk.engine.printing.colouring import colouring_of
from genodesk.engine.printing.grid import Grid, views
from genodesk.engine.printing.kinds import paint_panel
from genodesk.engine.printing.legend import class_entries, legend, series_entries
from genodesk.engine.printing.lettering import SIZE, TITLE, shorten_middle, wrap

MOST_PANELS = 48
_MARGIN = 1.5


def compose(drawing: Drawing, *, width: float, dpi: int = 300, where: str = "") -> Page:
    """A drawing laid out on a matplotlib figure of its final size. Call it inside `printing()`."""
    figure = drawing.figure
    if not 1 <= len(figure.panels) <= MOST_PANELS:
        raise UserError(
            f"This figure has {len(figure.panels)} panels.", f"Draw 1 to {MOST_PANELS} in one figure.", where
        )
    page = Page(figsize=(width / 25.4, width / 25.4), dpi=dpi)
    FigureCanvasAgg(page)
    colouring = colouring_of(drawing)
    line_colours = series_colours(figure)
    dashes = {name: (0, DASHES[number % len(DASHES)]) for name, number in reference_numbers(figure).items()}

    title = wrap(figure.title, TITLE, width - 2 * _MARGIN, 3, "bold")
    above = legend(page, series_entries(drawing, line_colours, dashes, colouring), width)
    beside = width >= 120 and len(colouring.legend) <= 20 and not colouring.continuous
    classes = legend(page, class_entries(colouring), width * 0.3 if beside else width, columns=1 if beside else 0)
    aside = classes.width + 3 if beside else 0.0
    below = 0.0 if beside else classes.height
    title_height = (title.count("\n") + 1) * TITLE * 1.3 * 25.4 / 72 if title else 0.0
    head = _MARGIN + title_height + (1.0 if title else 0.0) + above.height

    grid = Grid.plan(drawing, width - 2 * _MARGIN - aside, colouring)
    foot = (below + 1.0 if below else 0.0) + _MARGIN
    tall = head + grid.height + foot
    page.set_size_inches(width / 25.4, tall / 25.4)
    heading = page.text(_MARGIN / width, 1 - _MARGIN / tall, title, fontsize=TITLE, fontweight="bold", va="top")
    heading.set_in_layout(False)
    above.place(_MARGIN / width, 1 - (head - above.height) / tall)
    if beside:
        classes.place(1 - (aside - 1.5) / width, 1 - head / tall)
    else:
        classes.place(_MARGIN / width, (foot - 1.0) / tall)
    room = (_MARGIN / width, foot / tall, 1 - (2 * _MARGIN + aside) / width, grid.height / tall)
    layout = ConstrainedLayoutEngine(rect=room, w_pad=0.0, h_pad=0.0, wspace=0.04, hspace=0.04)
    page.set_layout_engine(layout)
    paint = Paint(drawing.arrays, colouring, line_colours, dashes, *grid.axes, grid.horizontal, grid.longest_word)
    _draw_panels(page, drawing, grid, paint)
    layout.execute(page)
    # Positions are final: writing must not lay out again, by another backend's idea of a text's width. They are
    # rounded because the constraint solver's last bits differ from time to time.
    page.set_layout_engine(None)
    for axes in page.axes:
        axes.set_position(np.round(axes.get_position(original=True).bounds, 6))
    for axes, panel in zip(page.axes, figure.panels, strict=False):
        place_marks(page, axes, panel, paint)
    return page


def _draw_panels(page: Page, drawing: Drawing, grid: Grid, paint: Paint) -> None:
    figure = drawing.figure
    table = page.subplots(grid.rows, grid.columns, squeeze=False)
    used = list(table.flat[: len(figure.panels)])
    for spare in table.flat[len(figure.panels) :]:
        spare.remove()
    mappable = None
    for axes, panel in zip(used, figure.panels, strict=True):
        mappable = paint_panel(figure.kind, axes, panel, paint) or mappable
        if panel.title and not (len(used) == 1 and panel.title == figure.title):
            axes.set_title(shorten_middle(panel.title, SIZE, grid.cell_width - 2))
    if figure.kind == "spatial":
        for axes, box in zip(used, views(drawing), strict=True):
            axes.set(xlim=box[:2], ylim=box[2:])
        for axes, panel in zip(used, figure.panels, strict=True):
            scale_bar(axes, panel.x.unit)
    elif figure.linked:
        _share_view(used)
    if mappable is not None:
        _colour_bar(page, used, mappable, drawing, paint)


def _colour_bar(page: Page, used: list[Any], mappable: Any, drawing: Drawing, paint: Paint) -> None:
    scale = drawing.figure.colour
    label = with_unit(scale.label, scale.unit) if scale else ""
    if drawing.figure.kind == "confusion":
        label = "Share of the true class"
    elif drawing.figure.kind == "hexbin" and not label:
        label = "Points"
    bar = page.colorbar(mappable, ax=used, extend=paint.colouring.extend, fraction=0.05, aspect=22, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=1.6, width=0.5)
    bar.set_label(wrap(label, SIZE, paint.height + 2, 2))
    if drawing.figure.kind == "hexbin":
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain_number(value)))
        bar.ax.yaxis.set_minor_formatter(NullFormatter())


def _share_view(used: list[Any]) -> None:
    for read, write in (("get_xlim", "set_xlim"), ("get_ylim", "set_ylim")):
        limits = np.array([getattr(axes, read)() for axes in used])
        for axes in used:
            getattr(axes, write)(limits.min(), limits.max())
