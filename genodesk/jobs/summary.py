"""What a run's events add up to: a fold over them that lists, pages and the catalogue share."""

from pydantic import BaseModel

from genodesk.core.events import (
    Attempt,
    Event,
    Failed,
    MetricValues,
    Progress,
    Result,
    State,
    StateChange,
    Warned,
)


class Extreme(BaseModel):
    """The least and greatest finite value a metric has had, and the steps of them."""

    least: float
    least_step: int
    greatest: float
    greatest_step: int


class Summary(BaseModel):
    """The sum of the events so far. `latest` and `extremes` go by split, then by metric."""

    state: State = "queued"
    cause: str = ""
    attempts: int = 0
    started: str = ""
    changed: str = ""
    step: int | None = None
    progress: Progress | None = None
    latest: dict[str, dict[str, float | None]] = {}
    extremes: dict[str, dict[str, Extreme]] = {}
    error: Failed | None = None
    warnings: int = 0
    has_result: bool = False

    def add(self, event: Event) -> None:
        """Takes one event in; events must come in order, each once."""
        self.changed = event.time
        if isinstance(event, Attempt):
            self.attempts = event.number
            self.started = self.started or event.time
            self.state, self.cause, self.error, self.progress = "preparing", "", None, None
        elif isinstance(event, StateChange):
            self.state, self.cause = event.state, event.cause
        elif isinstance(event, Progress):
            self.progress = event
        elif isinstance(event, MetricValues):
            self._add_metrics(event)
        elif isinstance(event, Failed):
            self.error = event
        elif isinstance(event, Warned):
            self.warnings += 1
        elif isinstance(event, Result):
            self.has_result = True

    def _add_metrics(self, event: MetricValues) -> None:
        self.step = event.step
        self.latest.setdefault(event.split, {}).update(event.values)
        known = self.extremes.setdefault(event.split, {})
        for name, value in event.values.items():
            if value is None:
                continue
            extreme = known.setdefault(
                name, Extreme(least=value, least_step=event.step, greatest=value, greatest_step=event.step)
            )
            if value < extreme.least:
                extreme.least, extreme.least_step = value, event.step
            if value > extreme.greatest:
                extreme.greatest, extreme.greatest_step = value, event.step
