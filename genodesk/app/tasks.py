"""Asynchronous work of one owner: every task is known, may replace its predecessor, and ends with its owner."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QCoreApplication

from genodesk.core.errors import UserError
from genodesk.jobs.places import home

_log = logging.getLogger("genodesk")


class Tasks:
    """The tasks of a page or a service. `on_error` is told what went wrong, always in words for people."""

    def __init__(self, on_error: Callable[[UserError], object]) -> None:
        self._on_error = on_error
        self._running: dict[str, asyncio.Task[Any]] = {}
        self._count = 0

    def start(
        self,
        work: Coroutine[Any, Any, Any],
        name: str = "",
        *,
        on_error: Callable[[UserError], object] | None = None,
    ) -> asyncio.Task[Any]:
        """Begins work on the running loop. A task of the same name is cancelled first; an empty name is unique."""
        self._count += 1
        key = name or f"task {self._count}"
        self.cancel(key)
        task = asyncio.get_running_loop().create_task(self._guarded(work, on_error or self._on_error), name=key)
        self._running[key] = task
        task.add_done_callback(lambda done: self._forget(key, done, work))
        return task

    def cancel(self, name: str | None = None) -> None:
        """Cancels the task of that name, or all."""
        for key in [name] if name is not None else list(self._running):
            task = self._running.pop(key, None)
            if task is not None:
                task.cancel()

    def __len__(self) -> int:
        return len(self._running)

    async def _guarded(self, work: Coroutine[Any, Any, Any], on_error: Callable[[UserError], object]) -> Any:
        try:
            return await work
        except UserError as error:
            on_error(error)
        except Exception:
            _log.exception("a task failed")
            on_error(own_fault())
        return None

    def _forget(self, key: str, done: asyncio.Task[Any], work: Coroutine[Any, Any, Any]) -> None:
        work.close()  # a task that is cancelled before its first step has not touched it
        if self._running.get(key) is done:
            del self._running[key]


def own_fault() -> UserError:
    """What a person is told of a fault of ours: one calm sentence, and where the rest is written."""
    return UserError(
        QCoreApplication.translate("Faults", "Something went wrong inside Genodesk."),
        QCoreApplication.translate("Faults", "It goes on. What happened is written in {path}").format(
            path=home() / "desk.log"
        ),
    )
