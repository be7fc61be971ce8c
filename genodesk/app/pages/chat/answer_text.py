"""AnswerText: what a model said, as Markdown that can do nothing: no HTML, no picture, no link followed unasked."""

import re
from typing import Any

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QResizeEvent, QTextBlockFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QFrame, QMessageBox, QSizePolicy, QTextBrowser

from genodesk.app.theme import font, theme
from genodesk.app.timers import once

_REPAINT_MS = 50
_OPENED = ("http", "https", "mailto")
_PICTURE = re.compile(r"!(?=\[)")
_MARKDOWN = QTextDocument.MarkdownFeature.MarkdownNoHTML | QTextDocument.MarkdownFeature.MarkdownDialectGitHub


class AnswerText(QTextBrowser):
    """As high as its text. New words are shown at most twenty times a second."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setObjectName("answer")
        self.setFont(font("body"))
        self.document().setDocumentMargin(0)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Answer"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.anchorClicked.connect(self._ask_to_open)
        self._markdown = ""
        self._later = once(self, _REPAINT_MS, self._show)
        theme().changed.connect(self._show)

    def set_markdown(self, text: str) -> None:
        """Shows the text, soon."""
        if text != self._markdown:
            self._markdown = text
            if not self._later.isActive():
                self._later.start()

    def show_now(self) -> None:
        """Shows what was set last, at once."""
        if self._later.isActive():
            self._later.stop()
            self._show()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Nothing: whatever a text names stays where it is."""
        del kind, name
        return b""

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _show(self) -> None:
        self.document().setMarkdown(_PICTURE.sub(r"\\!\\", self._markdown), _MARKDOWN)  # pictures stay words
        breaking, everything = QTextBlockFormat(), QTextCursor(self.document())
        breaking.setNonBreakableLines(False)  # which those of code are not otherwise
        everything.select(QTextCursor.SelectionType.Document)
        everything.mergeBlockFormat(breaking)
        self._fit()

    def _fit(self) -> None:
        self.document().setTextWidth(self.viewport().width())
        self.setFixedHeight(max(self.fontMetrics().lineSpacing(), round(self.document().size().height())) + 2)

    def _ask_to_open(self, url: QUrl) -> None:
        """A link is the model's invention until a person has read where it leads."""
        if url.scheme().lower() not in _OPENED:
            return
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(self.tr("Open a link?"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("A model wrote this link; it may lead anywhere."))
        box.setInformativeText(url.toString())
        leave = box.addButton(self.tr("Leave it"), QMessageBox.ButtonRole.RejectRole)
        go = box.addButton(self.tr("Open in the browser"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(leave)
        go.clicked.connect(lambda: QDesktopServices.openUrl(url))
        box.open()
