"""The state of a run as its folder and its processes show it, also when nobody was left to write the end down."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from genodesk.core.errors import UserError
from genodesk.core.events import EventReader, Failed, Progress, State
from genodesk.core.run import InputFile, RunFolder
from genodesk.core.workflow import Best, get_workflow
from genodesk.jobs.liveness import Life, death, judge
from genodesk.jobs.summary import Summary

ENDED: tuple[State, ...] = ("paused", "stopped", "finished", "failed")


class BestValue(BaseModel):
    """The best value so far of the metric that decides."""

    model_config = ConfigDict(frozen=True)
    split: str
    metric: str
    value: float
    step: int


class RunStatus(BaseModel):
    """A run at one moment. `alive` is None where only another computer can tell; `metrics` go by split and name."""

    model_config = ConfigDict(frozen=True)
    id: str
    folder: Path
    workflow: str
    action: str
    created: str
    started: str
    changed: str
    state: State
    cause: str
    alive: bool | None
    resumable: bool
    attempts: int
    progress: Progress | None
    step: int | None
    metrics: dict[str, dict[str, float | None]]
    best: BestValue | None
    error: Failed | None
    warnings: int
    has_result: bool
    host: str = ""
    inputs: tuple[InputFile, ...] = ()


@dataclass(frozen=True)
class Standing:
    """What a run's folder and processes show; `end` is None where its events alone tell the state."""

    life: Life
    end: tuple[State, str] | None


def read(path: Path) -> RunStatus:
    """The status of the run in a folder, from all its events. Raises UserError for what is no run."""
    folder = RunFolder.open(path)
    found = standing(folder)
    summary = Summary()
    for event in EventReader(folder.events):
        summary.add(event)
    return derive(folder, found, summary)


def standing(folder: RunFolder) -> Standing:
    """What folder and processes show now. To be asked before the events are read: only so is none of them missed."""
    life = judge(folder)
    return Standing(life, _end(folder, life == "dead"))


def derive(folder: RunFolder, found: Standing, summary: Summary) -> RunStatus:
    """The status from what folder and processes showed and from the sum of the events read after that."""
    life = found.life
    state, cause = found.end or (summary.state, summary.cause)
    return RunStatus(
        id=folder.info.id,
        folder=folder.path,
        workflow=folder.info.workflow,
        action=folder.info.action,
        created=folder.info.created,
        started=summary.started,
        changed=summary.changed,
        state=state,
        cause=cause,
        alive=None if life == "elsewhere" else life == "alive",
        resumable=life == "dead" and state != "finished",
        attempts=summary.attempts,
        progress=summary.progress,
        step=summary.step,
        metrics=summary.latest,
        best=_best(folder, summary),
        error=summary.error,
        warnings=summary.warnings,
        has_result=summary.has_result,
        host=folder.info.host,
        inputs=folder.info.inputs,
    )


def _end(folder: RunFolder, dead: bool) -> tuple[State, str] | None:
    """State and cause where the events do not tell them: before the first attempt and after the last."""
    if not folder.attempt_folders():
        started = dead and folder.lock.exists()  # the lock is made at the start and held until the first attempt
        return ("failed", "it never started") if started else ("queued", "")
    last = folder.last_exit()
    if last is not None:
        return last.state, last.cause
    if dead:
        return "failed", death(folder.last_process())
    return None


def _best(folder: RunFolder, summary: Summary) -> BestValue | None:
    rule = _rule(folder)
    if rule is None:
        return None
    extreme = summary.extremes.get(rule.split, {}).get(rule.metric)
    if extreme is None:
        return None
    if rule.direction == "max":
        return BestValue(split=rule.split, metric=rule.metric, value=extreme.greatest, step=extreme.greatest_step)
    return BestValue(split=rule.split, metric=rule.metric, value=extreme.least, step=extreme.least_step)


def _rule(folder: RunFolder) -> Best | None:
    try:
        return get_workflow(folder.info.workflow).action(folder.info.action).best
    except UserError:  # a run of a workflow that is not installed here can still be listed
        return None
