"""The answers of the interactive worker, as JSON values: each a function of one question, in the table ANSWERS.

What concerns cells stands in `serve_cells.py`, sequences in `serve_sequences.py`. Imports no torch;
only a workflow's own `estimate` may.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build, problems
from genodesk.core.settings import Settings, leaves, plain
from genodesk.core.workflow import Action, get_workflow, load_function
from genodesk.engine.checking import check
from genodesk.engine.devices import devices_document, probe
from genodesk.engine.methods import methods_sentence
from genodesk.engine.serve_cells import components, genes, names, preview
from genodesk.engine.serve_sequences import features, sequence, sequence_track, sequences
from genodesk.engine.serve_session import Question


def inspect(question: Question) -> dict[str, Any]:
    """{path, workflow?} -> what `inspect` prints; `workflow` is the one that the file was chosen for."""
    return question.session.look(Path(question.text("path")), question.asked())[0]


def devices(_: Question) -> dict[str, Any]:
    """{} -> what `devices` prints: the devices of this computer and the one that would compute."""
    return devices_document(probe())


def methods(question: Question) -> dict[str, Any]:
    """{run} -> {sentence} for a methods section."""
    return {"sentence": methods_sentence(Path(question.text("run")))}


def validate(question: Question) -> dict[str, Any]:
    """{workflow, action, values, preset?, base?} -> {valid, problems, notices, settings}.

    A person's mistake is an answer here, never an error. `values` are nested; paths are relative to `base`.
    """
    found: list[dict[str, str]] = []
    notices: list[dict[str, Any]] = []
    complete = None
    places: dict[str, str] = {}
    try:
        action, layers = _layers(question)
        for name, error in problems(action.settings, *layers):
            found.append({"setting": name, **error.as_dict()})
        if not found:
            settings = build(action.settings, *layers)
            complete = plain(settings)
            places = _places(settings)
            question.raise_if_cancelled()
            for notice in check(action, settings):
                notices.append(asdict(notice))
    except UserError as error:
        found.append({"setting": _setting_at(error.where, places), **error.as_dict()})
    return {"valid": not found, "problems": found, "notices": notices, "settings": complete}


def estimate(question: Question) -> dict[str, Any]:
    """{workflow, action, values, preset?, base?} -> {estimate}: what the workflow expects, null if it cannot tell."""
    action, layers = _layers(question)
    settings: Settings = build(action.settings, *layers)
    question.raise_if_cancelled()
    return {"estimate": dict(load_function(action.estimate)(settings)) if action.estimate else None}


def render(question: Question) -> dict[str, Any]:
    """{figure, out, width?, dpi?} -> {written}."""
    from genodesk.engine.render import render as draw

    width, dpi = question.params.get("width"), question.number("dpi", 300)
    if not isinstance(width, str | int | float | None):
        raise UserError("width must be a word or a number.", "Give single, double, or mm.", "width")
    return {"written": str(draw(Path(question.text("figure")), Path(question.text("out")), width=width, dpi=dpi))}


def of_workflow(question: Question) -> dict[str, Any]:
    """{workflow, ask, ...} -> what the workflow itself answers to the word `ask`."""
    workflow, word = get_workflow(question.text("workflow")), question.text("ask")
    if word not in workflow.answers:
        raise UserError(
            f"{workflow.title} does not answer to {word}.", f"Known: {', '.join(workflow.answers) or 'none'}.", "ask"
        )
    return dict(load_function(workflow.answers[word])(question))


Answer = Callable[[Question], dict[str, Any]]
ANSWERS: dict[str, Answer] = {
    "inspect": inspect,
    "preview": preview,
    "genes": genes,
    "names": names,
    "components": components,
    "devices": devices,
    "methods": methods,
    "validate": validate,
    "estimate": estimate,
    "render": render,
    "sequences": sequences,
    "sequence": sequence,
    "sequence_track": sequence_track,
    "features": features,
    "workflow": of_workflow,
}


def _places(settings: Settings) -> dict[str, str]:
    """The setting behind the `where` of an error: its option, or the file that it names."""
    found = {}
    for leaf in leaves(type(settings)):
        value: Any = settings
        for part in leaf.path:
            value = getattr(value, part)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Path):
                found[str(item)] = leaf.name
        found[leaf.option] = leaf.name
    return found


def _setting_at(where: str, places: dict[str, str]) -> str:
    """The setting of a place, also of one inside a file: "FILE, row 3", "FILE: obs"; empty for any other."""
    named = [known for known in places if where == known or where.startswith((f"{known}, ", f"{known}: "))]
    return places[max(named, key=len)] if named else ""


def _layers(question: Question) -> tuple[Action, list[Layer]]:
    """The action and the layers of its settings that a question names."""
    action = get_workflow(question.text("workflow")).action(question.text("action"))
    values, preset = question.params.get("values", {}), question.params.get("preset") or "standard"
    if not isinstance(values, dict) or not isinstance(preset, str):
        raise UserError("values must be an object and preset text.", "Mend the request.", "request")
    base = Path(question.text("base")) if question.params.get("base") else None
    return action, [Layer(action.preset(preset), f"preset {preset}"), Layer(values, "settings", base)]
