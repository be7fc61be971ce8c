"""What yeast data must fulfil, over plain arrays and names; every function raises a UserError naming the first."""

from typing import Any

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.conditions import first_few


def check_unique(names: Any, what: str, where: str) -> None:
    """Raises UserError when a name occurs twice."""
    index = pd.Index(names)
    repeated = index[index.duplicated()].unique()
    if len(repeated):
        raise UserError(
            f"{len(repeated)} {what} {'ids occur' if len(repeated) > 1 else 'id occurs'} more than once: "
            f"{first_few(repeated)}.",
            f"Give every {what} an id of its own, or remove the repeated ones.",
            where,
        )


def check_expression(expression: np.ndarray, samples: np.ndarray, regions: np.ndarray, where: str) -> None:
    """Raises UserError for negative or infinite values of [S, R], with the first one's sample and region."""
    for wrong, what in ((expression < 0, "negative"), (np.isinf(expression), "infinite")):
        number = int(np.count_nonzero(wrong))
        if number:
            sample, region = np.argwhere(wrong)[0]
            raise UserError(
                f"{number:,} expression {'values are' if number > 1 else 'value is'} {what}, the first in sample "
                f"{samples[sample]} at region {regions[region]}.",
                "Give expression from 0 up, for instance log(1 + TPM), and leave missing values empty.",
                where,
            )


def numbers_of(column: pd.Series, where: str, *, whole: bool = False) -> np.ndarray:
    """The column as float64, or as int64 where `whole`. Raises UserError for text, and for gaps in whole numbers."""
    values = pd.to_numeric(column.astype(object), errors="coerce").to_numpy(dtype=np.float64)
    bad = np.isnan(values) & (column.notna().to_numpy() | whole)
    if bad.any():
        row = int(bad.argmax())
        raise UserError(
            f"{column.iloc[row]!r} of {column.index[row]} is not a number.",
            "Correct this column and save again.",
            where,
        )
    return values.astype(np.int64) if whole else values
