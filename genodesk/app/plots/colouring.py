"""Colouring: from classes or quantities of cells to colour numbers, and what a legend must say about them."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from genodesk.core.figure import ColourScale
from genodesk.core.palette import MISSING, OKABE_ITO, class_colours

UNKNOWN = -1
"""The code of a cell whose class or quantity is not known."""

_PERCENTILES = (1.0, 99.0)  # as in print: a few extreme cells would otherwise make all others one colour

_VIRIDIS = (
    "440154 470D60 48186A 482374 472D7B 453781 424086 3E4989 3B528B 375B8D 33638D 2F6B8E 2C728E 297A8E 26828E 23898E "
    "21918C 1F978B 1F9F88 21A685 27AD81 31B57B 3DBC74 4CC26C 5CC863 6ECE58 81D34D 95D840 AADC32 C0DF25 D5E21A EAE51A "
    "FDE725"
)
"""33 anchors of viridis (S. van der Walt and N. Smith, 2015, CC0), which core.palette.CONTINUOUS names."""


@dataclass(frozen=True)
class ColourKey:
    """What a legend tells. `totals` are all cells of a class, `counts` the shown ones; `missing` likewise.

    `limits` of a quantity are the values of the first and last colour; `beyond` says whether cells lie outside.
    """

    scale: ColourScale
    colours: tuple[str, ...] = ()
    totals: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    missing: tuple[int, int] = (0, 0)
    limits: tuple[float, float] | None = None
    beyond: tuple[bool, bool] = (False, False)


class Colouring:
    """The colours of all cells of a view. What it knows is computed when first asked for, in the raster's thread.

    Colour number 0 is what is drawn beneath: the unknown, and classes too rare for a colour.
    """

    def __init__(
        self,
        values: np.ndarray | None = None,
        scale: ColourScale | None = None,
        limits: tuple[float, float] | None = None,
    ) -> None:
        self.values = values
        self.scale = scale
        self._limits = limits

    @property
    def by_class(self) -> bool:
        """Whether the values are codes of classes."""
        return self.scale is not None and self.scale.kind == "category"

    @cached_property
    def codes(self) -> np.ndarray:
        """The class of each cell [cells] as int32, UNKNOWN where there is none or it is none of the categories."""
        assert self.values is not None
        assert self.scale is not None
        known = (self.values >= 0) & (self.values < len(self.scale.categories))
        return np.where(known, self.values, UNKNOWN).astype(np.int32)

    @cached_property
    def limits(self) -> tuple[float, float]:
        """The quantities that get the first and the last colour."""
        if self._limits is not None:
            return self._limits
        low, high = self._range
        inner = np.percentile(self._finite, _PERCENTILES) if self._finite.size else (low, high)
        if inner[0] < inner[1]:
            low, high = float(inner[0]), float(inner[1])
        return (low, high) if low < high else (low - 0.5, high + 0.5)

    @cached_property
    def numbers(self) -> np.ndarray:
        """The colour number of each cell [cells] as uint8."""
        if self.values is None:
            raise ValueError("cells without values have one colour")
        if self.by_class:
            given = {colour: number for number, colour in enumerate(self._distinct, start=1)}
            lookup = np.array([given.get(colour, 0) for colour in self._classes] + [0], dtype=np.uint8)
            return lookup[self.codes]
        low, high = self.limits
        share = (self.values.astype(np.float32) - np.float32(low)) / np.float32(high - low)
        known = np.isfinite(self.values)
        np.clip(share, 0.0, 1.0, out=share)
        return np.where(known, np.rint(1 + np.where(known, share, 0) * 254), 0).astype(np.uint8)

    def table(self, background: tuple[int, int, int]) -> np.ndarray:
        """The colours [256, 3] of the colour numbers, 0 to 255 each, seen on a background."""
        table = np.zeros((256, 3))
        table[0] = rgb(missing_on(background))
        if self.values is None:
            table[1] = rgb(OKABE_ITO[0])
        elif self.by_class:
            for number, colour in enumerate(self._distinct, start=1):
                table[number] = rgb(colour)
        else:
            table[1:] = viridis()[np.linspace(0, 255, 255).round().astype(int)]
        return table

    def key(self, shown: np.ndarray | None) -> ColourKey | None:
        """What a legend tells when only the cells of a mask are shown; None where all cells are one colour."""
        if self.values is None or self.scale is None:
            return None
        if self.by_class:
            among = self.codes if shown is None else self.codes[shown]
            unknown, *counts = np.bincount(among + 1, minlength=len(self.scale.categories) + 1).tolist()
            missing = (len(self.codes) - sum(self._totals), unknown)
            return ColourKey(self.scale, self._classes, self._totals, tuple(counts), missing)
        known = np.isfinite(self.values)
        missing = (int(known.size - known.sum()), int((~known if shown is None else ~known & shown).sum()))
        low, high = self._range
        beyond = (low < self.limits[0], high > self.limits[1])
        return ColourKey(self.scale, missing=missing, limits=self.limits, beyond=beyond)

    @cached_property
    def _totals(self) -> tuple[int, ...]:
        assert self.scale is not None
        return tuple(np.bincount(self.codes + 1, minlength=len(self.scale.categories) + 1)[1:].tolist())

    @cached_property
    def _classes(self) -> tuple[str, ...]:
        return class_colours(self._totals)

    @cached_property
    def _distinct(self) -> list[str]:
        return [colour for colour in dict.fromkeys(self._classes) if colour != MISSING]

    @cached_property
    def _finite(self) -> np.ndarray:
        assert self.values is not None
        return self.values[np.isfinite(self.values)]

    @cached_property
    def _range(self) -> tuple[float, float]:
        finite = self._finite
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


@cache
def viridis() -> np.ndarray:
    """The map of quantities [256, 3], 0 to 255 each."""
    anchors = np.array([rgb(f"#{colour}") for colour in _VIRIDIS.split()])
    at = np.linspace(0, 255, len(anchors))
    return np.stack([np.interp(np.arange(256), at, channel) for channel in anchors.T], axis=1)


def missing_on(background: tuple[int, int, int]) -> str:
    """The colour of what is not known; on a dark ground it is dimmed, since it would outshine what is known."""
    if sum(background) > 3 * 128:
        return MISSING
    mixed = (round(0.38 * ours + 0.62 * theirs) for ours, theirs in zip(rgb(MISSING), background, strict=True))
    return "#{:02X}{:02X}{:02X}".format(*mixed)


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of #RRGGBB."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
