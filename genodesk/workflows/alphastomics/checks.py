"""What spatial data must fulfil before anything is computed from them, as functions over plain arrays and names.

Both the quick look before a run and the loading of the data call these; numpy is all they need.
"""

import difflib
from collections.abc import Iterable, Sequence

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.settings import Settings

FEWEST_GENES = 5
FEW_GENES = 20
FEWEST_CELLS_A_SLICE = 8  # on average
FEWEST_CELLS_SCORED = 12  # a cell needs more than its 10 nearest neighbours
# Embeddings whose axes are not lengths: a neighbour there is not a neighbour in the tissue.
NOT_SPACE = ("umap", "tsne", "pca", "diffmap", "draw_graph", "phate")


def check_size(cells: int, genes: int, where: str) -> list[str]:
    """Warnings about a matrix [cells, genes]; raises UserError when it is empty or has fewer than 5 genes."""
    if cells == 0 or genes == 0:
        raise UserError(
            f"The matrix is empty: {cells} cells and {genes} genes.", "Choose a file with measured cells.", where
        )
    if genes < FEWEST_GENES:
        raise UserError(
            f"{genes} genes are too few to tell positions apart.", f"At least {FEWEST_GENES} genes are needed.", where
        )
    if genes < FEW_GENES:
        return [f"{where}: only {genes} genes are measured; positions will be uncertain with fewer than {FEW_GENES}."]
    return []


def check_coordinate_key(key: str, available: Sequence[str], where: str) -> None:
    """Raises UserError when obsm has no such key, or when the key names an embedding instead of the tissue."""
    spatial = [name for name in available if not _is_embedding(name)]
    choice = f"Available: {', '.join(spatial)}." if spatial else "This file holds no coordinates at all."
    if _is_embedding(key):
        raise UserError(
            f"{key!r} is an embedding of expression, not a place in the tissue.",
            f"Name the measured coordinates with --coordinate-key. {choice}",
            where,
        )
    if key not in available:
        raise UserError(
            f"There are no coordinates called {key!r} in obsm.",
            f"Choose another with --coordinate-key. {choice}",
            where,
        )


def check_coordinate_shape(shape: Sequence[int], cells: int, where: str) -> None:
    """Raises UserError unless coordinates are [cells, 2] or [cells, 3]."""
    if len(shape) != 2 or shape[0] != cells or shape[1] not in (2, 3):
        raise UserError(
            f"Coordinates have shape {tuple(shape)} instead of ({cells}, 2) or ({cells}, 3).",
            "Give two or three columns, one row a cell.",
            where,
        )


def check_column(key: str, columns: Sequence[str], where: str, option: str = "") -> None:
    """Raises UserError, with the nearest name, for a column that is not there; `option` is where another is named."""
    if key in columns:
        return
    nearest = difflib.get_close_matches(key, columns, n=1, cutoff=0.5)
    meant = f"Did you mean {nearest[0]!r}? " if nearest else ""
    listed = ", ".join(columns) if columns else "none"
    other = f" Name another with {option}." if option else ""
    raise UserError(
        f"There is no column {key!r} in the cell table (obs).", f"{meant}Available: {listed}.{other}", where
    )


def check_asked(settings: type[Settings], name: str, key: str, columns: Sequence[str], where: str) -> None:
    """Raises UserError when a person named a column that is not there; the default name may be absent."""
    if key != settings.model_fields[name].default:
        check_column(key, columns, where, f"--{name.replace('_', '-')}")


def check_slice_column(slices: int, cells: int, key: str, where: str) -> None:
    """Raises UserError when a column divides the cells so finely that it cannot say which slice they are in."""
    if slices * FEWEST_CELLS_A_SLICE > max(cells, FEWEST_CELLS_A_SLICE):
        raise UserError(
            f"Column {key!r} has {slices:,} different values for {cells:,} cells, so it does not tell slices apart.",
            "Name the column of slices, sections or animals with --slice-key.",
            where,
        )


def check_slices_for_split(names: Iterable[object], where: str) -> None:
    """Raises UserError when fewer than two slices are there to be split into training and held-out ones."""
    distinct = sorted({str(name) for name in names})
    if len(distinct) < 2:
        only = f" ({distinct[0]!r})" if distinct else ""
        raise UserError(
            f"There is only one slice{only}, so none can be held out.",
            "Name a column that tells slices or animals apart with --slice-key, or add another file.",
            where,
        )


def check_holdout(names: Iterable[str], asked: Iterable[str], where: str) -> None:
    """Raises UserError for a slice to hold out that is not there, and when none would be left to train on."""
    known, wanted = sorted(set(names)), set(asked)
    unknown = sorted(wanted - set(known))
    if unknown:
        raise UserError(
            f"There is no slice called {unknown[0]!r} to hold out.", f"The slices are {', '.join(known[:12])}.", where
        )
    if wanted == set(known):
        raise UserError(
            "Every slice is held out, so none is left to train on.", "Name fewer slices with --holdout.", where
        )


def check_model_genes(absent: Sequence[str] | np.ndarray, genes: int, where: str) -> list[str]:
    """A warning about the model's genes that data lack; raises UserError when these are more than half of `genes`."""
    if not len(absent):
        return []
    named = ", ".join(absent[:3]) + (", ..." if len(absent) > 3 else "")
    if len(absent) * 2 > genes:
        raise UserError(
            f"{len(absent)} of the model's {genes} genes are absent ({named}).",
            "Give data of the same gene panel, with gene names of the same kind (symbols or Ensembl ids).",
            where,
        )
    return [f"{where}: {len(absent)} of the model's {genes} genes are absent and take their mean ({named})."]


def nothing_held_out(where: str) -> UserError:
    """A model is to be judged without data, and its training kept nothing to judge it with."""
    return UserError(
        "Nothing is kept from before the refit on all slices, so no slice is left to judge this model.",
        "Name cells the model has not seen with --data FILE.",
        where,
    )


def check_consensus(estimate: str, samples: int) -> None:
    """Raises UserError when a consensus is asked for of one sample."""
    if estimate == "consensus" and samples < 2:
        raise UserError("One sample cannot agree with others.", "Give --samples 2 or more.", "--samples")


def check_new_cells(mode: str, cells: int | None) -> None:
    """Raises UserError unless a number of new cells is given exactly where the mode makes cells from nothing."""
    if mode == "joint" and cells is None:
        raise UserError("A joint model makes new cells; how many is not said.", "Give --cells NUMBER.", "--cells")
    if mode != "joint" and cells is not None:
        raise UserError(
            f"This model does {mode}, so it cannot make cells from nothing.",
            "Name the cells with --data FILE, or train with --training-mode joint.",
            "--cells",
        )


def check_unique(names: Sequence[str] | np.ndarray, kind: str, where: str) -> None:
    """Raises UserError when a cell or gene (`kind`) bears a name twice."""
    if len(set(names)) < len(names):
        values, times = np.unique(np.asarray(names, dtype=str), return_counts=True)
        first = str(values[times > 1][0])
        raise UserError(
            f"{int((times > 1).sum())} {kind} names occur more than once, {first!r} first.",
            f"Make {kind} names unique (for instance with {'obs' if kind == 'cell' else 'var'}_names_make_unique).",
            where,
        )


def check_finite(
    values: np.ndarray, cell_names: Sequence[str] | np.ndarray, what: str, where: str, indptr: np.ndarray | None = None
) -> None:
    """Raises UserError when `values` holds NaN or infinity, with how many and the first cell.

    `values` is [cells, columns], or the data of a CSR matrix whose row pointers [cells + 1] are `indptr`.
    """
    if not np.issubdtype(values.dtype, np.floating):
        return
    bad = ~np.isfinite(values)
    number = int(bad.sum())
    if number == 0:
        return
    if indptr is None:
        first = int(np.flatnonzero(bad.reshape(len(values), -1).any(axis=1))[0])
    else:
        first = int(np.searchsorted(indptr, np.flatnonzero(bad)[0], side="right")) - 1
    raise UserError(
        f"{what} hold {number} values that are NaN or infinite, the first in cell {str(cell_names[first])!r}.",
        "Remove these cells or mend the values.",
        where,
    )


def check_counts(values: np.ndarray, where: str) -> None:
    """Raises UserError when `values` (any shape) are not whole, non-negative counts."""
    if values.size == 0 or (np.issubdtype(values.dtype, np.integer) and values.min() >= 0):
        return
    if (values < 0).any():
        looks = "it holds negative values, as scaled data do"
    elif (values != np.rint(values)).any():
        looks = "it holds fractions, as normalised data do"
    else:
        return
    raise UserError(
        f"Raw counts are needed but {looks}.",
        "Give the raw counts, or say --already-normalised if the values are log-normalised.",
        where,
    )


def _is_embedding(key: str) -> bool:
    lowered = key.lower()
    return any(part in lowered for part in NOT_SPACE)
