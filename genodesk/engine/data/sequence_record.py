"""A sequence of DNA with what is known of it, in whatever file it stood, and the notices that gather while reading.

Knows no files; decides alone what is DNA and what is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.sequence_codes import ACGT, BASES, GC, LETTER, LOWER, PLAIN, UNSURE, URACIL, Counts, N, decode

LEAST_PLAIN = 0.85  # of the letters: below it the text is no DNA
_NO_RUNS = np.zeros((0, 2), np.int64)


@dataclass(frozen=True)
class SequenceFeature:
    """An annotated part of a sequence: 0-based `start`, `end` behind the last base, `strand` "+", "-" or ".".

    `parts` are (start, end, strand) in the order in which they are joined, the first to be read first.
    """

    kind: str
    start: int
    end: int
    strand: str
    parts: tuple[tuple[int, int, str], ...]
    qualifiers: Mapping[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """What people call it, "" where it bears no name."""
        for key in ("gene", "locus_tag", "label", "product", "note"):
            if self.qualifiers.get(key):
                return self.qualifiers[key][0]
        return ""

    @property
    def gene(self) -> str:
        """The gene that it belongs to: its locus tag, else its name, else its protein; "" where none is told."""
        for key in ("locus_tag", "gene", "protein_id"):
            if self.qualifiers.get(key):
                return self.qualifiers[key][0]
        return ""


@dataclass(frozen=True)
class SequenceRecord:
    """`codes` uint8 [bases] (0 A, 1 C, 2 G, 3 T, 4 N); `soft_masked` int64 [runs, 2], start and end behind it."""

    id: str
    description: str
    codes: np.ndarray
    soft_masked: np.ndarray = field(default_factory=lambda: _NO_RUNS)
    features: tuple[SequenceFeature, ...] = ()

    @property
    def sequence(self) -> str:
        """The bases in capitals, of ACGTN alone."""
        return decode(self.codes)


class RecordSummary(NamedTuple):
    """Numbers of one sequence: `length` in bases, `gc` a share of its ACGT (NaN where it has none), `n` bases that
    are not known (N and ambiguous letters), `soft_masked` bases in lower case.
    """

    id: str
    description: str
    length: int
    gc: float
    n: int
    soft_masked: int


@dataclass
class SequenceNotices:
    """What a reader changed or left out, told once for the whole file."""

    with_uracil: list[str] = field(default_factory=list)
    ambiguous: int = 0
    with_ambiguous: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)

    def take(self, name: str, counts: Counts) -> None:
        """What the letters of one sequence give to tell."""
        if not counts[BASES]:
            self.empty.append(name)
        if counts[URACIL]:
            self.with_uracil.append(name)
        if counts[UNSURE]:
            self.ambiguous += counts[UNSURE]
            self.with_ambiguous.append(name)

    def sentences(self) -> list[str]:
        """One sentence for each kind of change."""
        found = []
        if self.with_uracil:
            found.append(f"U is read as T, in {_named(self.with_uracil)}.")
        if self.with_ambiguous:
            found.append(
                f"{self.ambiguous:,} ambiguous letters (IUPAC) are read as N, in {_named(self.with_ambiguous)}."
            )
        if self.empty:
            found.append(f"Without a single base, and left out: {_named(self.empty)}.")
        if self.renamed:
            found.append(f"Ids that occur more than once are numbered: {_named(self.renamed)}.")
        return found


def summary_of(name: str, description: str, counts: Counts) -> RecordSummary:
    """The numbers of a sequence from the counts of its letters (`sequence_codes.count`)."""
    gc = counts[GC] / counts[ACGT] if counts[ACGT] else float("nan")
    return RecordSummary(name, description, counts[BASES], gc, counts[N], counts[LOWER])


def is_dna(counts: Counts) -> bool:
    """Whether enough of the letters are bases."""
    return counts[PLAIN] >= LEAST_PLAIN * counts[LETTER]


def not_dna(name: str, counts: Counts, where: str) -> UserError:
    """The refusal of a sequence whose letters are mostly no bases: protein, as a rule."""
    share = counts[PLAIN] / max(counts[LETTER], 1)
    return UserError(
        f"The sequence {name} is not DNA but looks like protein: only {share:.0%} of its letters are A, C, G, T or N.",
        "Give the nucleotide sequences (of NCBI: Send to, FASTA Nucleotide).",
        where,
    )


def _named(names: list[str]) -> str:
    return f"{len(names):,} sequence{'s' if len(names) > 1 else ''} ({first_few(names, 3)})"
