"""Pickles that would run code when they are read in the ordinary way."""

from pathlib import Path


class RunsWhenRead:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return Path.touch, (self.mark,)
