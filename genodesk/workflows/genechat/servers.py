"""What asking a server far away needs: a person's key, waiting that can be ended, plain words for what went wrong."""

import math
import os
import socket
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from genodesk.core.errors import Stopped

ATTEMPTS = 6  # before a server is given up
LONGEST_WAIT_S = 120.0
TIMEOUT_S = 60.0
LOCAL = ("localhost", "127.0.0.1", "::1")
KEPT = "What has arrived is kept: resume this run to go on."

_KEYRING = "genodesk"


def parsed(address: str) -> SplitResult:
    """The parts of an address, all of them empty where it cannot be read."""
    try:
        parts = urlsplit(address)
        (parts.hostname or "").encode("idna")
        return parts if parts.port != 0 else urlsplit("")
    except ValueError:
        return urlsplit("")


def secret(variable: str, name: str) -> str:
    """The person's key from the environment or the system's keyring, "" where there is none."""
    return os.environ.get(variable, "").strip() or kept_secret(name)


def kept_secret(name: str) -> str:
    """The person's key from the system's keyring, "" where there is none."""
    try:
        import keyring

        return (keyring.get_password(_KEYRING, name) or "").strip()
    except Exception:  # no keyring installed, none unlocked, or one that fails in its own way
        return ""


def wait(seconds: float, should_stop: Callable[[], bool]) -> None:
    """Comes back after that time. Raises Stopped as soon as somebody asks to stop."""
    until = time.monotonic() + seconds
    while True:
        if should_stop():
            raise Stopped
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, 0.1))


def retry_after(told: str) -> float:
    """Seconds that a server asks to wait, which it tells as a number or as a date."""
    try:
        seconds = float(told)
        return seconds if math.isfinite(seconds) else 0.0
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(told).timestamp() - time.time()
    except (ValueError, TypeError):
        return 0.0


def why(error: BaseException) -> str:
    """What went wrong on the way, in the system's words."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, OSError):
        error = reason
    if isinstance(error, socket.gaierror):
        return "check that this computer is on the internet"
    return getattr(error, "strerror", None) or type(error).__name__
