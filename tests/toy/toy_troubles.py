"""What can go wrong in the toy workflow, on demand."""

import contextlib
import os
import signal
import subprocess
import time
from typing import Any

from genodesk.core.errors import UserError
from genodesk.engine.device_queue import wait_for
from genodesk.engine.devices import Device


def make_trouble(kind: str, run: Any) -> None:
    first_attempt = len(run.folder.attempt_folders()) == 1
    if kind == "user":
        raise UserError("The walk is too steep.", "Choose a flatter one.", "steps")
    if kind == "error":
        raise ZeroDivisionError("a stone in the way")
    if kind == "memory":
        raise MemoryError
    if kind == "crash-again" or (kind == "crash" and first_attempt):
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "rank" and first_attempt and run.rank == 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    if kind == "alone" and run.rank == 1:
        while not run.should_stop():
            time.sleep(0.01)
        raise ConnectionError("the first rank has left")
    if kind == "busy":
        wait_for(Device("cuda", "A GPU", ""), run.folder.path, run._report, run.should_stop)
    while kind == "deaf" or (kind == "rank" and first_attempt):
        time.sleep(0.05)
    if kind == "child" and first_attempt:
        subprocess.Popen(["sleep", "60"], close_fds=False)
    if kind == "disk":
        _fill_disk(run)


def _fill_disk(run: Any) -> None:
    with contextlib.suppress(OSError), (run.folder.path / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
