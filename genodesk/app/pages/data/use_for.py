"""What a file can be used for: the actions of all workflows with a setting that takes a file of this kind."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genodesk.core.settings import Leaf, Settings, leaves
from genodesk.core.workflow import get_workflow, workflow_names


@dataclass(frozen=True)
class Use:
    """An action that takes the file: titles for people, names for the desk, and the settings with the file put in."""

    workflow_title: str
    action_title: str
    summary: str
    workflow: str
    action: str
    values: dict[str, Any]


def uses_of(path: Path, kind: str) -> list[Use]:
    """Every use of a file or folder that `inspect` called `kind`, in the order the workflows declare them.

    A run and a model fit settings that name a run; anything else fits by its ending.
    """
    if kind == "arrays":  # no workflow reads a store without cells
        return []
    found = []
    for name in workflow_names():
        workflow = get_workflow(name)
        for action in workflow.actions:
            leaf = _main_input(action.settings, kind)
            if action.kind == "run" and leaf is not None and _takes(leaf, path, kind):
                values = _nested(leaf, str(path))
                found.append(Use(workflow.title, action.title, action.summary, name, action.name, values))
    return found


def _main_input(settings: type[Settings], kind: str) -> Leaf | None:
    """The first setting that names data; for a run or a model the first that names one."""
    role = "run" if kind in ("run", "model") else "data"
    return next((leaf for leaf in leaves(settings) if leaf.file is not None and leaf.file.role == role), None)


def _takes(leaf: Leaf, path: Path, kind: str) -> bool:
    assert leaf.file is not None
    ending = ".h5" if kind == "visium" else path.suffix.lower()  # a Visium folder holds a .h5
    return leaf.file.role == "run" or ending in leaf.file.suffixes


def _nested(leaf: Leaf, value: str) -> dict[str, Any]:
    inner: Any = [value] if leaf.is_list else value
    for part in reversed(leaf.path):
        inner = {part: inner}
    nested: dict[str, Any] = inner
    return nested
