"""LinePlot: curves that may grow while one looks at them, smoothed, on linear or logarithmic axes, with a crosshair."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPixmap, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from genodesk.app.plots.crosshair import paint_crosshair
from genodesk.app.plots.curve import Curve, smoothing_of
from genodesk.app.plots.key import Entry, SeriesKey
from genodesk.app.plots.readings import Drawn, Readings, readings_at
from genodesk.app.plots.strokes import draw_band, draw_curve, draw_dots
from genodesk.app.plots.view import PlotView
from genodesk.app.theme import theme
from genodesk.app.timers import once
from genodesk.core.figure import Axis, Figure, Panel, Series
from genodesk.core.figure_look import DASHES, FEW_POINTS
from genodesk.core.palette import REFERENCE, colours

_REDRAW_MS = 50
_AIR = 0.04
_WIDTH = 1.8
_FAINT = 0.28
_BAND = 0.18

Numbers = Sequence[float] | np.ndarray


class LinePlot(QWidget):
    """Curves by name. It shows all of them until somebody moves the view; a double click or 0 shows all again.

    Shift and the arrow keys move the crosshair from point to point.
    """

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = name or self.tr("Curves")
        self._curves: dict[str, Curve] = {}
        self._smoothing = 0.0
        self._following = True
        self._at: float | None = None
        self._readings: Readings | None = None
        self._picture: QPixmap | None = None  # the curves alone, so that the crosshair moves at no cost
        self._x, self._y = Axis(label=""), Axis(label="")
        self.key = SeriesKey(self.tr("Curves of {plot}").format(plot=name))
        self.view = PlotView(name)
        self.key.toggled.connect(self._switch)
        self.view.fit_wanted.connect(self.fit)
        self.view.box.moved_by_hand.connect(self._let_go)
        self.view.pointed.connect(self._point)
        self.view.stepped.connect(self._step)
        self.view.add_layer(self._paint)
        self.view.view_changed.connect(self._forget_picture)
        theme().changed.connect(self._forget_picture)
        self.setFocusProxy(self.view)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addWidget(self.key)
        whole.addWidget(self.view, 1)
        self._soon = once(self, _REDRAW_MS, self._refresh)

    def set_line(
        self,
        name: str,
        x: Numbers,
        y: Numbers,
        colour: str | None = None,
        dashed: bool = False,
        band: tuple[Numbers, Numbers] | None = None,
    ) -> None:
        """Shows the curve through (x, y) [points], instead of the one of that name; `dashed` is for references.

        `band` are the lower and upper edge of the area around it [points].
        """
        shown = self._curves[name].shown if name in self._curves else True
        curve = self._curves[name] = Curve(colour or "", self._dash(name) if dashed else ())
        curve.shown = shown
        curve.append(np.asarray(x), np.asarray(y))
        if band is not None:
            curve.band = (np.asarray(x, np.float64), np.asarray(band[0], np.float64), np.asarray(band[1], np.float64))
        self._list_names()
        self._changed()

    def append(self, name: str, xs: Numbers, ys: Numbers) -> None:
        """Adds points [points] to the end of a curve; a name that is new begins one."""
        if name not in self._curves:
            self._curves[name] = Curve("")
            self._list_names()
        self._curves[name].append(np.asarray(xs), np.asarray(ys))
        self._changed()

    def remove(self, name: str) -> None:
        """Takes a curve away; a name that is not there changes nothing."""
        if self._curves.pop(name, None) is not None:
            self._list_names()
            self._changed()

    def names(self) -> list[str]:
        """The curves, in the order they came."""
        return list(self._curves)

    def points(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The x and y [points] of a curve."""
        return self._curves[name].x, self._curves[name].y

    def set_smoothing(self, weight: float) -> None:
        """0 shows the numbers themselves, up to 0.99 their moving average with the numbers faint behind it."""
        self._smoothing = float(np.clip(weight, 0.0, 0.99))
        self._changed()

    def set_log(self, x: bool = False, y: bool = False) -> None:
        """Which axes are logarithmic; points that are not positive are then left out."""
        self._x, self._y = self._x.model_copy(update={"log": x}), self._y.model_copy(update={"log": y})
        self._following = True
        self._dress()

    def set_labels(self, x: str, y: str, x_unit: str = "", y_unit: str = "") -> None:
        """What the axes are called."""
        self._x = self._x.model_copy(update={"label": x, "unit": x_unit})
        self._y = self._y.model_copy(update={"label": y, "unit": y_unit})
        self._dress()

    def fit(self) -> None:
        """Shows all curves, now and while they grow."""
        self._following = True
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._soon.stop()

    def readings(self) -> Readings | None:
        """What the crosshair tells, None while it is nowhere."""
        return self._readings

    def to_figure(self, name: str, title: str) -> tuple[Figure, dict[str, np.ndarray]]:
        """The curves on show as a figure for print, with its arrays by file name."""
        series, arrays = [], {}
        for number, (label, curve) in enumerate(self._shown().items()):
            data = {"x": curve.x, "y": curve.y}
            if curve.band is not None:
                data = dict(zip(("x", "low", "high"), curve.band, strict=True)) | {"y": curve.y}
            files = {role: f"{name}.{role}-{number}.npy" for role in data}
            arrays.update({files[role]: array.copy() for role, array in data.items()})
            series.append(Series(name=label, data=files, reference=bool(curve.dash)))
        panel = Panel(title="", x=self._x, y=self._y, series=tuple(series))
        return Figure(name=name, kind="line", title=title, panels=(panel,)), arrays

    def _shown(self) -> dict[str, Curve]:
        return {name: curve for name, curve in self._curves.items() if curve.shown}

    def _colour(self, name: str) -> str:
        curve = self._curves[name]
        if curve.colour:
            return curve.colour
        if curve.dash:
            return REFERENCE
        ours = [other for other, known in self._curves.items() if not known.dash]
        return colours(len(ours))[ours.index(name)]

    def _dash(self, name: str) -> tuple[float, ...]:
        dashed = [other for other, curve in self._curves.items() if curve.dash]
        return DASHES[(dashed.index(name) if name in dashed else len(dashed)) % len(DASHES)]

    def _list_names(self) -> None:
        several = len(self._curves) > 1
        self.key.set_entries(
            [Entry(name, self._colour(name), dash=curve.dash) for name, curve in self._curves.items()]
            if several
            else []
        )

    def _dress(self) -> None:
        self.view.set_axes(self._x, self._y)
        self._changed()

    def _changed(self) -> None:
        """Draws anew in a moment, and when it is shown again."""
        self._forget_picture()
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _refresh(self) -> None:
        self._soon.stop()
        self._forget_picture()
        if self._following:
            boxes = [curve.extent(log_x=self._x.log, log_y=self._y.log) for curve in self._shown().values()]
            known = np.array([box for box in boxes if box is not None])
            if known.size:
                x = (float(known[:, 0].min()), float(known[:, 1].max()))
                low, high = float(known[:, 2].min()), float(known[:, 3].max())
                air = _AIR * (high - low)
                self.view.show_range(x, (low - air, high + air))
        self._read()
        self.view.repaint_soon()

    def _switch(self, name: str, on: bool) -> None:
        self._curves[name].shown = on
        self._changed()

    def _let_go(self) -> None:
        self._following = False

    def _forget_picture(self) -> None:
        self._picture = None

    def _paint(self, painter: QPainter) -> None:
        if self._picture is None:
            ratio = self.view.devicePixelRatioF()
            self._picture = QPixmap(self.view.viewport().size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._picture)
            # Without a clip Qt draws half-transparent lines thirty times slower.
            inner.setClipRect(self.view.clip())
            self._paint_curves(inner)
            inner.end()
        painter.drawPixmap(0, 0, self._picture)
        if self._readings is not None:
            paint_crosshair(painter, self.view.plot_rect(), self._readings, self.view.frame.font)

    def _paint_curves(self, painter: QPainter) -> None:
        shown = self._shown()
        if not any(curve.x.size for curve in shown.values()):
            painter.setPen(theme().colour("mute"))
            painter.drawText(self.view.plot_rect(), int(Qt.AlignmentFlag.AlignCenter), self._nothing())
            return
        (low, high), _ = self.view.shown_range()
        pixels = max(int(self.view.plot_rect().width() * self.view.devicePixelRatioF()), 2)
        edges = np.linspace(low, high, pixels + 1)
        ordered = sorted(shown.items(), key=lambda item: not item[1].dash)
        for name, curve in ordered:
            if curve.band is not None:
                self._paint_band(painter, curve, QColor(self._colour(name)))
            if smoothing_of(curve, shown.values(), self._smoothing):
                faint = QColor(self._colour(name))
                faint.setAlphaF(_FAINT)
                self._paint_curve(painter, curve, edges, faint, 1.0, 0.0)
        for name, curve in ordered:
            width = 1.3 if curve.dash else _WIDTH
            weight = smoothing_of(curve, shown.values(), self._smoothing)
            self._paint_curve(painter, curve, edges, QColor(self._colour(name)), width, weight)

    def _paint_curve(
        self, painter: QPainter, curve: Curve, edges: np.ndarray, colour: QColor, width: float, weight: float
    ) -> None:
        x, y = curve.drawn(edges, weight, log_x=self._x.log, log_y=self._y.log)
        across, down = self.view.places(x, y)
        draw_curve(painter, across, down, colour, width, curve.dash)
        if x.size == 1 or (x.size <= FEW_POINTS and not curve.dash and width > 1):
            draw_dots(painter, across, down, colour, 6.0)

    def _paint_band(self, painter: QPainter, curve: Curve, colour: QColor) -> None:
        x, low, high = curve.band_drawn(log_x=self._x.log, log_y=self._y.log)
        colour.setAlphaF(_BAND)
        across, floor = self.view.places(x, low)
        draw_band(painter, across, floor, self.view.places(x, high)[1], colour)

    def _nothing(self) -> str:
        if self._curves and not self._shown():
            return self.tr("All curves are hidden. Click a name above to show it.")
        return self.tr("No numbers yet")

    def _point(self, place: QPointF | None) -> None:
        at = None if place is None else 10 ** place.x() if self._x.log else place.x()
        self._at = at
        self._read()
        self.view.repaint_soon()

    def _step(self, way: int) -> None:
        """Moves the crosshair to the next point of any curve in view."""
        (low, high), _ = self.view.shown_range()
        low, high = (10**low, 10**high) if self._x.log else (low, high)
        at = self._at if self._at is not None else low if way > 0 else high
        nearest = [curve.beyond(at, way) for curve in self._shown().values()]
        ahead = [x for x in nearest if x is not None and low <= x <= high]
        if ahead:
            self._at = min(ahead) if way > 0 else max(ahead)
            self._read()
            self.view.repaint_soon()

    def _read(self) -> None:
        shown = self._shown() if self._at is not None else {}
        drawn = {
            name: Drawn(curve, self._colour(name), smoothing_of(curve, shown.values(), self._smoothing))
            for name, curve in shown.items()
        }
        self._readings = readings_at(self._at, drawn, self.view, self._x, self._y) if self._at is not None else None
        told = self._readings.in_words() if self._readings else ""
        if self.view.accessibleDescription() != told:
            self.view.setAccessibleDescription(told)
