"""The one table of commands. Shortcuts, the palette (Ctrl+K) and the list of shortcuts are all made from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QKeySequence


@dataclass(frozen=True)
class Command:
    """Something a person can ask for at any time. `reason` tells why it is off now.

    `shortcut` holds portable key sequences, parted by "; " where there are several.
    """

    name: str
    title: str
    run: Callable[[], object]
    group: str = ""
    shortcut: str = ""
    words: str = ""
    reason: Callable[[], str] | None = None

    @property
    def why_not(self) -> str:
        """Why it cannot be done now; empty where it can."""
        return self.reason() if self.reason is not None else ""

    def matches(self, words: Sequence[str]) -> bool:
        """Whether every word, in small letters, occurs in it."""
        return all(word in f"{self.title} {self.group} {self.words}".casefold() for word in words)


class Commands:
    """Commands by name, in the order they were added; pages add theirs while they are in front."""

    def __init__(self) -> None:
        self._known: dict[str, Command] = {}
        self._away: dict[str, Command] = {}  # of pages that are not in front now
        self._listeners: list[Callable[[], object]] = []

    def add(self, *commands: Command) -> None:
        """Adds commands, or puts new ones in the place of those with the same names."""
        self._known |= {command.name: command for command in commands}
        self._away = {name: command for name, command in self._away.items() if name not in self._known}
        self._tell()

    def remove(self, *names: str) -> None:
        """Takes commands off the table; their shortcuts stay on the list of those."""
        for name in names:
            if (command := self._known.pop(name, None)) is not None:
                self._away[name] = command
        self._tell()

    def all(self) -> list[Command]:
        """Every command."""
        return list(self._known.values())

    def away(self) -> list[Command]:
        """The commands of pages that were in front before and are not now."""
        return list(self._away.values())

    def get(self, name: str) -> Command:
        """The command of that name."""
        return self._known[name]

    def matching(self, text: str) -> list[Command]:
        """The commands in which every word of `text` occurs, those whose title begins with it first."""
        found = [command for command in self._known.values() if command.matches(text.casefold().split())]
        return sorted(found, key=lambda command: not command.title.casefold().startswith(text.casefold()))

    def listen(self, listener: Callable[[], object]) -> None:
        """Calls the listener whenever the table changes."""
        self._listeners.append(listener)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def shortcut_list(commands: Commands) -> list[tuple[str, str]]:
    """(keys as this system writes them, title) of every command that has a shortcut, those of other pages last."""
    here = [(keys_in_words(command.shortcut), command.title) for command in commands.all() if command.shortcut]
    away = [command for command in commands.away() if command.shortcut]
    return here + [(keys_in_words(command.shortcut), f"{command.group}: {command.title}") for command in away]


def keys_in_words(shortcut: str) -> str:
    """The key sequences as people of this system know them, for example "Ctrl+2, Ctrl+T"."""
    sequences = QKeySequence.listFromString(shortcut)
    return ", ".join(keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in sequences)
