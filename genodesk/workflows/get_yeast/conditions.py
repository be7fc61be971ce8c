"""How a culture was grown, as typed columns: their names, their allowed ranges, and which samples were grown alike.

Knows nothing of files: condition_sheet.py turns the text of a sheet into these columns.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.workflows.get_yeast.vocabulary import NO_DRUG

CATEGORIES = ("medium", "carbon_source", "nitrogen_source", "drug")
PRECULTURE = ("preculture_time_h", "preculture_temperature_c", "preculture_od600")
DOSES = ("dose_molar", "dose_g_per_l")
CULTURE = ("drug_time_h", "drug_temperature_c", "drug_od600")
NUMBERS = (*PRECULTURE, *DOSES, *CULTURE)
CONDITION_COLUMNS = (*CATEGORIES[:3], *PRECULTURE, CATEGORIES[3], *DOSES, *CULTURE)
GROUP = "condition_group"

# Ending of the column's name -> what it is called, its unit, the usual range and the range beyond which it is an error.
_RANGES = {
    "_time_h": ("time", "h", (0.0, 72.0), (0.0, 10_000.0)),
    "_temperature_c": ("temperature", "°C", (20.0, 45.0), (4.0, 60.0)),
    "_od600": ("OD600", "", (0.0, 3.0), (0.0, 20.0)),
}


def empty_conditions(samples: Sequence[str] | np.ndarray) -> pd.DataFrame:
    """The typed columns with everything missing, one row a sample."""
    return typed(pd.DataFrame(index=pd.Index([str(sample) for sample in samples], dtype=object)))


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy with exactly the condition columns: classes as text or None, numbers as float64 or NaN.

    Columns that `frame` lacks are all missing; others than the condition columns are left out.
    """
    columns: dict[str, object] = {}
    for name in CONDITION_COLUMNS:
        if name in NUMBERS:
            given = frame.get(name, np.nan)
            columns[name] = pd.to_numeric(pd.Series(given, index=frame.index)).astype(np.float64)
        else:
            given = frame[name].astype(object) if name in frame else None
            values = pd.Series(given, index=frame.index, dtype=object)
            columns[name] = values.where(values.notna() & (values.astype(str) != ""), None)
    return pd.DataFrame(columns, index=frame.index)


def condition_groups(conditions: pd.DataFrame) -> np.ndarray:
    """One name a sample, `object` text; equal names mean equal typed fields, "" that nothing at all is known.

    Names are plain words in plain letters, for example `ypd borrelidin 5uM 30C 9h OD0.7`. A drug that is spelled in
    several ways has its first spelling.
    """
    spelled: dict[str, str] = {}
    for drug in conditions["drug"].dropna():
        spelled.setdefault(str(drug).casefold(), str(drug))
    return np.array([_group_name(row, spelled) for row in conditions.to_dict("records")], dtype=object)


def possible(column: str) -> tuple[float, float]:
    """The least and the greatest number that a column other than a dose may hold, in its unit."""
    return _ranges(column)[3]


def check_ranges(conditions: pd.DataFrame, where: str, called: Mapping[str, str] | None = None) -> list[str]:
    """Warnings about unusual numbers. Raises UserError for impossible ones, naming sample and column.

    `called` gives the name a column has in the person's own file, where that is another.
    """
    warnings: list[str] = []
    called = called or {}
    for column in NUMBERS:
        values = conditions[column].dropna()
        if column in DOSES:
            _refuse(
                values,
                values <= 0,
                f"a dose of {{value:g}} {'M' if column == DOSES[0] else 'g/L'}",
                called.get(column, column),
                where,
            )
            continue
        what, unit, usual, allowed = _ranges(column)
        shown = f"a {what} of {{value:g}}{' ' * bool(unit)}{unit}" if what != "OD600" else "an OD600 of {value:g}"
        _refuse(values, ~values.between(*allowed), shown, called.get(column, column), where)
        odd = values[~values.between(*usual)]
        if len(odd):
            bounds = f"{usual[0]:g}-{usual[1]:g}{' ' * bool(unit)}{unit}"
            warnings.append(
                f"{len(odd)} {'sample has' if len(odd) == 1 else 'samples have'} {shown.format(value=odd.iloc[0])} in "
                f"{called.get(column, column)}, outside the usual {bounds}: {first_few(odd.index)}."
            )
    return warnings


def amount_text(value: object, unit: str, gap: str = "") -> str:
    """A dose with the prefix that makes it readable, at least 1 where possible: 5e-6 M is 5uM; `gap` goes between."""
    amount = float(str(value))
    for factor, prefix in ((1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n")):
        if amount >= factor * 0.9999999:
            return f"{amount / factor:.6g}{gap}{prefix}{unit}"
    return f"{amount:.6g}{gap}{unit}"


def _ranges(column: str) -> tuple[str, str, tuple[float, float], tuple[float, float]]:
    return next(known for end, known in _RANGES.items() if column.endswith(end))


def _refuse(values: pd.Series, wrong: pd.Series, shown: str, column: str, where: str) -> None:
    bad = values[wrong | ~np.isfinite(values)]
    if len(bad):
        raise UserError(
            f"Sample {bad.index[0]} has {shown.format(value=bad.iloc[0])}, which cannot be.",
            "Correct it, or leave the cell empty if it was not recorded.",
            f"{where}, column {column}",
        )


def _group_name(row: dict[str, object], spelled: Mapping[str, str]) -> str:
    words = [str(row["medium"]).casefold()] if _known(row["medium"]) else []
    for prefix, column in (("carbon=", "carbon_source"), ("nitrogen=", "nitrogen_source")):
        if _known(row[column]):
            words.append(prefix + str(row[column]).casefold())
    before = _numbers(row, PRECULTURE)
    words += ["preculture", *before] if before else []
    if _known(row["drug"]):
        words.append("no-drug" if row["drug"] == NO_DRUG else spelled[str(row["drug"]).casefold()])
    words += [amount_text(row["dose_molar"], "M")] if _known(row["dose_molar"]) else []
    words += [amount_text(row["dose_g_per_l"], "g/L")] if _known(row["dose_g_per_l"]) else []
    after = _numbers(row, CULTURE)
    words += ["culture", *after] if before and after else after
    return " ".join(words)


def _known(value: object) -> bool:
    return not pd.isna(value) and value != ""


def _numbers(row: dict[str, object], columns: Sequence[str]) -> list[str]:
    time, temperature, od = (row[column] for column in columns)
    words = [f"{time:.6g}h"] if _known(time) else []
    words += [f"{temperature:.6g}C"] if _known(temperature) else []
    return words + ([f"OD{od:.6g}"] if _known(od) else [])
