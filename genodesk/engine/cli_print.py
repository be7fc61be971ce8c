"""How answers look: one JSON document for programs, calm aligned text for people. Knows no command."""

import signal
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from genodesk.core.errors import UserError
from genodesk.core.json_text import to_json_line

LONGEST_TABLE = 40
WIDEST = 100  # characters of a line
WIDEST_CELL = 60


def print_json(document: Mapping[str, Any]) -> None:
    """One document on one line of standard output."""
    sys.stdout.write(to_json_line(dict(document)) + "\n")
    sys.stdout.flush()


def print_document(document: Mapping[str, Any], as_json: bool) -> None:
    """The document as JSON, or its lines and tables for people."""
    if as_json:
        print_json(document)
    else:
        say("\n".join(document_lines(document)))


def print_error(error: UserError, as_json: bool) -> None:
    """`error: <where>: message` and the hint on standard error, or the JSON form on standard output."""
    if as_json:
        print_json({"error": error.as_dict()})
        return
    place = f"{error.where}: " if error.where else ""
    note(f"error: {place}{error.message}")
    if error.hint:
        note(f"  {error.hint}")


class TerminalConversation:
    """A person at this terminal: reads what is written and may answer, unless the input comes from a file.

    `before` is called before anything is written, to clear the place.
    """

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self._before = before

    def write(self, text: str) -> None:
        """Shows a piece of text at once, without a new line."""
        self._before()
        sys.stdout.write(printable(text))
        sys.stdout.flush()

    @property
    def can_answer(self) -> bool:
        """Whether there is a keyboard."""
        return sys.stdin.isatty()

    def ask(self, prompt: str) -> str | None:
        """A line from the keyboard; None at its end, for an empty one, at Ctrl+C, or where there is no keyboard."""
        if not self.can_answer:
            return None
        self.write(prompt)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return sys.stdin.readline().rstrip("\n") or None
        except KeyboardInterrupt:
            self.write("\n")
            return None
        finally:
            signal.signal(signal.SIGINT, before)


def say(text: str) -> None:
    """A line of the answer."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """A line beside the answer: progress, warnings, errors."""
    _write(sys.stderr, text)


def document_lines(document: Mapping[str, Any], indent: str = "") -> list[str]:
    """Any JSON document for people: plain values first, then lists of alike things as tables, then what is nested."""
    plain = {key: value for key, value in document.items() if not _is_nested(value)}
    width = max((len(str(key)) for key in plain), default=0)
    lines = [f"{indent}{label(key):<{width}}  {cell(value) or '-'}" for key, value in plain.items()]
    for key, value in document.items():
        if not _is_nested(value):
            continue
        lines.append(f"{indent}{label(key)}:")
        if isinstance(value, Mapping):
            table = _table_of_mappings(value)
            lines += table_lines(table, indent + "  ") if table else document_lines(value, indent + "  ")
        elif all(isinstance(item, Mapping) for item in value):
            lines += table_lines(value, indent + "  ")
        else:
            lines += _list_lines(value, indent + "  ")
    return lines


def table_lines(rows: Sequence[Mapping[str, Any]], indent: str = "") -> list[str]:
    """Aligned columns, numbers to the right; a long table is cut with a word about the rest."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = [[_short(row.get(name, "")) for name in names] for row in rows[:LONGEST_TABLE]]
    right = [all(isinstance(row.get(name, 0), int | float | None) for row in rows) for name in names]
    widths = [max(len(label(name)), *(len(line[i]) for line in shown)) for i, name in enumerate(names)] if shown else []
    lines = []
    for words in [[label(name) for name in names], *shown] if shown else []:
        cells = [w.rjust(n) if r else w.ljust(n) for w, n, r in zip(words, widths, right, strict=True)]
        lines.append((indent + "  ".join(cells)).rstrip())
    return [*lines, *_rest(len(rows), indent)] if rows else [f"{indent}none"]


def cell(value: Any) -> str:
    """One value in a few characters."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {cell(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return " x ".join(map(str, value)) if all(type(v) is int for v in value) else ", ".join(map(cell, value))
    return " ".join(str(value).split())


def label(key: object) -> str:
    """A key of a document as words."""
    return str(key).replace("_", " ")


def printable(text: str) -> str:
    """The text without control characters, which a foreign file could send to the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def duration(seconds: float) -> str:
    """A time for people: `40 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _list_lines(values: Sequence[Any], indent: str) -> list[str]:
    """A list of plain values as running text; a line for each sentence, and for each list, such as a table's row."""
    shown = values[:LONGEST_TABLE]
    if any(isinstance(item, list | tuple | Mapping) for item in values):
        lines = [indent + _cut(cell(item), WIDEST) for item in shown]
    else:
        texts = [cell(item) for item in shown]
        parts = texts if any(text.endswith(".") for text in texts) else [cell(shown)]
        lines = [indent + line for part in parts for line in textwrap.wrap(part, WIDEST - len(indent))]
    return [*lines, *_rest(len(values), indent)]


def _rest(number: int, indent: str) -> list[str]:
    return [f"{indent}... and {number - LONGEST_TABLE:,} more"] if number > LONGEST_TABLE else []


def _short(value: Any) -> str:
    """A value in a table: text is never cut, since it may be a path to copy."""
    return _cut(cell(value), WIDEST_CELL) if isinstance(value, list | tuple | Mapping) else cell(value)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _is_nested(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value)
    if not isinstance(value, list | tuple):
        return False
    return any(isinstance(item, Mapping | list) for item in value) or len(cell(value)) > WIDEST_CELL


def _table_of_mappings(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows for a mapping of alike flat mappings, else none."""
    if len(value) < 2 or not all(isinstance(item, Mapping) and item for item in value.values()):
        return []
    if any(_is_nested(inner) for item in value.values() for inner in item.values()):
        return []
    first, *rest = (set(item) for item in value.values())
    return [{"": key, **item} for key, item in value.items()] if all(first & other for other in rest) else []


def _write(stream: IO[str], text: str) -> None:
    stream.write(printable(text) + "\n")
    stream.flush()
