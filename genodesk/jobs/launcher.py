"""How this computer starts a run's supervisor. `process`: a detached process that outlives whoever started it."""

import os
import subprocess
import sys
import threading
from typing import Protocol

from genodesk.core.run import RunFolder
from genodesk.jobs.lock import RunLock


class Launcher(Protocol):
    """Starts a supervisor for a run whose lock the caller holds. The supervisor takes the lock over."""

    def launch(self, folder: RunFolder, lock: RunLock) -> None:
        """Returns at once. Raises OSError where nothing can be started."""


class ProcessLauncher:
    """Starts the supervisor as a process of its own session, with its output in the run's log."""

    def launch(self, folder: RunFolder, lock: RunLock) -> None:
        """See `Launcher`."""
        command = [sys.executable, "-P", "-m", "genodesk.jobs.supervisor", str(folder.path)]
        log = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if sys.platform == "win32":  # the lock cannot be inherited there: the supervisor takes it itself
                lock.close()
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=folder.path,
                    creationflags=subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW,
                )
            else:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=folder.path,
                    start_new_session=True,
                    pass_fds=(lock.descriptor,),
                    env={**os.environ, **lock.environment()},
                )
                lock.close()
        finally:
            os.close(log)
        # Somebody must take note of its end, or it would stay in the process table as long as the starter lives.
        threading.Thread(target=process.wait, name="supervisor-reaper", daemon=True).start()
