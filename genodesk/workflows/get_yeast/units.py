"""Reads times, temperatures, optical densities and doses with their units from the cells of a sheet.

Every function takes plain text (see vocabulary.plain) and raises ValueError with the end of a sentence.
"""

import re
from typing import Literal

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})(?:\s*(?:-|~|to|至|–|—)\s*({_NUMBER}))?\s*(.*)", re.IGNORECASE | re.DOTALL)
_TIME_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z小时分钟秒天]+)\s*", re.IGNORECASE)
_HOURS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时", "时"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "m", "分钟", "分"), 1 / 60),
    **dict.fromkeys(("s", "sec", "second", "seconds", "秒"), 1 / 3600),
    **dict.fromkeys(("d", "day", "days", "天"), 24.0),
}
# Divisors rather than factors: 5 / 1e6 is the same number as 5e-6, and 5 * 1e-6 is not.
_PER = {"": 1.0, "m": 1e3, "u": 1e6, "n": 1e9, "p": 1e12, "k": 1e-3}
_MOLAR = re.compile(r"([munp]?)(?:m|mol/l|mol/litre|mol/liter|mol l-1)")
_MASS = re.compile(r"([kmunp]?)g\s*(?:/|per )\s*([mu]?)l")
_GRAMS_PER_MOLE = {
    **dict.fromkeys(("g/mol", "g/mole", "gmol-1", "g·mol-1", "da", "u"), 1.0),
    **dict.fromkeys(("kg/mol", "kda"), 1e3),
}
DoseKind = Literal["molar", "mass"]


def hours(text: str, unit: str = "") -> float:
    """A time in h: `20h`, `90 min`, `3-4h` (its middle), `1 h 30 min`; `unit` is for numbers without one, else h."""
    parts = _TIME_PART.findall(text)
    if len(parts) > 1 and not _TIME_PART.sub("", text).strip():
        return sum(float(amount) * _in_hours(word) for amount, word in parts)
    amount, own = _amount(text)
    return amount * _in_hours(own or unit or "h")


def celsius(text: str) -> float:
    """A temperature in °C: `30`, `30 °C`, `28C`, `25-30℃` (its middle)."""
    amount, unit = _amount(text)
    if unit.casefold().strip("°º. ") not in ("", "c", "celsius", "degc", "deg c", "度", "摄氏度"):
        raise ValueError(f"is in {unit!r} instead of °C")
    return amount


def optical_density(text: str) -> float:
    """An OD600: `0.7`, `OD 0.7`, `OD600=0.7`, `0.6-0.8` (its middle)."""
    bare = re.sub(r"^(?:od\s*(?:600)?(?:\s*nm)?|a600)\s*[:=]?\s*", "", text, flags=re.IGNORECASE)
    amount, unit = _amount(bare or text)
    if unit.casefold() not in ("", "od", "od600"):
        raise ValueError(f"ends in {unit!r}, which is no optical density")
    return amount


def dose(text: str, unit: str = "") -> tuple[float, DoseKind]:
    """A concentration in mol/L (`molar`) or g/L (`mass`): `5μM`, `1 mg/mL`, `2% w/v`; `unit` is for bare numbers.

    Raises ValueError for a number without any unit.
    """
    amount, own = _amount(text)
    name = (own or unit).replace("μ", "u").replace("µ", "u").strip()
    folded = name.casefold()
    if not folded:
        raise ValueError("has no unit")
    molar = _MOLAR.fullmatch(folded)
    if molar:
        return amount / _PER[molar[1]], "molar"
    mass = _MASS.fullmatch(folded)
    if mass:
        return amount / (_PER[mass[1]] / _PER[mass[2]]), "mass"
    if folded.replace(" ", "") in ("%w/v", "%(w/v)", "w/v%"):
        return amount * 10.0, "mass"
    raise ValueError(f"has the unit {name!r}, which is neither molar (M, mM, µM, nM) nor a mass (g/L, mg/mL, µg/mL)")


def molar_mass(text: str, unit: str = "") -> float:
    """A molar mass in g/mol: `914.2`, `914 g/mol`, `45 kDa`; `unit` is for numbers without one, else g/mol."""
    amount, own = _amount(text)
    name = own or unit or "g/mol"
    grams = _GRAMS_PER_MOLE.get(name.casefold().replace(" ", ""))
    if grams is None:
        raise ValueError(f"is in {name!r} instead of g/mol")
    if amount <= 0:
        raise ValueError("is not above 0")
    return amount * grams


def _amount(text: str) -> tuple[float, str]:
    """The number, or the middle of a range, and what stands behind it."""
    found = _RANGE.fullmatch(text.lstrip("~≈約约").replace("ca. ", "").strip())
    if not found:
        raise ValueError("is not a number")
    low, high, unit = found.groups()
    if re.match(r"[,，]\d", unit):
        raise ValueError("has a comma in the number; write decimals with a point, as in 10.5")
    return (float(low) if high is None else (float(low) + float(high)) / 2), unit.strip()


def _in_hours(word: str) -> float:
    if word.casefold() not in _HOURS:
        raise ValueError(f"is in {word!r} instead of h, min, s or days")
    return _HOURS[word.casefold()]
