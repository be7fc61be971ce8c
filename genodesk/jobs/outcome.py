"""What a worker's exit means: the codes it uses and the state and cause they lead to."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genodesk.core.events import State

DONE, ERROR, USER_ERROR, STOPPED = 0, 1, 2, 3  # also the exit codes of the command line
OUT_OF_MEMORY, DISK_FULL = 4, 5  # only between worker and supervisor; the command line says 1

OUT_OF_MEMORY_MESSAGE = "The computer ran out of memory."
OUT_OF_MEMORY_HINT = (
    "In this order: halve --batch-size and double --accumulate; choose a smaller model or fewer cells or genes; "
    "close other programs or use a computer with more memory."
)
DISK_FULL_MESSAGE = "The disk is full."
DISK_FULL_HINT = "Free some space, then resume the run: it goes on from its last checkpoint."


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended. `crashed` means that the worker died without a word, so that another try may help."""

    state: State
    code: int
    cause: str = ""
    crashed: bool = False


def judge_exit(code: int, reported: bool, ran_out_of_memory: bool) -> Outcome:
    """The outcome of a worker's exit code (negative: killed by that signal).

    `reported` tells whether the worker sent an error first, `ran_out_of_memory` whether the system killed a process
    for lack of memory meanwhile.
    """
    if code == DONE:
        return Outcome("finished", DONE)
    if code == STOPPED:
        return Outcome("stopped", STOPPED)
    if code == USER_ERROR:
        return Outcome("failed", USER_ERROR, "user error")
    if code == OUT_OF_MEMORY or (code == -getattr(signal, "SIGKILL", 9) and ran_out_of_memory):
        return Outcome("failed", ERROR, "out of memory")
    if code == DISK_FULL:
        return Outcome("failed", ERROR, "disk full")
    if code < 0:
        return Outcome("failed", ERROR, f"killed by signal {-code}", crashed=True)
    return Outcome("failed", ERROR, "error", crashed=not reported)


def first_failure(codes: Sequence[int | None]) -> int | None:
    """The exit code that decides for all ranks, or None while all of them work, are done or stopped.

    A rank that loses another ends with a plain error, so that any other code tells more.
    """
    bad = [code for code in codes if code not in (None, DONE, STOPPED)]
    return next((code for code in bad if code != ERROR), bad[0] if bad else None)


def kills_for_memory(counters: Path = Path("/proc/vmstat")) -> int:
    """How many processes Linux has killed for lack of memory since it started; 0 where that cannot be told."""
    try:
        lines = counters.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
