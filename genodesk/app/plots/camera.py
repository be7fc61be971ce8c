"""Camera: which part of the plane is seen, at one scale for x and y. Linked views share one.

Knows sizes and boxes of its views, nothing of their widgets or cells.
"""

from collections.abc import Hashable

from PySide6.QtCore import QObject, Signal

from genodesk.app.plots.cell_index import Box

_AIR = 0.045  # of the shorter side, left free around fitted cells
_LEAST_AIR = 14.0  # px
_DEEPEST = 4000.0  # times the fitted scale; beyond, 32-bit positions would jump by pixels
_WIDEST = 0.1


class Camera(QObject):
    """`x`, `y` is what stands in the middle of every view, `scale` is in screen pixels per unit."""

    changed = Signal()
    replaced = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.x = 0.0
        self.y = 0.0
        self.scale = 1.0
        self.fitted = True
        self._views: dict[Hashable, tuple[Box | None, float, float]] = {}

    def put(self, view: Hashable, box: Box | None, width: float, height: float) -> None:
        """Tells what a view holds and how large it is. A fitted camera stays fitted."""
        if self._views.get(view) != (box, width, height):
            self._views[view] = (box, width, height)
            if self.fitted:
                self.fit()
            else:
                self.changed.emit()

    def drop(self, view: Hashable) -> None:
        """The view is gone."""
        self._views.pop(view, None)

    def adopt(self, other: "Camera") -> None:
        """The views of another camera look through this one from now on."""
        if other is not self:
            self._views |= other._views
            other._views = {}
            other.replaced.emit(self)
            if self.fitted:
                self.fit()

    def fit(self) -> None:
        """Shows the boxes of all views, as large as the smallest view allows."""
        self.fitted = True
        found = self._fitting()
        if found is not None:
            self.x, self.y, self.scale = found
        self.changed.emit()

    def move(self, right: float, up: float) -> None:
        """Moves the view over the plane, in units."""
        self.fitted = False
        self.x += right
        self.y += up
        self.changed.emit()

    def zoom(self, factor: float, x: float, y: float) -> None:
        """Enlarges by a factor about a point of the plane, which stays where it is."""
        found = self._fitting()
        whole = found[2] if found else self.scale
        scale = min(max(self.scale * factor, whole * _WIDEST), whole * _DEEPEST)
        factor = scale / self.scale
        self.fitted = False
        self.x, self.y = x + (self.x - x) / factor, y + (self.y - y) / factor
        self.scale = scale
        self.changed.emit()

    def _fitting(self) -> tuple[float, float, float] | None:
        boxes = [box for box, _, _ in self._views.values() if box is not None]
        sizes = [(width, height) for _, width, height in self._views.values() if width > 0 and height > 0]
        if not boxes or not sizes:
            return None
        left, right = min(box[0] for box in boxes), max(box[1] for box in boxes)
        bottom, top = min(box[2] for box in boxes), max(box[3] for box in boxes)
        scales = []
        for width, height in sizes:
            air = 2 * max(_AIR * min(width, height), _LEAST_AIR)
            for room, span in ((width, right - left), (height, top - bottom)):
                if span > 0:
                    scales.append(max(room - air, 8.0) / span)
        return (left + right) / 2, (bottom + top) / 2, min(scales, default=1.0)
