"""SequenceTrack: a whole sequence at a glance: its share of G and C, its features on both strands, what is in view.

A click or a drag goes to that place.
"""

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from genodesk.app.pages.data.track_figure import track_figure
from genodesk.app.theme import theme
from genodesk.app.widgets import write
from genodesk.core.figure import Figure

_GC_HEIGHT, _LANE, _GAP, _SCALE_HEIGHT = 60, 7, 4, 18
_TOP, _BOTTOM = 8, _GC_HEIGHT - 8
_LEFT, _RIGHT = 44, 14
_NARROWEST = 3  # px: the mark of what is in view, and features with a gap behind them
_SHOWN_PERCENTILES = (0.5, 99.5)  # a few odd windows at the ends would flatten all others
_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5)  # the GC axis begins and ends at a multiple of one


class SequenceTrack(QWidget):
    """`wanted` gives the base that was pointed at."""

    wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Share of G and C along the sequence"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMouseTracking(True)
        self.length = 0
        self.gc = np.zeros(0, np.float32)
        self.features = np.zeros((0, 3), np.int64)
        self._window = 1
        self._in_view = (0, 0)
        self._selection = (0, 0)
        self._range = (0.0, 1.0)
        self._drawing: QPixmap | None = None
        theme().changed.connect(self._draw_anew)

    def clear(self, length: int) -> None:
        """A sequence of which nothing is known yet but its length."""
        self.show_track(length, np.zeros(0, np.float32), 1, np.zeros((0, 3), np.int64))

    def show_track(self, length: int, gc: np.ndarray, window: int, features: np.ndarray) -> None:
        """GC [windows] of `window` bases each, NaN where not known; features [n, 3]: start, end, other strand."""
        self.length, self.gc, self._window, self.features = length, gc, window, features
        known = gc[np.isfinite(gc)]
        self._range = _axis(*np.percentile(known, _SHOWN_PERCENTILES).tolist()) if known.size else (0.0, 1.0)
        self.updateGeometry()
        self._draw_anew()

    def figure(self, id: str) -> tuple[Figure, dict[str, np.ndarray]]:
        """What is shown of the sequence of that id, as a figure for print."""
        return track_figure(id, self.length, self.gc, self._window, self.features)

    def show_place(self, in_view: tuple[int, int], selection: tuple[int, int]) -> None:
        """Marks what is in view and what is selected."""
        self._in_view, self._selection = in_view, selection
        self.update()

    def sizeHint(self) -> QSize:
        lanes = 2 * (_LANE + _GAP) if len(self.features) else 0
        return QSize(200, _GC_HEIGHT + lanes + _SCALE_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._drawing = None

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if self._drawing is None:
            self._drawing = self._draw()
        painter = QPainter(self)
        high = self.height() - _SCALE_HEIGHT
        for part, alpha in ((self._in_view, 36), (self._selection, 80)):
            if part[0] < part[1]:
                shade = theme().colour("accent")
                shade.setAlpha(alpha)
                left, right = self._x(part[0]), self._x(part[1])
                painter.fillRect(QRectF(left, 0, max(_NARROWEST, right - left), high), shade)
        painter.drawPixmap(0, 0, self._drawing)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.length:
            self.wanted.emit(self._base_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.length:
            return
        base = self._base_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.wanted.emit(base)
        QToolTip.showText(event.globalPosition().toPoint(), self.told_at(base), self)

    def told_at(self, base: int) -> str:
        """What is known at a base: its place, and the share of G and C around it."""
        window = base // self._window
        if window >= len(self.gc):
            return f"{base + 1:,}"
        gc = self.gc[window]
        told = self.tr("GC {share}").format(share=f"{gc * 100:.0f} %") if np.isfinite(gc) else self.tr("not known (N)")
        return f"{base + 1:,} · {told}"

    def _draw_anew(self) -> None:
        self._drawing = None
        self.update()

    def _draw(self) -> QPixmap:
        """All that stays the same while one scrolls."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        if self.length:
            self._draw_scales(painter)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().colour("text"), 1.2))
            for line in self._gc_lines():
                painter.drawPolyline(line)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            for strand in (0, 1):
                top = _GC_HEIGHT + _GAP + strand * (_LANE + _GAP)
                for left, right in self._runs_of_features(strand):
                    painter.fillRect(QRect(_LEFT + left, top, right - left, _LANE), theme().colour("accent"))
        painter.end()
        return picture

    def _draw_scales(self, painter: QPainter) -> None:
        low, high = self._range
        painter.setPen(QPen(theme().colour("line"), 1))
        for y in (_TOP, _BOTTOM):
            painter.drawLine(_LEFT, y, self.width() - _RIGHT, y)
        if np.isfinite(self.gc).any():
            for share, y in ((high, _TOP), (low, _BOTTOM)):
                write(painter, QRect(0, y - 8, _LEFT - 6, 16), f"{share * 100:.0f} %", "small", "mute", right=True)
            write(painter, QRect(0, _GC_HEIGHT // 2 - 8, _LEFT - 6, 16), self.tr("GC"), "small", "mute", right=True)
        if len(self.features):
            for strand, sign in enumerate("+−"):
                area = QRect(0, _GC_HEIGHT + strand * (_LANE + _GAP) - 1, _LEFT - 6, _LANE + 2 * _GAP)
                write(painter, area, sign, "small", "mute", right=True)
        below = QRect(_LEFT, self.height() - _SCALE_HEIGHT, self.width() - _LEFT - _RIGHT, _SCALE_HEIGHT)
        write(painter, below, "1", "small", "mute")
        write(painter, below, f"{self.length:,}", "small", "mute", right=True)

    def _gc_lines(self) -> list[QPolygonF]:
        """The curve, broken where nothing is known; a mean for every pixel where there are more windows than those."""
        gc = self.gc
        wide = max(1, self.width() - _LEFT - _RIGHT)
        centres = np.minimum((np.arange(len(gc)) + 0.5) * self._window, self.length)
        if len(gc) > wide:
            begins = np.unique(np.linspace(0, len(gc), wide, endpoint=False).astype(int))
            known = np.isfinite(gc)
            counts = np.add.reduceat(known.astype(int), begins)
            sums = np.add.reduceat(np.where(known, gc, 0), begins)
            gc = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
            centres = np.add.reduceat(centres, begins) / np.diff([*begins, len(centres)])
        low, high = self._range
        ys = _TOP + (high - np.clip(gc, low, high)) / (high - low) * (_BOTTOM - _TOP)
        xs = _LEFT + centres / self.length * wide
        breaks = np.flatnonzero(~np.isfinite(ys))
        pieces = np.split(np.column_stack([xs, ys]), breaks)
        pieces = [piece[np.isfinite(piece[:, 1])] for piece in pieces]
        return [QPolygonF([QPointF(x, y) for x, y in piece.tolist()]) for piece in pieces if len(piece) > 1]

    def _runs_of_features(self, strand: int) -> list[tuple[int, int]]:
        """Where the lane of a strand is filled, in pixels; a gap behind each feature that is wide enough for one."""
        wide = max(1, self.width() - _LEFT - _RIGHT)
        chosen = self.features[self.features[:, 2] == strand]
        left = np.minimum((chosen[:, 0] / self.length * wide).astype(int), wide - 1)
        right = np.maximum(left + 1, (chosen[:, 1] / self.length * wide).astype(int))
        edges = np.zeros(wide + 1, int)
        np.add.at(edges, left, 1)
        np.add.at(edges, right, -1)
        filled = np.cumsum(edges)[:wide] > 0
        filled[right[right - left > _NARROWEST] - 1] = False
        bounds = np.flatnonzero(np.diff(np.concatenate([[0], filled, [0]])))
        return [(int(begin), int(end)) for begin, end in bounds.reshape(-1, 2)]

    def _x(self, base: int) -> float:
        return _LEFT + base / max(1, self.length) * (self.width() - _LEFT - _RIGHT)

    def _base_at(self, x: float) -> int:
        share = (x - _LEFT) / max(1, self.width() - _LEFT - _RIGHT)
        return max(0, min(int(share * self.length), self.length - 1))


def _axis(low: float, high: float) -> tuple[float, float]:
    """Round shares around the values, at least one step apart."""
    step = next((step for step in _STEPS if high - low <= 6 * step), _STEPS[-1])
    begin, end = np.floor(low / step) * step, np.ceil(high / step) * step
    return max(0.0, float(begin)), min(1.0, max(float(end), float(begin) + step))
