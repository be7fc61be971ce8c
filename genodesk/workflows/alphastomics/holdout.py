"""Which slices are kept back to judge a model by. Light: the check before a run says what the run will do."""

from collections.abc import Mapping, Sequence

import numpy as np

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics import checks


def choose_holdout(
    names: Sequence[str], sizes: Mapping[str, int], asked: tuple[str, ...], seed: int, where: str
) -> tuple[str, ...]:
    """The slices kept back to judge: those asked for, else a tenth (at least one) drawn among slices of usual size.

    A sliver of tissue judges badly, so slices under half the median number of cells are not drawn.
    Raises UserError for a name that is no slice, for one slice only, and when nothing would be left to train on.
    """
    checks.check_slices_for_split(names, where)
    checks.check_holdout(names, asked, where)
    small = [name for name in asked if sizes[name] < checks.FEWEST_CELLS_SCORED]
    if small:
        raise UserError(
            f"The slice {small[0]!r} has only {sizes[small[0]]} cells, too few to judge by.", "Hold out another.", where
        )
    if asked:
        return tuple(sorted(set(asked)))
    median = float(np.median([sizes[name] for name in names]))
    fair = [name for name in names if sizes[name] >= median / 2]
    number = min(max(1, round(len(names) / 10)), len(names) - 1)
    drawn = np.random.default_rng([seed, 7]).choice(fair, size=number, replace=False)
    return tuple(sorted(str(name) for name in drawn))
