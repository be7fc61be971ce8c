"""BasesView: the bases of one sequence in lines with their numbers, coloured; scrolled, walked and selected in.

Only the lines in view are asked for and painted, however long the sequence is.
"""

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from genodesk.app.pages.data.sequence_pages import WAITING, SequencePages
from genodesk.app.theme import font, theme

LETTERS = {"A": "baseA", "C": "baseC", "G": "baseG", "T": "baseT", "N": "mute", WAITING: "mute"}
"""The colour of each letter in the theme."""
_SHOWN = [*LETTERS, *(letter.lower() for letter in LETTERS if letter != WAITING)]
_ONLY = {shown: str.maketrans(dict.fromkeys(set(_SHOWN) - {shown}, " ")) for shown in _SHOWN}  # blanks all others
_GROUP = 10  # bases between two gaps
_MOST_A_LINE = 200
_PIXELS = 14  # of a letter
_INSET = 8
_LEADING = 1.5
_DIM = 0.5  # how much of its colour a soft-masked letter keeps


class BasesView(QAbstractScrollArea):
    """`selected` gives start and end of what is chosen, counted from 0; equal where it is but a place to begin at.

    `moved` tells that other bases are in view, `copy_wanted` that the keys to copy were pressed.
    """

    selected = Signal(int, int)
    moved = Signal()
    copy_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Bases"))
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self._pages: SequencePages | None = None
        self._anchor, self._cursor = 0, 0
        self._top_base = 0
        self._font = font("mono")
        self._font.setPixelSize(_PIXELS)
        metrics = QFontMetricsF(self._font)
        self._wide = metrics.horizontalAdvance("A" * 100) / 100
        self._high = round(metrics.height() * _LEADING)
        self._rise = round((self._high - metrics.height()) / 2 + metrics.ascent())
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        theme().changed.connect(self.viewport().update)

    def show_pages(self, pages: SequencePages) -> None:
        """Shows another sequence from its beginning."""
        self._pages = pages
        self._anchor = self._cursor = self._top_base = 0
        pages.arrived.connect(self.viewport().update)
        self._fit()
        self.verticalScrollBar().setValue(0)
        self.viewport().update()
        self.moved.emit()

    @property
    def selection(self) -> tuple[int, int]:
        """Start and end of what is chosen."""
        return min(self._anchor, self._cursor), max(self._anchor, self._cursor)

    def select(self, start: int, end: int) -> None:
        """Chooses a part and brings its beginning into view."""
        self._anchor, self._cursor = start, end
        self.go_to(start)
        self._tell()

    def go_to(self, base: int) -> None:
        """Brings a base into view, with some lines before it unless it is in view already."""
        line = base // self.per_line
        bar = self.verticalScrollBar()
        if not bar.value() <= line < bar.value() + self._whole_lines():
            bar.setValue(line - self._whole_lines() // 4)
        self.viewport().update()

    def in_view(self) -> tuple[int, int]:
        """Start and end of what can be seen."""
        if self._pages is None:
            return 0, 0
        start = self.verticalScrollBar().value() * self.per_line
        return start, min(start + self._whole_lines() * self.per_line, self._pages.length)

    @property
    def per_line(self) -> int:
        """How many bases stand in a line: whole groups, as many as there is room for."""
        room = self.viewport().width() - self._left() - _INSET
        groups = int((room + self._wide) // ((_GROUP + 1) * self._wide))
        return max(1, min(groups, _MOST_A_LINE // _GROUP)) * _GROUP

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self.viewport())
        if self._pages is not None:
            painter.setFont(self._font)
            first, per_line, length = self.verticalScrollBar().value(), self.per_line, self._pages.length
            last = min(first + self._whole_lines(), -(-length // per_line))
            texts = self._pages.bases(first * per_line, min(last * per_line, length))
            for line in range(first, last):
                begin = line * per_line
                text = texts[begin - first * per_line : begin - first * per_line + per_line]
                self._paint_line(painter, (line - first) * self._high, begin, text)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pages is not None:
            self._cursor = self._base_at(event.position().toPoint())
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._anchor = self._cursor
            self._tell()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._pages is not None:
            place = event.position().toPoint()
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + (place.y() > self.viewport().height()) - (place.y() < 0))
            self._cursor = self._base_at(place)
            self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._pages is None:
            super().keyPressEvent(event)
            return
        by = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.per_line,
            Qt.Key.Key_Down: self.per_line,
            Qt.Key.Key_PageUp: -self.per_line * self._whole_lines(),
            Qt.Key.Key_PageDown: self.per_line * self._whole_lines(),
            Qt.Key.Key_Home: -self._pages.length,
            Qt.Key.Key_End: self._pages.length,
        }.get(Qt.Key(event.key()))
        if by is not None:
            self._cursor = max(0, min(self._cursor + by, self._pages.length))
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._anchor = self._cursor
            self.go_to(min(self._cursor, self._pages.length - 1))
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
            return
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._anchor, self._cursor = 0, self._pages.length
        elif event.key() == Qt.Key.Key_Escape and self._anchor != self._cursor:
            self._anchor = self._cursor
        else:
            super().keyPressEvent(event)
            return
        self._tell()

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self._anchor != self._cursor
        ):
            event.accept()
            return True
        return super().event(event)

    def _paint_line(self, painter: QPainter, top: int, begin: int, text: str) -> None:
        self._paint_selection(painter, top, begin, len(text))
        painter.setPen(theme().colour("mute"))
        number = QRect(0, top, self._left() - 2 * _INSET, self._high)
        painter.drawText(number, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{begin + 1:,}")
        # One string a letter, blanks where the others stand: a few words a line instead of a hundred.
        spaced = " ".join(text[place : place + _GROUP] for place in range(0, len(text), _GROUP))
        for letter, colour in LETTERS.items():
            for shown in dict.fromkeys((letter, letter.lower())):
                if shown in spaced:
                    shade = theme().colour(colour)
                    shade.setAlphaF(_DIM if shown.islower() else 1.0)
                    painter.setPen(shade)
                    painter.drawText(QPoint(self._left(), top + self._rise), spaced.translate(_ONLY[shown]))

    def _paint_selection(self, painter: QPainter, top: int, begin: int, number: int) -> None:
        start, end = (place - begin for place in self.selection)
        if start < end and start < number and end > 0:
            left, right = self._x(max(0, start)), self._x(min(end, number) - 1) + self._wide
            painter.fillRect(QRect(round(left), top + 1, round(right - left), self._high - 2), theme().colour("soft"))
        cursor = self._cursor - begin
        ends_here = self._pages is not None and cursor == number and self._cursor == self._pages.length
        if self.hasFocus() and (0 <= cursor < number or ends_here):
            at = self._x(cursor) if cursor < number else self._x(number - 1) + self._wide
            painter.fillRect(QRect(round(at) - 1, top + 2, 2, self._high - 4), theme().colour("accent"))

    def _x(self, place: int) -> float:
        """Where the letter of a place in a line begins."""
        return self._left() + (place + place // _GROUP) * self._wide

    def _left(self) -> int:
        """Where the letters begin, behind the widest number."""
        digits = len(f"{self._pages.length:,}") if self._pages is not None else 1
        return round(digits * self._wide) + 3 * _INSET

    def _base_at(self, place: QPoint) -> int:
        assert self._pages is not None
        line = self.verticalScrollBar().value() + place.y() // self._high
        column = max(0.0, (place.x() - self._left()) / self._wide)
        within = round(column - column // (_GROUP + 1))
        return max(0, min(line * self.per_line + min(within, self.per_line), self._pages.length))

    def _whole_lines(self) -> int:
        return max(1, self.viewport().height() // self._high)

    def _fit(self) -> None:
        """As many lines as there are; the base at the top stays there when the width changes."""
        lines = -(-self._pages.length // self.per_line) if self._pages is not None else 0
        bar, top_base = self.verticalScrollBar(), self._top_base
        bar.setPageStep(self._whole_lines())
        bar.setRange(0, max(0, lines - self._whole_lines()))
        bar.setValue(top_base // self.per_line)
        self._top_base = top_base

    def _scrolled(self) -> None:
        self._top_base = self.verticalScrollBar().value() * self.per_line
        self.viewport().update()
        self.moved.emit()

    def _tell(self) -> None:
        self.viewport().update()
        self.selected.emit(*self.selection)
