"""Which column of a condition sheet is which field, from the names people give them in English and Chinese.

Columns are found by name, never by position; a unit in the name (`dose (µM)`, `time_min`) goes with the column.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from genodesk.workflows.get_yeast.vocabulary import plain

SAMPLE, DOSE, DOSE_UNIT, MOLAR_MASS = "sample", "dose", "dose_unit", "molar_mass"

# A dose is one field until its unit is read; the typed columns say theirs in the name.
_NAMES: dict[str, tuple[str, ...]] = {
    SAMPLE: ("sample", "sample id", "sample name", "gsm", "样品", "样本", "样品编号", "样本编号"),
    "medium": ("medium", "media", "growth medium", "culture medium", "培养基"),
    "carbon_source": ("carbon source", "carbon", "碳源"),
    "nitrogen_source": ("nitrogen source", "nitrogen", "氮源"),
    "preculture_time_h": ("preculture time", "preculture duration", "预培养时间"),
    "preculture_temperature_c": ("preculture temperature", "preculture temp", "预培养温度"),
    "preculture_od600": (
        "preculture od600", "preculture od", "preculture endpoint", "preculture end", "preculture final od",
        "预培养终点",
    ),
    "drug": ("drug", "compound", "chemical", "treatment", "drug name", "药物"),
    DOSE: ("dose", "concentration", "drug concentration", "drug dose", "conc", "drug conc", "浓度", "药物浓度"),
    DOSE_UNIT: ("dose unit", "concentration unit", "drug unit", "unit", "浓度单位", "单位"),
    MOLAR_MASS: ("molar mass", "molecular weight", "mw", "分子量", "摩尔质量"),
    "drug_time_h": (
        "drug time", "drug culture time", "treatment time", "culture time", "time",
        "加药培养时间", "加药时间", "培养时间",
    ),
    "drug_temperature_c": (
        "drug temperature", "drug culture temperature", "drug temp", "treatment temperature", "culture temperature",
        "temperature", "temp", "加药培养温度", "加药温度", "培养温度",
    ),
    "drug_od600": (
        "drug od600", "drug od", "drug endpoint", "drug culture endpoint", "culture od600", "culture od", "od600", "od",
        "加药培养终点", "加药终点", "培养终点",
    ),
}  # fmt: skip
_UNIT = re.compile(
    r"[ _(\[/](h|hrs?|hours?|mins?|minutes?|days?|°?c|celsius|[mun]?m|molar|g[ _]per[ _]l|[mun]?g ?/ ?[mu]?l"
    r"|k?g ?/ ?mol|k?da)[)\]]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Header:
    """The field that a column holds, and the unit its name gives to numbers without one ("" for none)."""

    field: str
    unit: str = ""


def read_header(name: object) -> Header | None:
    """What a column of this name holds, or None for a name that no field has."""
    text = plain(name).replace("μ", "u").replace("µ", "u").replace("pre-culture", "preculture")
    if _key(text) in _known():
        return Header(_known()[_key(text)])
    unit = _UNIT.search(text)
    bare = _key(text[: unit.start()]) if unit else ""
    if unit and bare in _known():
        return Header(
            _known()[bare], {"molar": "M", "g per l": "g/L"}.get(unit[1].casefold().replace("_", " "), unit[1])
        )
    return None


def read_one_hot(name: object) -> tuple[str, str] | None:
    """Name of the field and value of a 0/1 column such as `培养基=YPD` or `media_SC`, or None for another name."""
    text = plain(name)
    cuts = [text.index("=")] if "=" in text else [mark.start() for mark in re.finditer("[_:]", text)][::-1]
    for cut in cuts:
        header = read_header(text[:cut])
        if header is not None and header.field not in (SAMPLE, DOSE_UNIT, MOLAR_MASS) and text[cut + 1 :]:
            return text[:cut], text[cut + 1 :]
    return None


def repeated_fields(names: Iterable[object]) -> list[tuple[str, str]]:
    """Pairs of columns that would both be the same field."""
    seen: dict[Header, str] = {}
    pairs = []
    for name in names:
        header = read_header(name)
        if header is None:
            continue
        # Molar and mass doses may stand side by side, each with the unit in its name.
        key = header if header.field == DOSE else Header(header.field)
        if key in seen:
            pairs.append((seen[key], str(name)))
        seen.setdefault(key, str(name))
    return pairs


def _key(text: str) -> str:
    return re.sub(r"[\s_\-./()\[\]]+", "", text.casefold())


@cache
def _known() -> dict[str, str]:
    return {_key(name): field for field, names in _NAMES.items() for name in (field, *names)}
