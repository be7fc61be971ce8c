"""The one thread in which all views compute, so that the window stays free. Of each key's questions the newest counts.

It starts with a question and ends when it has had nothing to do for a moment, so nobody has to stop it.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from PySide6.QtCore import QObject, Signal

_IDLE = 0.3  # s


class RasterThread(QObject):
    """Answers arrive in the thread of the window as `answered(key, answer)`; a failed question's answer is None."""

    answered = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._change = threading.Condition()
        self._waiting: dict[Any, Callable[[], Any]] = {}
        self._thread: threading.Thread | None = None

    def ask(self, key: Any, work: Callable[[], Any]) -> None:
        """Computes `work()` when the thread is free. A waiting question with the same key gives way to this one."""
        with self._change:
            # An older question keeps its place in the row, so that no view waits for ever behind a busy one.
            self._waiting[key] = work
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="raster")
                self._thread.start()
            self._change.notify()

    def forget(self, key: Any) -> None:
        """Drops a waiting question."""
        with self._change:
            self._waiting.pop(key, None)

    def _run(self) -> None:
        while True:
            with self._change:
                if not self._waiting:
                    self._change.wait(_IDLE)
                if not self._waiting:
                    self._thread = None
                    return
                key = next(iter(self._waiting))
                work = self._waiting.pop(key)
            try:
                answer = work()
            except Exception:
                logging.getLogger("genodesk").exception("a picture could not be computed")
                answer = None
            self.answered.emit(key, answer)
            del key, work, answer


@cache
def raster_thread() -> RasterThread:
    """The thread that all views share."""
    return RasterThread()


async def computed(work: Callable[[], Any]) -> Any:
    """What `work` returns, done in that thread; raises what it raises."""
    name, future = object(), asyncio.get_running_loop().create_future()

    def tried() -> tuple[Any, Exception | None]:
        try:
            return work(), None
        except Exception as error:
            return None, error

    def take(key: Any, answer: tuple[Any, Exception | None]) -> None:
        if key[0] is name and not future.done():
            future.set_result(answer)

    raster_thread().answered.connect(take)
    try:
        raster_thread().ask((name, "work"), tried)
        answer, error = await future
    finally:
        raster_thread().answered.disconnect(take)
    if error is not None:
        raise error
    return answer
