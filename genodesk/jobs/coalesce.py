"""Thins live metrics and progress to what an eye can follow. Every metric row stands in tables/metrics.csv anyway."""

from genodesk.core.events import MetricValues, Progress

LINES_PER_SECOND = 20
_WINDOW_S = 1.0
_AT_ONCE = LINES_PER_SECOND // 2  # of each window; the other half is for the summary of the rest
_PROGRESS_S = 0.2


class Coalescer:
    """Passes at most 20 metric lines a second: ten as they come, then of the rest first, last, least and greatest.

    Of progress it passes the newest, five times a second. Times are seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self._window = 0.0
        self._passed = 0
        self._held: list[MetricValues] = []
        self._progress: Progress | None = None
        self._progress_time = float("-inf")

    def add(self, event: MetricValues | Progress) -> None:
        """Takes an event; `due` gives it out, or one that stands for it."""
        if isinstance(event, Progress):
            self._progress = event
        else:
            self._held.append(event)

    def due(self, now: float, everything: bool = False) -> list[MetricValues | Progress]:
        """What is to be written now, in order. `everything` also empties what would wait for the window's end."""
        out: list[MetricValues | Progress] = []
        if now - self._window >= _WINDOW_S or everything:
            out += representatives(self._held, LINES_PER_SECOND - _AT_ONCE)
            self._held = []
            if now - self._window >= _WINDOW_S:
                self._window, self._passed = now, 0
        free = _AT_ONCE - self._passed
        if self._held and free > 0:
            out += self._held[:free]
            self._passed += len(self._held[:free])
            self._held = self._held[free:]
        if self._progress is not None and (everything or now - self._progress_time >= _PROGRESS_S):
            out.append(self._progress)
            self._progress, self._progress_time = None, now
        return out


def representatives(events: list[MetricValues], most: int) -> list[MetricValues]:
    """At most `most` events in their order: of each split first and last, then where a value is least and greatest."""
    if len(events) <= most:
        return events
    by_split: dict[str, list[int]] = {}
    for index, event in enumerate(events):
        by_split.setdefault(event.split, []).append(index)
    kept = dict.fromkeys(index for indices in by_split.values() for index in (indices[0], indices[-1]))
    for indices in sorted(by_split.values(), key=len):
        for name in dict.fromkeys(name for index in indices for name in events[index].values):
            numbers = [(value, index) for index in indices if (value := events[index].values.get(name)) is not None]
            if numbers:
                kept |= dict.fromkeys((min(numbers)[1], max(numbers)[1]))
    return [events[index] for index in sorted(list(kept)[:most])]
