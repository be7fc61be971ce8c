"""What a file can be used for: the actions of its workflow, or of all, with a setting that takes a file of its kind.

Sequences can also be asked about, and a model that talks can be asked.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from genodesk.app.pages.data.inspected import is_sequences
from genodesk.core.layers import Layer, flatten, nest
from genodesk.core.settings import Leaf, Settings, leaves
from genodesk.core.workflow import Action, get_workflow, workflow_names

translate = QCoreApplication.translate

CHAT = "chat"
"""The action that is done on the GeneChat page, by any workflow that answers to this word."""
_ENDINGS = {"visium": ".h5", "fasta": ".fasta", "genbank": ".gb"}  # of kinds that are told by what is in them
_UNIT = "coordinate_unit"  # what a setting for the unit of coordinates is called
_FUNCTIONS = "functions"  # what a setting for a table of what genes do is called
_SAYING = "function"  # the column that makes a table one of those

# Said of the file that is in front; an action that is not named here is told by its own title.
_OF_DATA = {
    "test": QT_TRANSLATE_NOOP("UseFor", "Test a model on it…"),
    "sample": QT_TRANSLATE_NOOP("UseFor", "Place or paint its cells with a model…"),
    "extract": QT_TRANSLATE_NOOP("UseFor", "Extract embeddings of its cells…"),
    "preprocess": QT_TRANSLATE_NOOP("UseFor", "Check it and merge it with other files…"),
    "stage1": QT_TRANSLATE_NOOP("UseFor", "Check it and save it as a store…"),
    "stage2": QT_TRANSLATE_NOOP("UseFor", "Merge it with other stores…"),
    "prepare": QT_TRANSLATE_NOOP("UseFor", "Check it and prepare it for training…"),
    "evaluate": QT_TRANSLATE_NOOP("UseFor", "Score a model on it…"),
    "predict": QT_TRANSLATE_NOOP("UseFor", "Predict its expression with a model…"),
    "explain": QT_TRANSLATE_NOOP("UseFor", "Explain a model on it…"),
}
_OF_MODEL = {
    "test": QT_TRANSLATE_NOOP("UseFor", "Test this model…"),
    "sample": QT_TRANSLATE_NOOP("UseFor", "Place or paint cells with this model…"),
    "extract": QT_TRANSLATE_NOOP("UseFor", "Extract embeddings with this model…"),
    "evaluate": QT_TRANSLATE_NOOP("UseFor", "Score this model…"),
    "predict": QT_TRANSLATE_NOOP("UseFor", "Predict expression with this model…"),
    "explain": QT_TRANSLATE_NOOP("UseFor", "Show what matters to this model…"),
}


@dataclass(frozen=True)
class Use:
    """An action that takes the file: words for people, names for the desk, and the settings with the file put in.

    `training` tells that the action learns from the file. Of a talk, the settings are the arguments of its page.
    """

    text: str
    summary: str
    training: bool
    workflow: str
    action: str
    values: dict[str, Any]

    @property
    def place(self) -> tuple[str, dict[str, Any]]:
        """The page where it is done, and what that is given."""
        if self.action == CHAT:
            return "chat", self.values
        return "train", {"workflow": self.workflow, "action": self.action, "values": self.values}


def uses_of(path: Path, found: dict[str, Any]) -> list[Use]:
    """Every use of a file or folder of which `inspect` told `found`, trainings first, then in the order declared.

    What belongs to one workflow fits that one alone: its run, its model, data that it recognises. A workflow that
    recognises its own files takes no others; for the rest the ending decides.
    """
    kind = found["kind"]
    if kind == "arrays" and "workflow" not in found:  # no workflow reads it
        return []
    uses = []
    for name in _workflows(found):
        workflow = get_workflow(name)
        for action in workflow.actions:
            leaf = _main_input(action.settings, path, found)
            if workflow.has_form(action) and leaf is not None and leaf.file is not None and _takes(leaf, path, kind):
                values = _nested(leaf, str(path))
                training = action.best is not None and leaf.file.role == "data"
                text = _in_words(action, workflow.title, training=training, of_model=leaf.file.role == "run")
                uses.append(Use(text, action.summary, training, name, action.name, values))
    return [*_chats(path, found), *sorted(uses, key=lambda use: not use.training)]


def uses_of_run(workflow: str, folder: Path) -> list[Use]:
    """Every use of the model that a finished run of a workflow has left in its folder."""
    if workflow not in workflow_names():
        return []
    return uses_of(folder, {"kind": "run", "run": {"workflow": workflow}})


def _chats(path: Path, found: dict[str, Any]) -> list[Use]:
    """The ways to ask about sequences, or to ask a model."""
    of_model = "workflow" in _about(found) and found["kind"] in ("run", "model")
    names = _workflows(found) if of_model else workflow_names() if is_sequences(found) else ()
    ask, values = translate("UseFor", "Ask {name}…"), {"path": str(path)}
    if of_model:
        ask, values = translate("UseFor", "Ask {name} about a gene with this model…"), {"model": str(path)}
    return [
        Use(ask.format(name=workflow.title), workflow.summary, False, workflow.name, CHAT, values)
        for workflow in map(get_workflow, names)
        if CHAT in workflow.answers
    ]


def _workflows(found: dict[str, Any]) -> list[str]:
    """The workflows that may take the file."""
    about = _about(found)
    if "workflow" in about:
        return [name for name in workflow_names() if name == about["workflow"]]
    own = found["kind"] in ("run", "model")
    return [name for name in workflow_names() if own or not get_workflow(name).reads]


def _about(found: dict[str, Any]) -> dict[str, Any]:
    """Where the description of a file names the workflow that it belongs to, if any."""
    about: dict[str, Any] = {"run": found.get("run", {}), "model": found.get("config", {})}.get(found["kind"], found)
    return about


def _main_input(settings: type[Settings], path: Path, found: dict[str, Any]) -> Leaf | None:
    """The setting that the description of the file names, else the first that asks for data, or for a model.

    A bare table with a column of functions tells what genes do.
    """
    if found.get("setting"):
        return next((leaf for leaf in leaves(settings) if leaf.name == found["setting"]), None)
    if found["kind"] in ("table", "workbook") and _SAYING in found.get("columns", []):
        told = next((leaf for leaf in leaves(settings) if leaf.name == _FUNCTIONS), None)
        if told is not None and _takes(told, path, "table"):
            return told
    role = "run" if found["kind"] in ("run", "model") else "data"
    return next((leaf for leaf in leaves(settings) if leaf.file is not None and leaf.file.role == role), None)


def _takes(leaf: Leaf, path: Path, kind: str) -> bool:
    assert leaf.file is not None
    ending = _ENDINGS.get(kind, path.suffix.lower())
    return leaf.file.role == "run" or ending in leaf.file.suffixes


def with_unit(use: Use, key: str, unit: str) -> dict[str, Any]:
    """The settings of a use with these coordinates and their unit, as far as the action asks for them."""
    kind = get_workflow(use.workflow).action(use.action).settings
    names = {leaf.name: key for leaf in leaves(kind) if leaf.offers == "coordinates"}
    names |= {leaf.name: unit for leaf in leaves(kind) if leaf.name == _UNIT}
    return nest(kind, {**flatten(kind, Layer(use.values)), **names})


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
