"""Packed files read as plain ones, from any kept place, and a cut or damaged one is told by the bytes read."""

import gzip
import os
import struct
import zlib
from pathlib import Path

import pyarrow
import pytest

from genodesk.core.errors import UserError
from genodesk.engine.data.byte_blocks import BEGINNING, BLOCK, ByteBlocks, UnpackedFile, packing, unpacked_size

CONTENT = b"".join(f">r{i}\n{'ACGT' * (i % 700)}\n".encode() for i in range(900)) + os.urandom(300_000)


def bgzf(content: bytes) -> bytes:
    """Members of at most 64 KB that tell their own size, as bgzip writes them, and the empty one at the end."""
    members = []
    for start in range(0, len(content) + 1, 60_000):
        part = content[start : start + 60_000]
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = packer.compress(part) + packer.flush()
        header = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25)
        members.append(header + body + struct.pack("<II", zlib.crc32(part), len(part)))
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = packer.compress(b"") + packer.flush()
    empty = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25) + body + bytes(8)
    return b"".join([*members, empty])


def zstd(content: bytes) -> bytes:
    return pyarrow.Codec("zstd").compress(content).to_pybytes()


PACKED = {
    "": CONTENT,
    "gzip": gzip.compress(CONTENT),
    "bgzf": bgzf(CONTENT),
    "zstd": zstd(CONTENT[: len(CONTENT) // 2]) + zstd(CONTENT[len(CONTENT) // 2 :]),
}


@pytest.fixture(params=list(PACKED))
def packed(request, tmp_path: Path) -> tuple[str, Path]:
    path = tmp_path / "without ending"
    path.write_bytes(PACKED[request.param])
    return request.param, path


def test_the_packing_is_told_by_the_first_bytes_and_the_content_is_whole(packed):
    kind, path = packed
    assert packing(path) == kind
    blocks = list(ByteBlocks(path))
    assert b"".join(block for _, block in blocks) == CONTENT
    assert max(len(block) for _, block in blocks) <= BLOCK
    assert [offset for offset, _ in blocks][1] == len(blocks[0][1])
    assert UnpackedFile(path).readall() == CONTENT


def test_reading_begins_again_at_any_kept_place(packed):
    kind, path = packed
    blocks, places = ByteBlocks(path), []
    for _ in blocks:
        places.append(blocks.place())
    if kind == "zstd":
        assert set(places) == {None}
        return
    assert len(places) >= 5
    for place in [BEGINNING, *places[:-1], places[1]]:
        again = list(ByteBlocks(path, place))
        assert again[0][0] == place.offset
        assert b"".join(block for _, block in again) == CONTENT[place.offset :]


def test_several_members_and_zeros_behind_them_are_one_content(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"ACGT" * 99) + gzip.compress(b"") + gzip.compress(b"TT") + bytes(100_000))
    assert UnpackedFile(path).readall() == b"ACGT" * 99 + b"TT"


@pytest.mark.parametrize("kind", ["gzip", "bgzf", "zstd"])
def test_a_file_cut_short_is_an_error_that_names_the_bytes_read(tmp_path, kind):
    path = tmp_path / "a.fa.gz"
    whole = PACKED[kind]
    for size in (30, len(whole) // 2, len(whole) - 40 if kind == "bgzf" else len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError, match=f"The {kind} file .*ends too early: {size:,} bytes") as caught:
            list(ByteBlocks(path))
        assert "again" in caught.value.hint


def test_damage_inside_is_an_error(tmp_path):
    path = tmp_path / "a.fa.gz"
    for kind in ("gzip", "bgzf"):
        whole = bytearray(PACKED[kind])
        middle = len(whole) // 2
        whole[middle : middle + 40] = bytes(40)
        path.write_bytes(whole)
        with pytest.raises(UserError, match="is damaged"):
            list(ByteBlocks(path))
    path.write_bytes(PACKED["zstd"][:4] + os.urandom(1000))
    with pytest.raises(UserError, match="is damaged"):
        list(ByteBlocks(path))
    path.write_bytes(gzip.compress(b"ACGT") + b"something else")
    with pytest.raises(UserError, match="is damaged behind byte"):
        list(ByteBlocks(path))


def test_a_bgzf_file_cut_between_two_blocks_is_told(tmp_path):
    path, whole = tmp_path / "a.fa.gz", PACKED["bgzf"]
    first = struct.unpack_from("<H", whole, 16)[0] + 1
    for size in (first, len(whole) - 28):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError, match=f"ends too early: {size:,} bytes were read, and its end mark is missing"):
            list(ByteBlocks(path))
    path.write_bytes(whole + bytes(70_000))
    assert UnpackedFile(path).readall() == CONTENT


def test_the_size_of_the_content_is_guessed_from_that_of_a_packed_file(packed):
    kind, path = packed
    assert unpacked_size(path) == path.stat().st_size * (4 if kind else 1)
