"""What people want of a run: requests left in its folder and signals, taken up, written down and acknowledged."""

import signal
import time
from typing import Literal

from genodesk.core.events import Request, Requested
from genodesk.core.run import RunFolder
from genodesk.jobs.journal import Journal


class Wishes:
    """The newest wish is `asked`. Asked the first time, a worker may finish its step and save; asked the same again,
    or to stop now, it has no more time.
    """

    def __init__(self, folder: RunFolder, journal: Journal) -> None:
        self._folder = folder
        self._journal = journal
        self.asked: Literal["", "stop", "pause"] = ""
        self._deadline = float("inf")
        self._signals = self._signals_answered = 0

    def hear_signals(self) -> None:
        """From now on a signal to end is a request to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def take_up(self) -> bool:
        """Takes up what was asked since the last call; whether the wish is another one now."""
        before = self.asked
        for request in reversed(self._folder.pending_requests()):  # the most urgent has the last word
            self._answer(request)
            self._folder.acknowledge(request)
        while self._signals_answered < self._signals:
            self._signals_answered += 1
            self._answer("stop")
        return self.asked != before

    def give(self, seconds: float) -> None:
        """Lets the worker have this long to do what was asked, or less where it has less already."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    @property
    def is_overdue(self) -> bool:
        """Whether the time for what was asked is over."""
        return time.monotonic() >= self._deadline

    def _on_signal(self, *_: object) -> None:
        self._signals += 1

    def _answer(self, request: Request) -> None:
        self._journal.write(Requested(request=request))
        wish: Literal["stop", "pause"] = "pause" if request == "pause" else "stop"
        if request == "stop-now" or wish == self.asked:
            self.give(0)
        self.asked = wish
