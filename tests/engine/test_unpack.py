"""A tar stream from elsewhere becomes plain files in a new folder, or nothing at all."""

import io
import tarfile

import pytest

from genodesk.core.errors import UserError
from genodesk.engine.unpack import unpack

MOST = 1 << 20


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"abc", link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, 0o777
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    return info, content


def stream(*entries: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return io.BytesIO(buffer.getvalue())


def test_files_and_folders_arrive_whole_and_private(tmp_path):
    done = unpack(
        stream(entry("d", tarfile.DIRTYPE), entry("d/a"), entry("d/e/b", content=b"")),
        tmp_path / "out",
        most_bytes=MOST,
    )
    assert (done.files, done.bytes) == (2, 3)
    assert (tmp_path / "out/d/a").read_bytes() == b"abc"
    assert (tmp_path / "out/d/a").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out/d/e/b").read_bytes() == b""


@pytest.mark.parametrize(
    "bad",
    [
        [entry("/etc/passwd")],
        [entry("../out-of-here")],
        [entry("a/../../b")],
        [entry("a\\..\\b")],
        [entry("C:evil")],
        [entry("link", tarfile.SYMTYPE, link="/etc"), entry("link/passwd")],
        [entry("link", tarfile.LNKTYPE, link="/etc/passwd")],
        [entry("pipe", tarfile.FIFOTYPE)],
        [entry("device", tarfile.CHRTYPE)],
        [entry("a"), entry("a")],
        [entry("a"), entry("A")],
        [entry("a"), entry("./a")],
        [entry("big", content=bytes(MOST + 1))],
        [entry("one", content=bytes(MOST // 2 + 1)), entry("two", content=bytes(MOST // 2 + 1))],
        [entry("a"), entry("a/b")],
    ],
    ids=lambda bad: bad[-1][0].name[:12],
)
def test_what_is_not_plain_is_refused_and_nothing_is_left(tmp_path, bad):
    with pytest.raises(UserError):
        unpack(stream(entry("first"), *bad), tmp_path / "out", most_bytes=MOST)
    assert list(tmp_path.iterdir()) == []


def test_a_compressed_bomb_is_no_tar_stream(tmp_path):
    with pytest.raises(UserError, match="not a whole tar stream"):
        unpack(stream(entry("zeros", content=bytes(MOST)), mode="w:gz"), tmp_path / "out", most_bytes=MOST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [100, 512, 700, 1024 + 512])
def test_a_stream_that_is_cut_short_is_refused(tmp_path, kept):
    whole = stream(entry("first"), entry("second", content=bytes(4000))).getvalue()
    with pytest.raises(UserError):
        unpack(io.BytesIO(whole[:kept]), tmp_path / "out", most_bytes=MOST)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_never_written_into(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match="exists already"):
        unpack(stream(entry("a")), tmp_path / "out", most_bytes=MOST)
