"""Short messages at the lower right of the window. Good and plain ones leave by themselves, bad ones are closed."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QEnterEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QWidget

from genodesk.app.desk import Action
from genodesk.app.theme import tokens
from genodesk.app.widgets import Picture, button, column, icon_button, label, row

_WIDTH = 380
_STAY_MS = 6000
_MOST = 4
_EDGE, _BETWEEN = 16, 8
_LOOKS = {"info": ("info", "accent"), "good": ("check", "good"), "warn": ("warning", "warn"), "bad": ("error", "bad")}


class Toasts(QObject):
    """The messages on the screen, the newest lowest."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.shown: list[Toast] = []

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
        """Stacks the messages in the lower right corner, above the tray."""
        width = min(_WIDTH, self._window.width() - 2 * _EDGE)
        bottom = self._window.height() - tokens()["tray_height"] - _EDGE
        for toast in reversed(self.shown):
            height = toast.height_at(width)
            toast.setGeometry(self._window.width() - width - _EDGE, bottom - height, width, height)
            bottom -= height + _BETWEEN

    def shut(self) -> None:
        """Takes all away."""
        for toast in list(self.shown):
            self._leave(toast)

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
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 10, 8, 10)
        line.setSpacing(12)
        line.addWidget(Picture(*_LOOKS.get(level, _LOOKS["info"]), 20), 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        line.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.stay = QTimer(self)
        self.stay.setSingleShot(True)
        self.stay.setInterval(_STAY_MS)
        self.stay.timeout.connect(self._time_is_up)
        if level != "bad":
            self.stay.start()

    def height_at(self, width: int) -> int:
        """The height that its words need at a width."""
        self.ensurePolished()
        return max(self.layout().totalHeightForWidth(width), self.layout().totalMinimumSize().height())

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        if self.stay.isActive():
            self.stay.start(2 * _STAY_MS)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self.stay.isActive():
            self.stay.start(_STAY_MS)

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
            self.stay.start(_STAY_MS)
        else:
            self._leave(self)
