"""What lies beside yeast data, in plain words: a condition sheet, a file of motifs."""

from collections import Counter
from pathlib import Path

import pandas as pd

from genodesk.engine.described import Described, Overview, Rows
from genodesk.workflows.get_yeast.condition_sheet import read_sheet
from genodesk.workflows.get_yeast.conditions import condition_groups
from genodesk.workflows.get_yeast.describe_tables import FIELDS, field_title, field_values
from genodesk.workflows.get_yeast.motif_file import read_motifs

MOST_VALUES = 6
_BESIDE = "It goes beside a file of regions whose samples bear the same names."
_NAMELESS = "It names no samples, so it can say which cultures to predict but not how those of a file were grown."


def describe_sheet(path: Path) -> Described:
    """A table of how cultures were grown. Raises UserError."""
    cultures = read_sheet(path, ())
    conditions, groups = cultures.conditions, condition_groups(cultures.conditions)
    names = [str(name) for name in conditions.index]
    fields = [field_values(conditions, name) for name in FIELDS]
    labels = [cultures.labels[name].astype(str).tolist() for name in cultures.labels]
    columns = [names, *fields, [group or None for group in groups], *labels]
    known = sum(any(value is not None for value in values) for values in fields)
    return Described(
        title=f"{len(names):,} culture{'s' * (len(names) != 1)}{'' if cultures.named else ' without a sample column'}, "
        f"{known} of {len(FIELDS)} conditions recorded",
        sentence=f"A condition sheet: how each culture was grown. {_BESIDE if cultures.named else _NAMELESS}",
        facts=[
            ("Cultures", f"{len(names):,}"),
            ("Different conditions", f"{len(set(groups) - {''}):,}"),
            ("Conditions recorded", f"{known} of {len(FIELDS)}"),
        ],
        good=["Every culture has a name of its own."] if cultures.named else [],
        warnings=cultures.notices,
        overviews=[recorded(conditions)],
        tables={
            "samples": Rows(
                "Samples",
                ["Sample", *map(field_title, FIELDS), "Condition group", *map(str, cultures.labels)],
                len(names),
                lambda part: [list(row) for row in zip(*(column[part] for column in columns), strict=True)],
            )
        },
        classes={way: sorted(set(groups) - {""}) for way in ("conditions", "both")},
        setting="conditions",
    )


def describe_motifs(path: Path) -> Described:
    """Motifs as MEME or JASPAR text. Raises UserError."""
    motifs = read_motifs(path)
    widths = [len(motif.counts) for motif in motifs]
    return Described(
        title=f"{len(motifs):,} motif{'s' * (len(motifs) != 1)}",
        sentence="Binding motifs, to be found in sequences.",
        facts=[("Motifs", f"{len(motifs):,}"), ("Widths", f"{min(widths)} to {max(widths)} bp")],
    )


def recorded(conditions: pd.DataFrame) -> Overview:
    """Of every field how often it is missing, and which values it has how often."""
    rows = []
    for name in FIELDS:
        values = field_values(conditions, name)
        applying = [value for value in values if value != ""]
        there = [value for value in applying if value is not None]
        missing = len(applying) - len(there)
        rows.append((field_title(name), f"{missing:,}", _told(there)))
    return Overview("How the samples were grown", ("Condition", "Missing", "Values"), rows)


def _told(values: list[object]) -> str:
    """The values with their counts, most frequent first; of many numbers their range."""
    if not values:
        return "never recorded"
    counts = Counter(f"{value:g}" if isinstance(value, float) else str(value) for value in values)
    if len(counts) > MOST_VALUES and isinstance(values[0], float):
        numbers = [value for value in values if isinstance(value, float)]
        return f"{min(numbers):g} to {max(numbers):g}"
    listed = ", ".join(f"{value} ({number:,})" for value, number in counts.most_common(MOST_VALUES))
    return listed + (f" and {len(counts) - MOST_VALUES:,} more" if len(counts) > MOST_VALUES else "")
