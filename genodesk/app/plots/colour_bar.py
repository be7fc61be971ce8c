"""ColourBar: the colours of a quantity from its lowest to its highest value, and how many cells have none."""

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from genodesk.app.plots.colouring import ColourKey, missing_on, viridis
from genodesk.app.theme import font, theme
from genodesk.core.figure_text import plain_number, with_unit

_BAR = 12
_LINE = 18
_GAP = 4


class ColourBar(QWidget):
    """A bar with its label above and its limits below; a limit that cells exceed is written with ≤ or ≥.

    `ramp` [256, 3] are its colours, 0 to 255 each; without it those of quantities of points.
    """

    def __init__(self, ramp: np.ndarray | None = None) -> None:
        super().__init__()
        self._ramp = viridis() if ramp is None else ramp
        self._key: ColourKey | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def set_key(self, key: ColourKey) -> None:
        """Explains the colours of a quantity."""
        self._key = key
        low, high = self._limits()
        self.setAccessibleName(self._label())
        self.setAccessibleDescription(self.tr("Colours from {low} to {high}").format(low=low, high=high))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        missing = self._key is not None and self._key.missing[0] > 0
        return QSize(200, _LINE * (3 if missing else 2) + _BAR + _GAP * (3 if missing else 2))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if self._key is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setFont(font("small"))
        metrics = QFontMetrics(font("small"))
        width, top = self.width(), 0
        painter.setPen(theme().colour("text"))
        name = metrics.elidedText(self._label(), Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(QRect(0, top, width, _LINE), int(Qt.AlignmentFlag.AlignVCenter), name)
        top += _LINE + _GAP
        gradient = QLinearGradient(0, 0, width, 0)
        for place in range(0, 256, 15):
            gradient.setColorAt(place / 255, QColor(*(round(part) for part in self._ramp[place])))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        painter.drawRoundedRect(QRectF(0, top, width, _BAR), 3, 3)
        top += _BAR + _GAP
        painter.setPen(theme().colour("mute"))
        limits = QRect(0, top, width, _LINE)
        for words, side in zip(self._limits(), (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True):
            painter.drawText(limits, int(side | Qt.AlignmentFlag.AlignVCenter), words)
        if self._key.missing[0]:
            self._paint_missing(painter, top + _LINE + _GAP)
        painter.end()

    def _paint_missing(self, painter: QPainter, top: int) -> None:
        assert self._key is not None
        ground = theme().colour("panel")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(missing_on((ground.red(), ground.green(), ground.blue()))))
        painter.drawEllipse(1, top + _LINE // 2 - 5, 10, 10)
        painter.setPen(theme().colour("mute"))
        line = QRect(20, top, self.width() - 20, _LINE)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self.tr("not known"))
        count = f"{self._key.missing[1]:,}"
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), count)

    def _label(self) -> str:
        return with_unit(self._key.scale.label, self._key.scale.unit) if self._key else ""

    def _limits(self) -> tuple[str, str]:
        if self._key is None or self._key.limits is None:
            return "", ""
        low, high = (plain_number(float(f"{limit:.3g}")) for limit in self._key.limits)
        below, above = self._key.beyond
        return f"≤ {low}" if below else low, f"≥ {high}" if above else high
