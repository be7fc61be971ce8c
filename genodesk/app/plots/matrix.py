"""Heat maps and confusion matrices: one square of colour for every number of a matrix [rows, columns]."""

from functools import cache, partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from genodesk.app.plots.colouring import ColourKey
from genodesk.app.plots.plotted import Ink, Plotted
from genodesk.app.plots.ticks import number_words
from genodesk.app.plots.view import PlotView
from genodesk.app.theme import font, theme
from genodesk.core.figure import Axis, ColourScale, Panel
from genodesk.core.figure_text import with_unit
from genodesk.core.palette import MATRIX

_MOST_PIXELS = 4_000_000
_LINE = 18  # px a named row needs
_MOST_LINES = 30
_DARK_INK, _LIGHT_INK = "#17202B", "#FFFFFF"


@cache
def matrix_ramp() -> np.ndarray:
    """The colours [256, 3] of numbers in a matrix, 0 to 255 each."""
    ramp: np.ndarray = pg.colormap.get(MATRIX).getLookupTable(nPts=256, alpha=False)
    return ramp


def heatmap_key(ink: Ink) -> ColourKey | None:
    """What the colour bar of all panels of a heat map tells."""
    scale = ink.figure.colour
    found = [ink.numbers(series, "matrix")[0].ravel() for panel in ink.figure.panels for series in panel.series]
    values = np.concatenate([np.zeros(0), *found])
    finite = values[np.isfinite(values)]
    if scale is None or not finite.size:
        return None
    low, high = float(finite.min()), float(finite.max())
    low, high = (low, high) if low < high else (low - 0.5, high + 0.5)
    return ColourKey(scale, limits=(low, high))


def confusion_key(label: str) -> ColourKey:
    """What the colour bar of a confusion matrix tells."""
    return ColourKey(ColourScale(kind="continuous", label=label), limits=(0.0, 1.0))


def heatmap_panel(panel: Panel, ink: Ink, key: ColourKey | None) -> Plotted:
    """The numbers of a matrix in colours from the key's lowest to its highest."""
    matrix = ink.numbers(panel.series[0], "matrix")[0] if panel.series else np.zeros((0, 0))
    low, high = key.limits if key is not None and key.limits else (0.0, 1.0)
    scale = key.scale if key is not None else ColourScale(kind="continuous", label="")
    return _plotted(panel, matrix, (matrix - low) / (high - low), partial(_tell_number, scale, matrix))


def confusion_panel(panel: Panel, ink: Ink) -> Plotted:
    """Each row's shares of its true class, with their numbers where they fit."""
    counts = np.nan_to_num(ink.numbers(panel.series[0], "matrix")[0]) if panel.series else np.zeros((0, 0))
    totals = counts.sum(axis=1, keepdims=True)
    # A class that never occurs has no shares: its row stays blank instead of claiming zeros.
    shares = np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
    return _plotted(panel, shares, shares, partial(_tell_share, counts, shares), numbered=True, square=True)


def _plotted(
    panel: Panel, matrix: np.ndarray, shares: np.ndarray, tell: partial, *, numbered: bool = False, square: bool = False
) -> Plotted:
    rows, columns = matrix.shape
    lines = min(len(panel.y.ticks), _MOST_LINES)

    def told(x: float, y: float) -> str:
        row, column = round(y), round(x)
        if not (0 <= row < rows and 0 <= column < columns):
            return ""
        names = (_name(panel.y, row), _name(panel.x, column))
        words: str = tell(row, column)
        return f"{' · '.join(name for name in names if name)}: {words}"

    return Plotted(
        x=panel.x,
        y=panel.y,
        extent=(-0.5, max(columns, 1) - 0.5, -0.5, max(rows, 1) - 0.5),
        paint=partial(_paint, shares, numbered),
        tell=told,
        grid="",
        baseline=False,
        upside_down=True,
        square=square,
        least_height=max(110, lines * _LINE + 60),
    )


def _paint(shares: np.ndarray, numbered: bool, painter: QPainter, view: PlotView) -> None:
    rows, columns = shares.shape
    if not shares.size:
        return
    # Every so manieth number of a matrix that has more than a screen could show.
    every = max(int(np.ceil(np.sqrt(shares.size / _MOST_PIXELS))), 1)
    image = _image(shares[::every, ::every])
    room = QRectF(view.place(-0.5, -0.5), view.place(columns - 0.5, rows - 0.5))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(room, image)
    plain = font("small")
    metrics = QFontMetricsF(plain)
    if not numbered or metrics.horizontalAdvance("0.00") > room.width() / columns - 4:
        return
    if metrics.height() > room.height() / rows:
        return
    painter.setFont(plain)
    ramp = matrix_ramp()
    for (row, column), share in np.ndenumerate(shares):
        if np.isfinite(share):
            shade = ramp[int(np.clip(share, 0, 1) * 255)] / 255
            bright = float(shade @ (0.299, 0.587, 0.114)) >= 0.55
            painter.setPen(QColor(_DARK_INK if bright else _LIGHT_INK))
            place = view.place(column, row)
            painter.drawText(QRectF(place - QPointF(30, 10), place + QPointF(30, 10)), _CENTRE, f"{share:.2f}")


_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


def _image(shares: np.ndarray) -> QImage:
    known = np.isfinite(shares)
    ramp = matrix_ramp().astype(np.uint32)
    packed = 0xFF000000 | ramp[:, 0] << 16 | ramp[:, 1] << 8 | ramp[:, 2]
    pixels = packed[(np.clip(np.where(known, shares, 0), 0, 1) * 255).astype(np.uint8)]
    pixels[~known] = theme().colour("line").rgb()
    pixels = np.ascontiguousarray(pixels.astype(np.uint32))
    rows, columns = pixels.shape
    return QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


def _name(axis: Axis, number: int) -> str:
    return axis.ticks[number] if axis.ticks else f"{axis.label} {number}".strip()


def _tell_number(scale: ColourScale, matrix: np.ndarray, row: int, column: int) -> str:
    value = float(matrix[row, column])
    return with_unit(number_words(value, abs(value) / 1000), scale.unit)


def _tell_share(counts: np.ndarray, shares: np.ndarray, row: int, column: int) -> str:
    return f"{number_words(float(shares[row, column]), 0.01)} ({counts[row, column]:,.0f})"
