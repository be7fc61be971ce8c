"""The panels of a figure side by side with what explains their colours: one body for each family of kinds."""

from abc import abstractmethod
from typing import Any

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from genodesk.app.plots.cells import CellsView
from genodesk.app.plots.colour_bar import ColourBar
from genodesk.app.plots.colouring import Colouring, missing_on
from genodesk.app.plots.key import Entry, SeriesKey
from genodesk.app.plots.legend import Legend
from genodesk.app.plots.lines import LinePlot
from genodesk.app.plots.matrix import matrix_ramp
from genodesk.app.plots.panel import PlotPanel
from genodesk.app.plots.plotted import Ink
from genodesk.app.plots.prepare import Prepared, prepare
from genodesk.app.plots.raster_thread import raster_thread
from genodesk.app.theme import theme
from genodesk.app.widgets import ElidedLabel
from genodesk.core.figure import Figure, Panel
from genodesk.core.figure_look import DASHES, baseline_shade
from genodesk.core.palette import REFERENCE

_SIDE, _NARROWEST_SIDE, _SIDE_SHARE = 200, 120, 0.26  # px, px, of the width
_MATRIX = ("heatmap", "confusion", "hexbin")


class Body(QWidget):
    """Panels in a grid, the names of series above them and a legend of colours at their right."""

    def __init__(self, figure: Figure, panels: list[QWidget], *legends: QWidget) -> None:
        super().__init__()
        self._shape = _shape(figure)
        self.panels = panels
        self.key = SeriesKey(self.tr("Series of the figure"), switches=False)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        across = _columns(len(panels))
        for number, panel in enumerate(panels):
            grid.addWidget(panel, number // across, number % across)
        self.side = QWidget()
        side = QVBoxLayout(self.side)
        side.setContentsMargins(0, 0, 0, 0)
        for legend in legends:
            side.addWidget(legend)
        side.addStretch(1)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addLayout(grid, 1)
        line.addWidget(self.side)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self.key)
        whole.addLayout(line, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.side.setFixedWidth(min(max(round(_SIDE_SHARE * self.width()), _NARROWEST_SIDE), _SIDE))

    def takes(self, figure: Figure) -> bool:
        """Whether another figure fits into these panels."""
        return _shape(figure) == self._shape

    @abstractmethod
    def show_prepared(self, prepared: Prepared) -> None:
        """Draws a figure of this shape."""


def body_for(figure: Figure) -> Body:
    """An empty body for figures of this shape."""
    if figure.kind == "spatial":
        return TissueBody(figure)
    return CurveBody(figure) if figure.kind == "line" else PlotBody(figure)


class TissueBody(Body):
    """Cells of several panels beside each other with one legend for all."""

    def __init__(self, figure: Figure) -> None:
        self.views = [CellsView() for _ in figure.panels]
        self.legend = Legend()
        panels = []
        for view, panel in zip(self.views, figure.panels, strict=True):
            box = QWidget()
            inside = QVBoxLayout(box)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.setSpacing(4)
            if panel.title:
                inside.addWidget(ElidedLabel(panel.title, "small", mute=True, middle=True))
            inside.addWidget(view, 1)
            view.setAccessibleName(f"{view.accessibleName()} {panel.title}".strip())
            panels.append(box)
        super().__init__(figure, panels, self.legend)
        self.side.setVisible(figure.colour is not None)
        if figure.linked:
            for view in self.views[1:]:
                view.link(self.views[0])
        if self.views:
            self.legend.follow(*self.views)

    def show_prepared(self, prepared: Prepared) -> None:
        figure = prepared.ink.figure
        limits = prepared.key.limits if prepared.key is not None else None
        for view, panel, cells in zip(self.views, figure.panels, prepared.cells, strict=True):
            view.set_cells(cells.positions, panel.x.unit)
            view.set_colours(cells.values, figure.colour if cells.values is not None else None, limits)


class CurveBody(Body):
    """Curves: one plot a panel."""

    def __init__(self, figure: Figure) -> None:
        self.plots = [LinePlot(panel.title or figure.title) for panel in figure.panels]
        super().__init__(figure, _titled(figure, self.plots))
        self.side.hide()
        if figure.linked:
            for plot in self.plots[1:]:
                plot.view.box.setXLink(self.plots[0].view.box)
                plot.view.box.setYLink(self.plots[0].view.box)

    def show_prepared(self, prepared: Prepared) -> None:
        ink = prepared.ink
        for plot, panel in zip(self.plots, ink.figure.panels, strict=True):
            for name in set(plot.names()) - {series.name for series in panel.series}:
                plot.remove(name)
            plot.set_labels(panel.x.label, panel.y.label, panel.x.unit, panel.y.unit)
            plot.set_log(panel.x.log, panel.y.log)
            for series in panel.series:
                x, y = ink.numbers(series, "x", "y")
                band = None
                if "low" in series.data:
                    low, high = ink.numbers(series, "low", "high")
                    band = (low, high)
                colour = None if series.reference else ink.ours[series.name]
                plot.set_line(series.name, x, y, colour, dashed=series.reference, band=band)


class PlotBody(Body):
    """Points, bars, bins and matrices: one plot a panel, painted by the function for its kind."""

    def __init__(self, figure: Figure) -> None:
        self.plots = [PlotPanel(panel.title or figure.title, "") for panel in figure.panels]
        self.legend = Legend()
        self.bar = ColourBar(matrix_ramp())
        super().__init__(figure, _titled(figure, self.plots), self.legend, self.bar)
        self.bar.setVisible(figure.kind in _MATRIX)
        self._name = object()
        self._prepared: Prepared | None = None
        self.legend.shown_changed.connect(lambda _shown: self._hide())
        raster_thread().answered.connect(self._take)
        theme().changed.connect(self._recolour)
        if figure.linked:
            for plot in self.plots[1:]:
                plot.view.box.setXLink(self.plots[0].view.box)
                plot.view.box.setYLink(self.plots[0].view.box)

    def show_prepared(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._recolour()
        key = prepared.key
        matrix = prepared.ink.figure.kind in _MATRIX
        self.side.setVisible(key is not None and (matrix or prepared.ink.figure.kind == "scatter"))
        if matrix and key is not None:
            self.bar.set_key(key)
        elif prepared.ink.figure.kind == "scatter":
            self.legend.set_key(key)
        for plot, plotted in zip(self.plots, prepared.plotted, strict=True):
            plot.show_plotted(plotted)
        if self.legend.hidden:
            self._hide()

    def _recolour(self) -> None:
        if self._prepared is not None:
            self.key.set_entries(self._entries(self._prepared.ink))

    def _hide(self) -> None:
        prepared, hidden = self._prepared, frozenset(self.legend.hidden)
        if prepared is None:
            return
        raster_thread().ask((self._name, "hidden"), lambda: prepare(prepared.ink, hidden))

    def _take(self, key: Any, answer: Any) -> None:
        # An answer for the figure of before comes too late.
        if key[0] is self._name and answer is not None and self._prepared and answer.ink is self._prepared.ink:
            for plot, plotted in zip(self.plots, answer.plotted, strict=True):
                plot.show_plotted(plotted)

    def _entries(self, ink: Ink) -> list[Entry]:
        """What the names above the panels are: none where there is only one, or where colours mean something else."""
        kind = ink.figure.kind
        if kind in ("heatmap", "confusion") or (len(ink.ours) < 2 and not ink.references):
            return self._classes(ink)
        entries: list[Entry] = []
        for number, (name, colour) in enumerate(ink.ours.items()):
            if kind in ("scatter", "volcano", "hexbin"):
                if len(ink.ours) > 1:
                    ours = theme().css("mute") if ink.figure.colour is not None else colour
                    entries.append(Entry(name, ours, "box" if number % 2 else "dot"))
            else:
                entries.append(Entry(name, colour, "box"))
        for name, number in ink.references.items():
            if kind == "bar":
                entries.append(Entry(name, baseline_shade(number, theme().css("panel")), "box"))
            else:
                grey = theme().css("text") if kind == "hexbin" else REFERENCE
                entries.append(Entry(name, grey, "line", DASHES[number % len(DASHES)]))
        return [*self._classes(ink), *entries]

    def _classes(self, ink: Ink) -> list[Entry]:
        """The two sides of a volcano plot and what lies between them."""
        if ink.figure.kind != "volcano" or ink.figure.colour is None:
            return []
        key = Colouring(np.zeros(1), ink.figure.colour).key(None)
        assert key is not None
        pairs = zip(ink.figure.colour.categories, key.colours, strict=True)
        ground = theme().colour("panel")
        grey = missing_on((ground.red(), ground.green(), ground.blue()))
        return [*(Entry(name, colour, "dot") for name, colour in pairs), Entry(self.tr("unchanged"), grey, "dot")]


def _shape(figure: Figure) -> tuple[Any, ...]:
    """What must be equal for two figures to fit into the same panels."""
    return figure.kind, figure.linked, figure.colour is None, tuple(_face(panel) for panel in figure.panels)


def _face(panel: Panel) -> tuple[Any, ...]:
    return panel.title, panel.equal_aspect


def _titled(figure: Figure, plots: list) -> list[QWidget]:
    """The plots below the titles of their panels, where they have any of their own."""
    made: list[QWidget] = []
    for plot, panel in zip(plots, figure.panels, strict=True):
        if not panel.title or (len(plots) == 1 and panel.title == figure.title):
            made.append(plot)
            continue
        box = QWidget()
        inside = QVBoxLayout(box)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(4)
        inside.addWidget(ElidedLabel(panel.title, "small", mute=True, middle=True))
        inside.addWidget(plot, 1)
        made.append(box)
    return made


def _columns(number: int) -> int:
    """How many panels stand beside each other."""
    return {0: 1, 1: 1, 2: 2, 3: 3, 4: 2}.get(number, 3 if number <= 9 else 4)
