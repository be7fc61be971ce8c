"""Starts a run's supervisor: a detached process of its own session that outlives whoever started it."""

import os
import subprocess
import sys
import threading
import time
from typing import Any

from genodesk.core.run import RunFolder
from genodesk.jobs.lock import RunLock, is_held


def launch(folder: RunFolder, lock: RunLock) -> None:
    """Hands the run's lock, which is the caller's, over to a new supervisor and returns at once.

    Its output goes to the run's log. Raises OSError where nothing can be started; the lock is given back then too.
    """
    command = [sys.executable, "-P", "-m", "genodesk.jobs.supervisor", str(folder.path)]
    apart: dict[str, Any]
    if sys.platform == "win32":  # no descriptors are inherited there: the supervisor takes the lock itself
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        lock.close()
    else:
        environment = {**os.environ, **lock.environment()}
        apart = {"start_new_session": True, "pass_fds": (lock.descriptor,), "env": environment}
    try:
        with folder.log.open("ab") as log:
            folder.log.chmod(0o600)
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder.path, **apart
            )
    finally:
        lock.close()
    # Somebody must take note of its end, or it would stay in the process table as long as the starter lives.
    threading.Thread(target=process.wait, name="supervisor-reaper", daemon=True).start()
    while sys.platform == "win32" and process.poll() is None and not is_held(folder.lock):
        time.sleep(0.02)  # until then the run would look dead
