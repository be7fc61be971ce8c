"""How a computer is reached: ask it something, tail a run's events, bring files there and back. Here: this computer."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from genodesk.core.errors import UserError
from genodesk.core.events import Cursor, Event, EventReader
from genodesk.core.run import REQUESTS, RunFolder
from genodesk.core.settings import Layer, build
from genodesk.core.workflow import get_workflow
from genodesk.jobs.catalogue import Catalogue
from genodesk.jobs.status import RunStatus, read
from genodesk.jobs.submit import ask, resume, submit


class Transport(Protocol):
    """One computer. Paths of runs are paths there. Every method raises UserError for what a person can mend."""

    def call(self, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a verb: submit, resume, request, status or list. Arguments and answer are JSON values."""

    def tail(self, run: str, cursor: Cursor) -> tuple[list[Event], Cursor]:
        """The events of a run since the cursor, and where the next read begins."""

    def put(self, here: Path, there: str) -> None:
        """Copies a file or folder to that computer, to a place that must be free."""

    def get(self, there: str, here: Path) -> None:
        """Copies a file or folder from that computer, to a place that must be free."""


class LocalTransport:
    """This computer, for the person's own runs."""

    def call(self, verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """See `Transport`. Raises UserError for a verb there is not, or an argument that is missing."""
        verbs: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "submit": _submit,
            "resume": lambda given: _document(resume(Path(given["run"]))),
            "request": _request,
            "status": lambda given: _document(read(Path(given["run"]))),
            "list": _list,
        }
        if verb not in verbs:
            raise UserError(f"There is no verb called {verb}.", f"Known are {', '.join(verbs)}.", "transport")
        try:
            return verbs[verb](arguments)
        except KeyError as error:
            raise UserError(f"{verb} needs {error.args[0]}.", "Give it as an argument.", "transport") from None

    def tail(self, run: str, cursor: Cursor) -> tuple[list[Event], Cursor]:
        """See `Transport`."""
        reader = EventReader(RunFolder.open(Path(run)).events, cursor)
        return reader.read(), reader.cursor

    def put(self, here: Path, there: str) -> None:
        """See `Transport`."""
        _copy(here, Path(there))

    def get(self, there: str, here: Path) -> None:
        """See `Transport`."""
        _copy(Path(there), here)


def _submit(given: Mapping[str, Any]) -> dict[str, Any]:
    """`id`, `workflow`, `action` and nested `settings`; besides `preset` and `run_dir`."""
    action = get_workflow(given["workflow"]).action(given["action"])
    preset = given.get("preset", "standard")
    settings = build(action.settings, Layer(action.preset(preset)), Layer(given["settings"], "request"))
    run_dir = given.get("run_dir")
    status = submit(
        given["workflow"],
        given["action"],
        settings,
        preset=preset,
        run_id=given["id"],
        run_dir=Path(run_dir) if run_dir else None,
    )
    return _document(status)


def _request(given: Mapping[str, Any]) -> dict[str, Any]:
    if given["request"] not in REQUESTS:
        raise UserError(f"There is no request called {given['request']}.", f"Choose one of {', '.join(REQUESTS)}.")
    ask(Path(given["run"]), given["request"])
    return _document(read(Path(given["run"])))


def _list(given: Mapping[str, Any]) -> dict[str, Any]:
    del given
    with Catalogue() as catalogue:
        return {"runs": [_document(status) for status in catalogue.runs()]}


def _document(status: RunStatus) -> dict[str, Any]:
    return status.model_dump(mode="json")


def _copy(source: Path, target: Path) -> None:
    if target.exists():
        raise UserError("There is something at this place already.", "Name a place that is free.", str(target))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copyfile(source, target)
    except OSError as error:
        raise UserError(f"The copy failed ({error.strerror or error}).", "Check both places.", str(source)) from None
