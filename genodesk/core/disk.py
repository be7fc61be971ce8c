"""How small files reach the disk, whole or not at all, what to do when it is full, and when a file is another one."""

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genodesk.core.json_text import to_json_line

Stamp = tuple[int, int] | None

_DRAW_BYTES = 65_536  # small, so that the running work cannot take the whole reserve before the last message


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that readers see the old content or the new, also after a power cut. Raises OSError."""
    finished = _beside(path, content)
    try:
        finished.replace(path)
    except BaseException:
        finished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Writes a JSON document atomically; numbers that are not finite become null."""
    write_atomically(path, (to_json_line(document) + "\n").encode())


def publish(path: Path, content: bytes) -> bool:
    """Makes a file appear complete and exactly once; False where it was there already. Raises OSError."""
    finished = _beside(path, content)
    try:
        os.link(finished, path)
    except FileExistsError:
        return False
    finally:
        finished.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def sync_folder(path: Path) -> None:
    """Makes renames in a folder durable, where the system offers it."""
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def stamp(path: Path) -> Stamp:
    """What changes when a file is written anew, or a folder or anything directly in it; None where there is nothing."""
    try:
        found = path.stat()
        inside = [entry.stat().st_mtime_ns for entry in os.scandir(path)] if path.is_dir() else []
    except OSError:
        return None
    return max([found.st_mtime_ns, *inside]), len(inside) or found.st_size


def is_disk_full(error: BaseException) -> bool:
    """Whether an error means that the disk, or the person's share of it, is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def fill_reserve(reserve: Path, size: int) -> None:
    """Takes `size` bytes for bad times, or what is missing of them. Raises OSError where they cannot be had."""
    with os.fdopen(os.open(reserve, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.write(bytes(size))


def draw_on_reserve(reserve: Path) -> bool:
    """Frees a little of the space kept for bad times; False when nothing is left."""
    try:
        size = reserve.stat().st_size
        os.truncate(reserve, max(0, size - _DRAW_BYTES))
    except OSError:
        return False
    return size > 0


def _beside(path: Path, content: bytes) -> Path:
    """A hidden file in the same folder that holds the content, on the disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
