"""The sentence a paper needs about a run: software, workflow, settings that differ from the defaults, data by hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build
from genodesk.core.run import RunFolder
from genodesk.core.settings import Leaf, Settings, difference, leaves
from genodesk.core.workflow import get_workflow

_HASH_CHARACTERS = 12
# Where and how fast it ran changes no result.
_UNTOLD_GROUPS = ("runtime",)


def methods_sentence(run: Path) -> str:
    """Two sentences for a methods section, from a run folder. Raises UserError where the folder is no run."""
    folder = RunFolder.open(run)
    info = folder.info
    seed = f", random seed {info.seed}" if info.seed is not None else ""
    try:
        workflow = get_workflow(info.workflow)
        kind = workflow.action(info.action).settings
        title, told = (
            workflow.title,
            _settings_in_words(kind, build(kind, Layer(folder.settings_document(), "settings"))),
        )
    except UserError:
        # Made by a workflow or version that is not installed here: its defaults are not known.
        title, told = info.workflow, "with the settings stored beside the run"
    sentence = f"Results were computed with Genodesk {info.engine_version} ({title}, {info.action}{seed}) {told}."
    inputs = [
        f"{Path(item.path).name} (SHA-256 {item.sha256[:_HASH_CHARACTERS]})" for item in info.inputs if item.sha256
    ]
    return f"{sentence} Input data: {', '.join(inputs)}." if inputs else sentence


def _settings_in_words(kind: type[Settings], settings: Settings) -> str:
    changed = difference(settings)
    told = [
        f"{leaf.title.lower()} = {_value_in_words(changed[leaf.name][0], leaf)}"
        for leaf in leaves(kind)
        if leaf.name in changed and leaf.file is None and leaf.path[0] not in _UNTOLD_GROUPS and leaf.name != "seed"
    ]
    return f"with default settings except {', '.join(told)}" if told else "with default settings"


def _value_in_words(value: Any, leaf: Leaf) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return " and ".join(map(str, value))
    shown = f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
    return shown if leaf.unit in leaf.title.lower().split() else f"{shown} {leaf.unit}".strip()
