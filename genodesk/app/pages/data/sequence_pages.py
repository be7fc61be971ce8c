"""The bases of one sequence, as far as they are looked at: a page at a time from a function that reads them.

It knows neither the engine nor the file, and never holds more than a few pages.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from genodesk.app.tasks import Tasks
from genodesk.app.timers import once
from genodesk.core.errors import UserError

PAGE = 10_000
WAITING = "·"
"""Stands for a base that has not arrived yet."""
_PAGES_KEPT = 40
_SETTLE_MS = 20

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
        self._tasks = tasks
        self._pages: OrderedDict[int, str] = OrderedDict()
        self._wanted: list[int] = []
        self._reading: int | None = None
        self._broken = False
        self._task = f"bases {id(self)}"
        self._settle = once(self, _SETTLE_MS, self._read_next)

    def bases(self, start: int, end: int) -> str:
        """The bases of a part, WAITING for each that is not here yet and is asked for now."""
        parts = []
        for page in range(start // PAGE, -(-end // PAGE)):
            begin = page * PAGE
            text = self._pages.get(page)
            if text is None:
                self._want(page)
                text = WAITING * (min(begin + PAGE, self.length) - begin)
            parts.append(text[max(0, start - begin) : end - begin])
        return "".join(parts)

    def has(self, start: int, end: int) -> bool:
        """Whether all of a part is here."""
        return all(page in self._pages for page in range(start // PAGE, -(-end // PAGE)))

    def shut(self) -> None:
        """Reads nothing any more."""
        self._broken = True
        self._wanted = []
        self._settle.stop()
        self._tasks.cancel(self._task)

    def _want(self, page: int) -> None:
        """What is looked at last is read first; what was scrolled past is forgotten."""
        if self._broken or page == self._reading:
            return
        if page in self._wanted:
            self._wanted.remove(page)
        self._wanted = [*self._wanted[-2:], page]
        if self._reading is None and not self._settle.isActive():
            self._settle.start()

    def _read_next(self) -> None:
        while self._wanted and self._reading is None:
            page = self._wanted.pop()
            if page not in self._pages:
                self._reading = page
                self._tasks.start(self._fetch(page), self._task, on_error=self._break)

    async def _fetch(self, page: int) -> None:
        try:
            answer = await self._read(page * PAGE, PAGE)
        finally:
            self._reading = None
        text = answer["bases"]
        for start, end in answer["soft_masked"]:
            first, last = start - page * PAGE, end - page * PAGE
            text = text[:first] + text[first:last].lower() + text[last:]
        self._pages[page] = text
        while len(self._pages) > _PAGES_KEPT:
            self._pages.popitem(last=False)
        self.arrived.emit()
        self._read_next()

    def _break(self, error: UserError) -> None:
        self._broken = True
        self.failed.emit(error)
