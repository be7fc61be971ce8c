"""What a supervisor writes down: events and small files, also on a full disk, and live numbers thinned."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from genodesk.core.disk import draw_on_reserve, is_disk_full, write_atomically
from genodesk.core.events import Begin, Event, EventWriter, MetricValues, Progress, Warned
from genodesk.core.ids import new_run_id
from genodesk.core.run import RunFolder
from genodesk.jobs.coalesce import Coalescer

T = TypeVar("T")


class Journal:
    """The only writer of a run's events. The caller holds the run's lock."""

    def __init__(self, folder: RunFolder) -> None:
        self._reserve = folder.reserve
        self._writer = EventWriter(folder.events, reserve=folder.reserve)
        self._coalescer = Coalescer()
        self._disk_full = False
        if self._writer.next_seq == 0:
            self.write(Begin(run=folder.info.id, generation=new_run_id()))

    def write(self, event: Event) -> None:
        """Appends an event. On a full disk the reserve carries messages and states; progress and metrics are let go."""
        try:
            self._writer.write(event)
        except OSError as error:
            if not is_disk_full(error):
                raise
            if not self._disk_full:
                self._disk_full = True
                self.write(Warned(message="The disk is full.", hint="Free some space; the run goes on while it can."))

    def thin(self, event: MetricValues | Progress) -> None:
        """Takes a live number; it, or one that stands for it, is written by a later `flush`."""
        self._coalescer.add(event)

    def flush(self, everything: bool = False) -> None:
        """Writes the live numbers that are due, or all that wait."""
        for event in self._coalescer.due(time.monotonic(), everything):
            self.write(event)

    def save(self, path: Path, content: bytes) -> None:
        """Writes a small file, from the reserve where the disk is full. Raises OSError when that is used up."""
        self.insist(lambda: write_atomically(path, content))

    def insist(self, write: Callable[[], T]) -> T:
        """What `write` returns; it is tried again with space from the reserve while the disk is full."""
        while True:
            try:
                return write()
            except OSError as error:
                if not is_disk_full(error) or not draw_on_reserve(self._reserve):
                    raise

    def close(self) -> None:
        """Closes the events file and gives the reserve back; an attempt to come takes a new one."""
        self._writer.close()
        with contextlib.suppress(OSError):
            self._reserve.unlink(missing_ok=True)
