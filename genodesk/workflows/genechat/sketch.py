"""Which sequences are like which: by the k-mers they share, then by aligning the few that share most.

A sketch is a fixed sample of a sequence's k-mers (Ondov 2016, scaled as in Irber 2022): every k-mer whose hash is
small enough, on either strand. Two sequences that are 80 % identical share about 7 % of their 12-mers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from genodesk.engine.data.sequence_codes import encode, reverse_complement

K = 12
LIKE = 0.05  # least share of the smaller sketch that like sequences have in common, beyond chance
_FEWEST_SHARED = 3
_MOST_BASES = 20_000_000  # up to which every k-mer is kept; beyond, a share of them
_SPACE = 4**K / 2  # k-mers, both strands taken as one
_REPEAT_SHARE, _FEW, _MANY = 0.2, 50, 1000  # a k-mer in more genes than this is a repeat
_STRETCH, _MOST = 64, 0.5  # bases; what stands in more than this share of a gene's stretches is the gene itself
_MOST_SHARED = 300_000  # times that the k-mers of a sequence occur in others; beyond, some of them are looked at
_MOST_CELLS = 20_000_000  # of an alignment; beyond, identity is estimated from the shared k-mers
_MATCH, _MISMATCH, _OPEN, _EXTEND = 2, -3, -5, -2  # as blastn
_LEAST_SCORE = 60  # 30 equal bases in a row; two unrelated genes of 2,000 bases reach about 25


@dataclass(frozen=True)
class Neighbour:
    """A sequence like another: its number in the index, and how like it is.

    `identity` is the share of equal bases (0-1) where the two align, `covered` the share of the asked sequence that
    aligns. `estimated`: both were too long to align, and identity follows from the shared k-mers.
    """

    index: int
    identity: float
    covered: float
    estimated: bool


def sketch(sequence: str, scale: int = 1) -> np.ndarray:
    """Sorted hashes uint32 of the distinct 12-mers of a sequence, either strand, without those that hold an N.

    Of `scale` possible hashes one is kept, the same for every sequence.
    """
    return np.unique(_kmers(sequence, scale)[0])


def _kmers(sequence: str, scale: int) -> tuple[np.ndarray, np.ndarray]:
    """(hashes uint32, first bases int64) of the k-mers that are kept, in the order of the sequence."""
    codes = encode(sequence.encode("ascii"))
    places = codes.size - K + 1
    if places <= 0:
        return np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int64)
    forward, backward = np.zeros(places, dtype=np.uint32), np.zeros(places, dtype=np.uint32)
    known = np.ones(places, dtype=bool)
    for offset in range(K):
        base = codes[offset : offset + places].astype(np.uint32)
        known &= base < 4
        forward |= (base & 3) << np.uint32(2 * (K - 1 - offset))
        backward |= (3 - (base & 3)) << np.uint32(2 * offset)
    hashes = _hashed(np.minimum(forward, backward))
    kept = np.flatnonzero(known & (hashes < np.uint32(min(2**32 // scale, 2**32 - 1))))
    return hashes[kept], kept


class SketchIndex:
    """Finds sequences that share k-mers with another. `between` is called now and then and may raise to give up.

    `sketches` are those of the sequences without repeats: k-mers that many sequences share and that tell nothing of
    one. A sequence that holds such k-mers most of the way along is one of many copies, so it keeps them.
    """

    def __init__(self, sequences: Sequence[str], between: Callable[[], None] = lambda: None) -> None:
        self.sequences = sequences
        self.scale = max(1, -(-sum(map(len, sequences)) // _MOST_BASES))
        made = []
        for number, sequence in enumerate(sequences):
            if number % 256 == 0:
                between()
            made.append(sketch(sequence, self.scale))
        hashes, counts = np.unique(_joined(made), return_counts=True)
        self._repeats = hashes[counts > min(max(_FEW, _REPEAT_SHARE * len(made)), _MANY)]
        for number, one in enumerate(made):
            if number % 256 == 0:
                between()
            if _found(one, self._repeats).any():
                made[number] = self._telling(sequences[number])
        self.sketches = made
        self.sizes = np.array([one.size for one in made], dtype=np.int64)
        owners = np.repeat(np.arange(len(made), dtype=np.int32), self.sizes)
        hashes = _joined(made)
        order = np.argsort(hashes, kind="stable")
        self._owners = owners[order]
        self._hashes, self._starts, self._counts = np.unique(hashes[order], return_index=True, return_counts=True)

    def likeness(self, mine: np.ndarray) -> np.ndarray:
        """[sequences]: the share of the smaller sketch that is in both, less what chance gives; 0 where too few are.

        `mine` is one of `sketches`.
        """
        place = np.searchsorted(self._hashes, mine)[_found(mine, self._hashes)]
        shared, weighed = self._shared(place)
        # Twice what even base composition gives: real genomes are uneven.
        chance = 2 * mine.size * self.sizes * self.scale / _SPACE
        smaller = np.maximum(np.minimum(mine.size, self.sizes), 1)
        return np.where(shared >= _FEWEST_SHARED, np.clip((weighed - chance) / smaller, 0, 1), 0.0)

    def most_alike(self, sequence: str) -> list[int]:
        """The numbers of all sequences that share more with this one than chance gives, the most alike first."""
        likeness = self.likeness(self._telling(sequence))
        order = np.argsort(-likeness, kind="stable")
        return [int(number) for number in order[: np.count_nonzero(likeness)]]

    def nearest(self, sequence: str, number: int) -> list[Neighbour]:
        """Up to `number` sequences that are like this one, the most identical first."""
        likeness = self.likeness(self._telling(sequence))
        order = np.argsort(-likeness, kind="stable")[:number]
        found = [
            _aligned(sequence, self.sequences[index], int(index), float(likeness[index]))
            for index in order
            if likeness[index] > 0
        ]
        return sorted((one for one in found if one is not None), key=lambda one: -one.identity * one.covered)

    def _telling(self, sequence: str) -> np.ndarray:
        """The sketch of a sequence without repeats, unless they stand most of the way along it."""
        hashes, places = _kmers(sequence, self.scale)
        repeated = _found(hashes, self._repeats)
        stretches = places // _STRETCH
        if np.unique(stretches[repeated]).size > _MOST * np.unique(stretches).size:
            return np.unique(hashes)
        return np.unique(hashes[~repeated])

    def _shared(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """[sequences] twice: how many of these k-mers each holds, of those that were looked at and about of all.

        Of k-mers that very many sequences hold, the first few tell as much as all: hashes are in no order.
        """
        common = self._counts[place] > _FEW
        often = place[common]
        some = often[: max(1, int(np.searchsorted(np.cumsum(self._counts[often]), _MOST_SHARED)))]
        rare, looked_at = self._holders(place[~common]), self._holders(some)
        return rare + looked_at, rare + looked_at * (often.size / max(1, some.size))

    def _holders(self, place: np.ndarray) -> np.ndarray:
        """[sequences]: how many of these k-mers each holds."""
        counts = self._counts[place]
        first = np.repeat(self._starts[place], counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.bincount(self._owners[first + within], minlength=len(self.sizes))


def _joined(sketches: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(sketches) if sketches else np.zeros(0, dtype=np.uint32)


def _found(hashes: np.ndarray, among: np.ndarray) -> np.ndarray:
    """bool: which of the hashes stand among others, which are sorted."""
    if not among.size:
        return np.zeros(hashes.size, dtype=bool)
    return among[np.minimum(np.searchsorted(among, hashes), among.size - 1)] == hashes


def _aligned(asked: str, other: str, index: int, likeness: float) -> Neighbour | None:
    """The best local alignment on either strand; None where it is no better than between unrelated genes."""
    if len(asked) * len(other) > _MOST_CELLS:
        found = Neighbour(index, likeness ** (1 / K), min(1.0, len(other) / len(asked)), True)
        return found if likeness >= LIKE else None
    from Bio.Align import PairwiseAligner

    aligner = PairwiseAligner(
        mode="local", match_score=_MATCH, mismatch_score=_MISMATCH, open_gap_score=_OPEN, extend_gap_score=_EXTEND
    )
    turned = reverse_complement(other)
    scores = aligner.score(asked, other), aligner.score(asked, turned)
    if max(scores) < _LEAST_SCORE:
        return None
    alignment = aligner.align(asked, other if scores[0] >= scores[1] else turned)[0]
    counts = alignment.counts()
    columns = counts.identities + counts.mismatches + counts.gaps
    start, end = alignment.coordinates[0][0], alignment.coordinates[0][-1]
    return Neighbour(index, counts.identities / columns, float(end - start) / len(asked), False)


def _hashed(values: np.ndarray) -> np.ndarray:
    """An even scatter of 32-bit numbers, one to one (the finaliser of MurmurHash3)."""
    values = values.astype(np.uint32)
    with np.errstate(over="ignore"):
        values ^= values >> np.uint32(16)
        values *= np.uint32(0x85EBCA6B)
        values ^= values >> np.uint32(13)
        values *= np.uint32(0xC2B2AE35)
        values ^= values >> np.uint32(16)
    return values
