"""Identifies what a run was given: the size and sha256 of every input file and folder its settings name."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.run import InputFile
from genodesk.core.settings import Settings, leaves

_BLOCK = 4 * 1024 * 1024


def input_paths(settings: Settings) -> list[tuple[str, Path]]:
    """(setting, path) of every input that is set; outputs are left out."""
    found = []
    for leaf in leaves(type(settings)):
        if leaf.file is None or leaf.file.role == "output":
            continue
        value: Any = settings
        for part in leaf.path:
            value = getattr(value, part)
        paths = value if isinstance(value, tuple) else (value,)
        found += [(leaf.name, Path(path)) for path in paths if path is not None]
    return found


def hash_inputs(settings: Settings, tick: Callable[[], None]) -> tuple[InputFile, ...]:
    """Every input with its size in bytes and sha256; of a run folder, its model counts.

    `tick` is called at least once per 4 MiB and may raise to end the work. Raises UserError for what cannot be read.
    """
    return tuple(_identify(name, path, tick) for name, path in input_paths(settings))


def _identify(setting: str, path: Path, tick: Callable[[], None]) -> InputFile:
    content = path / "model" if (path / "run.json").exists() and (path / "model").is_dir() else path
    try:
        if content.is_dir():
            size, digest = _folder(content, tick)
        else:
            size, digest = _file(content, tick)
    except OSError as error:
        option = "--" + setting.replace("_", "-")
        raise UserError(
            f"{path} cannot be read ({error.strerror}).", "Check the path and its permissions.", option
        ) from None
    return InputFile(setting=setting, path=str(path), size=size, sha256=digest)


def _file(path: Path, tick: Callable[[], None]) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
            tick()
    tick()
    return size, digest.hexdigest()


def _folder(path: Path, tick: Callable[[], None]) -> tuple[int, str]:
    """The sum of the sizes, and the sha256 over the sorted lines `name NUL sha256 newline`."""
    digest = hashlib.sha256()
    total = 0
    for file in sorted(_files_below(path)):
        size, own = _file(file, tick)
        digest.update(f"{file.relative_to(path).as_posix()}\0{own}\n".encode())
        total += size
    return total, digest.hexdigest()


def _files_below(path: Path) -> Iterator[Path]:
    for place, _, names in os.walk(path):
        for name in names:
            yield Path(place) / name
