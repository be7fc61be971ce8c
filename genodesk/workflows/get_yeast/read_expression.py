"""The table of expression beside a table of regions or sequences: regions by samples, or the other way round."""

from pathlib import Path

import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.columns import first_few
from genodesk.workflows.get_yeast.checks import check_unique
from genodesk.workflows.get_yeast.tables import Table


def read_expression(path: Path, regions: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """float32 [S, R] for these regions, NaN where the table has none; the samples' ids; and notices.

    The first column holds ids of regions and the others are samples, or ids of samples and the others are regions:
    whichever fits the regions. Raises UserError when neither fits, and for repeated ids.
    """
    opened = Table(path)
    table = opened.read(opened.names[1:])
    ids = table.iloc[:, 0].astype(str).str.strip().to_numpy(dtype=object)
    names = np.array([str(name) for name in table.columns[1:]], dtype=object)
    values = table.iloc[:, 1:].to_numpy(dtype=np.float32)
    known = set(regions)
    if not known & set(ids) and not known & set(names):
        raise UserError(
            f"The table holds none of the {len(regions):,} regions: its rows begin with {first_few(ids, 3)}, its "
            f"columns with {first_few(names, 3)}, the regions with {first_few(regions, 3)}.",
            "Use the same region ids in both.",
            str(path),
        )
    if len(known & set(ids)) < len(known & set(names)):
        ids, names, values = names, ids, values.T
    check_unique(ids, "region", str(path))
    check_unique(names, "sample", str(path))
    place = {name: row for row, name in enumerate(ids)}
    expression = np.full((len(names), len(regions)), np.nan, dtype=np.float32)
    there = [number for number, name in enumerate(regions) if name in place]
    expression[:, there] = values[[place[regions[number]] for number in there]].T
    notices = list(opened.notices)
    if len(there) < len(regions):
        notices.append(f"{len(regions) - len(there):,} of {len(regions):,} regions have no expression in {path.name}.")
    if len(there) < len(ids):
        notices.append(f"{len(ids) - len(there):,} regions of {path.name} are not among the regions and are left out.")
    return expression, names, notices
