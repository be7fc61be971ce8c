"""Where the regions of training lie, so that a few of them keep the gaps and the windows they had among all of them.

Knows places only; what stood in a window is not kept.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from genodesk.workflows.get_yeast.data import Regions
from genodesk.workflows.get_yeast.windows import EMPTY, neighbour_windows

Array = np.ndarray

NOWHERE = -1


@dataclass(frozen=True)
class KnownRegions:
    """`ids` [K]; `chrom` text, `start` and `end` [K] in bp, or None, as in `Regions`."""

    ids: tuple[str, ...] = ()
    chrom: tuple[str, ...] | None = None
    start: tuple[int, ...] | None = None
    end: tuple[int, ...] | None = None

    @classmethod
    def of(cls, regions: Regions) -> Self:
        """These regions."""
        ids = tuple(str(name) for name in regions.ids)
        if regions.chrom is None or regions.start is None or regions.end is None:
            return cls(ids)
        return cls(ids, tuple(map(str, regions.chrom)), tuple(map(int, regions.start)), tuple(map(int, regions.end)))

    @cached_property
    def regions(self) -> Regions:
        """The same as arrays."""
        ids = np.array(self.ids, dtype=object)
        if self.chrom is None or self.start is None or self.end is None:
            return Regions(ids)
        return Regions(ids, np.array(self.chrom, dtype=object), np.array(self.start), np.array(self.end))

    def rows(self, asked: Regions) -> Array:
        """Which of these each asked region is, int64 [R]; -1 for one that is none of them or lies elsewhere now."""
        number = {name: row for row, name in enumerate(self.ids)}
        rows = np.array([number.get(str(name), NOWHERE) for name in asked.ids], dtype=np.int64)
        mine = self.regions
        if mine.chrom is None or mine.start is None or mine.end is None or asked.chrom is None:
            return rows
        same = mine.chrom[rows] == asked.chrom.astype(str)
        return np.where(same & (mine.start[rows] == asked.start) & (mine.end[rows] == asked.end), rows, NOWHERE)

    def windows_of(self, asked: Regions, size: int) -> Array:
        """The number of the window of so many neighbours that each asked region has here, int64 [R]; -1 for none."""
        return np.append(self._numbers(size), NOWHERE)[self.rows(asked)]

    def alone(self, asked: Regions, size: int) -> int:
        """How many of the asked regions had neighbours in their window here that are not asked."""
        there = self.windows_of(asked, size)
        there = there[there != NOWHERE]
        members = np.bincount(self._numbers(size))
        present = np.bincount(there, minlength=len(members))
        return int((present < members)[there].sum())

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model folder."""
        return {"ids": self.ids, "chrom": self.chrom, "start": self.start, "end": self.end}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """What `to_json` gave. Raises KeyError, TypeError or ValueError."""
        ids, chrom, start, end = (document[name] for name in ("ids", "chrom", "start", "end"))
        if chrom is None:
            return cls(tuple(map(str, ids)))
        return cls(tuple(map(str, ids)), tuple(map(str, chrom)), tuple(map(int, start)), tuple(map(int, end)))

    def _numbers(self, size: int) -> Array:
        """The window of each of these regions, int64 [K]."""
        windows = neighbour_windows(self.regions, size)
        numbers = np.zeros(len(self.ids), dtype=np.int64)
        numbers[windows[windows != EMPTY]] = np.nonzero(windows != EMPTY)[0]
        return numbers
