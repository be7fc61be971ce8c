"""CellsView: cells where they lie, each one drawn, in colours of a class or a quantity; to move, zoom and select in.

Knows arrays only, not where they come from. What costs time is done in the raster's thread.
"""

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from genodesk.app.plots.camera import Camera
from genodesk.app.plots.cell_index import Box
from genodesk.app.plots.colouring import Colouring, ColourKey
from genodesk.app.plots.gestures import Gestures
from genodesk.app.plots.overlays import paint_focus, paint_outline, paint_ring, paint_scale_bar
from genodesk.app.plots.raster import Target, disc_diameter
from genodesk.app.plots.raster_thread import raster_thread
from genodesk.app.plots.scene import Picture, Places, Scene
from genodesk.app.plots.spatial_figure import spatial_figure
from genodesk.app.theme import theme
from genodesk.core.figure import ColourScale, Figure

_MARGIN = 48  # px drawn around the view, so that moving it does not bare an edge at once
_LEAVE_AS_IT_WAS = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
_REACH = 6.0  # px from the pointer within which a cell is meant


class CellsView(QWidget):
    """Drag moves, the wheel zooms, a double click fits; arrows, + and −, 0 and Home do the same.

    `picked` tells the cell under the pointer or -1, `lassoed` a mask [cells] of those inside a drawn outline (none
    after Esc), `key_changed` that `key` tells something new, `status_changed` likewise.
    """

    picked = Signal(int)
    lassoed = Signal(object)
    key_changed = Signal()
    status_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Map of cells"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._name = object()
        self._unit = ""
        self._scene = Scene(Places(np.zeros((0, 2), np.float32)), Colouring())
        self._picture: Picture | None = None
        self._key: ColourKey | None = None
        self._cell = -1
        self._laid_out = False
        self._by_keyboard = False
        self._camera = Camera()
        self._gestures = Gestures(self, self._camera)
        self._gestures.pointed.connect(self._point)
        self._gestures.outlined.connect(self._select)
        self._gestures.outline_changed.connect(self.update)
        self._look_through(self._camera)
        raster_thread().answered.connect(self._take)
        theme().changed.connect(self._ask)

    @property
    def view(self) -> Box:
        """Left, right, bottom, top of what is seen, in the unit of the positions."""
        (left, top), (right, bottom) = (
            self._gestures.to_plane(QPointF(x, y)) for x, y in ((0, 0), (self.width(), self.height()))
        )
        return left, right, bottom, top

    @property
    def key(self) -> ColourKey | None:
        """What a legend tells of the colours on show, None where all cells have one colour."""
        return self._key

    def set_cells(self, positions: np.ndarray, unit: str = "µm") -> None:
        """Shows cells at positions [cells, 2]. As many cells as before keep their colours and their mask.

        Without a unit no scale bar is drawn.
        """
        places = Places(np.ascontiguousarray(positions, dtype=np.float32).reshape(-1, 2))
        same = len(places.positions) == len(self._scene.places.positions)
        self._unit = unit
        self._pick(-1)
        self._gestures.clear()
        old = self._scene
        self._scene = Scene(places, old.colouring, old.shown, old.hidden) if same else Scene(places, Colouring())
        self._ask()

    def set_colours(
        self, values: np.ndarray | None, scale: ColourScale | None, limits: tuple[float, float] | None = None
    ) -> None:
        """Colours the cells by codes into the scale's categories, or by quantities, [cells]; by nothing for None.

        A code below 0 and a NaN are not known. Quantities span their 1st to 99th percentile unless `limits` say more.
        """
        self._check(values)
        old = self._scene
        hidden = old.hidden if scale is not None and scale == old.colouring.scale else frozenset()
        colouring = Colouring(values, scale, limits) if values is not None and scale is not None else Colouring()
        self._scene = Scene(old.places, colouring, old.shown, hidden)
        self._ask()

    def set_shown(self, mask: np.ndarray | None) -> None:
        """Shows only the cells of a mask [cells], for example one slice; None shows all."""
        self._check(mask)
        old = self._scene
        self._scene = Scene(old.places, old.colouring, mask, old.hidden)
        self._ask()

    def set_hidden(self, codes: set[int]) -> None:
        """Hides the cells of these classes; -1 are those that are not known."""
        old = self._scene
        self._scene = Scene(old.places, old.colouring, old.shown, frozenset(codes))
        self._ask()

    def set_lasso(self, on: bool) -> None:
        """Whether dragging draws an outline around cells; Enter then takes all in view, Esc takes the outline away."""
        self._gestures.set_lasso(on)

    def mark(self, cell: int) -> None:
        """Draws a ring around a cell, or around none for -1."""
        self._cell = cell
        self.update()

    def fit(self) -> None:
        """Shows all cells that are not masked, as large as there is room."""
        self._camera.fit()

    def link(self, other: "CellsView") -> None:
        """From now on both show the same part of the plane at the same scale."""
        self._camera.adopt(other._camera)

    def status(self) -> str:
        """How many of the cells are drawn."""
        total = len(self._scene.places.positions)
        if self._picture is None:
            return self.tr("{total} cells").format(total=f"{total:,}")
        return self.tr("{drawn} of {total} cells").format(drawn=f"{self._picture.drawn:,}", total=f"{total:,}")

    def to_figure(self, name: str, title: str) -> tuple[Figure, dict[str, np.ndarray]]:
        """The cells on show as a figure for print, with its arrays by file name."""
        return spatial_figure(self._scene, name, title, self._unit)

    def image(self) -> QImage:
        """What is seen, at the screen's resolution."""
        ratio = self.devicePixelRatioF()
        image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        painter = QPainter(image)
        picture = self._picture
        if picture is None or picture.scene is not self._scene or picture.target != self._target():
            picture = self._scene.draw(self._target(), _rgb("panel"))
        self._paint_cells(painter, picture)
        painter.end()
        return image

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._ask()
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._laid_out = True
        self._tell_camera()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() not in _LEAVE_AS_IT_WAS:
            self._by_keyboard = event.reason() != Qt.FocusReason.MouseFocusReason

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        self._paint_cells(painter, self._picture)
        if self._gestures.outline:
            paint_outline(painter, self._gestures.polygon(), closed=not self._gestures.drawing)
        if 0 <= self._cell < len(self._scene.places.positions):
            x, y = self._scene.places.positions[self._cell].tolist()
            paint_ring(painter, self._gestures.to_widget(x, y), self._diameter() / 2 + 3.5)
        if self.hasFocus() and self._by_keyboard:
            paint_focus(painter, self.width(), self.height())
        painter.end()

    def _paint_cells(self, painter: QPainter, picture: Picture | None) -> None:
        painter.fillRect(self.rect(), theme().colour("panel"))
        if picture is not None and picture.pixels.size:
            height, width = picture.pixels.shape
            image = QImage(picture.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
            target = picture.target
            # The picture may be of an earlier view: it is shown where it belongs until the next one comes.
            corner = self._gestures.to_widget(target.left, target.top)
            size = self._camera.scale / target.scale
            if abs(size * target.ratio - 1) < 1e-6:
                corner = QPointF(*(round(v * target.ratio) / target.ratio for v in corner.toTuple()))
            painter.drawImage(QRectF(corner.x(), corner.y(), width * size, height * size), image)
        if self._unit and len(self._scene.places.positions):
            paint_scale_bar(painter, self.width(), self.height(), self._camera.scale, self._unit)

    def _ask(self) -> None:
        """Asks for what is missing: first where the cells lie, then a picture of them."""
        self.update()
        if not self.isVisible():
            return
        scene = self._scene
        if not scene.places.has_frame(scene.shown):
            raster_thread().ask((self._name, "places"), lambda: (scene.places.frame(scene.shown),))
            return
        self._tell_camera()
        target, background = self._target(), _rgb("panel")
        raster_thread().ask((self._name, "picture"), lambda: scene.draw(target, background))

    def _take(self, key: Any, answer: Any) -> None:
        name, what = key
        if name is not self._name or answer is None:
            return
        if what == "places":
            self._ask()
        elif what == "cells":
            if len(answer) == len(self._scene.places.positions):
                self.lassoed.emit(answer)
        elif answer.scene.places is self._scene.places:
            self._picture = answer
            self.update()
            self._tell(answer)

    def _tell(self, picture: Picture) -> None:
        status = self.status()
        if status != self.accessibleDescription():
            self.setAccessibleDescription(status)
            self.status_changed.emit(status)
        if picture.scene is self._scene and picture.key != self._key:
            self._key = picture.key
            self.key_changed.emit()

    def _target(self) -> Target:
        ratio = self.devicePixelRatioF()
        left, top = self._gestures.to_plane(QPointF(-_MARGIN, -_MARGIN))
        width, height = (round((side + 2 * _MARGIN) * ratio) for side in (self.width(), self.height()))
        return Target(left, top, self._camera.scale * ratio, width, height, ratio)

    def _diameter(self) -> float:
        places = self._scene.places
        return disc_diameter(places.index.spacing, self._camera.scale) if places.ready else 0.0

    def _point(self, point: QPointF | None) -> None:
        cell = -1
        picture = self._picture
        if point is not None and picture is not None and picture.scene.places is self._scene.places:
            reach = max(self._diameter() / 2 + 1, _REACH) / self._camera.scale
            index = picture.scene.places.index
            cell = index.nearest(*self._gestures.to_plane(point), reach, picture.scene.visible)
        self._pick(cell)

    def _pick(self, cell: int) -> None:
        if cell != self._cell:
            self.mark(cell)
            self.picked.emit(cell)

    def _select(self, outline: np.ndarray) -> None:
        scene = self._scene
        raster_thread().ask((self._name, "cells"), lambda: scene.lasso(outline))

    def _tell_camera(self) -> None:
        places = self._scene.places
        shown = self._scene.shown
        box = places.frame(shown) if places.has_frame(shown) else None
        size = (self.width(), self.height()) if self._laid_out else (0, 0)
        self._camera.put(self._name, box, *size)

    def _look_through(self, camera: Camera) -> None:
        self._camera = self._gestures.camera = camera
        camera.changed.connect(self._ask)
        camera.replaced.connect(self._look_through)
        name = self._name
        self.destroyed.connect(lambda: camera.drop(name))
        self._tell_camera()

    def _check(self, array: np.ndarray | None) -> None:
        if array is not None and len(array) != len(self._scene.places.positions):
            raise ValueError(f"{len(array)} values for {len(self._scene.places.positions)} cells")


def _rgb(name: str) -> tuple[int, int, int]:
    colour = theme().colour(name)
    return colour.red(), colour.green(), colour.blue()
