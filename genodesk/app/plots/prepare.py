"""From the numbers of a figure to what its panels paint. Done in the raster's thread, so it touches no widget."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFontMetricsF

from genodesk.app.plots.bars import bar_panel, histogram_panel, lies_down
from genodesk.app.plots.colouring import Colouring, ColourKey
from genodesk.app.plots.hexbin import hexbin_key, hexbin_panel
from genodesk.app.plots.matrix import confusion_key, confusion_panel, heatmap_key, heatmap_panel
from genodesk.app.plots.plotted import Ink, Plotted
from genodesk.app.plots.points import scatter_panel
from genodesk.app.theme import font

_ROOM = 520.0  # px for the words below bars


@dataclass(frozen=True)
class Cells:
    """The cells of one spatial panel: positions [cells, 2] and their codes or quantities [cells], or None."""

    positions: np.ndarray
    values: np.ndarray | None


@dataclass(frozen=True)
class Prepared:
    """A figure ready to be shown: what its panels paint, or its cells; and what explains the colours."""

    ink: Ink
    plotted: tuple[Plotted, ...] = ()
    cells: tuple[Cells, ...] = ()
    key: ColourKey | None = None


def prepare(ink: Ink, hidden: frozenset[int] = frozenset()) -> Prepared:
    """Prepares a figure; points of the classes `hidden` are left out of a scatter plot."""
    figure = ink.figure
    panels = figure.panels
    if figure.kind == "line":
        return Prepared(ink)
    if figure.kind == "spatial":
        colouring = _colouring(ink)
        cells = tuple(_cells(ink, number, colouring) for number in range(len(panels)))
        return Prepared(ink, cells=cells, key=_key(colouring))
    if figure.kind == "bar":
        metrics = QFontMetricsF(font("small"))
        lying = any(lies_down(panel.x.ticks, metrics, _ROOM / len(panels)) for panel in panels)
        return Prepared(ink, tuple(bar_panel(panel, ink, lying=lying) for panel in panels))
    if figure.kind == "histogram":
        return Prepared(ink, tuple(histogram_panel(panel, ink) for panel in panels))
    if figure.kind == "heatmap":
        key = heatmap_key(ink)
        return Prepared(ink, tuple(heatmap_panel(panel, ink, key) for panel in panels), key=key)
    if figure.kind == "confusion":
        key = confusion_key(_tr("Share of the true class"))
        return Prepared(ink, tuple(confusion_panel(panel, ink) for panel in panels), key=key)
    if figure.kind == "hexbin":
        found = [hexbin_panel(panel, ink) for panel in panels]
        key = hexbin_key(figure.colour, _tr("Points"), max([most for _, most in found], default=1))
        return Prepared(ink, tuple(plotted for plotted, _ in found), key=key)
    colouring = _colouring(ink)
    plotted = tuple(scatter_panel(panel, ink, colouring, hidden) for panel in panels)
    return Prepared(ink, plotted, key=_key(colouring))


def _colouring(ink: Ink) -> Colouring | None:
    """The one colouring that all panels share, so that equal colours mean equal things."""
    found = [
        ink.numbers(series, "value")[0]
        for panel in ink.figure.panels
        for series in panel.series
        if "value" in series.data and not series.reference
    ]
    if ink.figure.colour is None or not found:
        return None
    return Colouring(np.concatenate(found), ink.figure.colour)


def _key(colouring: Colouring | None) -> ColourKey | None:
    return colouring.key(None) if colouring is not None else None


def _cells(ink: Ink, number: int, colouring: Colouring | None) -> Cells:
    positions, values = [np.zeros((0, 2))], [np.zeros(0)]
    for series in ink.figure.panels[number].series:
        both = np.column_stack(ink.numbers(series, "x", "y"))
        positions.append(both)
        values.append(ink.numbers(series, "value")[0] if "value" in series.data else np.full(len(both), np.nan))
    cells, found = np.concatenate(positions), np.concatenate(values)
    drawn = np.isfinite(cells).all(axis=1)
    cells, found = cells[drawn].astype(np.float32), found[drawn]
    if colouring is None:
        return Cells(cells, None)
    if colouring.by_class:
        return Cells(cells, np.where(np.isfinite(found), found, -1).astype(np.int32))
    return Cells(cells, found.astype(np.float32))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Figures", text)
