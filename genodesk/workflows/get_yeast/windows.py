"""Regions laid out as windows of neighbours, never across chromosomes. Knows places only."""

import numpy as np

from genodesk.workflows.get_yeast.data import Regions

EMPTY = -1


def neighbour_windows(regions: Regions, size: int, kept: np.ndarray | None = None) -> np.ndarray:
    """int64 [windows, size]: the regions of each window in the order of the chromosome, -1 where a window has no more.

    Every region is in exactly one window. The regions of a chromosome are shared out evenly over as few windows as
    possible; where all of them have a number of a window in `kept` [R] (-1: none), by that. Without places the order of
    the regions is taken as that of one chromosome.
    """
    windows = []
    for rows in chromosomes(regions):
        if kept is not None and (kept[rows] >= 0).all():
            ordered = rows[np.argsort(kept[rows], kind="stable")]
            parts = np.split(ordered, np.flatnonzero(np.diff(kept[ordered])) + 1)
        else:
            parts = np.array_split(rows, -(-len(rows) // size))
        for part in parts:
            windows.append(np.pad(part, (0, size - len(part)), constant_values=EMPTY))
    return np.stack(windows) if windows else np.zeros((0, size), dtype=np.int64)


def chromosomes(regions: Regions) -> list[np.ndarray]:
    """The regions of each chromosome in their order on it."""
    if regions.chrom is None or regions.start is None:
        return [np.arange(len(regions))] if len(regions) else []
    names = regions.chrom.astype(str)
    found = []
    for name in np.unique(names):
        rows = np.flatnonzero(names == name)
        found.append(rows[np.argsort(regions.start[rows], kind="stable")])
    return found


def stretches(regions: Regions, fewest: int = 4) -> np.ndarray:
    """A name for the stretch of the genome each region lies on: its chromosome, or a part of it where these are few."""
    parts = chromosomes(regions)
    if len(parts) < fewest:
        pieces = -(-fewest // max(1, len(parts)))
        parts = [piece for rows in parts for piece in np.array_split(rows, pieces) if len(piece)]
    names = np.empty(len(regions), dtype=object)
    for number, rows in enumerate(parts):
        names[rows] = f"stretch {number + 1}"
    return names
