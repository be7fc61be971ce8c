"""Unpacks a tar stream from elsewhere into a fresh folder and refuses what is not plain files and folders."""

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from genodesk.core.errors import UserError

MAXIMUM_ENTRIES = 5_000_000
COPY_BYTES = 1 << 20


@dataclass(frozen=True)
class Unpacked:
    """How much was written."""

    files: int
    bytes: int


def unpack(stream: IO[bytes], folder: Path, *, most_bytes: int, source: str = "tar stream") -> Unpacked:
    """Writes the files of a tar stream into `folder`, which must not exist yet; all of it, or nothing.

    Raises UserError for absolute names, `..`, links, devices, names that come twice, compressed streams, more than
    `most_bytes` in all, and a stream that is cut short.
    """
    if folder.exists():
        raise UserError("This folder exists already.", "Name a new folder.", str(folder))
    if not folder.parent.is_dir():
        raise UserError("The folder it should stand in does not exist.", "Make it first.", str(folder.parent))
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        done = _write(stream, partial, most_bytes, source)
        partial.rename(folder)
    except (tarfile.TarError, EOFError) as error:
        raise UserError(f"This is not a whole tar stream ({error}).", "Send it again.", source) from None
    except OSError as error:
        raise UserError(
            f"The files cannot be written ({error.strerror or error}).",
            "Choose a folder with space that you may write to.",
            str(folder),
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return done


def _write(stream: IO[bytes], folder: Path, most_bytes: int, source: str) -> Unpacked:
    files = total = 0
    seen: set[str] = set()
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry, name in _checked(archive, source):
            if entry.isdir():
                (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
                continue
            # Folded, because a file system that ignores case would write one over the other.
            if str(name).casefold() in seen:
                raise _refused(f"the name {name} comes twice", source)
            seen.add(str(name).casefold())
            total += entry.size
            if total > most_bytes:
                raise _refused(f"it holds more than the {most_bytes:,} bytes that are allowed", source)
            (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = archive.extractfile(entry)
            descriptor = os.open(
                folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o600
            )
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(content, file, COPY_BYTES)  # type: ignore[arg-type]
            if (folder / name).stat().st_size != entry.size:
                raise tarfile.ReadError("it ends within a file")
            files += 1
    return Unpacked(files, total)


def _checked(archive: tarfile.TarFile, source: str) -> Iterator[tuple[tarfile.TarInfo, PurePosixPath]]:
    for number, entry in enumerate(archive):
        archive.members.clear()  # type: ignore[attr-defined]  # a stream of millions of names must not be remembered
        if number >= MAXIMUM_ENTRIES:
            raise _refused(f"it holds more than {MAXIMUM_ENTRIES:,} entries", source)
        if not (entry.isreg() or entry.isdir()) or entry.issparse():
            raise _refused(f"{entry.name!r} is a link, a device or a sparse file", source)
        name = PurePosixPath(entry.name)
        outside = name.is_absolute() or ".." in name.parts or "\\" in entry.name or ":" in entry.name
        if outside or "\0" in entry.name or (entry.isreg() and not name.parts):
            raise _refused(f"the name {entry.name!r} leads outside its folder", source)
        yield entry, name


def _refused(why: str, source: str) -> UserError:
    return UserError(f"The stream was not unpacked: {why}.", "Do not trust where it came from.", source)
