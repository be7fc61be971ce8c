"""What a person's hand does to the window: drops a file, clicks a button, picks from a menu, types into a field."""

from collections.abc import Awaitable, Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget

_LEFT, _NO_KEYS, _COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
_WHERE = QPointF(5, 5)  # inside of any widget


def drop(widget: QWidget, *paths: Path) -> None:
    """Drags files over a widget and lets them go."""
    data = dragged(*paths)
    drag_over(widget, data)
    let_go(widget, data)


def dragged(*paths: Path) -> QMimeData:
    """What a drag of files carries; it has to outlive the events."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drag_over(widget: QWidget, data: QMimeData) -> bool:
    """Drags something over a widget; whether it would be taken."""
    enter = QDragEnterEvent(_WHERE.toPoint(), _COPY, data, _LEFT, _NO_KEYS)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    return enter.isAccepted()


def let_go(widget: QWidget, data: QMimeData) -> None:
    """Lets go of it there."""
    QApplication.sendEvent(widget, QDropEvent(_WHERE, _COPY, data, _LEFT, _NO_KEYS))


def click(inside: QWidget, words: str = "") -> None:
    """Clicks a widget, or the button inside it whose text or name begins with these words. It has to be on."""
    target = found(inside, words) if words else inside
    assert target.isVisible(), f"{words or target} cannot be seen"
    assert target.isEnabled(), f"{words or target} is off: {target.toolTip()}"
    QTest.mouseClick(target, _LEFT, pos=target.rect().center())


def found(inside: QWidget, words: str) -> QAbstractButton:
    """The button on show whose text or name begins with these words."""
    buttons = inside.findChildren(QAbstractButton)
    for button in buttons:
        QCoreApplication.sendPostedEvents(button, QEvent.Type.MetaCall)  # shows what was put into a layout just now
    buttons = [button for button in buttons if button.isVisible()]
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
    for plain, letters in groupby(str(text), str.isascii):
        if plain:
            QTest.keyClicks(field, "".join(letters))
        else:  # as an input method hands over Chinese; QTest ends the process for such keys
            event = QInputMethodEvent()
            event.setCommitString("".join(letters))
            QApplication.sendEvent(field, event)


async def export(panel: Any, words: str, path: Path, until: Callable[..., Awaitable[Any]]) -> None:
    """Saves the figure of a run whose title begins with these words, as the ending of the file says."""
    from genodesk.app.plots.export import ExportPanel

    pick(panel.header.export, words)
    sheets = lambda: [one for one in QApplication.topLevelWidgets() if isinstance(one, ExportPanel)]  # noqa: E731
    await until(sheets)
    (sheet,) = sheets()
    sheet.choices.set_format(path.suffix[1:])
    type_into(sheet.place.line, path)
    click(sheet.save_button)
    await until(lambda: path.exists() and "Saved" in sheet.said(), seconds=30)
    await until(lambda: "Genodesk" in sheet.methods.text())
    sheet.close()
    await until(lambda: not sheets())
