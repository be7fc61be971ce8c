"""Where workflows may keep what costs time to compute and may be deleted at any time."""

from pathlib import Path

from genodesk.jobs.places import cache


def cache_folder(name: str) -> Path:
    """The folder of that name among this computer's caches of Genodesk; it may be absent."""
    return cache() / name
