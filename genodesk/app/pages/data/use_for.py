"""What a file can be used for: the actions of all workflows with a setting that takes a file of this kind."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from genodesk.core.settings import Leaf, Settings, leaves
from genodesk.core.workflow import Action, get_workflow, workflow_names

translate = QCoreApplication.translate

# Said of the file that is in front; an action that is not named here is told by its own title.
_OF_DATA = {
    "test": QT_TRANSLATE_NOOP("UseFor", "Test a model on it…"),
    "sample": QT_TRANSLATE_NOOP("UseFor", "Place or paint its cells with a model…"),
    "extract": QT_TRANSLATE_NOOP("UseFor", "Extract embeddings of its cells…"),
    "preprocess": QT_TRANSLATE_NOOP("UseFor", "Check it and merge it with other files…"),
    "stage1": QT_TRANSLATE_NOOP("UseFor", "Check it and save it as a store…"),
    "stage2": QT_TRANSLATE_NOOP("UseFor", "Merge it with other stores…"),
}
_OF_MODEL = {
    "test": QT_TRANSLATE_NOOP("UseFor", "Test this model…"),
    "sample": QT_TRANSLATE_NOOP("UseFor", "Place or paint cells with this model…"),
    "extract": QT_TRANSLATE_NOOP("UseFor", "Extract embeddings with this model…"),
}


@dataclass(frozen=True)
class Use:
    """An action that takes the file: words for people, names for the desk, and the settings with the file put in.

    `training` tells that the action learns from the file.
    """

    text: str
    summary: str
    training: bool
    workflow: str
    action: str
    values: dict[str, Any]


def uses_of(path: Path, kind: str) -> list[Use]:
    """Every use of a file or folder that `inspect` called `kind`, trainings first, then in the order declared.

    A run and a model fit settings that name a run; anything else fits by its ending.
    """
    if kind == "arrays":  # no workflow reads a store without cells
        return []
    found = []
    for name in workflow_names():
        workflow = get_workflow(name)
        for action in workflow.actions:
            leaf = _main_input(action.settings, kind)
            if action.kind == "run" and leaf is not None and leaf.file is not None and _takes(leaf, path, kind):
                values = _nested(leaf, str(path))
                training = action.best is not None and leaf.file.role == "data"
                text = _in_words(action, workflow.title, training=training, of_model=leaf.file.role == "run")
                found.append(Use(text, action.summary, training, name, action.name, values))
    return sorted(found, key=lambda use: not use.training)


def _main_input(settings: type[Settings], kind: str) -> Leaf | None:
    """The first setting that names data; for a run or a model the first that names one."""
    role = "run" if kind in ("run", "model") else "data"
    return next((leaf for leaf in leaves(settings) if leaf.file is not None and leaf.file.role == role), None)


def _takes(leaf: Leaf, path: Path, kind: str) -> bool:
    assert leaf.file is not None
    ending = ".h5" if kind == "visium" else path.suffix.lower()  # a Visium folder holds a .h5
    return leaf.file.role == "run" or ending in leaf.file.suffixes


def _in_words(action: Action, workflow: str, *, training: bool, of_model: bool) -> str:
    """What the action does with the file, or with the model in it."""
    if training:
        return f"{action.title} {workflow}…"
    told = _OF_MODEL if of_model else _OF_DATA
    return translate("UseFor", str(told[action.name])) if action.name in told else f"{action.title} ({workflow})…"


def _nested(leaf: Leaf, value: str) -> dict[str, Any]:
    inner: Any = [value] if leaf.is_list else value
    for part in reversed(leaf.path):
        inner = {part: inner}
    nested: dict[str, Any] = inner
    return nested
