"""Buttons, and rows of chips of which one is chosen."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from genodesk.app.icons import icon as themed_icon


def button(
    text: str,
    clicked: Callable[[], object] | None = None,
    *,
    kind: str = "plain",
    icon: str = "",
    tip: str = "",
) -> QPushButton:
    """A button of the kind `plain`, `primary`, `quiet`, `danger` or `link`."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setProperty("tip", tip)
    made.setToolTip(tip)
    made.setAutoDefault(False)
    if icon:
        made.setIcon(themed_icon(icon, {"primary": "accentText", "danger": "bad", "link": "accent"}.get(kind, "text")))
        made.setIconSize(QSize(22 if text else 16, 16))  # wider than high: the room between the drawing and the word
    if kind == "link":
        made.setCursor(Qt.CursorShape.PointingHandCursor)
    if clicked is not None:
        made.clicked.connect(lambda _checked=False: clicked())
    return made


def icon_button(icon: str, name: str, clicked: Callable[[], object] | None = None) -> QPushButton:
    """A quiet button that shows only an icon; `name` is what it does, for the tooltip and for screen readers."""
    made = button("", clicked, kind="quiet", icon=icon, tip=name)
    made.setAccessibleName(name)
    return made


def disable(made: QPushButton, reason: str) -> None:
    """Switches a button off and says why where the pointer rests on it."""
    made.setEnabled(False)
    made.setToolTip(reason)


def enable(made: QPushButton) -> None:
    """Switches it on again, with the tooltip it was made with."""
    made.setEnabled(True)
    made.setToolTip(made.property("tip") or "")


class Segments(QWidget):
    """A row of chips of which one is chosen: by click, or by arrow keys once it has the focus."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], current: str = "", name: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._chips: dict[str, QPushButton] = {}
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for key, text in options:
            chip = QPushButton(text)
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            chip.clicked.connect(lambda _checked=False, key=key: self._choose(key))
            self._group.addButton(chip)
            self._chips[key] = chip
            line.addWidget(chip)
        self._current = ""
        self.set_current(current or (options[0][0] if options else ""))

    def current(self) -> str:
        """The key of the chosen chip."""
        return self._current

    def set_current(self, key: str) -> None:
        """Chooses a chip without a signal; a key that is not there changes nothing."""
        if key in self._chips:
            self._current = key
            self._chips[key].setChecked(True)
            for other, chip in self._chips.items():
                chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus if other == key else Qt.FocusPolicy.ClickFocus)

    def chip(self, key: str) -> QPushButton:
        """One of the chips."""
        return self._chips[key]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}.get(
            Qt.Key(event.key())
        )
        keys = [key for key, chip in self._chips.items() if chip.isEnabled()]
        if step is None or self._current not in keys:
            super().keyPressEvent(event)
            return
        self._choose(keys[(keys.index(self._current) + step) % len(keys)])
        self._chips[self._current].setFocus(Qt.FocusReason.TabFocusReason)

    def _choose(self, key: str) -> None:
        changed = key != self._current
        self.set_current(key)
        if changed:
            self.chosen.emit(key)
