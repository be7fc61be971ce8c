"""Composer: where a question is written. Enter asks, Shift+Enter begins a line; it also stops an answer under way."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from genodesk.app.theme import font
from genodesk.app.widgets import button, clear, column, disable, enable, row

_LINES, _MOST_LINES = 1, 6
_PADDING = 16
_SUGGESTIONS = 4


class Composer(QWidget):
    """`asked` gives the question, `stopped` says that the answer under way should end."""

    asked = Signal(str)
    stopped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.edit = QPlainTextEdit()
        self.edit.setFont(font("body"))
        self.edit.setTabChangesFocus(True)
        self.edit.setAccessibleName(self.tr("Question"))
        self.edit.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.edit.textChanged.connect(self._changed)
        self.edit.installEventFilter(self)
        self.go = button(self.tr("Ask"), self._go, kind="primary", tip=self.tr("Ask (Enter)"))
        self.stop = button(self.tr("Stop"), self.stopped.emit, icon="stop", tip=self.tr("End the answer (Esc)"))
        self.stop.hide()
        self._reason = ""
        self._suggestions = row(spacing=8)
        line = row(self.edit, self.go, self.stop)
        line.setAlignment(self.go, Qt.AlignmentFlag.AlignBottom)
        line.setAlignment(self.stop, Qt.AlignmentFlag.AlignBottom)
        self.setLayout(column(self._suggestions, line))
        self._changed()

    def set_about(self, name: str, suggestions: Sequence[str]) -> None:
        """Whom the question is about, and what might be asked."""
        self.edit.setPlaceholderText(self.tr("Ask about {name}…").format(name=name) if name else "")
        clear(self._suggestions)
        while self._suggestions.count():
            self._suggestions.takeAt(0)
        for text in suggestions[:_SUGGESTIONS]:
            self._suggestions.addWidget(button(text, lambda text=text: self.asked.emit(text), kind="chip"))
        self._suggestions.addStretch(1)

    def set_blocked(self, reason: str) -> None:
        """Why nothing can be asked now, "" where it can."""
        self._reason = reason
        self._changed()

    def set_busy(self, busy: bool) -> None:
        """While an answer comes there is a way to stop it, and the next question may be written."""
        self.go.setVisible(not busy)
        self.stop.setVisible(busy)

    def write(self, text: str) -> None:
        """Puts a text there to be changed."""
        self.edit.setPlainText(text)
        self.edit.moveCursor(self.edit.textCursor().MoveOperation.End)
        self.edit.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._go()
                return True
            if event.key() == Qt.Key.Key_Escape and self.stop.isVisible():
                self.stopped.emit()
                return True
        return super().eventFilter(watched, event)

    def _go(self) -> None:
        text = self.edit.toPlainText().strip()
        if self.go.isEnabled() and self.go.isVisible() and text:
            self.edit.clear()
            self.asked.emit(text)

    def _changed(self) -> None:
        lines = min(max(_LINES, self.edit.document().lineCount()), _MOST_LINES)
        self.edit.setFixedHeight(lines * self.edit.fontMetrics().lineSpacing() + _PADDING)
        if self._reason:
            disable(self.go, self._reason)
        elif not self.edit.toPlainText().strip():
            disable(self.go, self.tr("Write a question first."))
        else:
            enable(self.go)
