"""Composer: where a question is written. Enter asks, Shift+Enter begins a line; it also stops an answer under way."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from genodesk.app.commands import keys_in_words
from genodesk.app.pages.chat.chat_commands import STOP_KEYS
from genodesk.app.theme import font
from genodesk.app.widgets import Flow, button, clear, column, disable, enable, label, row

_LINES, _MOST_LINES = 1, 6
_MARGIN = 2  # px around the text inside of the box's own padding
_PADDING = 2 * _MARGIN + 12
_SUGGESTIONS = 4


class Composer(QWidget):
    """`asked` gives the question, `stopped` says that the answer under way should end.

    While an earlier question is changed, `changing` is its number; asked then, it takes the place of the old one.
    """

    asked = Signal(str)
    stopped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.edit = _Question()
        self.edit.setFont(font("body"))
        self.edit.document().setDocumentMargin(_MARGIN)
        self.edit.setTabChangesFocus(True)
        self.edit.setAccessibleName(self.tr("Question"))
        self.edit.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.edit.textChanged.connect(self._changed)
        self.edit.installEventFilter(self)
        self.go = button(self.tr("Ask"), self._go, kind="primary", tip=self.tr("Ask (Enter)"))
        ends = self.tr("End the answer ({keys})").format(keys=keys_in_words(STOP_KEYS))
        self.stop = button(self.tr("Stop"), self.stopped.emit, icon="stop", tip=ends)
        self.stop.hide()
        self.changing: int | None = None
        self._changing_text = label("", "small", mute=True, wrap=True)
        self._leave = button(self.tr("Leave it as it was"), self.leave, kind="link")
        self._banner = QWidget()
        inside = row(self._changing_text, self._leave)
        inside.setStretch(0, 1)
        self._banner.setLayout(inside)
        self._banner.hide()
        self._reason = self._about = ""
        self._suggestions = Flow()
        self._offered: list[str] = []
        line = row(self.edit, self.go, self.stop)
        line.setAlignment(self.go, Qt.AlignmentFlag.AlignBottom)
        line.setAlignment(self.stop, Qt.AlignmentFlag.AlignBottom)
        self.setLayout(column(self._suggestions, self._banner, line))
        self._changed()

    def set_about(self, name: str, suggestions: Sequence[str]) -> None:
        """Whom the question is about, and what might be asked."""
        self._about = self.tr("Ask about {name}…").format(name=name) if name else ""
        offered = list(suggestions[:_SUGGESTIONS])
        if offered != self._offered:
            self._offered = offered
            clear(self._suggestions)
            for text in offered:
                words = text.replace("&", "&&")
                self._suggestions.addWidget(button(words, partial(self._take, text), kind="chip"))

    def set_blocked(self, reason: str) -> None:
        """Why nothing can be asked now, "" where it can."""
        self._reason = reason
        self.edit.setPlaceholderText(reason or self._about)
        self.edit.viewport().update()  # Qt draws other words in an empty field only when something else changes
        self._changed()

    def set_busy(self, busy: bool) -> None:
        """While an answer comes there is a way to stop it, and the next question may be written."""
        self.go.setVisible(not busy)
        self.stop.setVisible(busy)

    def change(self, number: int, text: str, *, later: bool) -> None:
        """Puts an earlier question there to be changed; `later`: whether turns follow that would go with it."""
        self.changing = number
        self._changing_text.setText(
            self.tr("Asked again, it takes the place of the old question and of all that came after.")
            if later
            else self.tr("Asked again, it takes the place of the old question.")
        )
        self._banner.show()
        self.edit.setPlainText(text)
        self.edit.moveCursor(self.edit.textCursor().MoveOperation.End)
        self.edit.setFocus()

    def leave(self) -> None:
        """Ends the change of an earlier question; that stays as it was."""
        if self.changing is not None:
            self.changing = None
            self._banner.hide()
            self.edit.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._go()
                return True
            if event.key() == Qt.Key.Key_Escape and (self.stop.isVisible() or self.changing is not None):
                self.stopped.emit() if self.stop.isVisible() else self.leave()
                return True
        return super().eventFilter(watched, event)

    def _take(self, suggestion: str) -> None:
        """Asks what was offered. The offers vanish with that, and the keyboard stays where the next question is."""
        self.edit.setFocus()
        self.asked.emit(suggestion)

    def _go(self) -> None:
        text = self.edit.toPlainText().strip()
        if self.go.isEnabled() and self.go.isVisible() and text:
            self.asked.emit(text)
            self._banner.hide()
            self.changing = None
            self.edit.clear()

    def _changed(self) -> None:
        lines = min(max(_LINES, self.edit.document().lineCount()), _MOST_LINES)
        self.edit.setFixedHeight(lines * self.edit.fontMetrics().lineSpacing() + _PADDING)
        if self._reason:
            disable(self.go, self._reason)
        elif not self.edit.toPlainText().strip():
            disable(self.go, self.tr("Write a question first."))
        else:
            enable(self.go)


class _Question(QPlainTextEdit):
    """Takes words; files that are dropped on it are the page's."""

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return not any(url.isLocalFile() for url in source.urls()) and super().canInsertFromMimeData(source)
