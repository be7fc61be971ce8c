"""What screen and print decide alike about a figure: colours and dashes of series, where bars stand, how many bins."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from genodesk.core.figure import Figure, Series
from genodesk.core.palette import REFERENCE, colours

DASHES: tuple[tuple[float, ...], ...] = ((4, 2), (1, 1.2), (5, 1.5, 1, 1.5), (8, 2))
"""Patterns of reference lines, in multiples of the line's width."""

NUMBERED_BARS = 12
"""Up to so many bars bear their number."""

FEW_POINTS = 15
"""Up to so many points of a curve are marked."""

_BARS_FILL = 0.78
_SHADES = (1.0, 0.65, 0.4)


@dataclass(frozen=True)
class Bar:
    """One bar: the series and the number in it that it shows, its middle along the axis and its thickness."""

    series: int
    point: int
    at: float
    thick: float


def series_colours(figure: Figure) -> dict[str, str]:
    """One colour for every name of a series of ours, the same in all panels."""
    names = list(dict.fromkeys(s.name for panel in figure.panels for s in panel.series if not s.reference))
    return dict(zip(names, colours(len(names)), strict=True))


def reference_numbers(figure: Figure) -> dict[str, int]:
    """The first, second, ... name of a reference, counted through all panels."""
    names = dict.fromkeys(s.name for panel in figure.panels for s in panel.series if s.reference)
    return {name: number for number, name in enumerate(names)}


def baseline_shade(number: int, ground: str = "#FFFFFF") -> str:
    """The grey of the first, second, ... baseline of a bar chart, on a ground of this colour."""
    share = _SHADES[number % len(_SHADES)]
    pairs = ((int(REFERENCE[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(share * ours + (1 - share) * theirs):02X}" for ours, theirs in pairs)


def bars(places: Sequence[dict[int, int]]) -> list[Bar]:
    """Where bars stand that must share a place; `places` has one entry a series: place -> number of its point.

    A series without a bar at a place leaves no gap there.
    """
    known = sorted({place for found in places for place in found})
    beside = max((sum(place in found for found in places) for place in known), default=1)
    thick = _BARS_FILL / beside
    made = []
    for series, found in enumerate(places):
        for place, point in found.items():
            rivals = [other for other, theirs in enumerate(places) if place in theirs]
            at = place + (rivals.index(series) - (len(rivals) - 1) / 2) * thick
            made.append(Bar(series, point, at, thick * 0.92))
    return made


def whisker(series: Series, length: float, number: Callable[[str], float]) -> tuple[float, float]:
    """The lower and upper end of a bar's whisker, both `length` where it has none.

    `number` tells the number of the bar in a role of its series: `low` and `high`, or `error`, as far both ways.
    """
    if "low" in series.data:
        low, high = number("low"), number("high")
    else:
        error = number("error") if "error" in series.data else 0.0
        low, high = length - error, length + error
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (length, length)


def bin_count(n: int, low: float, high: float, quartiles: tuple[float, float]) -> int:
    """How many bins n numbers from low to high are counted in, 8 to 80 [Freedman & Diaconis 1981]."""
    width = 2 * (quartiles[1] - quartiles[0]) / n ** (1 / 3)
    return int(min(max((high - low) / width if width > 0 else 20, 8), 80))
