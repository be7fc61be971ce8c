"""The tab of the log: what the run told people, and below a switch what its programs printed, searched and copied."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit, QVBoxLayout

from genodesk.app.amounts import when
from genodesk.app.pages.runs.part import RunPart
from genodesk.app.pages.runs.record import Message
from genodesk.app.run_list import is_over
from genodesk.app.theme import font, theme
from genodesk.app.timers import once
from genodesk.app.widgets import Segments, button, row

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_AT_ONCE = 65_536  # bytes of log.txt taken in one turn
_MOST_LINES = 20_000
_MESSAGES_AT_ONCE = 150


class LogTab(RunPart):
    """Follows the end while it is in sight."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(desk)
        self.source = Segments(
            [("messages", self.tr("Messages")), ("output", self.tr("Output"))], name=self.tr("What to show")
        )
        self.source.chosen.connect(self._start_over)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find lines…"))
        self.search.setAccessibleName(self.tr("Show lines with"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(140)
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
        line = row(self.source, self.search, self.worries, 1, self.copy)
        line.setStretchFactor(self.search, 9)
        whole.addLayout(line)
        whole.addWidget(self.text, 1)
        self._more = once(self, 0, self.refresh)
        self._name_source()
        self._taken = 0  # messages, or bytes of log.txt
        self._rest = b""  # the line that is not complete yet
        theme().changed.connect(self._start_over)

    def clear(self) -> None:
        self._more.stop()
        self.text.clear()
        self._taken, self._rest = 0, b""

    def refresh(self) -> None:
        assert self.record is not None
        bar = self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        more = self._add_messages() if self.source.current() == "messages" else self._add_output()
        if at_end:
            bar.setValue(bar.maximum())
        if more:
            self._more.start()

    def shut(self) -> None:
        self._more.stop()
        theme().changed.disconnect(self._start_over)

    def _start_over(self) -> None:
        self.clear()
        self._name_source()
        if self.record is not None:
            self.refresh()

    def _name_source(self) -> None:
        of_messages = self.source.current() == "messages"
        self.worries.setVisible(of_messages)
        if self.search.text() or self.worries.isChecked():
            self.text.setPlaceholderText(self.tr("No line matches."))
        else:
            self.text.setPlaceholderText(
                self.tr("This run has said nothing yet.")
                if of_messages
                else self.tr("Nothing. What the run's programs print beyond its messages would stand here.")
            )

    def _add_messages(self) -> bool:
        """Adds some of the messages that are new; whether there are more."""
        assert self.record is not None
        messages = self.record.messages
        new = messages[self._taken : self._taken + _MESSAGES_AT_ONCE]
        self._taken += len(new)
        colours = {"info": "text", "warning": "warn", "error": "bad"}
        told = [(f"{when(one.time)}  {one.text}", colours[one.level]) for one in new if self._matters(one)]
        self._append([line for line in told if self._passes(line[0])])
        return self._taken < len(messages)

    def _add_output(self) -> bool:
        """Adds a piece of log.txt; whether there is more."""
        assert self.record is not None
        try:
            with self.record.folder.log.open("rb") as file:
                file.seek(self._taken)
                data = file.read(_AT_ONCE)
        except OSError:
            return False
        self._taken += len(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        more = len(data) == _AT_ONCE
        if self._rest and not more and is_over(self.record.status):  # nobody is left to end the line
            whole, self._rest = [*whole, self._rest], b""
        lines = [line.decode("utf-8", errors="replace") for line in whole]
        self._append([("\n".join(line for line in lines if self._passes(line)), "text")])
        return more

    def _matters(self, message: Message) -> bool:
        return not self.worries.isChecked() or message.level != "info"

    def _passes(self, text: str) -> bool:
        wanted = self.search.text().casefold()
        return not wanted or wanted in text.casefold()

    def _append(self, lines: list[tuple[str, str]]) -> None:
        """Adds texts in their colours at the end."""
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for text, colour in lines:
            if text:
                style = QTextCharFormat()
                style.setForeground(QColor(theme().css(colour)))
                cursor.insertText(text if cursor.atStart() else f"\n{text}", style)
        cursor.endEditBlock()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.desk.toast(self.tr("The log is copied"), level="good")
