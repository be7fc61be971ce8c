"""ExportPreview: the page as it will be printed, or the first of its numbers; on paper, whatever the theme."""

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from genodesk.app.theme import font, theme
from genodesk.app.widgets import Bar, Content, label
from genodesk.core.errors import UserError

_PAD = 20
_LINES = 200
_LINE_CHARACTERS = 400


class ExportPreview(QWidget):
    """A picture with what it measures below it. While a new one is made the old one stays and a thin bar moves."""

    def __init__(self) -> None:
        super().__init__()
        self._paper = _Paper()
        self._numbers = QPlainTextEdit()
        self._numbers.setReadOnly(True)
        self._numbers.setFont(font("mono"))
        self._numbers.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._numbers.setAccessibleName(self.tr("The first numbers of the file"))
        self._sheets = QStackedWidget()
        self._sheets.addWidget(self._paper)
        self._sheets.addWidget(self._numbers)
        self._content = Content(self._sheets)
        self._busy = Bar(self.tr("The preview is being drawn"))
        self._told = label("", "small", mute=True)
        self._told.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self._content, 1)
        whole.addWidget(self._busy)
        whole.addWidget(self._told)
        self.set_busy(False)
        self._content.show_loading(self.tr("Drawing the page…"))

    @property
    def error(self) -> UserError | None:
        """What is shown instead, if anything."""
        return self._content.error

    def image(self) -> QImage:
        """The picture on show."""
        return self._paper.image

    def text(self) -> str:
        """The numbers on show."""
        return self._numbers.toPlainText()

    def told(self) -> str:
        """The line below."""
        return self._told.text()

    def paper_width(self) -> int:
        """How many pixels of the screen a page may be wide."""
        return round(max(self.width() - 2 * _PAD, 200) * self.devicePixelRatioF())

    def set_busy(self, busy: bool) -> None:
        """Whether a new one is being made."""
        policy = self._busy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._busy.setSizePolicy(policy)
        self._busy.setVisible(busy)
        if busy:
            self._busy.set_share(None)

    def show_picture(self, image: QImage, told: str) -> None:
        """Shows a page."""
        self._paper.image = image
        self._paper.update()
        self._sheets.setCurrentWidget(self._paper)
        self._settle(told)

    def show_numbers(self, file: Path, told: str) -> None:
        """Shows the beginning of a CSV."""
        with file.open(encoding="utf-8-sig") as lines:
            shown = [line.rstrip("\n")[:_LINE_CHARACTERS] for line, _ in zip(lines, range(_LINES), strict=False)]
        self._numbers.setPlainText("\n".join(shown))
        self._sheets.setCurrentWidget(self._numbers)
        self._settle(told)

    def show_error(self, error: UserError) -> None:
        """Says why there is none."""
        self._told.setText("")
        self._content.show_error(error)
        self.set_busy(False)

    def _settle(self, told: str) -> None:
        self._told.setText(told)
        self._content.show_content()
        self.set_busy(False)


class _Paper(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.image = QImage()
        self.setAccessibleName(self.tr("How the figure will be printed"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 160)

    def sizeHint(self) -> QSize:
        return QSize(560, 480)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if self.image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        room = QRectF(self.rect()).adjusted(_PAD, _PAD, -_PAD, -_PAD)
        ratio = self.devicePixelRatioF()
        width, height = self.image.width() / ratio, self.image.height() / ratio
        share = min(1.0, room.width() / width, room.height() / height)
        page = QRectF(0, 0, width * share, height * share)
        page.moveCenter(room.center())
        painter.setPen(QPen(theme().colour("line"), 1))
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawRect(page.adjusted(-8, -8, 8, 8))
        painter.drawImage(page, self.image)
        painter.end()
