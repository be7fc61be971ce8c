"""Settings files: complete settings as YAML with a few reserved keys on top that say what they are for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.settings import RESERVED_NAMES, Settings, plain
from genodesk.core.yaml_text import read_yaml

FORMAT = 1


def settings_document(workflow: str, action: str, preset: str, settings: Settings) -> dict[str, Any]:
    """What a settings file says: format, workflow, action and preset, then every setting."""
    return {"format": FORMAT, "workflow": workflow, "action": action, "preset": preset, **plain(settings)}


def without_reserved(document: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in a document alone."""
    return {key: value for key, value in document.items() if key not in RESERVED_NAMES}


def read_settings_file(path: Path, workflow: str = "", action: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings in a YAML file and, apart, its reserved keys (format, workflow, action, preset).

    Raises UserError where the file is for another workflow or action than the ones named, or of a newer format.
    """
    document = read_yaml(path)
    reserved = {name: document[name] for name in RESERVED_NAMES if name in document}
    number = reserved.get("format", FORMAT)
    if not isinstance(number, int) or number > FORMAT:
        raise UserError(
            f"This settings file has format {number!r}, made by a newer Genodesk.", "Update Genodesk.", str(path)
        )
    for name, wanted in (("workflow", workflow), ("action", action)):
        if wanted and reserved.get(name, wanted) != wanted:
            raise UserError(
                f"This settings file is for the {name} {reserved[name]}, not for {wanted}.",
                f"Use `genodesk-engine run {path}`, or name another file.",
                str(path),
            )
    return without_reserved(document), reserved


def read_named_settings_file(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same for a file that must say for itself which workflow and action it is for. Raises UserError."""
    values, named = read_settings_file(path)
    for name in ("workflow", "action"):
        if not isinstance(named.get(name), str):
            raise UserError(
                f"This settings file does not name its {name}.", f"Write the line `{name}: NAME` at its top.", str(path)
            )
    return values, named
