"""The lock of a run: held by its supervisor and inherited by its workers, so that it is free only when all are gone."""

import os
import sys
import time
from pathlib import Path

from genodesk.core.errors import UserError

_LOCK_ENVIRONMENT = "GENODESK_LOCK_FD"


class RunLock:
    """An exclusive lock on a run's `.lock` file. A child process that gets the `descriptor` holds it too.

    The lock is never given back by a call: it ends when every process that holds the descriptor has closed it.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def acquire(cls, path: Path, wait_s: float = 0.5) -> "RunLock | None":
        """The lock, or None where somebody else still holds it after `wait_s` seconds.

        Waiting bridges the moment in which a reader looks whether the lock is held, or a supervisor is just ending.
        Raises UserError where the file cannot be made or its disk knows no locks.
        """
        descriptor = -1
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            until = time.monotonic() + wait_s
            while not _lock(descriptor, shared=False):
                if time.monotonic() > until:
                    os.close(descriptor)
                    return None
                time.sleep(0.02)
        except OSError as error:
            if descriptor >= 0:
                os.close(descriptor)
            raise UserError(
                f"The lock of this run cannot be taken ({error.strerror}).",
                "Only who may write in its folder can start it, and its disk must allow locks.",
                str(path),
            ) from None
        return cls(descriptor)

    @classmethod
    def inherited(cls) -> "RunLock | None":
        """The lock that the parent process handed over, if it did."""
        number = os.environ.pop(_LOCK_ENVIRONMENT, "")
        return cls(int(number)) if number else None

    def environment(self) -> dict[str, str]:
        """What a child's environment needs for `inherited`."""
        return {_LOCK_ENVIRONMENT: str(self.descriptor)}

    def close(self) -> None:
        """Lets go of this process's share; a second call does nothing."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def is_held(path: Path) -> bool:
    """Whether any process holds the lock now; False where that cannot be told."""
    descriptor = -1
    try:
        descriptor = os.open(path, os.O_RDWR)
        return not _lock(descriptor, shared=True)
    except OSError:
        return False
    finally:
        if descriptor >= 0:
            os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, shared: bool) -> bool:
        """Windows locks a byte range, never shared, and frees it when the descriptor is closed."""
        del shared
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _lock(descriptor: int, shared: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
