"""Where the ticks of an axis stand and what is written there: few, round, and all with the same decimals."""

import math

from genodesk.core.figure_text import plain_number

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_SUBDIVIDED = math.log10(50.0)  # an axis shorter than this factor also names 2 and 5


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` round numbers from low to high, evenly spaced."""
    step = _step(low, high, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Exponents of round numbers between the exponents low and high: powers of ten, with 2 and 5 where few fit."""
    exponents = range(math.floor(low), math.ceil(high) + 1)
    if high - low < _SUBDIVIDED:
        found = [i + math.log10(factor) for i in exponents for factor in (1, 2, 5)]
    else:
        every = max(math.ceil((high - low) / max(most, 1)), 1)
        found = [float(i) for i in exponents if i % every == 0]
    shown = [i for i in found if low - 1e-9 <= i <= high + 1e-9]
    if len(shown) >= 2:
        return shown
    return [math.log10(value) for value in linear_ticks(10**low, 10**high, most) if value > 0]


def tick_words(ticks: list[float], *, log: bool) -> list[str]:
    """What is written at the ticks; those of a logarithmic axis are exponents."""
    if log:
        return [_minus(plain_number(round(10**tick, 12) if -3 < tick < 6 else 10**tick)) for tick in ticks]
    if not ticks:
        return []
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else abs(ticks[0]) or 1.0
    largest = max(abs(tick) for tick in ticks)
    if largest and (largest >= 1e8 or largest < 1e-3):
        return [_minus(plain_number(tick) if tick else "0") for tick in ticks]
    decimals = _decimals(step)
    return [_minus(f"{tick + 0.0:,.{decimals}f}") for tick in ticks]


def number_words(value: float, resolution: float) -> str:
    """A number read off a plot, with as many decimals as the picture can tell apart; `resolution` is one pixel."""
    if not math.isfinite(value):
        return "–"
    if value and (abs(value) >= 1e8 or abs(value) < 1e-3 or (resolution and resolution < 1e-7)):
        return _minus(f"{value:.3e}" if abs(value) < 1e-3 else f"{value:,.6g}")
    decimals = min(max(-math.floor(math.log10(resolution)), 0), 6) if resolution > 0 else 3
    return _minus(f"{value:,.{decimals}f}")


def _step(low: float, high: float, most: int) -> float:
    rough = max((high - low) / max(most, 1), 1e-300)
    base = 10.0 ** math.floor(math.log10(rough))
    return next(factor * base for factor in _STEPS if factor * base >= rough * (1 - 1e-9))


def _decimals(step: float) -> int:
    """How many decimals tell multiples of the step apart."""
    for decimals in range(12):
        if abs(step * 10**decimals - round(step * 10**decimals)) < 1e-6 * step * 10**decimals + 1e-12:
            return decimals
    return 12


def _minus(text: str) -> str:
    return text.replace("-", "−")
