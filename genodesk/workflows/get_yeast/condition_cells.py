"""From the cells of a table, one row a sample, to typed conditions, with a sentence for everything decided on the way.

A bare 0 means "not recorded" (sheets are filled that way), except as a drug, where it means none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.workflows.get_yeast import units
from genodesk.workflows.get_yeast.conditions import (
    CATEGORIES,
    DOSES,
    NUMBERS,
    check_ranges,
    empty_conditions,
    typed,
)
from genodesk.workflows.get_yeast.headers import (
    DOSE,
    DOSE_UNIT,
    MOLAR_MASS,
    Header,
    read_header,
    repeated_fields,
)
from genodesk.workflows.get_yeast.vocabulary import NO_DRUG, class_name, is_missing, plain

KEPT = "Columns that are no conditions are kept as labels"
"""How the notice begins that tells of nothing lost."""
SCALED_BELOW = 4.0  # °C: no culture is that cold, so a column that stays below holds scaled numbers


@dataclass(frozen=True)
class CultureSheet:
    """Typed `conditions` of samples, other columns as text (`labels`: strain, batch, ...), and notices.

    `named`: the samples bear names of their own, not numbers given in reading.
    """

    conditions: pd.DataFrame
    labels: pd.DataFrame
    notices: list[str]
    named: bool = True


@dataclass
class _Reading:
    """What one sheet says, while its cells are read."""

    where: str
    scaled: bool
    values: dict[str, dict[str, object]] = field(default_factory=dict)  # sample -> column -> value
    zeros: set[str] = field(default_factory=set)
    masses: list[str] = field(default_factory=list)
    undosed: list[str] = field(default_factory=list)
    needless: list[str] = field(default_factory=list)
    drugless: list[str] = field(default_factory=list)
    zero_doses: list[str] = field(default_factory=list)


def parse_conditions(table: pd.DataFrame, samples: Sequence[str], where: str, scaled: bool = False) -> CultureSheet:
    """Conditions from text, one row a sample, index = row number in the file. Raises UserError."""
    headers = {str(name): header for name in table.columns if (header := read_header(name)) is not None}
    for first, second in repeated_fields(table.columns):
        raise UserError(
            f"Columns {first!r} and {second!r} both say the {read_header(first).field.replace('_', ' ')}.",  # type: ignore[union-attr]
            "Keep one of them.",
            where,
        )
    if not scaled:
        _refuse_scaled(table, headers, where)
    reading = _Reading(where, scaled)
    named = {name: position for position, name in enumerate(map(str, table.columns))}
    for sample, line in zip(samples, table.itertuples(name=None), strict=True):
        cells = {name: plain(line[1 + named[name]]) for name in headers}
        reading.values[sample] = _row(cells, headers, sample, int(line[0]), reading)
    conditions = empty_conditions(samples)
    if samples:
        conditions = typed(pd.DataFrame.from_dict(reading.values, orient="index").reindex(samples))
    conditions["drug"] = _one_spelling(conditions["drug"])
    called = {header.field: name for name, header in headers.items()}
    called |= dict.fromkeys(DOSES, called.get(DOSE, DOSE))
    notices = [] if scaled else check_ranges(conditions, where, called)
    others = [
        name
        for name in table.columns
        if str(name) not in headers and not _is_row_number(str(name)) and set(table[name].map(plain)) - {"", "0"}
    ]
    labels = table[others].set_axis(pd.Index(samples, dtype=object), axis=0)
    told = _notices(reading, Path(where).name, [str(name) for name in others])
    return CultureSheet(conditions, labels, told + notices)


def _refuse_scaled(table: pd.DataFrame, headers: dict[str, Header], where: str) -> None:
    """Raises UserError when temperatures are bare numbers near 0, as in a table that somebody scaled for a network."""
    for name, header in headers.items():
        if not header.field.endswith("_temperature_c"):
            continue
        bare = pd.to_numeric(table[name].map(plain), errors="coerce").dropna()
        recorded = bare[bare != 0]
        if len(recorded) and (recorded.abs() < SCALED_BELOW).all():
            raise UserError(
                f"The conditions look scaled already: the temperature is {recorded.iloc[0]:g} in column {name}.",
                "Give °C, h and doses with units, or say --conditions-scaled to take the numbers as they are.",
                where,
            )


def _row(
    cells: dict[str, str], headers: dict[str, Header], sample: str, number: int, reading: _Reading
) -> dict[str, object]:
    """The typed values of one line."""
    values: dict[str, object] = {}
    for name, header in headers.items():
        text, place = cells[name], f"{reading.where}, row {number}, column {name}"
        if header.field in CATEGORIES:
            values[header.field] = class_name(header.field, text)
            if header.field != "drug" and _is_bare_zero(text):
                reading.zeros.add(name)
        elif header.field in NUMBERS and not is_missing(text):
            if _is_bare_zero(text) and not reading.scaled:
                reading.zeros.add(name)
                continue
            values[header.field] = _number(_reader(header), text, place)
    values |= _dose(values, cells, headers, sample, number, reading)
    return values


def _reader(header: Header) -> Callable[[str], float]:
    if header.field.endswith("_time_h"):
        return lambda text: units.hours(text, header.unit)
    return units.celsius if header.field.endswith("_temperature_c") else units.optical_density


def _number(read: Callable[[str], float], text: str, place: str) -> float:
    try:
        return read(text)
    except ValueError as error:
        raise UserError(
            f"{text!r} {error}.", "Write a number with its unit, or leave the cell empty.", place
        ) from error


def _dose(
    values: dict[str, object],
    cells: dict[str, str],
    headers: dict[str, Header],
    sample: str,
    number: int,
    reading: _Reading,
) -> dict[str, object]:
    """The dose columns of one line, and no drug where all of them that say anything say 0."""
    told = next((cells[name] for name, header in headers.items() if header.field == DOSE_UNIT), "")
    beside = "" if is_missing(told) or _is_bare_zero(told) else told
    drug = values.get("drug")
    given: dict[str, float] = {}  # kind -> amount
    none = False
    for name in (name for name, header in headers.items() if header.field == DOSE):
        text, unit = cells[name], beside or headers[name].unit
        if is_missing(text) or (_is_bare_zero(text) and not unit):
            continue
        if reading.scaled and not unit:
            unit = "M"  # the channel that holds it; nobody knows its unit any more
        amount, kind = _dose_amount(text, unit, sample, f"{reading.where}, row {number}, column {name}")
        if amount == 0:
            none = True
        else:
            given[kind] = amount
    if drug == NO_DRUG:
        reading.needless += [sample] * bool(given)
        return {}
    if none and not given:
        reading.zero_doses.append(sample)
        return {"drug": NO_DRUG}
    found: dict[str, object] = {"dose_molar": given["molar"]} if "molar" in given else {}
    if "mass" in given:
        grams = _molar_mass(cells, headers, sample, f"{reading.where}, row {number}")
        if grams is None:
            found["dose_g_per_l"] = given["mass"]
            reading.masses.append(sample)
        else:
            found.setdefault("dose_molar", given["mass"] / grams)
    if drug is not None and not found:
        reading.undosed.append(sample)
    if drug is None and found:
        reading.drugless.append(sample)
    return found


def _molar_mass(cells: dict[str, str], headers: dict[str, Header], sample: str, row: str) -> float | None:
    """In g/mol, None where nothing is recorded."""
    for name, header in headers.items():
        text = cells[name]
        if header.field != MOLAR_MASS or is_missing(text) or _is_bare_zero(text):
            continue
        try:
            return units.molar_mass(text, header.unit)
        except ValueError as error:
            raise UserError(
                f"The molar mass {text!r} of sample {sample} {error}.",
                "Write it in g/mol, or leave the cell empty.",
                f"{row}, column {name}",
            ) from error
    return None


def _dose_amount(text: str, unit: str, sample: str, place: str) -> tuple[float, str]:
    try:
        amount, kind = units.dose(text, unit)
    except ValueError as error:
        raise UserError(
            f"The dose {text!r} of sample {sample} {error}.",
            "Write it with its unit, for example 5 µM or 1 mg/mL, or name the unit in the column, as dose (µM).",
            place,
        ) from error
    if amount < 0:
        raise UserError(f"The dose {text!r} of sample {sample} is below 0.", "Correct it.", place)
    return amount, kind


def _one_spelling(drugs: pd.Series) -> pd.Series:
    """Drugs that differ in capitals only get the first one's spelling."""
    first: dict[str, str] = {}
    for drug in drugs.dropna():
        first.setdefault(drug.casefold(), drug)
    return drugs.map(lambda drug: None if drug is None else first[drug.casefold()]).astype(object)


def _notices(reading: _Reading, name: str, unused: list[str]) -> list[str]:
    told = (
        (sorted(reading.zeros), "A 0 in {} is taken for not recorded."),
        (reading.masses, "Doses by mass have no molar mass and are kept in g/L beside the molar ones: {}."),
        (reading.undosed, "Samples have a drug without a dose: {}."),
        (reading.needless, "Samples have a dose but no drug; the dose is left out: {}."),
        (reading.drugless, "Samples have a dose but no drug is named: {}."),
        (reading.zero_doses, "A dose of 0 is taken for no drug: {}."),
        (unused, KEPT + ": {}."),
    )
    notices = [f"{name}: {text.format(first_few(items, 12))}" for items, text in told if items]
    if reading.scaled:
        notices.append(f"{name}: numbers of conditions are taken as they are; use the model on data scaled alike only.")
    return notices


def _is_bare_zero(text: str) -> bool:
    try:
        return float(text) == 0
    except ValueError:
        return False


def _is_row_number(name: str) -> bool:
    return name.startswith("Unnamed:")
