"""The rail at the left: one button a page."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QVBoxLayout, QWidget

from genodesk.app.icons import icon
from genodesk.app.theme import theme, tokens

ICONS = {"data": "data", "chat": "chat", "train": "train", "runs": "runs", "settings": "settings"}


class Rail(QWidget):
    """Buttons of which the page in front is pressed; arrow keys move between them."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(tokens()["rail_width"])
        self.setAccessibleName(self.tr("Pages"))
        titles = {
            "data": self.tr("Data"),
            "chat": self.tr("GeneChat"),
            "train": self.tr("Train"),
            "runs": self.tr("Runs"),
            "settings": self.tr("Settings"),
        }
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self.buttons: dict[str, QPushButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 16, 8, 12)
        layout.setSpacing(4)
        for name, title in titles.items():
            made = QPushButton(title)
            made.setProperty("kind", "rail")
            made.setCheckable(True)
            made.setIconSize(QSize(26, 18))  # wider than high: the room between the drawing and the word
            made.setAutoDefault(False)
            made.clicked.connect(lambda _checked=False, name=name: self._choose(name))
            self._group.addButton(made)
            self.buttons[name] = made
            if name == "settings":
                layout.addStretch(1)
            layout.addWidget(made)
        self._current = ""
        self.set_current("")
        theme().changed.connect(self.update)

    def set_current(self, name: str) -> None:
        """Marks the page that is in front."""
        self._current = name
        for other, made in self.buttons.items():
            made.setChecked(other == name)
            made.setIcon(icon(ICONS[other], "accent" if other == name else "mute"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        names = list(self.buttons)
        focused = next((name for name, made in self.buttons.items() if made.hasFocus()), None)
        if step is None or focused is None:
            super().keyPressEvent(event)
            return
        self.buttons[names[(names.index(focused) + step) % len(names)]].setFocus(Qt.FocusReason.TabFocusReason)

    def _choose(self, name: str) -> None:
        self.set_current(self._current)  # the window presses the button once the page is there
        self.chosen.emit(name)
