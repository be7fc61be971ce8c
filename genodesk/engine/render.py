"""Figure -> PNG, SVG or PDF for print, or CSV of its numbers. The same figure always gives the same bytes.

Decides the file: format, size, resolution, matplotlib's settings. The page is the business of `printing/page.py`.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib

from genodesk.core.errors import UserError
from genodesk.engine.drawing import Drawing, load_drawing
from genodesk.engine.printing.axes import INK
from genodesk.engine.printing.lettering import SIZE, fonts
from genodesk.engine.printing.numbers import numbers_as_csv
from genodesk.engine.printing.page import compose

Width = str | float  # "single", "double", or mm

_FORMATS = "End the file's name in .png, .svg, .pdf or .csv."
COLUMNS_MM: dict[Any, float] = {"single": 89.0, "double": 183.0}
_PICTURES: dict[str, dict[str, Any]] = {
    ".png": {"metadata": {"Software": None}},
    ".svg": {"metadata": {"Date": None, "Creator": None, "Format": None, "Type": None}},
    ".pdf": {"metadata": {"Creator": None, "Producer": None, "CreationDate": None}},
}
_STYLE: dict[str, Any] = {
    "font.size": SIZE,
    "axes.labelsize": SIZE,
    "axes.titlesize": SIZE,
    "axes.titlelocation": "left",
    "axes.titlepad": 3.0,
    "axes.labelpad": 3.0,
    "xtick.labelsize": SIZE,
    "ytick.labelsize": SIZE,
    "legend.fontsize": SIZE,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.4,
    "ytick.major.size": 2.4,
    "xtick.minor.size": 1.4,
    "ytick.minor.size": 1.4,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "axes.formatter.limits": (-3, 5),
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.parse_math": False,
    "text.hinting": "none",
    "svg.fonttype": "path",
    "svg.hashsalt": "genodesk",
    "pdf.fonttype": 42,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
# matplotlib's settings are global, and `serve` answers in several threads.
_ONE_AT_A_TIME = threading.RLock()


def render(figure_json: Path, out: Path, *, width: Width | None = None, dpi: int = 300) -> Path:
    """Draws a saved figure into `out`, whose suffix says how: .png, .svg, .pdf, or .csv for the plotted numbers.

    `width` is a journal column (89 or 183 mm) or mm; without it, several panels take two columns. `dpi` is the
    resolution of PNG and of point clouds inside SVG and PDF. Raises UserError for an unknown suffix, a figure that
    is damaged, a size no page has, or a place that cannot be written.
    """
    suffix = out.suffix.lower()
    if suffix not in (*_PICTURES, ".csv"):
        raise UserError(f"Figures are not written as {suffix or 'files without a suffix'}.", _FORMATS, str(out))
    if not 50 <= dpi <= 1200:
        raise UserError(
            f"{dpi} dots per inch is no resolution for print.", "Give 50 to 1200; journals ask for 300.", "dpi"
        )
    drawing = load_drawing(figure_json)
    if suffix == ".csv":
        content = numbers_as_csv(drawing).encode("utf-8-sig")
    else:
        content = picture(drawing, suffix, width=width, dpi=dpi, where=str(figure_json))
    try:
        out.write_bytes(content)
    except OSError as error:
        raise UserError(
            f"The picture cannot be written ({error.strerror}).", "Choose a folder you may write to.", str(out)
        ) from None
    return out


def picture(drawing: Drawing, suffix: str, *, width: Width | None = None, dpi: int = 300, where: str = "") -> bytes:
    """A drawing as the bytes of a .png, .svg or .pdf file, for a file or the clipboard."""
    with printing():
        page = compose(drawing, width=_width_in_mm(width, len(drawing.figure.panels)), dpi=dpi, where=where)
        buffer = io.BytesIO()
        page.savefig(buffer, format=suffix[1:], dpi=dpi, **_PICTURES[suffix])
    return buffer.getvalue()


@contextmanager
def printing() -> Iterator[None]:
    """matplotlib with this project's settings and nobody else's, for one thread at a time."""
    with _ONE_AT_A_TIME, matplotlib.rc_context(), warnings.catch_warnings():
        # A word in a script that no installed font has comes out as boxes, which says enough.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_STYLE, "font.family": list(fonts())})
        yield


def _width_in_mm(width: Width | None, panels: int) -> float:
    chosen = width if width is not None else "single" if panels == 1 else "double"
    try:
        across = COLUMNS_MM[chosen] if chosen in COLUMNS_MM else float(chosen)
    except (TypeError, ValueError):
        across = 0.0
    if not 40 <= across <= 400:
        raise UserError(f"{chosen} is no width for a figure.", "Give single, double, or 40 to 400 mm.", "width")
    return across
