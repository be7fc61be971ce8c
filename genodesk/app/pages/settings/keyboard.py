"""The card of shortcuts, made from the one table of commands."""

from PySide6.QtWidgets import QGridLayout

from genodesk.app.commands import Commands, keys_in_words, shortcut_list
from genodesk.app.widgets import Card, button, clear, label


class KeyboardCard(Card):
    """One line a shortcut, and those that hold everywhere."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(
            self.tr("Keyboard"), button(self.tr("All commands"), lambda: commands.get("palette").run(), kind="link")
        )
        self._commands = commands
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self.body.addLayout(self._grid)
        self._lines: list[tuple[str, str]] = []
        self.look()

    def look(self) -> None:
        """Lists what there is now; pages add commands when they are first opened."""
        everywhere = [
            (self.tr("Tab, Shift+Tab"), self.tr("Next, previous control")),
            (self.tr("Arrow keys"), self.tr("Within a list, a row of chips, a plot")),
            (keys_in_words("Alt+Left; Alt+Right"), self.tr("Train: the step before, the next step")),
            (keys_in_words("Del"), self.tr("Runs: move the chosen run to the trash")),
            (self.tr("Esc"), self.tr("Close what lies above the page")),
        ]
        lines = [*shortcut_list(self._commands), *everywhere]
        if lines == self._lines:
            return
        self._lines = lines
        clear(self._grid)
        for number, (keys, title) in enumerate(lines):
            self._grid.addWidget(label(keys, mute=True), number, 0)
            self._grid.addWidget(label(title, wrap=True), number, 1)
