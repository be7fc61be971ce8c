"""What a workflow declares, and the registry that finds workflows by their entry point.

A declaration is light: settings classes and names of functions. The functions are imported when an action starts.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Literal

from genodesk.core.errors import UserError
from genodesk.core.metrics import Metric
from genodesk.core.nearest import did_you_mean
from genodesk.core.settings import Settings

ENTRY_POINT_GROUP = "genodesk.workflows"
THE_RUN = "@run"
PRESET_NAMES = ("quick", "standard", "published")


@dataclass(frozen=True)
class Notice:
    """Something a check found that does not forbid the run: a sentence, what to do, and the setting it belongs to.

    `calm` only tells what will happen; nothing is lost or odd.
    """

    message: str
    hint: str = ""
    setting: str = ""
    calm: bool = False


@dataclass(frozen=True)
class Best:
    """Which metric decides what the best checkpoint is."""

    split: str
    metric: str
    direction: Literal["max", "min"]


@dataclass(frozen=True)
class Demo:
    """What "See it work" runs: an action on data that the program itself makes.

    `then` are calls that `genodesk-engine demo` makes of the finished run, as (action, settings by leaf name); THE_RUN
    among the settings stands for the run's folder. `learns` says from what it learns and on what it is judged;
    `picture` is what a picture beside it shows.
    """

    action: str
    preset: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    then: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    learns: str = "Learns from small synthetic data and is judged on a part that it has not seen."
    picture: Literal["cells", "gene", "regions"] = "cells"


@dataclass(frozen=True)
class Action:
    """One thing a workflow can do.

    `function` is "module:function", called as f(settings, run). A `run` action makes a run folder; a `call` answers at
    once and leaves none. `check` is a light "module:function", called as f(settings) -> list[Notice] before any folder
    exists; it raises UserError for what cannot work. `estimate` is called as f(settings) -> dict by the interactive
    worker. `presets` are nested partial settings by name; `standard` is always there and empty.
    """

    name: str
    title: str
    summary: str
    settings: type[Settings]
    function: str
    kind: Literal["run", "call"] = "run"
    check: str = ""
    estimate: str = ""
    best: Best | None = None
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def preset(self, name: str) -> Mapping[str, Any]:
        """The partial settings of a preset. Raises UserError for a name that is not one."""
        if name == "standard":
            return {}
        if name not in self.presets:
            raise UserError(
                f"{self.name} has no preset called {name}.",
                f"Choose one of {', '.join(self.preset_names)}.",
                "--preset",
            )
        return self.presets[name]

    @property
    def preset_names(self) -> tuple[str, ...]:
        """The presets this action offers, in the order people read them."""
        return tuple(name for name in PRESET_NAMES if name == "standard" or name in self.presets)


@dataclass(frozen=True)
class Workflow:
    """A model family: a title, a sentence, its actions, its metrics' meanings and its demonstration.

    `methods` are the titles of the baselines it compares itself with, by their keys in a result. `reads` is a
    "module:function" that recognises and describes the workflow's own kinds of files (see engine/described.py); other
    files are then not proposed for it. `answers` are what the interactive worker can be asked of this workflow: a word
    and its "module:function", called as f(question) -> dict (see engine/serve_answers.py).
    """

    name: str
    title: str
    summary: str
    actions: tuple[Action, ...]
    metrics: tuple[Metric, ...] = ()
    methods: Mapping[str, str] = field(default_factory=dict)
    demo: Demo | None = None
    reads: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)

    def has_form(self, action: Action) -> bool:
        """Whether the action is asked for with a form; what the interactive worker answers to has a page of its own."""
        return action.kind == "run" or action.name not in self.answers

    def action(self, name: str) -> Action:
        """The action of that name. Raises UserError naming the nearest."""
        for action in self.actions:
            if action.name == name:
                return action
        raise UserError(
            f"{self.name} has no action called {name}.", _nearest(name, [a.name for a in self.actions]), "command line"
        )


@cache
def workflow_names() -> tuple[str, ...]:
    """The names of all installed workflows, without importing any."""
    return tuple(sorted({entry.name for entry in entry_points(group=ENTRY_POINT_GROUP)}))


@cache
def get_workflow(name: str) -> Workflow:
    """The declaration of one workflow. Raises UserError naming the nearest for an unknown name."""
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        if entry.name == name:
            workflow: Workflow = entry.load()
            return workflow
    raise UserError(f"There is no workflow called {name}.", _nearest(name, list(workflow_names())), "command line")


def workflow_or_bare(name: str) -> Workflow:
    """The declaration of a workflow; a bare one of that name where it is not installed, so that its runs are shown."""
    try:
        return get_workflow(name)
    except UserError:
        return Workflow(name, name, "", ())


def load_function(reference: str) -> Callable[..., Any]:
    """The function behind "module:function"; imports its module."""
    module, _, name = reference.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def _nearest(name: str, known: list[str]) -> str:
    return did_you_mean(name, known, f"Choose one of {', '.join(known)}.")
