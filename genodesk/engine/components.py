"""Principal components of expression, for a first look at cells that came without an embedding.

Reads the matrix in runs of cells, so that a file larger than memory can be looked at; knows no coordinates in space.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.cell_file import CellFile
from genodesk.engine.data.cells import open_cells
from genodesk.engine.data.cells_summary import values_kind
from genodesk.engine.data.limits import located
from genodesk.engine.data.matrix import Matrix

COMPONENTS = 10
FIT_CELLS = 50_000
FIT_VALUES = 100_000_000  # stored values at most that the fit holds, 0.8 GB
FIT_RUNS = 250
GENES = 2_000
RUN = 5_000  # cells projected at a time
RUN_VALUES = 20_000_000
SEED = 0

Reader = Callable[[slice], Any]
"""A run of cells -> scipy CSR of float32 [cells, genes]."""


@dataclass(frozen=True)
class Components:
    """`places` float32 [cells, components], the share of variance each `explained`, and a sentence of what was done."""

    places: np.ndarray
    explained: list[float]
    text: str


def principal_components(path: Path, layer: str | None, between_steps: Callable[[], None]) -> Components:
    """PCA of log-normalised expression, fitted on at most 50,000 cells (fewer of a dense matrix), all cells projected.

    Raw counts are scaled to the median total of the fitted cells and log1p is taken; other values are used as they
    are. Of more than 2,000 genes those that vary most are used. `between_steps` may raise to give up.
    Raises UserError where there are too few cells or genes, or a value is missing.
    """
    with open_cells(path) as cells:
        _refuse_too_few(cells)
        matrix = cells.matrix(layer)
        read = _reader(matrix)
        counts = values_kind(matrix) == "raw counts"
        sample = _sample(read, matrix, between_steps)
        target = float(np.median(_totals(sample))) or 1.0 if counts else None
        sample = _normalised(sample, target, path, matrix)
        genes = _most_variable(sample, path, matrix)
        between_steps()
        fitted = _fit(sample[:, genes])
        places = np.empty((cells.n_obs, fitted.n_components_), np.float32)
        for run, values in _runs(read, matrix, between_steps):
            places[run] = fitted.transform(_normalised(values, target, path, matrix)[:, genes])
    return Components(
        places,
        [round(float(share), 4) for share in fitted.explained_variance_ratio_],
        _told(sample.shape[0], cells, len(genes), counts, layer),
    )


def _refuse_too_few(cells: CellFile) -> None:
    if min(cells.n_obs, cells.n_vars) < 3:
        raise UserError(
            f"{cells.n_obs:,} cells and {cells.n_vars:,} genes are too few for principal components.",
            "At least 3 of each are needed.",
            str(cells.path),
        )


def _reader(matrix: Matrix) -> Reader:
    """Reads runs of cells. A matrix stored by genes is read once as a whole, where it fits into memory."""
    if matrix.encoding != "csc":
        return matrix.sparse_rows
    whole = matrix.read().tocsr().astype(np.float32)
    return lambda run: whole[run]


def _sample(read: Reader, matrix: Matrix, between_steps: Callable[[], None]) -> Any:
    """CSR of all cells, or of some in runs drawn over the whole file: single cells would take one reading each."""
    from scipy.sparse import vstack

    n, most = matrix.shape[0], min(FIT_CELLS, _cells_holding(FIT_VALUES, matrix))
    if n <= most:
        return vstack([values for _, values in _runs(read, matrix, between_steps)], format="csr")
    length = max(1, most // FIT_RUNS)
    slots = np.random.default_rng(SEED).choice(n // length, min(FIT_RUNS, most), replace=False)
    parts = []
    for slot in np.sort(slots).tolist():
        between_steps()
        parts.append(read(slice(slot * length, (slot + 1) * length)))
    return vstack(parts, format="csr")


def _runs(read: Reader, matrix: Matrix, between_steps: Callable[[], None]) -> Iterator[tuple[slice, Any]]:
    n, length = matrix.shape[0], min(RUN, _cells_holding(RUN_VALUES, matrix))
    for start in range(0, n, length):
        between_steps()
        run = slice(start, min(start + length, n))
        yield run, read(run)


def _cells_holding(values: int, matrix: Matrix) -> int:
    """How many cells hold so many stored values, at least 3."""
    return max(3, values * matrix.shape[0] // max(1, matrix.nnz))


def _totals(values: Any) -> np.ndarray:
    return np.asarray(values.sum(axis=1), dtype=np.float64).ravel()


def _normalised(values: Any, target: float | None, path: Path, matrix: Matrix) -> Any:
    """log1p of the cells scaled to `target` in total; the values as they are where there is none."""
    if not np.isfinite(values.data).all():
        raise UserError(
            "Values of the matrix are missing (NaN) or infinite.",
            "Replace them, by 0 where nothing was seen, and write the file again.",
            located(path, matrix.place),
        )
    if target is None:
        return values
    totals = _totals(values)
    factors = np.divide(target, totals, out=np.zeros_like(totals), where=totals > 0)
    scaled = values.copy()
    scaled.data = np.log1p(scaled.data * np.repeat(factors, np.diff(scaled.indptr))).astype(np.float32)
    return scaled


def _most_variable(values: Any, path: Path, matrix: Matrix) -> np.ndarray:
    """The columns whose values vary most, in their order; columns that never vary are left out."""
    mean = np.asarray(values.mean(axis=0)).ravel()
    variance = np.asarray(values.multiply(values).mean(axis=0)).ravel() - mean**2
    ranked = np.argsort(-variance, kind="stable")[:GENES]
    varying = np.sort(ranked[variance[ranked] > 1e-12])
    if varying.size < 3:
        raise UserError(
            "Fewer than 3 genes vary between the cells, so there are no principal components.",
            "Choose a file with measured expression.",
            located(path, matrix.place),
        )
    return varying


def _fit(values: Any) -> Any:
    from sklearn.decomposition import PCA

    most = min(values.shape) - 1
    return PCA(min(COMPONENTS, most), svd_solver="arpack", random_state=SEED).fit(values)


def _told(fitted: int, cells: CellFile, genes: int, counts: bool, layer: str | None) -> str:
    source = f"layer {layer}" if layer else "X"
    what = "log-normalised counts" if counts else "the values"
    which = f"the {genes:,} most variable of {cells.n_vars:,} genes" if genes < cells.n_vars else f"{genes:,} genes"
    drawn = (
        "all cells" if fitted == cells.n_obs else f"{fitted:,} cells drawn over the file, all {cells.n_obs:,} placed"
    )
    return f"Principal components of {what} in {source}: {which}, {drawn}, seed {SEED}."
