"""What stands around a plot: a few grid lines, ticks, words and labels, painted straight onto the widget.

Knows where the plot lies and what it shows, nothing of what is drawn inside.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from genodesk.app.plots.ticks import linear_ticks, log_ticks, tick_words
from genodesk.app.theme import font, theme
from genodesk.core.figure import Axis
from genodesk.core.figure_text import clean, with_unit

_GAP = 6.0
_RIM = 10.0
_LONGEST_WORD = 190.0
_WORDS_SHARE = 0.3  # of the room: the plot comes first
_X_APART, _Y_APART = 96.0, 46.0
_STEADY = 8.0  # margins grow in steps, so that panning does not make the plot tremble


@dataclass(frozen=True)
class Ticks:
    """Places along one axis and what is written there; `turned` words stand upright."""

    places: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    turned: bool = False


class Frame:
    """The axes of one plot. `grid` names the axes whose ticks draw lines across: "", "x", "y" or "xy"."""

    def __init__(self) -> None:
        self.x = Axis(label="")
        self.y = Axis(label="")
        self.grid = "y"
        self.baseline = True
        self.font = _tabular(font("small"))
        self._metrics = QFontMetricsF(self.font)
        self._left = 0.0
        self._longest = (_LONGEST_WORD, _LONGEST_WORD)

    def layout(self, room: QRectF, x_range: tuple[float, float], y_range: tuple[float, float]) -> QRectF:
        """Where the plot itself lies inside `room` when it shows these ranges."""
        self._longest = (_WORDS_SHARE * room.height(), _WORDS_SHARE * room.width())
        line, tall = self._metrics.height(), room.height()
        # How many words stand at one axis depends on the room that those of the other leave.
        for _ in range(2):
            left = max([self._width(word) for word in self._y_ticks(tall, y_range).words], default=0.0)
            left = -(-left // _STEADY) * _STEADY + _GAP + (line + _GAP if self._label(self.y) else 2.0)
            across = max(room.width() - left - _RIM, 1.0)
            words = self._x_ticks(across, x_range)
            bottom = max([self._width(word) for word in words.words], default=0.0) if words.turned else line
            bottom = (bottom + _GAP if words.words else _GAP) + (line + _GAP if self._label(self.x) else 2.0)
            tall = max(room.height() - bottom - _RIM, 1.0)
        self._left = left
        return QRectF(left, _RIM, across, tall)

    def paint(
        self,
        painter: QPainter,
        plot: QRectF,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        place: Callable[[float, float], QPointF],
    ) -> None:
        """Draws everything around and beneath `plot`; `place` maps a point of the plane onto the widget."""
        x_ticks, y_ticks = self._x_ticks(plot.width(), x_range), self._y_ticks(plot.height(), y_range)
        painter.setPen(QPen(theme().colour("line"), 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if "y" in self.grid:
            for tick in y_ticks.places:
                y = round(place(0, tick).y()) + 0.0
                painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        if "x" in self.grid:
            for tick in x_ticks.places:
                x = round(place(tick, 0).x()) + 0.0
                painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        if self.baseline:
            painter.setPen(QPen(theme().colour("edge"), 1))
            painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.setFont(self.font)
        painter.setPen(theme().colour("mute"))
        self._write_x(painter, plot, x_ticks, place)
        self._write_y(painter, plot, y_ticks, place)

    def _write_x(self, painter: QPainter, plot: QRectF, ticks: Ticks, place: Callable[[float, float], QPointF]) -> None:
        line = self._metrics.height()
        below = plot.bottom() + _GAP
        for tick, word in zip(ticks.places, ticks.words, strict=True):
            x = place(tick, 0).x()
            if ticks.turned:
                painter.save()
                painter.translate(x, below)
                painter.rotate(-90)
                width = self._width(word)
                painter.drawText(QRectF(-width - 2, -line / 2, width + 2, line), _RIGHT, word)
                painter.restore()
            else:
                width = self._width(word) + 2
                # The outermost numbers stay inside the widget.
                start = min(max(x - width / 2, 0.0), plot.right() + _RIM - width)
                painter.drawText(QRectF(start, below, width, line), _CENTRE, word)
        if label := self._label(self.x):
            words = max([self._width(word) for word in ticks.words], default=0.0) if ticks.turned else line
            top = below + (words if ticks.words else 0.0) + _GAP - 2
            shown = self._metrics.elidedText(label, Qt.TextElideMode.ElideRight, plot.width())
            painter.drawText(QRectF(plot.left(), top, plot.width(), line), _CENTRE, shown)

    def _write_y(self, painter: QPainter, plot: QRectF, ticks: Ticks, place: Callable[[float, float], QPointF]) -> None:
        line = self._metrics.height()
        for tick, word in zip(ticks.places, ticks.words, strict=True):
            y = place(0, tick).y()
            painter.drawText(QRectF(plot.left() - self._left, y - line / 2, self._left - _GAP, line), _RIGHT, word)
        if label := self._label(self.y):
            painter.save()
            painter.translate(plot.left() - self._left, plot.bottom())
            painter.rotate(-90)
            shown = self._metrics.elidedText(label, Qt.TextElideMode.ElideRight, plot.height())
            painter.drawText(QRectF(0, 0, plot.height(), line), _CENTRE, shown)
            painter.restore()

    def _x_ticks(self, across: float, shown: tuple[float, float]) -> Ticks:
        if not self.x.ticks:
            return self._numbers(self.x, shown, max(int(across / _X_APART), 2))
        words = self._words(self.x.ticks, self._longest[0])
        pitch = across / max(abs(shown[1] - shown[0]), 1e-9)
        turned = max(self._width(word) for word in words) > pitch - _GAP
        every = max(int(-(-self._metrics.height() // pitch)), 1) if turned else 1
        return _every(words, every, shown, turned=turned)

    def _y_ticks(self, tall: float, shown: tuple[float, float]) -> Ticks:
        if not self.y.ticks:
            return self._numbers(self.y, shown, max(int(tall / _Y_APART), 2))
        pitch = tall / max(abs(shown[1] - shown[0]), 1e-9)
        return _every(
            self._words(self.y.ticks, self._longest[1]), max(int(-(-self._metrics.height() // pitch)), 1), shown
        )

    def _numbers(self, axis: Axis, shown: tuple[float, float], most: int) -> Ticks:
        low, high = min(shown), max(shown)
        if not low < high:
            return Ticks()
        places = log_ticks(low, high, most) if axis.log else linear_ticks(low, high, most)
        return Ticks(tuple(places), tuple(tick_words(places, log=axis.log)))

    def _words(self, words: tuple[str, ...], most: float) -> list[str]:
        middle = Qt.TextElideMode.ElideMiddle
        return [self._metrics.elidedText(clean(word), middle, min(most, _LONGEST_WORD)) for word in words]

    def _label(self, axis: Axis) -> str:
        return with_unit(axis.label, axis.unit)

    def _width(self, text: str) -> float:
        return self._metrics.horizontalAdvance(text)


_CENTRE = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)


def _every(words: list[str], every: int, shown: tuple[float, float], *, turned: bool = False) -> Ticks:
    """Every so manieth word of those in view."""
    low, high = min(shown), max(shown)
    inside = [i for i in range(0, len(words), every) if low <= i <= high]
    return Ticks(tuple(float(i) for i in inside), tuple(words[i] for i in inside), turned)


def _tabular(plain: QFont) -> QFont:
    """The font with digits of one width, so that numbers stand still while they change."""
    made = QFont(plain)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made
