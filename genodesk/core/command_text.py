"""The `genodesk-engine` command that starts the same work as complete settings do, naming only what the preset lacks.

Standard library only; how the command line is read again is in `genodesk.engine.cli_workflows`.
"""

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genodesk.core.layers import Layer, flatten, starting_values
from genodesk.core.settings import Leaf, Settings, leaves, plain
from genodesk.core.workflow import Action

PROGRAM = "genodesk-engine"


def command_words(
    workflow: str, action: Action, settings: Settings, preset: str = "standard", run_dir: Path | None = None
) -> list[str]:
    """The words of the command. Run anywhere, they build the same settings; paths in them are absolute."""
    words = [PROGRAM, workflow, action.name]
    if preset != "standard":
        words += ["--preset", preset]
    for leaf, value in differing(action, settings, preset):
        words += _option(leaf, value)
    if run_dir is not None:
        words += ["--run-dir", str(run_dir)]
    return words


def differing(action: Action, settings: Settings, preset: str = "standard") -> list[tuple[Leaf, Any]]:
    """The settings whose value differs from the one the preset gives, with the value as JSON has it."""
    start = starting_values(action.settings, Layer(action.preset(preset), f"preset {preset}"))
    values = flatten(action.settings, Layer(plain(settings)))
    return [(leaf, values[leaf.name]) for leaf in leaves(action.settings) if values[leaf.name] != start[leaf.name]]


def command_text(words: Sequence[str]) -> str:
    """The words as a person pastes them into a terminal of this system, with an option a line where that can be."""
    if os.name == "nt":
        return subprocess.list2cmdline(words)
    lines: list[list[str]] = [[]]
    for number, word in enumerate(words):
        if word.startswith("--") and number > 2:
            lines.append([])
        lines[-1].append(word)
    return " \\\n  ".join(shlex.join(line) for line in lines)


def _option(leaf: Leaf, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [leaf.option if value else f"--no-{leaf.option[2:]}"]
    if isinstance(value, list):
        return [word for item in value or ["none"] for word in _named(leaf, _word(item))]
    return _named(leaf, "none" if value is None else _word(value))


def _named(leaf: Leaf, word: str) -> list[str]:
    """Option and value; joined where the value alone would be taken for an option."""
    return [f"{leaf.option}={word}"] if word.startswith("-") else [leaf.option, word]


def _word(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) and abs(value) < 1e15 else str(value)
