"""What a person's hand does to the window: drops a file, clicks a button, picks from a menu, types into a field."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget

_LEFT, _NO_KEYS, _COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction


def drop(window: QWidget, *paths: Path) -> None:
    """Drags files over the window and lets them go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where = QPointF(400, 300)
    QApplication.sendEvent(window, QDragEnterEvent(where.toPoint(), _COPY, data, _LEFT, _NO_KEYS))
    QApplication.sendEvent(window, QDropEvent(where, _COPY, data, _LEFT, _NO_KEYS))


def click(inside: QWidget, words: str = "") -> None:
    """Clicks a widget, or the button inside it whose text or name begins with these words. It has to be on."""
    target = found(inside, words) if words else inside
    assert target.isVisible(), f"{words or target} cannot be seen"
    assert target.isEnabled(), f"{words or target} is off: {target.toolTip()}"
    QTest.mouseClick(target, _LEFT, pos=target.rect().center())


def found(inside: QWidget, words: str) -> QAbstractButton:
    """The button on show whose text or name begins with these words."""
    buttons = [button for button in inside.findChildren(QAbstractButton) if button.isVisible()]
    for button in buttons:
        if button.text().startswith(words) or button.accessibleName().startswith(words):
            return button
    raise AssertionError(
        f"no button {words!r} among {[button.text() or button.accessibleName() for button in buttons]}"
    )


def pick(button: QPushButton, words: str) -> None:
    """Opens a button's menu and picks the entry that begins with these words."""
    menu = button.menu()
    assert button.isEnabled(), f"the menu is off: {button.toolTip()}"
    menu.aboutToShow.emit()
    names = [action.text() for action in menu.actions()]
    chosen = [action for action in menu.actions() if action.text().startswith(words)]
    assert chosen, f"no entry {words!r} among {names}"
    chosen[0].trigger()


def type_into(field: Any, text: object) -> None:
    """Puts another text into a line."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, str(text))
