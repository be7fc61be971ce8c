"""The unit of coordinates: what the person stated for this file, else what the file says; kept in the settings."""

from pathlib import Path
from typing import Any

from genodesk.app.desk_settings import DeskSettings

_KEY = "units"


def unit_of(settings: DeskSettings, path: Path, place: dict[str, Any]) -> str:
    """The unit of a place that `inspect` told of; empty where nobody says it."""
    return str(settings.get(_KEY, {}).get(f"{path}|{place['key']}") or place["unit"])


def state_unit(settings: DeskSettings, path: Path, key: str, unit: str) -> None:
    """Keeps what the person says of the coordinates `key` of a file."""
    settings.set(_KEY, {**settings.get(_KEY, {}), f"{path}|{key}": unit})
