"""Words in print: which fonts, how wide a text comes out, how to break or shorten it.

Knows matplotlib's text only; where the words stand is the business of `page.py`.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from genodesk.core.figure_text import clean

SIZE = 7.0
SMALL = 6.0
SMALLEST = 5.0
TITLE = 8.0
MM_PER_POINT = 25.4 / 72

_LATIN = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")
_CJK = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "SimHei"),
    *("PingFang SC", "Hiragino Sans GB", "Heiti SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Arial Unicode MS"),
)
_MEASURING_DPI = 300


@cache
def fonts() -> tuple[str, ...]:
    """The installed ones of the fonts wanted, Latin before Chinese; a glyph comes from the first that has it."""
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    return tuple(name for name in (*_LATIN, *_CJK) if name in installed)


@lru_cache(maxsize=20_000)
def width_mm(text: str, size: float, weight: str = "normal") -> float:
    """How wide a line of text comes out at `size` points."""
    figure, renderer = _ruler()
    shown = figure.text(0, 0, text, fontsize=size, fontweight=weight, family=list(fonts()), parse_math=False)
    extent = shown.get_window_extent(renderer).width
    shown.remove()
    return float(extent) / _MEASURING_DPI * 25.4


def shorten(text: str, size: float, limit: float, weight: str = "normal") -> str:
    """The text, cut with an ellipsis where it is wider than `limit` mm."""
    text = clean(text)
    if width_mm(text, size, weight) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if width_mm(text[:middle] + "…", size, weight) <= limit else (low, middle - 1)
    return text[:low].rstrip() + "…"


def shorten_middle(text: str, size: float, limit: float) -> str:
    """The text with its middle left out where it is wider than `limit` mm: names often differ at either end."""
    text = clean(text)
    if width_mm(text, size) <= limit:
        return text
    head = shorten(text, size, limit * 0.55).removesuffix("…")
    tail = shorten(text[::-1], size, limit * 0.45).removesuffix("…")[::-1]
    return f"{head}…{tail}"


def wrap(text: str, size: float, limit: float, lines: int, weight: str = "normal") -> str:
    """The text broken into at most `lines` lines of `limit` mm, the last one shortened."""
    rest, done = clean(text), list[str]()
    while rest and len(done) < lines - 1 and width_mm(rest, size, weight) > limit:
        fitting = shorten(rest, size, limit, weight).removesuffix("…")
        space = fitting.rfind(" ")
        cut = space if space > 0 and not rest[len(fitting) :].startswith(" ") else max(len(fitting), 1)
        done.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return "\n".join([*done, shorten(rest, size, limit, weight)] if rest else done)


@cache
def _ruler() -> tuple[Figure, Any]:
    figure = Figure(figsize=(1, 1), dpi=_MEASURING_DPI)
    return figure, FigureCanvasAgg(figure).get_renderer()
