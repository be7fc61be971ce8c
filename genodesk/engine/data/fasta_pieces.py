"""A FASTA file as its header lines and the text between them, block by block, and where in the file a byte stands.

Lines may end as any system writes them, be blank, ragged or endless. Knows no bases.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from genodesk.core.errors import UserError
from genodesk.engine.data.byte_blocks import ByteBlocks
from genodesk.engine.data.sequence_codes import WHITE_SPACE

LONGEST_HEADER = 2**20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"[\r\n]")
_AT_LINE_START = (b"\r", b"\n", b"")


class Header(NamedTuple):
    """A line that begins with >: its first word, the rest, and its place in the unpacked content."""

    id: str
    description: str
    offset: int


class Piece(NamedTuple):
    """Text of a sequence as it stands in the file, at most a block, white space included."""

    offset: int
    text: bytes


def pieces(blocks: ByteBlocks, between_blocks: Callable[[], None] = lambda: None) -> Iterator[Header | Piece]:
    """Headers and pieces in turn; the first is a header. Raises UserError for what is no FASTA."""
    header: bytearray | None = None
    begin, last = 0, b""
    named = False
    for offset, block in _without_mark(blocks):
        between_blocks()
        at = 0
        while at < len(block):
            if header is not None:
                end = _LINE_END.search(block, at)
                stop = end.start() if end else len(block)
                header += block[at:stop]
                if len(header) > LONGEST_HEADER:
                    raise UserError(
                        "A header line is longer than a million letters.",
                        "Put the sequence on the lines below its header.",
                        place_in_words(blocks.path, begin),
                    )
                at = stop
                if end:
                    yield _header(header, begin, blocks.path)
                    header = None
                continue
            found = _next_header(block, at, last)
            stop = len(block) if found < 0 else found
            if stop > at and (named or block[at:stop].strip(WHITE_SPACE)):
                if not named:
                    raise _no_fasta(blocks.path, offset + at)
                yield Piece(offset + at, block[at:stop])
            at = stop
            if found >= 0:
                header, begin, named, at = bytearray(), offset + found, True, found + 1
        last = block[-1:]
    if header is not None:
        yield _header(header, begin, blocks.path)
    if not named:
        raise UserError("The file holds no sequences.", "Choose a FASTA file with sequences.", str(blocks.path))


def place_in_words(path: Path, offset: int, record: str = "") -> str:
    """`file: record x, line 3, column 7` of a byte of the unpacked content; reads the file up to it once more."""
    line, column, last = 1, 1, b""
    for begin, block in ByteBlocks(path):
        text = block[: offset - begin]
        crossing = last == b"\r" and text.startswith(b"\n")
        ends = text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n") - crossing
        line += ends
        after = len(text) - 1 - max(text.rfind(b"\n"), text.rfind(b"\r"))
        column = after + 1 if ends or crossing else column + after
        last = text[-1:]
        if begin + len(block) >= offset:
            break
    return f"{path}: " + (f"record {record}, " if record else "") + f"line {line:,}, column {column:,}"


def _without_mark(blocks: ByteBlocks) -> Iterator[tuple[int, bytes]]:
    """The blocks without the mark with which some programs begin UTF-8."""
    for offset, block in blocks:
        if offset == 0 and block.startswith(_BYTE_ORDER_MARK):
            yield len(_BYTE_ORDER_MARK), block[len(_BYTE_ORDER_MARK) :]
        else:
            yield offset, block


def _next_header(block: bytes, at: int, last: bytes) -> int:
    """The place of the next > that begins a line, -1 where there is none in this block."""
    found = block.find(b">", at)
    while found >= 0 and (block[found - 1 : found] if found else last) not in _AT_LINE_START:
        found = block.find(b">", found + 1)
    return found


def _header(line: bytearray, offset: int, path: Path) -> Header:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:  # Chinese files of older programs
        text = line.decode("gb18030", "replace")
    words = text.split(maxsplit=1)
    if not words:
        where = place_in_words(path, offset)
        raise UserError("A sequence has no name.", "Write its id behind the >.", where)
    return Header(words[0], words[1].strip() if len(words) > 1 else "", offset)


def _no_fasta(path: Path, offset: int) -> UserError:
    return UserError(
        "The file does not begin with > and a name, so it is no FASTA.",
        "Begin each sequence with a line of > and its id (GenBank begins with LOCUS).",
        place_in_words(path, offset),
    )
