"""What a workflow tells of files of its own kinds: a summary in plain words and tables that are read in parts.

The function that a Workflow names as `reads` is called as f(path, found, asked). `found` is what `inspect` has seen of
the file by itself, empty where that is nothing. The function returns None for a file that is not its own, at once and
without loading anything large; where `asked`, a person has chosen the file for this workflow, so whatever it can read
is its own. It raises UserError for a file of its own that it cannot read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.workflow import get_workflow, load_function, workflow_names


@dataclass(frozen=True)
class Rows:
    """A table of `total` rows; `read` returns the plain values of a run of them, None where a value is missing."""

    title: str
    columns: Sequence[str]
    total: int
    read: Callable[[slice], list[list[Any]]]


@dataclass(frozen=True)
class Overview:
    """A short table that stands in a summary."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Described:
    """A file in plain words.

    `facts` are (name, value); `good` is what is in order, `warnings` what will be dropped, filled or should be known.
    `names` are lists that settings offer, `classes` those of settings that pick classes (see core/settings.py).
    `setting` names the one that takes such a file, "" for the first that asks for data.
    """

    title: str
    sentence: str
    facts: Sequence[tuple[str, str]]
    good: Sequence[str] = ()
    warnings: Sequence[str] = ()
    overviews: Sequence[Overview] = ()
    tables: Mapping[str, Rows] = field(default_factory=dict)
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    setting: str = ""

    def document(self) -> dict[str, Any]:
        """Everything but the rows, as JSON values."""
        return {
            "title": self.title,
            "sentence": self.sentence,
            "facts": [list(fact) for fact in self.facts],
            "good": list(self.good),
            "warnings": list(self.warnings),
            "overviews": [
                {"title": one.title, "columns": list(one.columns), "rows": [list(row) for row in one.rows]}
                for one in self.overviews
            ],
            "tables": [
                {"name": name, "title": table.title, "rows": table.total, "columns": len(table.columns)}
                for name, table in self.tables.items()
            ],
            **{name: list(values) for name, values in self.names.items()},
            "classes": {name: list(values) for name, values in self.classes.items()},
            "setting": self.setting,
        }


def describe(path: Path, found: Mapping[str, Any], asked: str = "") -> tuple[str, Described | UserError] | None:
    """The workflow whose file this is and its description, or why it cannot read it; None where it is nobody's.

    `asked` is the workflow that a person wants to use the file for: no other one is asked then.
    """
    for name in (asked,) if asked else workflow_names():
        reads = _reader(name)
        try:
            told = reads(path, found, bool(asked)) if reads is not None else None
        except UserError as error:
            return name, error
        if told is not None:
            return name, told
    return None


def _reader(name: str) -> Callable[[Path, Mapping[str, Any], bool], Described | None] | None:
    try:
        reads = get_workflow(name).reads
        return load_function(reads) if reads else None
    except UserError:
        raise
    except Exception:  # somebody else's package that is installed badly; its card on the Train page says so
        return None
