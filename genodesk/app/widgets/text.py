"""Text in the theme's four sizes. Whatever is shown is plain text: nothing in it is taken for markup."""

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from genodesk.app.theme import font


def label(
    text: str = "", kind: str = "body", *, wrap: bool = False, mute: bool = False, selectable: bool = False
) -> QLabel:
    """A text in the size `title`, `heading`, `body`, `small` or `mono`; `mute` for what is less important."""
    return dress(QLabel(text), kind, wrap=wrap, mute=mute, selectable=selectable)


def dress(
    made: QLabel, kind: str = "body", *, wrap: bool = False, mute: bool = False, selectable: bool = False
) -> QLabel:
    """Makes a label of a kind of its own look like those of `label`."""
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("kind", kind)
    made.setProperty("mute", mute)
    made.setFont(font(kind))
    made.setWordWrap(wrap)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # by keyboard, Tab would stop there
    return made


def set_tone(widget: QWidget, tone: str) -> None:
    """Colours a text or a bar `good`, `warn`, `bad` or `accent`; an empty tone is the usual colour."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class ElidedLabel(QLabel):
    """One line that ends in an ellipsis where there is no room; the tooltip then tells all of it."""

    def __init__(self, text: str = "", kind: str = "body", *, mute: bool = False, middle: bool = False) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("kind", kind)
        self.setProperty("mute", mute)
        self.setFont(font(kind))
        self._mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._tell()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()

    def _tell(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.width()
        self.setToolTip(plain_tip(self.text()) if cut else "")


def plain_tip(text: str) -> str:
    """A text for a tooltip, where Qt would take what looks like markup for markup."""
    return f"<p>{escape(text)}</p>" if "<" in text or "&" in text else text
