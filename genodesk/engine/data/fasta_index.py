"""Looks through a FASTA file once for its numbers and for places to read from, so that any part is read alone later.

What a .fai index does for files with even lines, for any lines, and for gzip too. Nothing is written to the disk.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

import numpy as np

from genodesk.core.disk import stamp
from genodesk.core.errors import UserError
from genodesk.core.sequence_files import Duplicates
from genodesk.engine.data.byte_blocks import BEGINNING, ByteBlocks, Place
from genodesk.engine.data.fasta import CountedPiece, counted
from genodesk.engine.data.sequence_codes import encode, lower_case
from genodesk.engine.data.sequence_record import RecordSummary, SequenceNotices, summary_of

_MOST_STATES = 128  # places in a packed file, each of about 100 KB


class FastaIndex:
    """`records` in the order of the file, `notices` of what was read otherwise, and `part` of any record.

    Raises UserError as `read_fasta` does.
    """

    def __init__(self, path: Path, duplicates: Duplicates | None, between_blocks: Callable[[], None]) -> None:
        self.path = path
        self.records: list[RecordSummary] = []
        self.notices = SequenceNotices()
        self._stamp = stamp(path)
        # Of every piece its first base and its place in the unpacked content; of every record its first piece and end.
        self._bases, self._offsets, self._firsts, self._ends = (array("q") for _ in range(4))
        blocks = ByteBlocks(path)
        self.packing = blocks.packing
        self._places = _Places(blocks)

        def between() -> None:
            self._places.look()
            between_blocks()

        begin, end = 0, 0
        for found in counted(blocks, self.notices, duplicates, between):
            if isinstance(found, CountedPiece):
                if not found.base:  # a sequence begins; blank lines before its first base are passed over
                    del self._bases[begin:], self._offsets[begin:]
                self._bases.append(found.base)
                self._offsets.append(found.piece.offset)
                end = found.piece.offset + len(found.piece.text)
            else:
                self.records.append(summary_of(found.id, found.header.description, found.counts))
                self._firsts.append(begin)
                self._ends.append(end)
                begin = len(self._bases)
        self._firsts.append(begin)

    def part(self, number: int, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes and runs in lower case (counted from `start`) of the bases `start` to `end` of a record.

        Raises UserError where the file is no longer the one that was looked through.
        """
        if stamp(self.path) != self._stamp:
            raise UserError("The file has changed since it was opened.", "Open it again.", str(self.path))
        nearest = bisect_right(self._bases, start, self._firsts[number], self._firsts[number + 1]) - 1
        skipped = start - self._bases[nearest]
        text = self._text(self._offsets[nearest], self._ends[number], skipped + end - start)
        codes = encode(text)[skipped : skipped + end - start]
        masked = np.clip(lower_case(text) - skipped, 0, end - start)
        return codes, masked[masked[:, 0] < masked[:, 1]]

    def _text(self, begin: int, end: int, bases: int) -> bytes:
        """The content from one byte on, until it holds so many bases or another byte is reached."""
        parts, held = [], 0
        for offset, block in ByteBlocks(self.path, self._places.before(begin)):
            if held >= bases or offset >= end:
                break
            text = block[max(0, begin - offset) : end - offset]
            parts.append(text)
            held += len(encode(text))
        return b"".join(parts)


class _Places:
    """Places to begin at: of a plain file every byte, of a packed one at most 128, evenly spread."""

    def __init__(self, blocks: ByteBlocks) -> None:
        self._blocks = blocks
        self._kept = [BEGINNING]
        self._apart = 0

    def look(self) -> None:
        """Keeps the place that the blocks have reached, where it is far enough from the last."""
        place = self._blocks.place() if self._blocks.packing else None
        if place is None or place.offset - self._kept[-1].offset <= self._apart:
            return
        self._kept.append(place)
        if len(self._kept) > _MOST_STATES:
            self._kept = self._kept[::2]
            self._apart = self._kept[1].offset

    def before(self, offset: int) -> Place:
        """The last place that is not behind a byte of the content."""
        if not self._blocks.packing:
            return Place(offset, offset)
        return self._kept[bisect_right(self._kept, offset, key=lambda place: place.offset) - 1]
