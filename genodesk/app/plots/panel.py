"""PlotPanel: one panel of a figure that is no curve and no tissue: its title, its plot and the words at the pointer."""

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.plots.crosshair import paint_tip
from genodesk.app.plots.plotted import Plotted
from genodesk.app.plots.view import PlotView
from genodesk.app.widgets import ElidedLabel


class PlotPanel(QWidget):
    """Shows what a painter made, fitted until somebody moves the view."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.view = PlotView(name)
        self._plotted: Plotted | None = None
        self._tip = ("", QPointF())
        self.setFocusProxy(self.view)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        if title:
            whole.addWidget(ElidedLabel(title, "small", mute=True, middle=True))
        whole.addWidget(self.view, 1)
        self.view.fit_wanted.connect(self.fit)
        self.view.pointed.connect(self._point)
        self.view.add_layer(self._paint)

    def show_plotted(self, plotted: Plotted) -> None:
        """Shows this instead of what was there."""
        self._plotted = plotted
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
        self.fit()

    def fit(self) -> None:
        """Shows all of it."""
        if self._plotted is not None:
            left, right, bottom, top = self._plotted.extent
            self.view.show_range((left, right), (bottom, top))

    def tip(self) -> str:
        """What is told about the place of the pointer."""
        return self._tip[0]

    def _point(self, place: QPointF | None) -> None:
        words = self._plotted.tell(place.x(), place.y()) if self._plotted and place is not None else ""
        self._tip = (words, self.view.place(place.x(), place.y()) if words and place is not None else QPointF())
        self.view.setAccessibleDescription(words)
        self.view.repaint_soon()

    def _paint(self, painter: QPainter) -> None:
        if self._plotted is None:
            return
        painter.save()
        self._plotted.paint(painter, self.view)
        painter.restore()
        if self._tip[0]:
            paint_tip(painter, self.view.plot_rect(), self._tip[1], self._tip[0], self.view.frame.font)
