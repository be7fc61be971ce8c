"""How a figure's words and numbers are written, the same on screen and in print."""

import math

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def clean(text: str) -> str:
    """One line of printable characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def with_unit(label: str, unit: str) -> str:
    """An axis or scale label with its unit in brackets."""
    return clean(f"{label} [{unit}]" if unit else label)


def plain_number(value: float) -> str:
    """A number for a tick of a logarithmic axis: 0.01, 1,000, 10⁶."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:,.6g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    power = "10" + str(int(exponent)).translate(_SUPERSCRIPT)
    factor = f"{float(mantissa):g}"
    return power if factor == "1" else f"{factor}×{power}"


def bar_number(value: float, *, whole: bool) -> str:
    """A number beside a bar: no decimals for counts (`whole`), two for scores, three digits for the rest."""
    plain = whole or abs(value) >= 100
    shown = f"{value:,.0f}" if plain else f"{value:.2f}" if 0.005 <= abs(value) < 10 else f"{value:.3g}"
    return shown.replace("-", "−")


def nice_length(span: float) -> float:
    """The longest of 1, 2, 5 x 10^k that is at most 30 % of `span`: the length of a scale bar."""
    most = 0.3 * span
    base = 10.0 ** math.floor(math.log10(most))
    return next(step * base for step in (5.0, 2.0, 1.0) if step * base <= most * (1 + 1e-9))


def length_in_words(length: float, unit: str) -> str:
    """A length of a scale bar: 200 µm, 1 mm."""
    for small, large in (("nm", "µm"), ("µm", "mm")):
        if unit.replace("μ", "µ") == small and length >= 1000:
            return length_in_words(length / 1000, large)
    return f"{length:g} {clean(unit) or 'units'}"
