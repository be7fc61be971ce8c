"""PlotPanel: one panel of a figure that is no curve and no tissue: its title, its plot and the words at the pointer."""

from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.plots.crosshair import paint_tip
from genodesk.app.plots.plotted import Plotted
from genodesk.app.plots.raster_thread import raster_thread
from genodesk.app.plots.view import PlotView, Snapshot
from genodesk.app.theme import theme
from genodesk.app.widgets import ElidedLabel


class PlotPanel(QWidget):
    """Shows what a painter made, fitted until somebody moves the view."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.view = PlotView(name)
        self._plotted: Plotted | None = None
        self._following = True
        self._tip = ("", QPointF())
        self._name = object()
        self._picture: tuple[Snapshot, QImage] | None = None
        self.setFocusProxy(self.view)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        if title:
            whole.addWidget(ElidedLabel(title, "small", mute=True, middle=True))
        whole.addWidget(self.view, 1)
        self.view.fit_wanted.connect(self.fit)
        self.view.box.moved_by_hand.connect(self._let_go)
        self.view.pointed.connect(self._point)
        self.view.add_layer(self._paint)
        self.view.view_changed.connect(self._ask)
        theme().changed.connect(self._ask)
        raster_thread().answered.connect(self._take)

    def show_plotted(self, plotted: Plotted) -> None:
        """Shows this instead of what was there."""
        self._plotted = plotted
        self._picture = None
        self._tip = ("", QPointF())
        self.view.setMinimumHeight(plotted.least_height)
        self.view.set_axes(
            plotted.x,
            plotted.y,
            grid=plotted.grid,
            baseline=plotted.baseline,
            upside_down=plotted.upside_down,
            square=plotted.square,
        )
        if self._following:
            self.fit()
        self._ask()

    def fit(self) -> None:
        """Shows all of it, now and after every change."""
        self._following = True
        if self._plotted is not None:
            left, right, bottom, top = self._plotted.extent
            self.view.show_range((left, right), (bottom, top))

    def tip(self) -> str:
        """What is told about the place of the pointer."""
        return self._tip[0]

    def _let_go(self) -> None:
        self._following = False

    def _point(self, place: QPointF | None) -> None:
        words = self._plotted.tell(place.x(), place.y()) if self._plotted and place is not None else ""
        self._tip = (words, self.view.place(place.x(), place.y()) if words and place is not None else QPointF())
        self.view.setAccessibleDescription(words)
        self.view.repaint_soon()

    def _ask(self) -> None:
        """Asks for the picture of the view as it is now."""
        plotted, now = self._plotted, self.view.snapshot()
        if plotted is not None and (raster := plotted.raster) is not None:
            raster_thread().ask((self._name, "picture"), lambda: (plotted, now, raster(now)))

    def _take(self, key: Any, answer: Any) -> None:
        if key[0] is self._name and answer is not None and answer[0] is self._plotted:
            self._picture = answer[1:]
            self.view.repaint_soon()

    def _paint(self, painter: QPainter) -> None:
        if self._plotted is None:
            return
        if self._picture is not None:
            # The picture may be of an earlier view: it is shown where it belongs until the next one comes.
            view, image = self._picture
            corners = (self.view.place(view.x[0], view.y[1]), self.view.place(view.x[1], view.y[0]))
            painter.drawImage(QRectF(*corners).normalized(), image)
        painter.save()
        self._plotted.paint(painter, self.view)
        painter.restore()
        if self._tip[0]:
            paint_tip(painter, self.view.plot_rect(), self._tip[1], self._tip[0], self.view.frame.font)
