"""How a sequence is made ready for the DNA encoder and cut into windows of about 512 bases. Light."""

import re
from dataclasses import dataclass
from typing import Literal

from genodesk.core.errors import UserError

Layout = Literal["paper", "released"]

LONGEST_GENE = 160_000  # bases that the published model reads of one gene
# Known bases, 20 codons: what has fewer is shorter than nearly every gene, tRNA (70 and more) among them, so that a
# model can hardly have learned from its like.
SHORTEST_GENE = 60
WINDOW = 512
OVERLAP = 10
# So many N in a row separate two pieces (assemblies write a gap of unknown length as 100 N); shorter runs stay, as
# unknown letters.
GAP = 100

_UPPER = {ord(lower): upper for lower, upper in zip("acgtuU", "ACGTTT", strict=True)}
_UNKNOWN = re.compile("[^ACGT]")
_GAP = re.compile(f"N{{{GAP},}}")


@dataclass(frozen=True)
class Prepared:
    """A sequence of A, C, G, T and N. `masked_share`: how much of it is N, from 0 to 1. `pieces`: (start, end) of
    what lies between gaps, each beginning and ending with a base."""

    sequence: str
    masked_share: float
    pieces: tuple[tuple[int, int], ...]


def prepared(sequence: str) -> Prepared:
    """Upper case, U as T, N for every letter that is no base. Raises UserError where no base is left."""
    plain = _plain(sequence)
    if not plain.strip("N"):
        raise UserError(
            "The sequence holds no base A, C, G or T." if plain else "The sequence is empty.",
            "Choose a DNA sequence.",
            "sequence",
        )
    return Prepared(plain, plain.count("N") / len(plain), tuple(_pieces(plain)))


def has_bases(sequence: str) -> bool:
    """Whether a sequence holds anything to read."""
    return bool(_plain(sequence).strip("N"))


def cut(length: int, layout: Layout) -> list[tuple[int, int]]:
    """(start, end) of the windows of a piece of so many bases; the last one is short.

    paper: windows of 512 that overlap by 10, 1 + ceil((length - 512) / 502) of them. released: the first window is 512
    long, later ones look back 10 bases beyond their 512, ceil(length / 512) of them.
    """
    if layout == "paper":
        stride = WINDOW - OVERLAP
        starts = range(0, max(1, length - OVERLAP), stride)
        return [(start, min(start + WINDOW, length)) for start in starts]
    return [(max(0, start - OVERLAP), min(start + WINDOW, length)) for start in range(0, length, WINDOW)]


def windows(sequence: Prepared, layout: Layout) -> list[tuple[int, int]]:
    """(start, end) of all windows of a prepared sequence; none reaches across a gap."""
    return [(first + a, first + b) for first, last in sequence.pieces for a, b in cut(last - first, layout)]


def _plain(sequence: str) -> str:
    return _UNKNOWN.sub("N", sequence.translate(_UPPER))


def _pieces(sequence: str) -> list[tuple[int, int]]:
    first, last = len(sequence) - len(sequence.lstrip("N")), len(sequence.rstrip("N"))
    gaps = [gap.span() for gap in _GAP.finditer(sequence, first, last)]
    starts, ends = [first, *(end for _, end in gaps)], [*(start for start, _ in gaps), last]
    return list(zip(starts, ends, strict=True))
