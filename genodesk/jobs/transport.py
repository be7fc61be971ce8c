"""How a computer is reached: ask it something, tail a run's events, bring files there and back. Here: this computer."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from genodesk.core.errors import UserError
from genodesk.core.events import REQUESTS, Cursor, Event, EventReader
from genodesk.core.run import RunFolder
from genodesk.core.settings import Settings
from genodesk.core.workflow import Action, load_function
from genodesk.jobs.catalogue import Catalogue
from genodesk.jobs.request import requested
from genodesk.jobs.status import RunStatus, read
from genodesk.jobs.submit import ask, resume


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
        if verb not in _VERBS:
            raise UserError(f"There is no verb called {verb}.", f"Known are {', '.join(_VERBS)}.", "transport")
        answer, needed = _VERBS[verb]
        missing = [name for name in needed if not isinstance(arguments.get(name), str)]
        if missing:
            raise UserError(f"{verb} needs {missing[0]}, as text.", "Give it as an argument.", "transport")
        return answer(arguments)

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
    return _document(requested(given, _own_check))


def _own_check(action: Action, settings: Settings) -> None:
    if action.check:
        load_function(action.check)(settings)


def _request(given: Mapping[str, Any]) -> dict[str, Any]:
    if given["request"] not in REQUESTS:
        raise UserError(
            f"There is no request called {given['request']}.", f"Choose one of {', '.join(REQUESTS)}.", "transport"
        )
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


_VERBS: dict[str, tuple[Callable[[Mapping[str, Any]], dict[str, Any]], tuple[str, ...]]] = {
    "submit": (_submit, ()),
    "resume": (lambda given: _document(resume(Path(given["run"]))), ("run",)),
    "request": (_request, ("run", "request")),
    "status": (lambda given: _document(read(Path(given["run"]))), ("run",)),
    "list": (_list, ()),
}
