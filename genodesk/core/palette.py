"""The colours of data, the same on screen and in print. Every set is told apart with any colour vision.

`tests/core/test_palette.py` holds the proof: it simulates the three dichromacies and measures all pairs.
"""

from collections.abc import Sequence

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#666666")
"""Okabe and Ito (2008), with a dark grey for their black, which a dark window would swallow."""

THIRTY = (
    *("#007A99", "#EBCC47", "#A30000", "#00CCFF", "#521F99", "#B89966", "#997000", "#99A3CC", "#A3CC8F", "#295266"),
    *("#708566", "#FF7099", "#C247A3", "#8F52CC", "#E04747", "#5C4733", "#700A7A", "#A37AD6", "#5CAD14", "#8FEB85"),
    *("#667AF5", "#EBA3B8", "#0A52B8", "#99521F", "#29ADFF", "#665C7A", "#8F1F5C", "#85338F", "#CC70AD", "#C2B83D"),
)
"""Found by maximising the smallest distance over normal vision and three dichromacies; the first differ most."""

MISSING = "#D4D8DD"
"""A value or class that is not known. Also the classes beyond the thirty most frequent."""

REFERENCE = "#8A929C"
"""What ours is measured against: baselines, thresholds, the identity."""

CONTINUOUS = "viridis"
"""Quantities of points, a map that both matplotlib and pyqtgraph know by this name."""

MATRIX = "cividis"
"""Quantities in cells of a matrix and counts."""


def colours(n: int) -> tuple[str, ...]:
    """`n` colours as #RRGGBB: Okabe and Ito's up to 8, the thirty up to 30, and MISSING for those beyond."""
    if n <= len(OKABE_ITO):
        return OKABE_ITO[:n]
    return (*THIRTY[:n], *(MISSING for _ in range(n - len(THIRTY))))


def class_colours(counts: Sequence[int]) -> tuple[str, ...]:
    """One colour a class. Up to 30 classes keep their place's colour; of more, the 30 most frequent are coloured."""
    if len(counts) <= len(THIRTY):
        return colours(len(counts))
    frequent = sorted(sorted(range(len(counts)), key=lambda i: -counts[i])[: len(THIRTY)])
    given = dict(zip(frequent, THIRTY, strict=True))
    return tuple(given.get(i, MISSING) for i in range(len(counts)))
