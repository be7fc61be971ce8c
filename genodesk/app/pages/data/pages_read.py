"""The pages of something long, read one at a time as they are looked at, and let go of again.

It knows neither what a page holds nor where it comes from.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from genodesk.app.tasks import Tasks
from genodesk.app.timers import once
from genodesk.core.errors import UserError

_PAGES_KEPT, _PAGES_WAITING = 64, 4
_SETTLE_MS = 20


class PagesRead(QObject):
    """What `read` gives for a page's number. `arrived` tells of a page that came, `failed` why there will be no more.

    What is looked at last is read first, and pages that were scrolled past are forgotten.
    """

    arrived = Signal(int)
    failed = Signal(object)

    def __init__(self, read: Callable[[int], Awaitable[Any]], tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._read = read
        self._tasks = tasks
        self._here: OrderedDict[int, Any] = OrderedDict()
        self._wanted: list[int] = []
        self._reading: int | None = None
        self._ended = False
        self._task = f"pages {id(self)}"
        self._settle = once(self, _SETTLE_MS, self._read_next)

    def put(self, page: int, content: Any) -> None:
        """Takes a page that is at hand already."""
        self._here[page] = content
        while len(self._here) > _PAGES_KEPT:
            self._here.popitem(last=False)

    def get(self, page: int) -> Any | None:
        """The page, None where it is not here; nothing is read for it."""
        return self._here.get(page)

    def want(self, page: int) -> Any | None:
        """The page, None where it is not here yet and is asked for now."""
        content = self._here.get(page)
        if content is not None:
            self._here.move_to_end(page)
        elif not self._ended and page != self._reading:
            if page in self._wanted:
                self._wanted.remove(page)
            self._wanted = [*self._wanted[1 - _PAGES_WAITING :], page]
            if self._reading is None and not self._settle.isActive():
                self._settle.start()
        return content

    def shut(self) -> None:
        """Reads nothing any more."""
        self._ended = True
        self._wanted = []
        self._settle.stop()
        self._tasks.cancel(self._task)

    def _read_next(self) -> None:
        while self._wanted and self._reading is None:
            page = self._wanted.pop()
            if page not in self._here:
                self._reading = page
                self._tasks.start(self._fetch(page), self._task, on_error=self._break)

    async def _fetch(self, page: int) -> None:
        try:
            content = await self._read(page)
        finally:
            self._reading = None
        self.put(page, content)
        self.arrived.emit(page)
        self._read_next()

    def _break(self, error: UserError) -> None:
        self._ended = True
        self.failed.emit(error)
