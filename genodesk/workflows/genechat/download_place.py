"""Where a model lies while it arrives, and whether what lies there is the beginning of the same download. Light."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from genodesk.core.errors import UserError
from genodesk.workflows.genechat.settings_actions import DownloadSettings

SOURCE = "source.json"
MODEL_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


def place_of(out: Path) -> Path:
    """Where a model is while it arrives."""
    return out.with_name(f"{out.name}.part")


@contextmanager
def alone(part: Path) -> Iterator[None]:
    """Keeps a second download out of the folder, which is made. Raises UserError where one is under way."""
    from filelock import FileLock, Timeout

    file = part.with_name(f".{part.name}.lock")
    lock = FileLock(file)
    try:
        part.mkdir(exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            "Another run is downloading into this folder.", "Wait for it, or name another folder.", str(part)
        ) from None
    except OSError as error:
        raise UserError(
            f"The folder cannot be written ({error.strerror}).", "Name another folder.", str(part)
        ) from error
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):
            file.unlink()


def check_part(settings: DownloadSettings) -> None:
    """Raises UserError where what lies beside the folder to write is not the beginning of this download."""
    part = place_of(settings.out)
    if not part.exists() or is_of(part, settings):
        return
    begun = part.is_dir() and all(path.name.startswith(f".{SOURCE}.") for path in part.iterdir())
    if not begun:
        raise UserError(
            f"{part.name} lies there already and belongs to something else.",
            "Delete it, or name another folder with --out.",
            str(part),
        )


def is_of(folder: Path, settings: DownloadSettings) -> bool:
    """Whether a folder holds what these settings ask for, or its beginning."""
    try:
        source = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
        return all(source[name] == value for name, value in wanted(settings).items())
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False


def wanted(settings: DownloadSettings) -> dict[str, str]:
    """What the beginning of a download is known by."""
    return {"service": settings.service.rstrip("/"), "model": settings.model, "revision": settings.revision}
