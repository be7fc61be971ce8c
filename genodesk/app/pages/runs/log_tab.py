"""The tab of the log: what the run told people, and below a switch what its programs wrote, searched and copied."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit, QVBoxLayout

from genodesk.app.pages.runs.part import RunPart
from genodesk.app.pages.runs.record import Message
from genodesk.app.run_words import when
from genodesk.app.theme import font, theme
from genodesk.app.widgets import Segments, button, row

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_AT_ONCE = 65_536  # bytes of log.txt taken in one turn
_MOST_LINES = 20_000
_MESSAGES_AT_ONCE = 400


class LogTab(RunPart):
    """Follows the end while it is in sight."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self.source = Segments(
            [("messages", self.tr("Messages")), ("output", self.tr("Program output"))], name=self.tr("What to show")
        )
        self.source.chosen.connect(self._start_over)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Show lines with…"))
        self.search.setAccessibleName(self.tr("Show lines with"))
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(320)
        self.search.textChanged.connect(self._start_over)
        self.worries = QCheckBox(self.tr("Warnings only"))
        self.worries.toggled.connect(self._start_over)
        self.copy = button(self.tr("Copy all"), self._copy, icon="copy")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(font("mono"))
        self.text.setAccessibleName(self.tr("Log"))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.text.setMaximumBlockCount(_MOST_LINES)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addLayout(row(self.source, self.search, self.worries, self.copy))
        whole.addWidget(self.text, 1)
        self._taken = 0  # messages, or bytes of log.txt
        self._rest = ""
        theme().changed.connect(self._start_over)

    def clear(self) -> None:
        self.text.clear()
        self._taken, self._rest = 0, ""

    def refresh(self) -> None:
        assert self.record is not None
        bar = self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        if self.source.current() == "messages":
            self._add_messages(self.record.messages)
        else:
            self._add_output()
        if at_end:
            bar.setValue(bar.maximum())

    def shut(self) -> None:
        theme().changed.disconnect(self._start_over)

    def _start_over(self) -> None:
        self.clear()
        self.worries.setVisible(self.source.current() == "messages")
        if self.record is not None:
            self.refresh()

    def _add_messages(self, messages: list[Message]) -> None:
        new = messages[self._taken : self._taken + _MESSAGES_AT_ONCE]
        self._taken += len(new)
        for message in new:
            if self.worries.isChecked() and message.level == "info":
                continue
            text = f"{when(message.time)}  {message.text}"
            if self._passes(text):
                self._append(text, {"info": "text", "warning": "warn", "error": "bad"}[message.level])

    def _add_output(self) -> None:
        assert self.record is not None
        try:
            with self.record.folder.log.open("rb") as file:
                file.seek(self._taken)
                data = file.read(_AT_ONCE)
        except OSError:
            return
        self._taken += len(data)
        *lines, self._rest = (self._rest + data.decode("utf-8", errors="replace")).split("\n")
        shown = [line for line in lines if self._passes(line)]
        if shown:
            self._append("\n".join(shown), "text")

    def _passes(self, text: str) -> bool:
        wanted = self.search.text().casefold()
        return not wanted or wanted in text.casefold()

    def _append(self, text: str, colour: str) -> None:
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        style = QTextCharFormat()
        style.setForeground(QColor(theme().css(colour)))
        cursor.insertText(text if self.text.document().isEmpty() else f"\n{text}", style)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.desk.toast(self.tr("The log is copied"), level="good")
