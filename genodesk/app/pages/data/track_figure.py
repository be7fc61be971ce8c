"""The track of a sequence as a figure for print: its share of G and C, and how much of it features cover."""

import numpy as np
from PySide6.QtCore import QCoreApplication

from genodesk.core.figure import Axis, Figure, Panel, Series

_PLACES, _GC = "track.places.npy", "track.gc.npy"
_COVERED = ("track.forward.npy", "track.reverse.npy")


def track_figure(
    id: str, length: int, gc: np.ndarray, window: int, features: np.ndarray
) -> tuple[Figure, dict[str, np.ndarray]]:
    """The figure of a sequence and its arrays by file name, from what its track shows.

    GC [windows] of `window` bases each, NaN where not known; features [n, 3]: start, end, other strand.
    """
    edges = np.minimum(np.arange(len(gc) + 1, dtype=np.float64) * window, length)
    arrays = {_PLACES: (edges[:-1] + edges[1:]) / 2, _GC: gc.astype(np.float64) * 100}
    along = Axis(label=_tr("Position"), unit="bp")
    panels = [_panel(along, Axis(label=_tr("G and C"), unit="%"), {_tr("G and C"): _GC})]
    if len(features):
        for strand, file in enumerate(_COVERED):
            arrays[file] = covered(features[features[:, 2] == strand], edges) * 100
        names = dict(zip((_tr("forward strand"), _tr("reverse strand")), _COVERED, strict=True))
        panels.append(_panel(along, Axis(label=_tr("Covered by features"), unit="%"), names))
    figure = Figure(
        name="".join(letter if letter.isalnum() else "_" for letter in f"{id}_track")[:80],
        kind="line",
        title=id,
        panels=tuple(panels),
        caption=_tr("Means of windows of {n} bp; windows of unknown bases are left out.").format(n=f"{window:,}"),
    )
    return figure, arrays


def covered(features: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The share of each window between `edges` [windows + 1] that lies in any feature [n, (start, end, ...)]."""
    starts, ends = (features[np.argsort(features[:, 0], kind="stable")][:, side] for side in (0, 1))
    if not len(starts):
        return np.zeros(len(edges) - 1)
    reach = np.maximum.accumulate(ends)
    first = np.flatnonzero(np.concatenate([[True], starts[1:] > reach[:-1]]))  # where features that touch begin anew
    begins, stops = starts[first], reach[np.concatenate([first[1:] - 1, [len(starts) - 1]])]
    knots = np.column_stack([begins, stops]).ravel()
    so_far = np.cumsum(np.column_stack([np.zeros(len(first)), stops - begins]).ravel())
    widths = np.maximum(np.diff(edges), 1)
    share: np.ndarray = np.diff(np.interp(edges, knots, so_far)) / widths
    return share


def _panel(x: Axis, y: Axis, series: dict[str, str]) -> Panel:
    told = tuple(Series(name=name, data={"x": _PLACES, "y": file}) for name, file in series.items())
    return Panel(title="", x=x, y=y, series=told)


def _tr(text: str) -> str:
    return QCoreApplication.translate("TrackFigure", text)
