"""Conversations as files that only grow, a line for each thing that happens: what was said survives a crash.

Knows no widget and no engine.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeGuard

from genodesk.core.disk import write_atomically
from genodesk.core.ids import is_run_id, new_run_id, run_time
from genodesk.core.json_text import to_json_line

FORMAT = 1
SUFFIX = ".jsonl"

State = Literal["answering", "answered", "stopped", "failed", "interrupted"]


@dataclass
class About:
    """What a conversation is about: a file of sequences, annotation beside it, genes by id, and the model's folder.

    `model` is "" for the demonstration; `part` limits a gene to some of its bases, "" for all.
    """

    path: str = ""
    annotation: list[str] = field(default_factory=list)
    genes: list[str] = field(default_factory=list)
    model: str = ""
    part: str = ""


@dataclass
class Said:
    """A question and what came of it. `document` is the engine's whole answer; until there is one, its provenance.

    `model` and `part` are those that the conversation was about when the question was asked. `earlier` holds the
    answers that this question had before, the newest last.
    """

    question: str
    answer: str = ""
    state: State = "answering"
    model: str = ""
    part: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    problem: dict[str, str] = field(default_factory=dict)
    earlier: list["Said"] = field(default_factory=list)


class Conversation:
    """One conversation; whatever changes is on the disk before it is told.

    Where the disk refuses, it goes on in memory, and `problem` says why.
    """

    def __init__(self, path: Path, about: About) -> None:
        self.path = path
        self.about = about
        self.turns: list[Said] = []
        self.problem = ""
        self._deleted = b""
        self._kept: list[Said] = []  # earlier answers to the question that comes next

    @classmethod
    def begin(cls, folder: Path, about: About) -> "Conversation":
        """A new conversation in the folder; its file appears with the first question."""
        return cls(folder / f"{new_run_id()}{SUFFIX}", about)

    @classmethod
    def open(cls, path: Path) -> "Conversation | None":
        """A conversation as it was left; None where the file holds none. An answer under way is `interrupted`."""
        conversation = cls(path, About())
        lines = _lines(path)
        first = next(lines, {})
        if first.get("kind") != "begin" or not is_about(first.get("about")):
            return None
        conversation.about = About(**first["about"])
        for line in lines:
            with suppress(KeyError, TypeError, IndexError, AttributeError):  # a line of a newer program
                conversation._take(line)
        for turn in conversation.turns:
            if turn.state == "answering":
                turn.state = "interrupted"
        return conversation

    @property
    def time(self) -> datetime:
        """When it began, in UTC."""
        return run_time(self.path.stem)

    @property
    def title(self) -> str:
        """The first question in a line, "" where nothing was asked."""
        return " ".join(self.turns[0].question.split()) if self.turns else ""

    def ask(self, question: str) -> Said:
        """A new question; its answer is under way."""
        self._note({"kind": "question", "text": question})
        return self.turns[-1]

    def trace(self, provenance: dict[str, Any]) -> None:
        """Where the answer under way comes from, known ahead of its first word."""
        self._note({"kind": "provenance", "provenance": provenance})

    def hear(self, text: str) -> None:
        """Some more words of the answer under way."""
        self._note({"kind": "text", "text": text})

    def finish(self, document: dict[str, Any]) -> None:
        """The answer is whole."""
        self._note({"kind": "answer", "document": document})

    def stop(self) -> None:
        """The answer ends where it is."""
        turn = self.turns[-1]
        self._note({"kind": "stopped", "document": {**turn.document, "answer": turn.answer}})

    def fail(self, problem: dict[str, str]) -> None:
        """There will be no answer; `problem` says why: message, hint, where."""
        self._note({"kind": "failed", "problem": problem})

    def add(self, number: int, **values: Any) -> None:
        """Puts further values into the document of a turn."""
        self._note({"kind": "more", "turn": number, "values": values})

    def drop_from(self, number: int, *, again: bool = False) -> None:
        """Takes back the turn of this number and all after it. Their lines stay in the file.

        `again`: its question will be asked once more, and keeps the answers that it had.
        """
        self._note({"kind": "back", "turn": number, "again": again})

    def show_earlier(self, number: int, *, drop: bool = False) -> None:
        """Puts the answer before this one in its place, which becomes the earliest, or is forgotten with `drop`."""
        self._note({"kind": "earlier", "turn": number, "drop": drop})

    def change(self, about: About) -> None:
        """From here on it is about something else, for example asks another model."""
        self.about = about
        if self.turns:
            self._note({"kind": "about", "about": asdict(about)})

    def delete(self) -> None:
        """Removes the conversation from the disk; `restore` brings it back as long as this object lives.

        Raises OSError where it cannot be removed. One that the disk never took is not there to be removed.
        """
        with suppress(FileNotFoundError, NotADirectoryError):
            self._deleted = self.path.read_bytes()
            self.path.unlink()

    def restore(self) -> None:
        """Puts a deleted conversation back. Raises OSError where the disk refuses."""
        if self._deleted:
            write_atomically(self.path, self._deleted)

    def _note(self, line: dict[str, Any]) -> None:
        """Writes the line, whole, then takes it in."""
        try:
            self._write(line)
        except OSError as error:
            self.problem = error.strerror or str(error)
        self._take(line)

    def _write(self, line: dict[str, Any]) -> None:
        begins = not self.path.exists()
        if begins:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            if begins:
                os.chmod(self.path, 0o600)  # noqa: PTH101 - of the open file's path; what people ask is their own
                head = {"kind": "begin", "format": FORMAT, "about": asdict(self.about)}
                file.write((to_json_line(head) + "\n").encode())
            elif not self._ends_whole():
                file.write(b"\n")
            file.write((to_json_line(line) + "\n").encode())

    def _ends_whole(self) -> bool:
        """Whether the last line is complete; it is not after a crash in the midst of writing."""
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _take(self, line: dict[str, Any]) -> None:
        kind = line["kind"]
        if kind == "question":
            asked = Said(str(line["text"]), model=self.about.model, part=self.about.part, earlier=self._kept)
            self.turns.append(asked)
            self._kept = []
        elif kind == "provenance":
            self.turns[-1].document["provenance"] = dict(line["provenance"])
        elif kind == "text":
            self.turns[-1].answer += str(line["text"])
        elif kind in ("answer", "stopped"):
            turn = self.turns[-1]
            turn.document = dict(line["document"])
            turn.answer = str(turn.document.get("answer", turn.answer))
            turn.state = "stopped" if kind == "stopped" else "answered"
        elif kind == "failed":
            self.turns[-1].problem = {str(key): str(value) for key, value in line["problem"].items()}
            self.turns[-1].state = "failed"
        elif kind == "more":
            self.turns[line["turn"]].document.update(line["values"])
        elif kind == "back":
            turn = self.turns[line["turn"]]
            answered = [replace(turn, earlier=[])] if turn.answer and turn.state in ("answered", "stopped") else []
            self._kept = [*turn.earlier, *answered] if line.get("again") else []
            del self.turns[line["turn"] :]
        elif kind == "earlier":
            now = self.turns[line["turn"]]
            *others, before = now.earlier
            now.earlier = []
            before.earlier = others if line["drop"] else [now, *others]
            self.turns[line["turn"]] = before
        elif kind == "about" and is_about(line["about"]):
            self.about = About(**line["about"])


def conversations(folder: Path, most: int | None = None) -> list[Conversation]:
    """Those of a folder in which something was asked, the newest first; `most` limits how many are read."""
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        return []
    paths = [folder / name for name in names if name.endswith(SUFFIX) and is_run_id(name.removesuffix(SUFFIX))]
    found = (Conversation.open(path) for path in sorted(paths, reverse=True))
    return list(islice((one for one in found if one is not None and one.turns), most))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a file that are objects."""
    try:
        content = path.read_bytes()
    except OSError:
        return
    for line in content.split(b"\n"):
        with suppress(ValueError, RecursionError):
            document = json.loads(line)
            if isinstance(document, dict):
                yield document


def is_about(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value holds the fields of an `About`, or some of them."""
    known = asdict(About())
    return (
        isinstance(value, dict)
        and value.keys() <= known.keys()
        and all(isinstance(one, type(known[name])) for name, one in value.items())
    )
