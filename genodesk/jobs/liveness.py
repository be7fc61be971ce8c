"""Whether the process that owns a run is alive: told from its lock and its start, never from its number alone."""

import os
import socket
from typing import Literal

import psutil

from genodesk.core.run import ProcessRecord, RunFolder
from genodesk.jobs.lock import is_held

Life = Literal["alive", "dead", "elsewhere"]

_SAME_START_S = 0.05  # process starts are counted in hundredths of a second
_SAME_BOOT_S = 60.0  # the clock may be set while the computer runs


def this_host() -> str:
    """The name under which this computer writes itself into runs."""
    return socket.gethostname()


def this_process(threads: int | None = None) -> ProcessRecord:
    """The record of the calling process."""
    process = psutil.Process()
    return ProcessRecord(
        pid=os.getpid(), created=process.create_time(), boot=psutil.boot_time(), host=this_host(), threads=threads
    )


def is_same_process(record: ProcessRecord) -> bool:
    """Whether the recorded process still runs on this computer; a later process with the same number does not count."""
    try:
        process = psutil.Process(record.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        start = process.create_time() - psutil.boot_time()
    except psutil.Error:
        return False
    # Both times shift together when the clock is set, their difference does not.
    return abs(start - (record.created - record.boot)) < _SAME_START_S


def judge(folder: RunFolder) -> Life:
    """Whether the run's processes are alive. `elsewhere` means that only another computer can tell."""
    record = folder.last_process()
    if record is not None and record.host != this_host() and folder.last_exit() is None:
        return "elsewhere"
    if is_held(folder.lock):
        return "alive"
    # Network file systems may not tell of a lock: the process record is the second witness.
    if record is not None and folder.last_exit() is None and is_same_process(record):
        return "alive"
    return "dead"


def death(record: ProcessRecord | None) -> str:
    """Why a supervisor that left no exit record is gone, as far as can be told."""
    if record is not None and abs(psutil.boot_time() - record.boot) > _SAME_BOOT_S:
        return "the computer was restarted"
    return "killed"
