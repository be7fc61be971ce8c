"""Short messages low in the middle of the page. Good and plain ones leave by themselves, bad ones are closed.

They make way for the control that has the keyboard: nobody types below a message.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QEnterEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QWidget

from genodesk.app.application import application
from genodesk.app.desk import Action
from genodesk.app.theme import tokens
from genodesk.app.timers import once
from genodesk.app.widgets import Picture, button, column, icon_button, label, row

_WIDTH = 380
_STAY_MS = {"info": 4000, "good": 4000}
_LONGER_MS = 7000  # of a warning, and of what offers something to do
_MOST = 4
_EDGE, _BETWEEN = 16, 8
_TALLEST_CONTROL = 120  # px: what is higher, as a table or a plot, is no control that a message could hide
_BAR = 56  # px: the row of buttons at the end of a page, which stays free
_LOOKS = {"info": ("info", "accent"), "good": ("check", "good"), "warn": ("warning", "warn"), "bad": ("error", "bad")}


class Toasts(QObject):
    """The messages on the screen, the newest lowest."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.shown: list[Toast] = []
        application().focusChanged.connect(self._make_way)

    def show_toast(self, text: str, hint: str = "", level: str = "info", action: Action | None = None) -> None:
        """Shows a message; one that stands there already is only moved to the front."""
        for same in [toast for toast in self.shown if (toast.text, toast.hint) == (text, hint)]:
            self._leave(same)
        toast = Toast(self._window, text, hint, level, action, self._leave)
        self.shown.append(toast)
        for oldest in self.shown[:-_MOST]:
            self._leave(oldest)
        self.place()
        toast.show()
        toast.raise_()
        QAccessible.updateAccessibility(QAccessibleEvent(toast, QAccessible.Event.Alert))

    def place(self) -> None:
        """Stacks the messages in the middle of the page, above its row of buttons and clear of its sides.

        Where they would lie on the control that has the keyboard, they stand above that.
        """
        rail = tokens()["rail_width"]
        width = min(_WIDTH, self._window.width() - rail - 2 * _EDGE)
        left = rail + (self._window.width() - rail - width) // 2
        bottom = self._window.height() - tokens()["tray_height"] - _BAR - _BETWEEN
        heights = [toast.height_at(width) for toast in self.shown]
        stack = sum(heights) + _BETWEEN * max(len(heights) - 1, 0)
        control = self._control()
        if control.intersects(QRect(left, bottom - stack, width, stack)):
            bottom = control.top() - _BETWEEN
        for toast, height in zip(reversed(self.shown), reversed(heights), strict=True):
            toast.setGeometry(left, bottom - height, width, height)
            bottom -= height + _BETWEEN

    def shut(self) -> None:
        """Takes all away."""
        for toast in list(self.shown):
            self._leave(toast)

    def _make_way(self, _before: QWidget | None, now: QWidget | None) -> None:
        """A message that is about to be pressed stays where it is."""
        if now is not None and not any(toast.isAncestorOf(now) for toast in self.shown):
            self.place()

    def _control(self) -> QRect:
        """Where in the window the control is that has the keyboard; nothing where there is none."""
        now = self._window.focusWidget()
        if now is None or now.height() > _TALLEST_CONTROL or not self._window.centralWidget().isAncestorOf(now):
            return QRect()
        return QRect(now.mapTo(self._window, now.rect().topLeft()), now.size())

    def _leave(self, toast: "Toast") -> None:
        if toast in self.shown:
            self.shown.remove(toast)
            had_focus = toast.isAncestorOf(self._window.focusWidget() or self._window)
            toast.stay.stop()
            toast.hide()
            toast.deleteLater()
            if had_focus:
                self._window.centralWidget().setFocus()
            self.place()


class Toast(QFrame):
    """One message. It stays while the pointer or the keyboard is on it."""

    def __init__(
        self,
        window: QWidget,
        text: str,
        hint: str,
        level: str,
        action: Action | None,
        leave: Callable[["Toast"], object],
    ) -> None:
        super().__init__(window)
        self.setObjectName("toast")
        self.setAccessibleName(". ".join(part for part in (text, hint) if part))
        self.text, self.hint = text, hint
        self._leave = leave
        words = column(label(text, "body", wrap=True, selectable=True), spacing=4)
        if hint:
            words.addWidget(label(hint, "small", wrap=True, mute=True, selectable=True))
        if action is not None:
            does = button(action[0], lambda: self._act(action[1]), kind="link")
            words.addLayout(row(does, 1))
        close = icon_button("close", self.tr("Close this message"), lambda: leave(self))
        close.setProperty("kind", "keys")
        line = self._line = QHBoxLayout(self)
        line.setContentsMargins(16, 10, 8, 10)
        line.setSpacing(12)
        line.addWidget(Picture(*_LOOKS.get(level, _LOOKS["info"]), 20), 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        line.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._stay_ms = _LONGER_MS if action is not None else _STAY_MS.get(level, _LONGER_MS)
        self.stay = once(self, self._stay_ms, self._time_is_up)
        if level != "bad":
            self.stay.start()

    def height_at(self, width: int) -> int:
        """The height that its words need at a width."""
        self.ensurePolished()
        return max(self._line.totalHeightForWidth(width), self._line.totalMinimumSize().height())

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        if self.stay.isActive():
            self.stay.start(2 * self._stay_ms)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self.stay.isActive():
            self.stay.start(self._stay_ms)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave(self)
        else:
            super().keyPressEvent(event)

    def _act(self, does: Callable[[], object]) -> None:
        self._leave(self)
        does()

    def _time_is_up(self) -> None:
        if self.isAncestorOf(self.window().focusWidget() or self.window()) or self.underMouse():
            self.stay.start(self._stay_ms)
        else:
            self._leave(self)
