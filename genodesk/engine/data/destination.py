"""The place of a file that will be written: its folder is there, and nothing it is made from lies in the way."""

from collections.abc import Sequence
from pathlib import Path

from genodesk.core.errors import UserError


def check_destination(out: Path, read: Sequence[Path | None] = ()) -> None:
    """Raises UserError where the folder of `out` is missing, or `out` is, holds or lies in something that is `read`."""
    if not out.parent.is_dir():
        raise UserError(f"There is no folder {out.parent} to write to.", "Make it first.", "--out")
    place = out.resolve()
    for path in (path.resolve() for path in read if path is not None):
        if path == place or path in place.parents or place in path.parents:
            raise UserError(
                f"{out.name} would be written over {path.name}, from which it is made.", "Name another file.", "--out"
            )
