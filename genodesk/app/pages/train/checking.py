"""Checking: has the engine look over the draft a moment after each change, and keeps what it found by setting.

The words of the command line in its hints (`--slice-key`) become the titles that the form shows.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from genodesk.app.forms.draft import Draft
from genodesk.app.forms.form import Problem
from genodesk.app.tasks import Tasks
from genodesk.app.terminal_words import in_desk_words
from genodesk.core.errors import UserError
from genodesk.core.settings import Leaf

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_SETTLE_MS, _AGAIN_MS = 250, 2000
_TRIES = 3  # with an engine that keeps dying


@dataclass(frozen=True)
class Verdict:
    """What the engine found, by setting, with "" for what belongs to none. `notes` only tell what will happen."""

    problems: Mapping[str, list[str]] = field(default_factory=dict)
    notices: Mapping[str, list[str]] = field(default_factory=dict)
    notes: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Whether a run could start with it."""
        return not self.problems


class Checking(QObject):
    """Follows a draft. `verdict` is the newest answer, None before the first; `changed` tells of a new one."""

    changed = Signal()

    def __init__(self, desk: "Desk", draft: Draft, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.verdict: Verdict | None = None
        self._desk = desk
        self._draft = draft
        self._tasks = Tasks(desk.tell)
        self._open = False
        self._failures = 0
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self.check)
        draft.changed.connect(self._wait)

    @property
    def pending(self) -> bool:
        """Whether the draft has changed since the verdict."""
        return self._settle.isActive() or self._open

    def check(self) -> None:
        """Asks now; a question that is still open is dropped."""
        self._settle.stop()
        self._open = True
        self._tasks.start(self._ask(), "check", on_error=self._failed)

    def shut(self) -> None:
        """Ends the open question."""
        self._draft.changed.disconnect(self._wait)
        self._settle.stop()
        self._tasks.cancel()

    def _wait(self, _name: str) -> None:
        """An answer about older settings is not waited for: it would be shown beside newer ones."""
        self._tasks.cancel()
        self._open = False
        self._failures = 0
        self._settle.start(_SETTLE_MS)

    async def _ask(self) -> None:
        answer = await self._desk.engine.ask("validate", **self._draft.as_request())
        self._open = False
        self._failures = 0
        leaves = self._draft.leaves.values()
        notices, notes = ([item for item in answer["notices"] if item["calm"] == calm] for calm in (False, True))
        self.verdict = Verdict(*(_by_setting(told, leaves) for told in (answer["problems"], notices, notes)))
        self.changed.emit()

    def _failed(self, error: UserError) -> None:
        """A person's mistake is an answer, so this is an engine that died; the next one is asked again."""
        self._open = False
        self._failures += 1
        self.verdict = Verdict({"": [f"{error.message} {error.hint}".strip()]})
        if self._failures < _TRIES:
            self._settle.start(_AGAIN_MS)
        self.changed.emit()


def shown_problems(
    verdict: Verdict | None, unread: Mapping[str, UserError], draft: Draft, asked: bool
) -> dict[str, Problem]:
    """What to say below each setting; `unread` are files that could not be looked into, by setting.

    Something still missing is told calmly until the person wants to go on.
    """
    leaves = draft.leaves.values()
    shown: dict[str, Problem] = {
        name: (in_titles(f"{error.message} {error.hint}".strip(), leaves), "warn") for name, error in unread.items()
    }
    if verdict is None:
        return shown
    shown |= {name: (" ".join(texts), "mute") for name, texts in verdict.notes.items()}
    about_files = file_notices(verdict, draft)
    shown |= {name: (" ".join(texts), "warn") for name, texts in verdict.notices.items() if name not in about_files}
    for name, texts in verdict.problems.items():
        empty = name in draft.leaves and draft.value(name) in (None, "", [])
        shown[name] = (" ".join(texts), "mute" if empty and not asked else "bad")
    return shown


def file_notices(verdict: Verdict, draft: Draft) -> dict[str, list[str]]:
    """What a run would drop from the files or fill in, by setting: it has a card of its own."""
    files = {leaf.name for leaf in draft.leaves.values() if leaf.file is not None and leaf.file.role == "data"}
    return {name: texts for name, texts in verdict.notices.items() if name in files}


def still_missing(draft: Draft, verdict: Verdict | None) -> list[str]:
    """The titles of empty settings without which nothing can start: needed ones, and those that the engine asks for."""
    asked_for = verdict.problems if verdict is not None else {}
    empty = [leaf for leaf in draft.leaves.values() if draft.value(leaf.name) in (None, "", [])]
    return [leaf.title for leaf in empty if leaf.required or leaf.name in asked_for]


def in_titles(text: str, leaves: Iterable[Leaf]) -> str:
    """The text with `--option WORD`, `group.name` and `long_name` replaced by the title that the form shows.

    Commands become the buttons of the desk. Quoted names and parts of paths are a person's own words and stay.
    """
    by_option = {leaf.option: leaf for leaf in leaves}
    text = in_desk_words(text)

    def title(found: re.Match[str]) -> str:
        leaf = by_option.get(found[1])
        if leaf is None:
            return found[0]
        if found[2] in leaf.choices:
            return f"“{leaf.title}: {leaf.choice_titles.get(found[2], found[2])}”"
        return f"“{leaf.title}”" + (f" {found[2]}" if found[2] and not found[2].isupper() else "")

    text = re.sub(r"(--[a-z][a-z0-9-]*)(?: (\w+))?", title, text)
    for leaf in by_option.values():
        names = [".".join(leaf.path), *([leaf.name] if "_" in leaf.name else [])]
        spelled = "|".join(re.escape(name) for name in names if "." in name or "_" in name)
        if spelled:  # names of one plain word may just be words
            text = re.sub(rf"(?<![\w./\\'-])(?:{spelled})(?![\w/\\'-]|\.\w)", f"“{leaf.title}”", text)
    return text


def _by_setting(told: list[dict[str, Any]], leaves: Iterable[Leaf]) -> dict[str, list[str]]:
    known = {leaf.option: leaf for leaf in leaves}
    sentences = {leaf.name: leaf.help for leaf in leaves}
    found: dict[str, list[str]] = {}
    for item in told:
        hint = "" if item["hint"] == sentences.get(item["setting"]) else item["hint"]  # it stands there already
        text = " ".join(part for part in (item["message"], hint) if part)
        named = [known[option] for option in re.findall(r"--[a-z][a-z0-9-]*", text) if option in known]
        # A file is what most problems are found in; where the remedy lies in one other setting, it is told there.
        elsewhere = {leaf.name for leaf in named}
        about_file = any(leaf.name == item["setting"] and leaf.file is not None for leaf in known.values())
        place = elsewhere.pop() if about_file and len(elsewhere) == 1 else item["setting"]
        found.setdefault(place, []).append(in_titles(text, known.values()))
    return found
