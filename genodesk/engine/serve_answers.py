"""The answers of the interactive worker: inspect, preview, validate, estimate and render, as JSON values.

Arrays travel as .npy files in the session's folder. Files of cells are kept open between questions. Imports no torch;
only a workflow's own `estimate` may.
"""

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build, problems
from genodesk.core.settings import Settings, leaves, plain
from genodesk.core.workflow import Action, get_workflow, load_function
from genodesk.engine.checking import check
from genodesk.engine.data.cells import CellFile, open_cells
from genodesk.engine.inspection import inspect_file

FILES_KEPT_OPEN = 4
MOST_ROWS = 1000


class Cancelled(Exception):
    """Nobody waits for this answer any more."""


class Session:
    """What stays between questions: open files of cells and the folder for arrays."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._files: OrderedDict[tuple[str, int, int], tuple[ExitStack, CellFile, threading.Lock]] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def cells(self, path: Path) -> Iterator[CellFile]:
        """The file of cells, opened anew only if it changed; one question at a time reads it. Raises UserError."""
        try:
            found = path.stat()
        except OSError:
            raise UserError("There is no such file.", "Check the name.", str(path)) from None
        key = (str(path), found.st_mtime_ns, found.st_size)
        while True:
            entry = self._open(key, path)
            _, cells, reading = entry
            with reading:
                if self._files.get(key) is entry:  # else it was closed for another file in this moment
                    yield cells
                    return

    def save(self, array: np.ndarray) -> str:
        """Writes an array to a new .npy file of the session; returns its path."""
        path = self._folder / f"{next(self._numbers)}.npy"
        np.save(path, array, allow_pickle=False)
        return str(path)

    def close(self) -> None:
        """Closes what is not being read."""
        for stack, _, reading in self._files.values():
            if reading.acquire(blocking=False):
                stack.close()

    def _open(self, key: tuple[str, int, int], path: Path) -> tuple[ExitStack, CellFile, threading.Lock]:
        """The open file, the newest used; those used longest ago are closed."""
        with self._lock:
            entry = self._files.get(key)
            if entry is None:
                stack = ExitStack()
                entry = (stack, stack.enter_context(open_cells(path)), threading.Lock())
                self._files[key] = entry
            self._files.move_to_end(key)
            dropped = [self._files.popitem(last=False)[1] for _ in range(len(self._files) - FILES_KEPT_OPEN)]
        for stack, _, reading in dropped:
            with reading:
                stack.close()
        return entry


@dataclass(frozen=True)
class Question:
    """One request: its parameters, and whether somebody still waits for the answer."""

    session: Session
    params: dict[str, Any]
    cancelled: threading.Event

    def text(self, name: str) -> str:
        """A parameter that must be there and be text. Raises UserError."""
        value = self.params.get(name)
        if not isinstance(value, str) or not value or "\0" in value or _has_lone_surrogate(value):
            raise UserError(f"The request needs {name}, as text.", "Add it.", name)
        return value

    def number(self, name: str, default: int = 0) -> int:
        """A parameter that is a whole number. Raises UserError."""
        value = self.params.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise UserError(f"{name} must be a whole number.", "Mend the request.", name)
        return value

    def raise_if_cancelled(self) -> None:
        """Raises Cancelled where nobody waits any more."""
        if self.cancelled.is_set():
            raise Cancelled


def inspect(question: Question) -> dict[str, Any]:
    """{path} -> what `inspect` prints."""
    return inspect_file(Path(question.text("path")))


def preview(question: Question) -> dict[str, Any]:
    """{path, kind: "table", start?, rows?, columns?} -> rows of obs;
    {path, kind: "spatial", coordinates, column? or gene?, layer?} -> .npy files of places [cells, 2 or 3] and colours.
    """
    kind = question.text("kind")
    if kind not in ("table", "spatial"):
        raise UserError(f"There is no preview called {kind}.", "Ask for table or spatial.", "kind")
    with question.session.cells(Path(question.text("path"))) as cells:
        return _rows(cells, question) if kind == "table" else _spatial(cells, question)


def validate(question: Question) -> dict[str, Any]:
    """{workflow, action, values, preset?, base?} -> {valid, problems, notices, settings}.

    A person's mistake is an answer here, never an error. `values` are nested; paths are relative to `base`.
    """
    found: list[dict[str, str]] = []
    notices: list[dict[str, str]] = []
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
                notices.append({"setting": notice.setting, "message": notice.message, "hint": notice.hint})
    except UserError as error:
        found.append({"setting": places.get(error.where, ""), **error.as_dict()})
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


Answer = Callable[[Question], dict[str, Any]]
ANSWERS: dict[str, Answer] = {
    "inspect": inspect,
    "preview": preview,
    "validate": validate,
    "estimate": estimate,
    "render": render,
}


def _rows(cells: CellFile, question: Question) -> dict[str, Any]:
    start = question.number("start", 0)
    number = min(question.number("rows", 100), MOST_ROWS)
    names = question.params.get("columns") or list(cells.obs.columns)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or start < 0 or number < 1:
        raise UserError(
            "start, rows or columns make no sense.",
            "Give start >= 0, rows >= 1, columns as a list of names.",
            "request",
        )
    part = slice(start, start + number)
    table = {"": cells.cell_names()[part].tolist()}
    for name in names:
        question.raise_if_cancelled()
        if cells.obs.columns.get(name) is None or cells.obs.columns[name].kind != "other":
            column = cells.column(name)
            table[name] = (column.labels() if column.kind == "categorical" else column.values)[part].tolist()
    return {
        "columns": list(table),
        "rows": [list(row) for row in zip(*table.values(), strict=True)],
        "total": cells.n_obs,
    }


def _spatial(cells: CellFile, question: Question) -> dict[str, Any]:
    places = cells.coordinates(question.text("coordinates")).astype(np.float32)
    question.raise_if_cancelled()
    colour = _colour(cells, question)
    question.raise_if_cancelled()
    return {"cells": cells.n_obs, "coordinates": question.session.save(places), "colour": colour}


def _colour(cells: CellFile, question: Question) -> dict[str, Any] | None:
    if question.params.get("gene") is not None:
        gene, layer = question.text("gene"), question.params.get("layer")
        return {"kind": "continuous", "label": gene, "values": question.session.save(cells.gene(gene, layer))}
    if question.params.get("column") is None:
        return None
    column = cells.column(question.text("column"))
    if column.kind in ("numeric", "boolean"):
        return {
            "kind": "continuous",
            "label": column.name,
            "values": question.session.save(column.values.astype(np.float32)),
        }
    if column.kind == "categorical":
        codes, categories = column.values, list(column.categories)
    else:
        found, codes = np.unique(column.labels().astype(str), return_inverse=True)
        categories = found.tolist()
    codes = codes.astype(np.int32)
    return {"kind": "category", "label": column.name, "values": question.session.save(codes), "categories": categories}


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


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


def _layers(question: Question) -> tuple[Action, list[Layer]]:
    """The action and the layers of its settings that a question names."""
    action = get_workflow(question.text("workflow")).action(question.text("action"))
    values, preset = question.params.get("values", {}), question.params.get("preset") or "standard"
    if not isinstance(values, dict) or not isinstance(preset, str):
        raise UserError("values must be an object and preset text.", "Mend the request.", "request")
    base = Path(question.text("base")) if question.params.get("base") else None
    return action, [Layer(action.preset(preset), f"preset {preset}"), Layer(values, "settings", base)]
