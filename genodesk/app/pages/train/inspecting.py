"""Inspecting: what the chosen files hold, asked of the engine whenever one changes, and what a form may offer from it.

It proposes the columns of a new file where the names chosen so far do not occur in it. It draws nothing.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from genodesk.app.amounts import when
from genodesk.app.forms.draft import Draft
from genodesk.app.pages.train.steps import class_source
from genodesk.app.run_words import word_of_state
from genodesk.app.tasks import Tasks
from genodesk.app.timers import once
from genodesk.core.errors import UserError
from genodesk.core.settings import Leaf
from genodesk.core.workflow import workflow_or_bare

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_SETTLE_MS = 250
_GUESSED = ("slice_columns", "coordinates")  # of these the engine names the likeliest first


class Inspecting(QObject):
    """Follows the file settings of a draft. `changed` says that something new is known or no longer so."""

    changed = Signal()

    def __init__(self, desk: "Desk", draft: Draft, leaves: Sequence[Leaf], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: dict[str, dict[str, Any]] = {}
        self.errors: dict[str, UserError] = {}
        self.looking: set[str] = set()
        self._desk = desk
        self._draft = draft
        self._files = [leaf for leaf in leaves if leaf.file is not None and leaf.file.role in ("data", "run")]
        self._offered = [leaf for leaf in leaves if leaf.offers]
        self._tasks = Tasks(desk.tell)
        self._asked: dict[str, str] = {}
        self._classes: dict[tuple[str, str], list[str]] = {}
        self._wanted: tuple[str, str] = ("", "")
        self._settle = once(self, _SETTLE_MS, self.look)
        draft.changed.connect(self._wait)

    def look(self) -> None:
        """Asks about every file that has changed."""
        self._settle.stop()
        for leaf in self._files:
            path = self._first_path(leaf)
            if self._asked.get(leaf.name, "") == path:
                continue
            self._asked[leaf.name] = path
            self.found.pop(leaf.name, None)
            self.errors.pop(leaf.name, None)
            self.looking.discard(leaf.name)
            self._tasks.cancel(leaf.name)
            if path:
                self.looking.add(leaf.name)
                self._tasks.start(
                    self._inspect(leaf.name, path),
                    leaf.name,
                    on_error=partial(self._failed, leaf.name),
                )
        self._look_for_classes()
        self.changed.emit()

    def main(self) -> dict[str, Any] | None:
        """What is known of the file of cells, else of the first file."""
        known = [self.found[leaf.name] for leaf in self._files if leaf.name in self.found]
        return next((found for found in known if "coordinates" in found), known[0] if known else None)

    def offers(self, leaf: Leaf) -> list[str]:
        """The values that a form may offer for a setting; empty where nothing is known."""
        found = self.main()
        if found is None:
            return []
        if source := class_source(leaf):
            value = str(self._draft.value(source))
            told = [name for file in self.found.values() for name in file.get("classes", {}).get(value, [])]
            return list(dict.fromkeys((*told, *self._classes.get((found["path"], value), ()))))
        return _names(found, leaf.offers)

    def shut(self) -> None:
        """Ends all questions."""
        self._draft.changed.disconnect(self._wait)
        self._settle.stop()
        self._tasks.cancel()

    def _wait(self, _name: str) -> None:
        self._settle.start()

    def _first_path(self, leaf: Leaf) -> str:
        value = self._draft.value(leaf.name)
        first = value[0] if isinstance(value, list) and value else value
        return first if isinstance(first, str) else ""

    async def _inspect(self, name: str, path: str) -> None:
        answer = await self._desk.engine.ask("inspect", path=path, workflow=self._draft.workflow.name)
        self.found[name] = answer
        self.looking.discard(name)
        leaf = self._draft.leaves[name]
        if leaf.file is not None and leaf.file.role == "data":
            self._desk.settings.add_recent(Path(path))
        if self.main() is answer:
            self._fit_names(path, answer)
        self._look_for_classes()
        self.changed.emit()

    def _failed(self, name: str, error: UserError) -> None:
        self.looking.discard(name)
        self.errors[name] = error
        if self._desk.engine.state != "ready":  # it died, which says little about the file: the next look asks again
            self._asked.pop(name, None)
        self.changed.emit()

    def _fit_names(self, path: str, found: dict[str, Any]) -> None:
        """A file seen for the first time: names that are not in it give way to the likeliest ones that are.

        Names that were chosen before any file was seen, by hand or in a settings file, stay: a check tells of them.
        """
        before = self._draft.fitted_to
        if before == path or not {"columns", "classes"} & found.keys():
            return
        self._draft.fitted_to = path
        for leaf in self._offered:
            known = _names(found, leaf.offers)
            if class_source(leaf):
                if before:  # classes of the file before
                    self._draft.reset(leaf.name)
                continue
            free = bool(before) or not self._draft.is_changed(leaf.name)
            if free and known and leaf.offers in _GUESSED and self._draft.value(leaf.name) not in known:
                self._draft.set(leaf.name, known[0])

    def _look_for_classes(self) -> None:
        found = self.main()
        source = next((class_source(leaf) for leaf in self._offered if class_source(leaf)), "")
        if found is None or not source or source not in self._draft.leaves:
            return
        wanted = (str(found["path"]), str(self._draft.value(source)))
        if wanted != self._wanted and wanted not in self._classes and wanted[1] in _names(found, "columns"):
            self._tasks.start(self._ask_for_classes(*wanted), "classes", on_error=lambda _error: None)
        self._wanted = wanted

    async def _ask_for_classes(self, path: str, column: str) -> None:
        answer = await self._desk.engine.ask("preview", path=path, kind="colour", column=column, labels=True)
        self._classes[path, column] = list(answer["colour"]["categories"])
        self.changed.emit()


def found_words(found: Mapping[str, Any]) -> str:
    """What a file is, in one line."""
    if found["kind"] != "run":
        return str(found["title"])
    run, state = found["run"], (found.get("exit") or {}).get("state", "running")
    workflow = workflow_or_bare(run["workflow"])
    action = next((action.title for action in workflow.actions if action.name == run["action"]), run["action"])
    return f"{workflow.title} · {action} · {word_of_state(state)} · {when(run['created'])}"


def _names(found: dict[str, Any], kind: str) -> list[str]:
    """Names in an inspected file: those that are likeliest first, then, for slices, every other column."""
    columns = [column["name"] if isinstance(column, dict) else str(column) for column in found.get("columns", [])]
    if kind == "columns":
        return columns
    if kind == "slice_columns":
        likely = list(found.get("slice_columns", []))
        return [*likely, *(name for name in columns if name not in likely)]
    if kind == "coordinates":
        return [place["key"] for place in found.get("coordinates", []) if place["kind"] == "space"]
    return list(found.get(kind, []))
