"""What a reader found in a file, before anything is dropped, scaled or judged; and how 0/1 columns become words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.data import Regions
from genodesk.workflows.get_yeast.headers import read_one_hot


@dataclass
class Found:
    """S samples, R regions and M motifs as the file has them.

    `motifs` raw scores float32 [R, M]; `accessibility` float32 [R] or [S, R]; `expression` float32 [S, R], NaN where
    missing; `sheet` conditions as text, one row a sample in the order of `samples`, as `parse_conditions` takes them.
    """

    regions: Regions
    motifs: np.ndarray
    motif_names: list[str]
    accessibility: np.ndarray | None = None
    expression: np.ndarray | None = None
    samples: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=object))
    sheet: pd.DataFrame | None = None
    notices: list[str] = field(default_factory=list)


def words_of_one_hots(values: np.ndarray, names: Sequence[str], where: str) -> pd.DataFrame:
    """A text column for each field from 0/1 columns `values` [rows, columns] called `field=value` or `field_value`.

    A row without a 1 among a field's columns has an empty cell. Raises UserError for other numbers and two 1s.
    """
    columns: dict[str, list[str]] = {}
    for position, name in enumerate(names):
        column, word = read_one_hot(name) or ("", "")
        cells = columns.setdefault(column, [""] * len(values))
        for row, value in enumerate(values[:, position].tolist()):
            if value == 0:
                continue
            if value != 1 or cells[row]:
                problem = f"holds {value:g}, not 0 or 1" if value != 1 else f"and {column}={cells[row]} are both 1"
                raise UserError(
                    f"Column {name} {problem}.", "Give each sample one class of a field.", f"{where}, row {row + 1}"
                )
            cells[row] = word
    return pd.DataFrame(columns, dtype=object)
