"""The process that owns a run: it starts the workers, is the only writer of events, and turns requests, signals and
exit codes into states. Imports nothing that computes; a worker that dies takes nothing with it.
"""

import contextlib
import os
import queue
import sys
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from genodesk.core.disk import is_disk_full
from genodesk.core.errors import UserError
from genodesk.core.events import (
    Attempt,
    Begin,
    Failed,
    MetricValues,
    Progress,
    Requested,
    StateChange,
    Warned,
    parse_event,
)
from genodesk.core.ids import timestamp, utc_now
from genodesk.core.layers import Layer, build
from genodesk.core.run import AttemptExit, RunFolder
from genodesk.core.settings import Settings
from genodesk.core.workflow import get_workflow
from genodesk.jobs.inputs import hash_inputs
from genodesk.jobs.journal import Journal
from genodesk.jobs.liveness import this_host, this_process
from genodesk.jobs.lock import RunLock
from genodesk.jobs.outcome import (
    DISK_FULL_HINT,
    DISK_FULL_MESSAGE,
    ERROR,
    OUT_OF_MEMORY_HINT,
    OUT_OF_MEMORY_MESSAGE,
    STOPPED,
    USER_ERROR,
    Outcome,
    first_failure,
    judge_exit,
    kills_for_memory,
)
from genodesk.jobs.ranks import Ranks, thread_count
from genodesk.jobs.wishes import Wishes

_POLL_S = 0.05
_HEARTBEAT_S = 1.0
_LAST_WORDS_S = 2.0
_RELAUNCHES = 3


@dataclass(frozen=True)
class Patience:
    """How long a worker may take to stop, and the pause before the first relaunch (doubled for each further one)."""

    grace_s: float = 60.0
    backoff_s: float = 2.0


class _StopAsked(Exception):
    """Ends the preparation early."""


class Supervisor:
    """Runs one run to its end. The caller holds the run's lock, which every worker inherits."""

    def __init__(self, folder: RunFolder, lock: RunLock, patience: Patience) -> None:
        self._folder = folder
        self._lock = lock
        self._patience = patience
        self._journal = Journal(folder)
        self._wishes = Wishes(folder, self._journal)
        last = folder.last_process()
        self._threads = last.threads if last is not None else None
        self._attempt: Path | None = None
        self._ranks: Ranks | None = None
        self._reported = False
        self._poll_time = self._beat_time = 0.0

    def run(self) -> int:
        """One attempt, and up to three more where the worker crashed; returns the exit code of the last."""
        self._wishes.hear_signals()
        outcome = Outcome("failed", ERROR, "the supervisor failed")
        try:
            self._begin_attempt("resume" if self._folder.attempt_folders() else "start")
            outcome = self._as_asked(self._prepare_and_work())
        except _StopAsked:
            outcome = self._as_asked(Outcome("stopped", STOPPED))
        except UserError as error:
            self._journal.write(Failed(message=error.message, hint=error.hint, where=error.where, user=True))
            outcome = Outcome("failed", USER_ERROR, "user error")
        except Exception as error:
            with contextlib.suppress(OSError):  # the disk that is full is the log's too
                traceback.print_exc()
            if is_disk_full(error):
                outcome = Outcome("failed", ERROR, "disk full")
                self._journal.write(Failed(message=DISK_FULL_MESSAGE, hint=DISK_FULL_HINT))
            else:
                self._journal.write(Failed(message="The run's supervisor failed.", traceback=self._folder.log.name))
        finally:
            if self._ranks is not None:
                self._ranks.kill()
            self._end(outcome)
        return outcome.code

    # attempts ---------------------------------------------------------------------------------------------------
    def _begin_attempt(self, reason: Literal["start", "resume", "relaunch"]) -> None:
        with contextlib.suppress(OSError):
            self._folder.reserve_space()
        self._attempt = place = self._journal.insist(self._folder.start_attempt)
        self._record_process(place)
        self._journal.write(Attempt(number=int(place.name), host=this_host(), pid=os.getpid(), reason=reason))

    def _record_process(self, place: Path) -> None:
        self._journal.save(place / "process.json", this_process(self._threads).model_dump_json().encode())

    def _prepare_and_work(self) -> Outcome:
        assert self._attempt is not None
        self._journal.write(StateChange(state="preparing"))
        info = self._folder.info
        layer = Layer(self._folder.settings_document(), str(self._folder.settings_file))
        settings = build(get_workflow(info.workflow).action(info.action).settings, layer)
        runtime = getattr(settings, "runtime", settings)
        count = getattr(runtime, "processes", 1)
        if self._threads is None:  # a resumed run keeps its number, because the last digits depend on it
            self._threads = thread_count(getattr(runtime, "threads", 0), count)
            self._record_process(self._attempt)
        self._identify_inputs(settings)
        outcome = self._work(count)
        for number in range(_RELAUNCHES):
            if not outcome.crashed or self._wishes.asked:
                break
            over = self._attempt
            self._journal.write(
                Warned(
                    message=f"The computation broke off ({outcome.cause}); it starts again from the last checkpoint.",
                    hint=f"This is try {number + 1} of {_RELAUNCHES}; log.txt tells more.",
                )
            )
            self._begin_attempt("relaunch")
            self._record_exit(over, outcome)
            self._wait(self._patience.backoff_s * 2**number)
            if self._wishes.asked:
                return Outcome("stopped", STOPPED)
            outcome = self._work(count)
        return outcome

    def _identify_inputs(self, settings: Settings) -> None:
        known = self._folder.info.inputs
        inputs = hash_inputs(settings, self._tick)
        for before, after in zip(known, inputs, strict=False):
            if before != after:
                self._journal.write(
                    Warned(
                        message=f"{after.path} has changed since this run was started.",
                        hint="The result belongs to neither content alone; start a new run to be sure.",
                    )
                )
        if not known:
            self._folder.record_inputs(inputs)

    def _work(self, count: int) -> Outcome:
        """One set of worker processes, from their start to their end."""
        assert self._attempt is not None
        memory_kills = kills_for_memory()
        rendezvous = self._folder.path / f".rendezvous-{self._attempt.name}"
        self._reported = False
        self._ranks = ranks = Ranks(self._folder.path, count, self._threads or 1, rendezvous, self._lock.descriptor)
        self._journal.write(StateChange(state="running"))
        if self._wishes.asked:
            self._pass_on()
        failure: int | None = None
        while None in (codes := ranks.codes()):
            self._drain(ranks)
            self._poll()
            failure = failure if failure is not None else first_failure(codes)
            if failure is not None or self._wishes.is_overdue:
                ranks.kill()
        failure = failure if failure is not None else first_failure(codes)
        until = time.monotonic() + _LAST_WORDS_S
        while not ranks.lines.empty() or (not ranks.is_silent() and time.monotonic() < until):
            self._drain(ranks)
        ranks.close()
        self._ranks = None
        self._journal.flush(everything=True)
        if failure is None:
            return judge_exit(max(code or 0 for code in codes), self._reported, False)
        starved = kills_for_memory() > memory_kills and not self._wishes.is_overdue
        outcome = judge_exit(failure, self._reported, starved)
        if outcome.cause == "out of memory" and not self._reported:
            self._journal.write(Failed(message=OUT_OF_MEMORY_MESSAGE, hint=OUT_OF_MEMORY_HINT))
        return outcome

    def _as_asked(self, outcome: Outcome) -> Outcome:
        """A worker that ended because it was asked, or was killed because it did not, has not failed."""
        asked = self._wishes.asked
        killed = outcome.crashed and self._wishes.is_overdue
        if asked and killed:
            self._journal.write(
                Warned(
                    message="The worker was killed before it could save.",
                    hint="Work since its last checkpoint is lost; resuming does it again.",
                )
            )
        if asked and (outcome.state == "stopped" or killed):
            return Outcome("paused" if asked == "pause" else "stopped", STOPPED)
        return outcome

    def _end(self, outcome: Outcome) -> None:
        if outcome.crashed:
            self._journal.write(
                Failed(
                    message=f"The computation broke off ({outcome.cause}).",
                    hint="Resume the run: it goes on from its last checkpoint. log.txt tells more.",
                    traceback=self._folder.log.name,
                )
            )
        self._journal.write(StateChange(state=outcome.state, cause=outcome.cause))
        if self._attempt is not None:
            self._record_exit(self._attempt, outcome)
        self._journal.close()

    def _record_exit(self, place: Path, outcome: Outcome) -> None:
        record = AttemptExit(state=outcome.state, code=outcome.code, cause=outcome.cause, ended=timestamp(utc_now()))
        self._journal.save(place / "exit.json", record.model_dump_json().encode())

    # what the ranks say -----------------------------------------------------------------------------------------
    def _drain(self, ranks: Ranks) -> None:
        """Takes the lines that are there, waiting a moment for the first."""
        with contextlib.suppress(queue.Empty):
            self._take(ranks.lines.get(timeout=_POLL_S))
            for _ in range(1000):  # then requests get their turn
                self._take(ranks.lines.get_nowait())
        self._journal.flush()

    def _take(self, line: bytes) -> None:
        event = parse_event(line)
        if isinstance(event, MetricValues | Progress):
            self._journal.thin(event)
        elif isinstance(event, StateChange):
            if event.state in ("queued", "running") and not self._wishes.asked:  # it waits for a device, or has it
                self._journal.write(event)
        elif isinstance(event, Failed):
            if not self._reported:  # what the other ranks say then is that they lost this one
                self._reported = True
                self._journal.flush(everything=True)
                self._journal.write(event)
        elif event is not None and not isinstance(event, Begin | Attempt | Requested):
            self._journal.flush()
            self._journal.write(event)

    # what people ask --------------------------------------------------------------------------------------------
    def _tick(self) -> None:
        self._poll()
        if self._wishes.asked:
            raise _StopAsked

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._wishes.asked:
            self._poll()
            time.sleep(_POLL_S / 2)

    def _poll(self) -> None:
        now = time.monotonic()
        if now - self._poll_time < _POLL_S / 2:
            return
        self._poll_time = now
        if now - self._beat_time >= _HEARTBEAT_S:
            self._beat_time = now
            with contextlib.suppress(OSError):
                self._folder.heartbeat.touch(mode=0o600)
        if self._wishes.take_up() and self._ranks is not None:
            self._pass_on()

    def _pass_on(self) -> None:
        wish = self._wishes.asked
        assert wish
        assert self._ranks is not None
        self._journal.write(StateChange(state="pausing" if wish == "pause" else "stopping"))
        self._ranks.tell(wish)
        self._wishes.give(self._patience.grace_s)


def main(arguments: list[str]) -> int:
    """`python -m genodesk.jobs.supervisor RUN_DIR`: the exit code of the run."""
    os.umask(0o077)
    folder = RunFolder.open(Path(arguments[0]))
    lock = RunLock.inherited() or RunLock.acquire(folder.lock)
    if lock is None:
        sys.stderr.write("Another supervisor owns this run.\n")
        return ERROR
    default = Patience()
    patience = replace(
        default,
        grace_s=float(os.environ.get("GENODESK_GRACE_S", default.grace_s)),
        backoff_s=float(os.environ.get("GENODESK_BACKOFF_S", default.backoff_s)),
    )
    return Supervisor(folder, lock, patience).run()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(USER_ERROR)
