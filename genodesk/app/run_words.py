"""How a run is spoken of everywhere in the desk: its state, how far it is and when it ends.

Every place asks here, so that no two of them tell a run differently.
"""

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from genodesk.app.amounts import duration, number, seconds_since, when
from genodesk.app.run_names import action_title_of, short_name
from genodesk.core.errors import UserError
from genodesk.core.events import Progress, Request, State
from genodesk.core.metrics import Metric, meaning
from genodesk.core.workflow import get_workflow, workflow_or_bare
from genodesk.jobs.liveness import this_host
from genodesk.jobs.status import ENDED, RunStatus

_STALE_S = 1.0  # an estimate that has run out longer ago than this is none
_PATIENCE_S, _PATIENCE = 10.0, 4.0  # nor is one after a silence so long: in seconds, and in times what a step takes
_ENDING: dict[State, State] = {"paused": "pausing", "stopped": "stopping"}
_SILENT_S = 120.0  # a run on another computer that wrote nothing for so long may be gone


def run_name(status: RunStatus) -> str:
    """What it is about and which model, for example "cortex · AlphaSTomics" or "Train · AlphaSTomics"."""
    return f"{short_name(status)} · {workflow_title(status)}"


def workflow_title(status: RunStatus) -> str:
    """The workflow's title; its bare name where it is not installed here."""
    return workflow_or_bare(status.workflow).title


def action_title(status: RunStatus) -> str:
    """The action's title; its bare name where it is not installed here."""
    return action_title_of(status.workflow, status.action)


def vocabulary(status: RunStatus) -> tuple[Metric, ...]:
    """The meanings of the workflow's metrics; none where it is not installed here."""
    return workflow_or_bare(status.workflow).metrics


def learns(status: RunStatus) -> bool:
    """Whether the run is a training; False where its workflow is not installed here."""
    try:
        return get_workflow(status.workflow).action(status.action).best is not None
    except UserError:  # not installed here
        return False


def state_word(status: RunStatus) -> str:
    """The state in one word; a run that has come to its end and has not let go yet is still on its way there."""
    return word_of_state(_ENDING.get(status.state, status.state) if status.alive else status.state)


def word_of_state(state: State) -> str:
    """Any state in one word."""
    tr = QCoreApplication.translate
    return {
        "queued": tr("RunWords", "waiting"),
        "preparing": tr("RunWords", "preparing"),
        "running": tr("RunWords", "running"),
        "pausing": tr("RunWords", "pausing"),
        "paused": tr("RunWords", "paused"),
        "stopping": tr("RunWords", "stopping"),
        "stopped": tr("RunWords", "stopped"),
        "finished": tr("RunWords", "finished"),
        "failed": tr("RunWords", "failed"),
    }[state]


def word_of_request(request: Request) -> str:
    """What somebody asked of a run."""
    tr = QCoreApplication.translate
    return {
        "stop": tr("RunWords", "asked to stop after this step"),
        "stop-now": tr("RunWords", "asked to stop at once"),
        "pause": tr("RunWords", "asked to pause after this step"),
    }[request]


def cause_words(cause: str) -> str:
    """Why a run stands as it does, in brief; empty where the run's message alone can tell."""
    tr = QCoreApplication.translate
    known = {
        "error": "",
        "user error": "",
        "killed": tr("RunWords", "its process was ended from outside"),
        "out of memory": tr("RunWords", "out of memory"),
        "disk full": tr("RunWords", "the disk is full"),
        "it never started": tr("RunWords", "it never started"),
        "the computer was restarted": tr("RunWords", "the computer was restarted"),
    }
    if cause.startswith("killed by signal"):
        return known["killed"]
    return known.get(cause, cause)


def reason(status: RunStatus) -> str:
    """Why a run failed or waits, in one line; empty for any other."""
    if status.state == "failed" and status.error is not None:
        return status.error.message
    return cause_words(status.cause)


def state_icon(status: RunStatus) -> tuple[str, str]:
    """The icon of the state and the theme's colour for it."""
    return {
        "queued": ("clock", "mute"),
        "preparing": ("clock", "accent"),
        "running": ("play", "accent"),
        "pausing": ("pause", "accent"),
        "paused": ("pause", "warn"),
        "stopping": ("stop", "accent"),
        "stopped": ("stop", "mute"),
        "finished": ("check", "good"),
        "failed": ("error", "bad"),
    }[status.state]


def computer(status: RunStatus) -> str:
    """Where the run computes."""
    here = not status.host or status.host == this_host()
    return QCoreApplication.translate("RunWords", "this computer") if here else status.host


def best_words(status: RunStatus) -> str:
    """The best value so far with the title of its metric; empty before the first."""
    if status.best is None:
        return ""
    metric = meaning(status.best.metric, vocabulary(status))
    return f"{metric.title} {number(status.best.value)}{f' {metric.unit}' if metric.unit else ''}"


def share_done(status: RunStatus) -> float | None:
    """How much of what it does just now is done, from 0 to 1; None while it cannot be told."""
    progress = status.progress
    if progress is None or not progress.total or _is_done(progress):
        return None
    return min(1.0, max(0.0, progress.done / progress.total))


def how_far(status: RunStatus) -> str:
    """For example "running · step 852 of 1,200 · training ends in 8 s"; a run that waits says what for."""
    return " · ".join(standing_words(status))


def standing_words(status: RunStatus) -> list[str]:
    """The parts of `how_far`: the state with its cause, how far, and the time that is left."""
    if status.state in ENDED and not status.alive:
        cause = cause_words(status.cause)
        parts = [f"{state_word(status)} ({cause})" if cause else state_word(status), reached_words(status)]
    else:
        waits_for = status.cause if status.state == "queued" else ""
        going = status.state in ("preparing", "running")
        parts = [state_word(status), waits_for, progress_words(status.progress) if going else "", time_left(status)]
    return [part for part in parts if part]


def progress_words(progress: Progress | None) -> str:
    """How far the work is, for example "step 852 of 1,200" or "scoring · 1 of 3 slices"."""
    if progress is None:
        return ""
    tr = QCoreApplication.translate
    done, total = f"{progress.done:,.0f}", f"{progress.total or 0:,.0f}"
    if progress.unit != "steps":
        counted = tr("RunWords", "{done} of {total} {unit}") if progress.total else tr("RunWords", "{done} {unit}")
    else:
        counted = tr("RunWords", "step {done} of {total}") if progress.total else tr("RunWords", "step {done}")
    told = counted.format(done=done, total=total, unit=progress.unit)
    return f"{progress.text} · {told}" if progress.text else told


def reached_words(status: RunStatus) -> str:
    """How far a run came that has ended, for example "step 23 of 400" or "400 steps"; empty before the first step."""
    progress, tr = status.progress, QCoreApplication.translate
    if status.state != "finished" and progress is not None and _counts_steps(progress):
        return progress_words(progress) if progress.done else ""
    if not status.step:
        return ""
    if status.state == "finished":
        return (
            tr("RunWords", "1 step") if status.step == 1 else tr("RunWords", "{n} steps").format(n=f"{status.step:,}")
        )
    return tr("RunWords", "step {done}").format(done=f"{status.step:,}")


def steps_per_second(status: RunStatus) -> float | None:
    """The pace from which the time that is left follows; None in a part of the work that has no steps."""
    progress = status.progress
    if status.state != "running" or progress is None or not _counts_steps(progress) or _is_done(progress):
        return None
    if not progress.eta_s or progress.total is None:
        return None
    return (progress.total - progress.done) / progress.eta_s


def time_left(status: RunStatus, now: datetime | None = None) -> str:
    """When what a going run does just now ends; that it is being estimated, rather than a time that has run out.

    After its last step a training still scores, draws and saves, so that only the training is said to end then.
    """
    tr = QCoreApplication.translate
    if is_silent(status, now):
        return tr("RunWords", "last heard of: {time}").format(time=when(status.changed))
    if status.state not in ("preparing", "running") or status.alive is False:
        return ""
    progress = status.progress
    if progress is not None and _is_done(progress):
        return tr("RunWords", "going on to what comes next…")
    left = None
    if progress is not None and progress.eta_s is not None and progress.total:
        silence = seconds_since(progress.time, now)
        a_step = progress.eta_s / max(progress.total - progress.done, 1.0)
        if silence < max(_PATIENCE_S, _PATIENCE * a_step):
            left = progress.eta_s - silence
    if left is None or left < -_STALE_S:
        return tr("RunWords", "time left: estimating…")
    if progress is not None and _counts_steps(progress) and learns(status):
        return tr("RunWords", "training ends in {time}").format(time=duration(left))
    return tr("RunWords", "{time} more").format(time=duration(left))


def is_silent(status: RunStatus, now: datetime | None = None) -> bool:
    """Whether a run on another computer has written nothing for so long that nobody can say how it stands."""
    return status.alive is None and bool(status.changed) and seconds_since(status.changed, now) > _SILENT_S


def lasted(status: RunStatus) -> str:
    """How long a run took; empty where it never started, or was resumed and may have rested for days in between."""
    if not status.started or not status.changed or status.attempts > 1:
        return ""
    return duration(seconds_since(status.started, datetime.fromisoformat(status.changed)))


def _counts_steps(progress: Progress) -> bool:
    return progress.unit == "steps" and not progress.text


def _is_done(progress: Progress) -> bool:
    return progress.total is not None and progress.done >= progress.total
