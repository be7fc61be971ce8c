"""FASTA files, read as a stream: every sequence validated, coded, and its soft-masking kept as intervals.

What is read is DNA only; whatever else stands in a file is refused by record, line and column, or told in a notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.sequence_files import Duplicates
from genodesk.engine.data.byte_blocks import ByteBlocks
from genodesk.engine.data.fasta_pieces import Header, Piece, pieces, place_in_words
from genodesk.engine.data.sequence_codes import (
    BASES,
    LOWER,
    PROTEIN,
    WRONG,
    Counts,
    added,
    count,
    encode,
    first_wrong,
    lower_case,
)
from genodesk.engine.data.sequence_record import SequenceNotices, SequenceRecord, is_dna, not_dna

_NOTHING = count(b"")


class CountedPiece(NamedTuple):
    """A piece of the sequence of `header` with its letters counted; `base` is the number of its first base."""

    header: Header
    piece: Piece
    base: int
    counts: Counts


class CountedEnd(NamedTuple):
    """The end of a sequence that holds bases: its id, made unique, and its letters counted."""

    id: str
    header: Header
    counts: Counts


def read_fasta(
    path: Path | str,
    *,
    duplicates: Duplicates | None = None,
    between_blocks: Callable[[], None] = lambda: None,
    notices: SequenceNotices | None = None,
) -> Iterator[SequenceRecord]:
    """The sequences one after the other; no more than one is in memory. Empty ones are left out, with a notice.

    `duplicates` is None where the person has no such choice. Raises UserError for protein, signs that stand for no
    base, repeated ids unless renamed, and damaged files.
    """
    kept = _Kept()
    blocks = ByteBlocks(Path(path))
    for found in counted(blocks, SequenceNotices() if notices is None else notices, duplicates, between_blocks):
        if isinstance(found, CountedPiece):
            kept.add(found)
        else:
            yield SequenceRecord(found.id, found.header.description, kept.codes(), kept.soft_masked())
            kept = _Kept()


def counted(
    blocks: ByteBlocks,
    notices: SequenceNotices,
    duplicates: Duplicates | None = None,
    between_blocks: Callable[[], None] = lambda: None,
) -> Iterator[CountedPiece | CountedEnd]:
    """Pieces of sequences with their letters counted, and the end of each sequence. Raises UserError as `read_fasta`.

    The one place that decides what a FASTA file may hold: reading and summarising both go through it.
    """
    path = blocks.path
    ids: dict[str, int] = {}
    seen = False
    header: Header | None = None
    total = _NOTHING
    for found in chain(pieces(blocks, between_blocks), [None]):
        if isinstance(found, Piece):
            assert header is not None, "the first is a header"
            counts, base = count(found.text), total[BASES]
            total = added(total, counts) if any(total) else counts
            if counts[WRONG]:
                raise _refusal(header.id, found, first_wrong(found.text), total, path)
            yield CountedPiece(header, found, base, counts)
            continue
        if header is not None:
            where = partial(place_in_words, path, header.offset, header.id)
            name = unique(header.id, ids, notices, duplicates, where)
            if not is_dna(total):
                raise not_dna(name, total, place_in_words(path, header.offset, name))
            notices.take(name, total)
            if total[BASES]:
                seen = True
                yield CountedEnd(name, header, total)
        header, total = found, _NOTHING
    if not seen:
        raise UserError("All sequences of the file are empty.", "Choose a FASTA file with sequences.", str(path))


@dataclass
class _Kept:
    """The codes of one sequence as they arrive."""

    held: bytearray = field(default_factory=bytearray)
    masked: list[np.ndarray] = field(default_factory=list)

    def add(self, found: CountedPiece) -> None:
        self.held.extend(encode(found.piece.text).data)
        if found.counts[LOWER]:
            self.masked.append(lower_case(found.piece.text) + found.base)

    def codes(self) -> np.ndarray:
        return np.frombuffer(self.held, np.uint8)

    def soft_masked(self) -> np.ndarray:
        """The runs, where one that goes over the border of two pieces is one."""
        if not self.masked:
            return np.zeros((0, 2), np.int64)
        if len(self.masked) == 1:
            return self.masked[0]
        found = np.concatenate(self.masked)
        apart = found[1:, 0] != found[:-1, 1]
        return np.stack([found[np.r_[True, apart], 0], found[np.r_[apart, True], 1]], axis=1)


def unique(
    name: str, ids: dict[str, int], notices: SequenceNotices, duplicates: Duplicates | None, where: Callable[[], str]
) -> str:
    """The id, numbered where it occurred before and that was allowed; `ids` holds the last number of each.

    Raises UserError where it was not, which names the choice unless `duplicates` is None.
    """
    if name in ids:
        if duplicates != "rename":
            choice = ", or use --duplicates rename" if duplicates is not None else ""
            raise UserError(
                f"The id {name} occurs more than once.",
                f"Give every sequence an id of its own{choice}.",
                where(),
            )
        number = ids[name] + 1
        while f"{name}_{number}" in ids:
            number += 1
        ids[name] = number
        name = f"{name}_{number}"
        notices.renamed.append(name)
    ids[name] = 1
    return name


def _refusal(name: str, piece: Piece, wrong: int, total: Counts, path: Path) -> UserError:
    """Why a sequence is refused for one of its signs; a text that is mostly protein is called so."""
    where = place_in_words(path, piece.offset + wrong, name)
    if not is_dna(total):
        return not_dna(name, total, where)
    sign = piece.text[wrong : wrong + 1]
    if sign == b"-":
        return UserError("- is a gap of an alignment, not a base.", "Give the sequences without gaps.", where)
    if sign == b"*":
        return UserError("* is the end of a protein, not a base.", "Give the nucleotide sequences.", where)
    if sign == b">":
        return UserError("> stands within a line.", "Begin a new line before it.", where)
    if sign.upper() in PROTEIN:
        return UserError(
            f"The letter {sign.decode()} is an amino acid, not a base.", "Correct it, or write N where unknown.", where
        )
    shown = sign.decode("ascii") if sign.isascii() and sign.decode("ascii").isprintable() else f"byte {sign[0]}"
    return UserError(f"{shown} stands for no base.", "Correct it, or write N where unknown.", where)
