"""Which samples of some data a model has learned from: told by their names and by a few values it kept of each.

Names alone prove little: the samples of any two experiments may be called S1 to S12.
"""

import numpy as np

from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.trained import Trained

Array = np.ndarray

ALIKE = 1e-3  # relative: a value that was rounded in a table is still the same


def samples_met(data: YeastData, trained: Trained) -> Array:
    """Which samples are called as one of training and, where their values can be compared, have mostly the same; bool
    [S]. A value of 0 in both tells nothing."""
    assert data.expression is not None
    row = {name: number for number, name in enumerate(trained.sample_ids)}
    rows = np.array([row.get(str(name), -1) for name in data.samples], dtype=np.int64)
    if trained.kept_values is None or not row:
        return rows >= 0
    place = {str(name): number for number, name in enumerate(data.regions.ids)}
    columns = np.array([place.get(name, -1) for name in trained.kept_ids], dtype=np.int64)
    mine = np.where(columns >= 0, data.expression[:, columns], np.nan)
    theirs = trained.kept_values[rows]
    compared = np.isfinite(mine) & np.isfinite(theirs) & ((mine != 0) | (theirs != 0))
    same = compared & np.isclose(mine, theirs, rtol=ALIKE, atol=0)
    return (rows >= 0) & (2 * same.sum(axis=1) >= compared.sum(axis=1))
