"""Scene: what a view shows, put together in the raster's thread: where cells lie, their colours, which are hidden."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from genodesk.app.plots.cell_index import Box, CellIndex, index_cells
from genodesk.app.plots.colouring import Colouring, ColourKey
from genodesk.app.plots.raster import Layer, Target, draw, layer_of


class Places:
    """Positions [cells, 2] and, once somebody computed it, their index."""

    def __init__(self, positions: np.ndarray) -> None:
        self.positions = positions
        self._framed: tuple[np.ndarray | None, Box | None] | None = None

    @cached_property
    def index(self) -> CellIndex:
        """The cells sorted by place."""
        return index_cells(self.positions)

    @property
    def ready(self) -> bool:
        """Whether the index is there and costs nothing."""
        return "index" in self.__dict__

    def frame(self, shown: np.ndarray | None) -> Box | None:
        """The smallest box around the cells of a mask [cells], or around all; None where there are none."""
        framed = self._framed
        if framed is None or framed[0] is not shown:
            framed = self._framed = (shown, self.index.box_of(shown))
        return framed[1]

    def has_frame(self, shown: np.ndarray | None) -> bool:
        """Whether that box is there and costs nothing."""
        return self._framed is not None and self._framed[0] is shown


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawn scene: pixels 0xFFRRGGBB [height, width], what they show, how many cells there are in all the plane."""

    scene: "Scene"
    pixels: np.ndarray
    target: Target
    drawn: int
    key: ColourKey | None


class Scene:
    """One state of a view. A later state shares the parts that did not change, and with them what was computed."""

    def __init__(
        self,
        places: Places,
        colouring: Colouring,
        shown: np.ndarray | None = None,
        hidden: frozenset[int] = frozenset(),
    ) -> None:
        self.places = places
        self.colouring = colouring
        self.shown = shown
        self.hidden = hidden

    @cached_property
    def visible(self) -> np.ndarray | None:
        """Which cells are to be seen [cells], None for all."""
        scale = self.colouring.scale
        if not self.hidden or scale is None or not self.colouring.by_class:
            return self.shown
        # The last place is that of the unknown, whose code is -1.
        seen = np.ones(len(scale.categories) + 1, dtype=bool)
        seen[list(self.hidden)] = False
        mask = seen[self.colouring.codes]
        return mask if self.shown is None else mask & self.shown

    @cached_property
    def layers(self) -> tuple[Layer, Layer]:
        """The cells to draw: beneath those without a colour of their own, above the others."""
        index = self.places.index
        keep = np.ones(index.cells.size, dtype=bool) if self.visible is None else self.visible[index.cells]
        if self.colouring.values is None:
            paint = np.ones(index.cells.size, dtype=np.uint8)
        else:
            paint = self.colouring.numbers[index.cells]
        coloured = paint > 0
        return layer_of(index, paint, keep & ~coloured), layer_of(index, paint, keep & coloured)

    @cached_property
    def key(self) -> ColourKey | None:
        """What a legend tells."""
        return self.colouring.key(self.shown)

    def draw(self, target: Target, background: tuple[int, int, int]) -> Picture:
        """The picture of a part of the plane."""
        pixels = draw(self.places.index, *self.layers, target, self.colouring.table(background), background)
        drawn = sum(layer.x.size for layer in self.layers)
        return Picture(self, pixels, target, drawn, self.key)

    def lasso(self, outline: np.ndarray) -> np.ndarray:
        """Which cells [cells] are to be seen inside an outline [points, 2]."""
        mask = self.places.index.inside(outline, len(self.places.positions))
        return mask if self.visible is None else mask & self.visible
