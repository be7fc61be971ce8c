"""The bases of one sequence, as far as they are looked at: a page at a time from a function that reads them.

It knows neither the engine nor the file, and never holds more than a few pages.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from genodesk.app.pages.data.pages_read import PagesRead
from genodesk.app.tasks import Tasks

PAGE = 10_000
WAITING = "·"
"""Stands for a base that has not arrived yet."""

Reader = Callable[[int, int], Awaitable[dict[str, Any]]]
"""Bases from a place on: (start, how many) -> the answer of `sequence`."""


class SequencePages(QObject):
    """`bases` of `length` in capitals, soft-masked ones in lower case; `arrived` tells when more can be had."""

    arrived = Signal()
    failed = Signal(object)

    def __init__(self, length: int, read: Reader, tasks: Tasks) -> None:
        super().__init__()
        self.length = length
        self._read = read
        self._pages = PagesRead(self._read_page, tasks, self)
        self._pages.arrived.connect(self.arrived)
        self._pages.failed.connect(self.failed)

    def bases(self, start: int, end: int) -> str:
        """The bases of a part, WAITING for each that is not here yet and is asked for now."""
        parts = []
        for page in range(start // PAGE, -(-end // PAGE)):
            begin = page * PAGE
            text = self._pages.want(page) or WAITING * (min(begin + PAGE, self.length) - begin)
            parts.append(text[max(0, start - begin) : end - begin])
        return "".join(parts)

    def has(self, start: int, end: int) -> bool:
        """Whether all of a part is here."""
        return all(self._pages.get(page) is not None for page in range(start // PAGE, -(-end // PAGE)))

    def shut(self) -> None:
        """Reads nothing any more."""
        self._pages.shut()

    async def _read_page(self, page: int) -> str:
        answer = await self._read(page * PAGE, PAGE)
        text: str = answer["bases"]
        for start, end in answer["soft_masked"]:
            first, last = start - page * PAGE, end - page * PAGE
            text = text[:first] + text[first:last].lower() + text[last:]
        return text
