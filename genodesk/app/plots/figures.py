"""FigureView: a saved figure on screen, whatever its kind, with the conventions of print."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from genodesk.app.plots.bodies import Body, body_for
from genodesk.app.plots.load import load
from genodesk.app.plots.plotted import Ink
from genodesk.app.plots.prepare import Prepared, prepare
from genodesk.app.plots.raster_thread import raster_thread
from genodesk.app.widgets import Content, ElidedLabel, label
from genodesk.core.errors import UserError
from genodesk.core.figure import Figure
from genodesk.core.figure_text import clean


class FigureView(QWidget):
    """Shows the figure of a file; another step of the same figure keeps the view. A damaged one shows its sentence.

    `drawn` tells that a figure has come, or the error that came instead of it.
    """

    drawn = Signal(object)

    def __init__(self, heading: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figure: Figure | None = None
        self.path: Path | None = None
        self._name = object()
        self._body: Body | None = None
        self._title = ElidedLabel("", "heading")
        self._caption = label("", "small", wrap=True, mute=True, selectable=True)
        self._heading = heading
        self._inside = QWidget()
        self._whole = QVBoxLayout(self._inside)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(8)
        self._whole.addWidget(self._title)
        self._whole.addWidget(self._caption)
        self._content = Content(self._inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._content)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        raster_thread().answered.connect(self._take)
        self.clear()

    @property
    def error(self) -> UserError | None:
        """What is shown instead of a figure, if anything."""
        return self._content.error

    @property
    def body(self) -> Body | None:
        """The widget that draws the panels."""
        return self._body

    def show_figure(self, path: Path) -> None:
        """Draws the figure of a JSON file; what is shown stays until it has been read."""
        self.path = path
        if self.figure is None and self.error is None:
            self._content.show_loading(self.tr("Reading the figure…"))
        raster_thread().ask((self._name, "figure"), lambda: (path, _loaded(path)))

    def clear(self) -> None:
        """Shows that there is no figure."""
        raster_thread().forget((self._name, "figure"))
        self.path = self.figure = None
        self._content.show_empty("chart", self.tr("No figure yet"), self.tr("Figures appear here as they are made."))

    def _take(self, key: Any, answer: Any) -> None:
        if key[0] is not self._name or answer is None:
            return
        path, found = answer
        if path != self.path:
            return
        if isinstance(found, UserError):
            self.figure = None
            self._content.show_error(found)
            self.drawn.emit(found)
            return
        self._draw(found)
        self._content.show_content()
        self.drawn.emit(None)

    def _draw(self, prepared: Prepared) -> None:
        figure = prepared.ink.figure
        self._title.setText(clean(figure.title))
        self._title.setVisible(self._heading and bool(figure.title))
        self._caption.setText(figure.caption)
        self._caption.setVisible(bool(figure.caption))
        if self._body is None or not self._body.takes(figure):
            body = body_for(figure)
            if self._body is not None:
                self._whole.replaceWidget(self._body, body)
                self._body.hide()
                self._body.deleteLater()
            else:
                self._whole.insertWidget(1, body, 1)
            self._body = body
        self.figure = figure
        self._body.show_prepared(prepared)


def _loaded(path: Path) -> Prepared | UserError:
    try:
        return prepare(Ink(*load(path)))
    except UserError as error:
        return error
