"""Run identities: a ULID made by whoever asks for the run, and the folder name that follows from it alone."""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32
_PATTERN = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_FOLDER = re.compile(r"\d{8}-\d{6}-.+-[0-9a-hjkmnp-tv-z]{8}")


def utc_now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def new_run_id(now: datetime | None = None, randbits: Callable[[int], int] = secrets.randbits) -> str:
    """A ULID (26 characters): 48 bits of milliseconds since 1970, then 80 random bits. Source: github.com/ulid/spec."""
    milliseconds = int((now or utc_now()).timestamp() * 1000)
    number = (milliseconds << 80) | randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))


def is_run_id(text: str) -> bool:
    """Whether `text` is a ULID as `new_run_id` makes them."""
    return _PATTERN.fullmatch(text) is not None


def run_time(run_id: str) -> datetime:
    """The moment in the ULID."""
    number = 0
    for character in run_id[:10]:
        number = number * 32 + _ALPHABET.index(character)
    return datetime.fromtimestamp(number / 1000, UTC)


def folder_name(run_id: str, workflow: str, action: str) -> str:
    """For example 20261122-101530-alphastomics-train-7zk3f9qa; a pure function of its arguments."""
    return f"{run_time(run_id):%Y%m%d-%H%M%S}-{workflow}-{action}-{run_id[-8:].lower()}"


def is_folder_name(name: str) -> bool:
    """Whether `name` looks as if `folder_name` had made it, so that no person chose it."""
    return _FOLDER.fullmatch(name) is not None


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, for example 2026-11-22T10:15:30.123Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
