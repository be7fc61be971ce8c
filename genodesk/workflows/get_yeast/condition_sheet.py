"""From a table of text, one row a sample, to typed conditions, with a sentence for everything decided on the way.

A bare 0 means "not recorded" (sheets are filled that way), except as a drug, where it means none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast import units
from genodesk.workflows.get_yeast.conditions import (
    CATEGORIES,
    CONDITION_COLUMNS,
    DOSES,
    NUMBERS,
    check_ranges,
    empty_conditions,
    first_few,
    typed,
)
from genodesk.workflows.get_yeast.headers import (
    DOSE,
    DOSE_UNIT,
    MOLAR_MASS,
    SAMPLE,
    Header,
    read_header,
    repeated_fields,
)
from genodesk.workflows.get_yeast.tables import Table
from genodesk.workflows.get_yeast.vocabulary import NO_DRUG, class_name, is_missing, plain

KEPT = "Columns that are no conditions are kept as labels"
"""How the notice begins that tells of nothing lost."""
SCALED_BELOW = 4.0  # °C: no culture is that cold, so a column that stays below holds scaled numbers


@dataclass(frozen=True)
class Cultures:
    """Typed `conditions` of samples, the sheet's other columns as text (`labels`: strain, batch, ...), and notices."""

    conditions: pd.DataFrame
    labels: pd.DataFrame
    notices: list[str]


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
    zero_doses: list[str] = field(default_factory=list)


def read_sheet(path: Path, samples: Sequence[str] | np.ndarray, scaled: bool = False) -> Cultures:
    """Conditions of the samples, in their order. Raises UserError naming file, row and column.

    Without samples every row of the sheet is one. A sample without a row has everything missing.
    """
    table = Table(path).read()
    fields = [header.field for header in map(read_header, table.columns) if header is not None]
    if not any(name in (*CONDITION_COLUMNS, DOSE) for name in fields):
        raise UserError(
            f"No column of this table is a condition; it has {first_few(table.columns, 6)}.",
            "Name columns medium, drug, dose, drug_time_h, drug_temperature_c, drug_od600 and so on.",
            str(path),
        )
    column = _sample_column(table, samples, str(path))
    ids = table[column].map(plain)
    table = table.drop(columns=column)
    nameless = ids == ""
    repeated = ids[ids.duplicated() & ~nameless]
    if len(repeated):
        raise UserError(
            f"Sample {repeated.iloc[0]} occurs more than once in the sheet.",
            "Keep one row for each sample.",
            f"{path}, row {repeated.index[0]}, column {column}",
        )
    wanted = [str(sample) for sample in samples] if len(samples) else list(ids[~nameless])
    rows = {sample: row for row, sample in ids[~nameless].items()}
    extra = [sample for sample in rows if sample not in set(wanted)]
    without = [sample for sample in wanted if sample not in rows]
    notices = []
    if without:
        notices.append(
            f"{len(without)} of {len(wanted)} samples have no row in {path.name}, so all their conditions are missing: "
            f"{first_few(without, 10)}."
        )
    if extra:
        notices.append(f"{len(extra)} rows of {path.name} belong to no sample of the data: {first_few(extra, 5)}.")
    used = table.loc[[rows[sample] for sample in wanted if sample in rows]]
    read = parse_conditions(used, [sample for sample in wanted if sample in rows], str(path), scaled)
    return Cultures(typed(read.conditions.reindex(wanted)), read.labels.reindex(wanted), notices + read.notices)


def parse_conditions(table: pd.DataFrame, samples: Sequence[str], where: str, scaled: bool = False) -> Cultures:
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
    return Cultures(conditions, labels, _notices(reading, Path(where).name, [str(name) for name in others]) + notices)


def _sample_column(table: pd.DataFrame, samples: Sequence[str] | np.ndarray, where: str) -> str:
    """The column that holds sample ids: the one with most of the data's samples, else the one that is called so."""
    called = [str(name) for name in table.columns if (header := read_header(name)) and header.field == SAMPLE]
    if not len(samples):
        return called[0] if called else str(table.columns[0])
    wanted = {str(sample) for sample in samples}
    found = {str(name): len(wanted & set(table[name].map(plain))) for name in table.columns}
    best = max(found, key=lambda name: (found[name], name in called))
    if not found[best]:
        shown = table[called[0] if called else str(table.columns[0])]
        raise UserError(
            f"The sheet describes none of the {len(wanted)} samples: it has {first_few(list(shown))}, the data have "
            f"{first_few(list(samples))}.",
            "Give the samples the same ids in both.",
            where,
        )
    return best


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
    """The dose columns of one line, and the drug where a dose of 0 shows that there was none."""
    by_field = {header.field: cells[name] for name, header in headers.items()}
    drug = values.get("drug")
    found: dict[str, object] = {}
    for name in (name for name, header in headers.items() if header.field == DOSE):
        text, unit = cells[name], by_field.get(DOSE_UNIT, "") or headers[name].unit
        if is_missing(text) or (_is_bare_zero(text) and not unit):
            continue
        if reading.scaled and not unit:
            unit = "M"  # the channel that holds it; nobody knows its unit any more
        amount, kind = _dose_amount(text, unit, sample, f"{reading.where}, row {number}, column {name}")
        if drug == NO_DRUG and amount != 0:
            reading.needless.append(sample)
        elif drug == NO_DRUG:
            continue
        elif amount == 0:
            reading.zero_doses.append(sample)
            return {"drug": NO_DRUG}
        elif kind == "molar":
            found["dose_molar"] = amount
        else:
            grams = _number(float, by_field.get(MOLAR_MASS) or "nan", f"{reading.where}, row {number}")
            if grams > 0:
                found["dose_molar"] = amount / grams
            else:
                found["dose_g_per_l"] = amount
                reading.masses.append(sample)
    if drug not in (None, NO_DRUG) and not found:
        reading.undosed.append(sample)
    return found


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
