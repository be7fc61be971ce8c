"""What the settings of a run say: those that differ from its preset, all of them, as YAML and as a command."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication

from genodesk.core.command_text import command_text, command_words
from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build
from genodesk.core.run import RunFolder
from genodesk.core.settings import Leaf, Settings, difference, leaves
from genodesk.core.settings_file import read_settings_file
from genodesk.core.workflow import Action, get_workflow


@dataclass(frozen=True)
class Shown:
    """`changed` as (title, value, value of the preset), `all` as (title, value). `reason` says why less is known."""

    preset: str
    changed: list[tuple[str, Any, Any]]
    all: list[tuple[str, Any]]
    yaml: str
    command: str
    reason: str = ""


def settings_shown(folder: RunFolder) -> Shown:
    """The settings of a run. Raises UserError where settings.yaml cannot be read."""
    values, named = read_settings_file(folder.settings_file)
    preset = str(named.get("preset", "standard"))
    yaml = folder.settings_file.read_text(encoding="utf-8", errors="replace")
    try:
        action = get_workflow(folder.info.workflow).action(folder.info.action)
        settings = build(action.settings, Layer(values, "settings.yaml"))
        start = _start(action, preset)
        changed = difference(settings, start)
        command = command_text(command_words(folder.info.workflow, action, settings, preset))
    except UserError:
        reason = QCoreApplication.translate(
            "RunSettings", "The workflow {name} is not installed here in the version of this run."
        ).format(name=folder.info.workflow)
        return Shown(preset, [], _flat(values), yaml, "", reason)
    titles = {leaf.name: _title(leaf) for leaf in leaves(action.settings)}
    return Shown(
        preset,
        [(titles[name], here, there) for name, (here, there) in changed.items()],
        [(_title(leaf), _at(values, leaf.path)) for leaf in leaves(action.settings)],
        yaml,
        command,
    )


def _start(action: Action, preset: str) -> Settings | None:
    """What the preset alone gives; None, which stands for the defaults, where it asks for settings without one."""
    try:
        return build(action.settings, Layer(action.preset(preset), f"preset {preset}"))
    except UserError:
        return None


def _title(leaf: Leaf) -> str:
    return f"{leaf.title} [{leaf.unit}]" if leaf.unit else leaf.title


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        values = values.get(part) if isinstance(values, dict) else None
    return values


def _flat(values: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        title = f"{before}{name.replace('_', ' ')}"
        found += _flat(value, f"{title} · ") if isinstance(value, dict) else [(title, value)]
    return found
