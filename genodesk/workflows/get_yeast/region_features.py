"""What the place of a region on its chromosome tells besides its motifs: how wide it is and how far its neighbours."""

import numpy as np

from genodesk.workflows.get_yeast.data import Regions, YeastData

NAMES = ("log_width", "log_gap_before", "log_gap_after")


def region_features(data: YeastData) -> tuple[np.ndarray, tuple[str, ...]]:
    """Those of the regions of the data, among each other; see `place_features`."""
    return place_features(data.regions)


def place_features(regions: Regions) -> tuple[np.ndarray, tuple[str, ...]]:
    """float32 [R, 3], log10 of 1 + bp, and the columns' names; [R, 0] and no names where places are unknown.

    A gap is measured to the nearest region on the same chromosome and 0 where they overlap; at the end of a chromosome,
    where there is no neighbour, the gap on the other side stands in, and the median of all gaps for a lone region.
    """
    if regions.chrom is None or regions.start is None or regions.end is None:
        return np.zeros((len(regions), 0), dtype=np.float32), ()
    before, after = np.full(len(regions), np.nan), np.full(len(regions), np.nan)
    for name in np.unique(regions.chrom.astype(str)):
        rows = np.flatnonzero(regions.chrom == name)
        rows = rows[np.lexsort((regions.end[rows], regions.start[rows]))]
        # The furthest end so far, because a wide region can reach past the next one.
        gaps = np.maximum(regions.start[rows][1:] - np.maximum.accumulate(regions.end[rows])[:-1], 0)
        before[rows[1:]], after[rows[:-1]] = gaps, gaps
    usual = np.nanmedian(after) if np.isfinite(after).any() else 0.0
    full_before = np.where(np.isnan(before), after, before)
    full_after = np.where(np.isnan(after), before, after)
    columns = (regions.end - regions.start, full_before, full_after)
    return np.log10(1.0 + np.nan_to_num(np.stack(columns, axis=1), nan=usual)).astype(np.float32), NAMES
