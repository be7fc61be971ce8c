"""Where a window may stand: within the free part of its screen, frame included."""

from PySide6.QtCore import QByteArray, QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

_SHARE = 0.94  # of the screen, at most, at the first start
_FRAME = QSize(4, 36)  # of a usual window manager; nobody can tell before the window is shown
_ROOM = 96  # px of a window that stay to be seen around a sheet before it


def place_of(window: QWidget) -> str:
    """Where it stands, how large, and whether it fills the screen, as one word to be kept."""
    return bytes(window.saveGeometry().toBase64().data()).decode()


def take_place(window: QWidget, kept: str, wanted: QSize) -> None:
    """The place of the last time, or that of a first start; today's screen may be a smaller one."""
    if not kept or not window.restoreGeometry(QByteArray.fromBase64(kept.encode())):
        window.setGeometry(first_place(wanted, free_around(None)))
    elif not window.isMaximized() and not window.isFullScreen():
        window.setGeometry(kept_within(window.geometry(), free_around(window)))


def first_place(wanted: QSize, free: QRect) -> QRect:
    """The middle of the screen, as large as wanted where there is room."""
    size = (free.size() * _SHARE - _FRAME).boundedTo(wanted)
    place = QRect(QPoint(0, 0), size)
    place.moveCenter(free.center() + QPoint(0, _FRAME.height() // 2))
    return place


def kept_within(place: QRect, free: QRect) -> QRect:
    """A place of another day, moved and made smaller as far as the screen of today asks for."""
    kept = QRect(place.topLeft(), place.size().boundedTo(free.size() - _FRAME))
    lowest = free.bottomRight() - QPoint(kept.width() - 1, kept.height() - 1)
    top = free.top() + _FRAME.height()  # the title stays to be grasped
    kept.moveTo(max(free.left(), min(kept.x(), lowest.x())), max(top, min(kept.y(), lowest.y())))
    return kept


def before(window: QWidget | None, wanted: QSize) -> QRect:
    """The place of a sheet before a window: as large as wanted where window and screen have the room."""
    free = free_around(window)
    over = window.geometry() if window is not None else free
    room = over.size() - QSize(_ROOM, _ROOM) if window is not None else over.size()
    place = QRect(QPoint(0, 0), wanted.boundedTo(room))
    place.moveCenter(over.center())
    return kept_within(place, free)


def free_around(window: QWidget | None) -> QRect:
    """The part of the window's screen that no panel of the system covers."""
    middle = window.geometry().center() if window is not None else QPoint(0, 0)
    screen = QGuiApplication.screenAt(middle) or QGuiApplication.primaryScreen()
    return screen.availableGeometry()
