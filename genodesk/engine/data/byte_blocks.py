"""The bytes of a file, unpacked where it is packed (gzip, bgzf, zstd, told by its first bytes), in blocks.

At most a few blocks are in memory. A place can be kept between blocks, to begin again from there later.
"""

from __future__ import annotations

import io
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from genodesk.core.errors import UserError
from genodesk.engine.data.store import looked_up, plain_errors

BLOCK = 256 * 2**10
_PACKED = 64 * 2**10
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
# The empty member that ends a whole bgzf file (SAM/BAM specification, 4.1.2).
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_SHRINKS = 4  # about so many times does sequence with its annotation become smaller when it is packed
_COPY = "Copy or download the file again."


@dataclass(frozen=True)
class Place:
    """A byte of the unpacked content, the byte of the file where reading goes on, and the unpacking's state there."""

    offset: int = 0
    raw: int = 0
    state: Any = None


BEGINNING = Place()


class ByteBlocks:
    """`for offset, block in ByteBlocks(path)`: the content from a place on. Raises UserError naming the bytes read
    where a packed file is cut short or damaged.
    """

    def __init__(self, path: Path, start: Place = BEGINNING) -> None:
        self.path = path
        self.packing = packing(path)
        self._start = start
        self._next: Place | None = start

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        offset = self._start.offset
        with plain_errors(self.path, ""):
            file = self.path.open("rb")
        with file:
            blocks = {"": self._plain, "zstd": self._zstd}.get(self.packing, self._gzip)(file)
            for block in blocks:
                yield offset, block
                offset += len(block)

    def place(self) -> Place | None:
        """Where the block after the latest one begins; None where reading can begin at the very start only (zstd)."""
        return self._next

    def _plain(self, file: IO[bytes]) -> Iterator[bytes]:
        offset = self._start.offset
        with plain_errors(self.path, ""):
            file.seek(offset)
        while block := self._read(file, BLOCK):
            offset += len(block)
            self._next = Place(offset, offset)
            yield block

    def _gzip(self, file: IO[bytes]) -> Iterator[bytes]:
        """Member after member; what was unpacked is handed out before a cut or a damage is told."""
        start = self._start
        with plain_errors(self.path, ""):
            file.seek(start.raw)
        member = start.state.copy() if start.state is not None else None
        packed, parts, size, offset = b"", [], 0, start.offset
        error, newest = None, -1
        while error is None:
            packed = packed or self._read(file, _PACKED)
            if member is None:
                packed = packed.lstrip(b"\0")  # some programs fill the end of a file up
                if not packed:
                    packed = self._read(file, _PACKED)
                    if not packed:
                        if self.packing == "bgzf" and not self._is_end(file, newest):
                            error = self._cut(file, "its end mark is missing")
                        break
                    continue
                member, newest = zlib.decompressobj(31), file.tell() - len(packed)
            ended = not packed
            try:
                part = member.decompress(packed, BLOCK - size)
            except zlib.error:
                error = self._damaged(f"is damaged behind byte {file.tell() - len(packed):,}")
                break
            packed = member.unused_data if member.eof else member.unconsumed_tail
            if ended and not part and not member.eof:
                error = self._cut(file, "more should follow")
                break
            if member.eof:
                member = None
            parts.append(part)
            size += len(part)
            offset += len(part)
            if size == BLOCK:
                self._next = Place(offset, file.tell() - len(packed), None if member is None else member.copy())
                yield b"".join(parts)
                parts, size = [], 0
        if parts:
            yield b"".join(parts)
        if error is not None:
            raise error

    def _zstd(self, file: IO[bytes]) -> Iterator[bytes]:
        import pyarrow

        self._next = None
        unpacked = pyarrow.CompressedInputStream(file, "zstd")
        while True:
            try:
                block = unpacked.read(BLOCK)
            except OSError as error:
                raise self._damaged(f"is damaged or ends too early: {file.tell():,} bytes were read") from error
            if not block:
                return
            yield block

    def _is_end(self, file: IO[bytes], newest: int) -> bool:
        """Whether the member that begins at this byte of the file, -1 for none, is the mark at the end of bgzf."""
        size = file.tell()
        file.seek(max(newest, 0))
        found = self._read(file, len(_BGZF_END))
        file.seek(size)
        return found == _BGZF_END

    def _cut(self, file: IO[bytes], why: str) -> UserError:
        return self._damaged(f"ends too early: {file.tell():,} bytes were read, and {why}")

    def _read(self, file: IO[bytes], number: int) -> bytes:
        with plain_errors(self.path, ""):
            return file.read(number)

    def _damaged(self, what: str) -> UserError:
        return UserError(f"The {self.packing} file {what}.", _COPY, str(self.path))


class UnpackedFile(io.RawIOBase):
    """The unpacked content as a file, for readers of lines."""

    def __init__(self, path: Path) -> None:
        self._blocks = iter(ByteBlocks(path))
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = memoryview(next(self._blocks, (0, b""))[1])
        number = min(len(buffer), len(self._left))
        buffer[:number], self._left = self._left[:number], self._left[number:]
        return number


def unpacked_size(path: Path) -> int:
    """About how many bytes the content has, told by the size of the file alone. Raises UserError as `packing`."""
    return looked_up(path).st_size * (_SHRINKS if packing(path) else 1)


def packing(path: Path) -> str:
    """`gzip`, `bgzf`, `zstd`, or "" for a file that is not packed. Raises UserError where it cannot be read."""
    if stat.S_ISDIR(looked_up(path).st_mode):
        raise UserError("This is a folder.", "Choose a file inside.", str(path))
    with plain_errors(path, ""), path.open("rb") as file:
        start = file.read(16)
    if start.startswith(_GZIP):
        return "bgzf" if start[3:4] == b"\x04" and start[12:14] == b"BC" else "gzip"
    return "zstd" if start.startswith(_ZSTD) else ""
