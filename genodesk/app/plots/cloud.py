"""Many points of a scatter plot as a picture of pixels, made in the raster's thread."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QColor, QImage

from genodesk.app.plots.colouring import Colouring
from genodesk.app.plots.view import Snapshot
from genodesk.app.theme import theme

_SMALLEST, _LARGEST = 1.5, 6.0  # px of the screen


@dataclass(frozen=True)
class Cloud:
    """Points in the plane [points], finite ones only. `colour` are numbers of a colouring, of which 0 lies beneath.

    `point` are their numbers in the series, `plain` is the colour of all where there is no colouring.
    """

    x: np.ndarray
    y: np.ndarray
    point: np.ndarray
    colour: np.ndarray
    colouring: Colouring | None
    plain: QColor
    squares: bool

    def table(self) -> np.ndarray:
        """The colours [256, 3] of the colour numbers on the surface of now."""
        if self.colouring is not None:
            ground = theme().colour("panel")
            return self.colouring.table((ground.red(), ground.green(), ground.blue()))
        plain = (self.plain.red(), self.plain.green(), self.plain.blue())
        return np.tile(np.array(plain, dtype=np.float64), (256, 1))


def point_size(number: int, width: float, height: float) -> float:
    """How wide points are drawn, so that they fill at most half of a plot."""
    return float(np.clip(np.sqrt(0.5 * width * height / max(number, 1)), _SMALLEST, _LARGEST))


def stamp(clouds: Sequence[Cloud], view: Snapshot) -> QImage:
    """The pixels of every point; where several fall onto one, the last of the shuffled order is seen."""
    width, height = max(round(view.width * view.ratio), 1), max(round(view.height * view.ratio), 1)
    canvas = np.zeros((height, width), dtype=np.uint32)
    radius = point_size(sum(cloud.x.size for cloud in clouds), view.width, view.height) * view.ratio / 2
    reach = int(radius)
    steps = range(-reach, reach + 1)
    disc = [(dx, dy) for dx in steps for dy in steps if dx * dx + dy * dy <= radius * radius]
    for cloud in clouds:
        table = cloud.table().round().astype(np.uint32)
        shades = (0xFF000000 | table[:, 0] << 16 | table[:, 1] << 8 | table[:, 2])[cloud.colour]
        across, down = ((pixels * view.ratio).astype(np.int32) for pixels in view.places(cloud.x, cloud.y))
        for dx, dy in disc:
            to_x, to_y = across + dx, down + dy
            inside = (to_x >= 0) & (to_x < width) & (to_y >= 0) & (to_y < height)
            canvas[to_y[inside], to_x[inside]] = shades[inside]
    return QImage(canvas.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
