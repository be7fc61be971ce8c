"""Shortcuts: the keys of all commands, as they are in the table now, bound to one window."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from genodesk.app.desk import Desk


class Shortcuts(QObject):
    """Follows the table of commands; goes with the window."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._desk = desk
        self._window = window
        self._bound: list[QShortcut] = []
        desk.commands.listen(self._bind)
        self._bind()

    def _bind(self) -> None:
        for shortcut in self._bound:
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._bound = []
        for command in self._desk.commands.all():
            if command.shortcut:
                shortcut = QShortcut(self._window)
                shortcut.setKeys(QKeySequence.listFromString(command.shortcut))
                shortcut.activated.connect(lambda name=command.name: self._run(name))
                self._bound.append(shortcut)

    def _run(self, name: str) -> None:
        command = self._desk.commands.get(name)
        if why := command.why_not:
            self._desk.toast(why)
        else:
            command.run()
