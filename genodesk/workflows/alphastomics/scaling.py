"""The statistics of training slices that lead from measured values to a model's units and back.

It knows matrices and columns of AnnData objects; no files, no network.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import anndata
import numpy as np
from scipy import sparse

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics import checks

Array = np.ndarray

# A z-scored value beyond this says more about a rare gene's small spread than about the cell.
CLIP = 10.0
ONLY_SLICE = "all"


@dataclass(frozen=True)
class Scaling:
    """Statistics of the training slices; they travel with the model."""

    genes: tuple[str, ...]
    mean: tuple[float, ...]  # of log1p(counts * target_sum / total), per gene
    std: tuple[float, ...]
    target_sum: float
    already_normalised: bool
    total_mean: float  # of log1p(total count) over cells
    total_std: float
    coordinate_key: str
    coordinate_scale: float  # original units per model unit
    coordinate_unit: str
    dims: int  # 2 or 3
    z_spacing: float | None  # distance between successive slices, for 2-D coordinates that stand for a stack

    def to_dict(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Scaling":
        """The inverse of `to_dict`, also after a trip through JSON; raises UserError on missing or unknown keys."""
        known = {field.name for field in fields(cls)}
        if set(stored) != known:
            odd = ", ".join(sorted(known.symmetric_difference(stored)))
            raise UserError(f"The stored scaling does not fit this version ({odd}).", "Train the model again.")
        values = dict(stored)
        for key in ("genes", "mean", "std"):
            values[key] = tuple(values[key])
        return cls(**values)

    def to_log(self, expression: Array) -> Array:
        """Log-normalised expression [cells, genes] from the model's z-scores."""
        return expression * np.asarray(self.std, dtype=np.float32) + np.asarray(self.mean, dtype=np.float32)

    def to_original(self, position: Array, origin: Array) -> Array:
        """Coordinates [cells, dims] in the original unit from positions [cells, 3] of a slice around `origin` [3]."""
        dims = 3 if self.z_spacing is not None else self.dims
        return (position.astype(np.float64) * self.coordinate_scale + origin)[:, :dims]


def fit_scaling(
    adata: anndata.AnnData,
    train_slices: Iterable[str] | None = None,
    *,
    slice_key: str | None,
    coordinate_key: str,
    already_normalised: bool = False,
    coordinate_unit: str = "µm",
    z_spacing: float | None = None,
) -> Scaling:
    """Statistics over the cells of `train_slices` (all by default) only.

    The target sum is the median total count. Coordinates get one scale, so that within slices an axis has unit
    variance on average. Raises UserError when a name is not among the slices or the cells all lie on one spot.
    """
    of_cell = slice_of_cell(adata, slice_key)
    chosen = set(of_cell) if train_slices is None else {str(name) for name in train_slices}
    unknown = sorted(chosen - set(of_cell))
    if unknown or not chosen:
        raise UserError(
            f"There is no slice {unknown[0]!r}." if unknown else "No slice is left to train on.",
            f"Slices: {', '.join(sorted(set(of_cell)))}.",
            slice_key or "data",
        )
    parts = rows_by_slice(of_cell, sorted(chosen))
    totals = np.asarray(adata.X.sum(axis=1), dtype=np.float64).ravel()[np.concatenate(parts)]
    positive = totals[totals > 0]
    target_sum = float(np.median(positive)) if len(positive) else 1.0
    mean, std = _moments(adata, parts, None if already_normalised else target_sum)
    log_totals = np.log1p(totals)

    coordinates = np.asarray(adata.obsm[coordinate_key], dtype=np.float64)
    centred = np.concatenate([coordinates[rows] - coordinates[rows].mean(axis=0) for rows in parts])
    scale = float(np.sqrt((centred**2).mean()))
    if scale == 0.0:
        raise UserError("All cells of a slice lie on one spot.", "Check the coordinates.", coordinate_key)
    return Scaling(
        genes=tuple(str(name) for name in adata.var_names),
        mean=tuple(mean.tolist()),
        std=tuple(std.tolist()),
        target_sum=target_sum,
        already_normalised=already_normalised,
        total_mean=0.0 if already_normalised else float(log_totals.mean()),
        total_std=1.0 if already_normalised else float(log_totals.std()) or 1.0,
        coordinate_key=coordinate_key,
        coordinate_scale=scale,
        coordinate_unit=coordinate_unit,
        dims=coordinates.shape[1],
        z_spacing=z_spacing,
    )


def expression_of(counts: sparse.csr_matrix, scaling: Scaling) -> tuple[Array, Array]:
    """Expression [cells, genes] as z-scores and the extra input [cells, 1], float32, of counts [cells, genes]."""
    values, totals = _dense(counts, None if scaling.already_normalised else scaling.target_sum)
    values -= np.asarray(scaling.mean, dtype=np.float32)
    values /= np.asarray(scaling.std, dtype=np.float32)
    np.clip(values, -CLIP, CLIP, out=values)
    if scaling.already_normalised:
        return values, np.zeros((len(totals), 1), dtype=np.float32)
    extra = (np.log1p(totals) - scaling.total_mean) / scaling.total_std
    return values, extra.astype(np.float32)[:, None]


def slice_names(adata: anndata.AnnData, slice_key: str | None, where: str = "data") -> list[str]:
    """Sorted names of the slices; without a key all cells are one slice. Raises UserError for a missing key."""
    if slice_key is None:
        return [ONLY_SLICE]
    return sorted({str(name) for name in slice_of_cell(adata, slice_key, where)})


def slice_of_cell(adata: anndata.AnnData, slice_key: str | None, where: str = "data") -> Array:
    """Name of each cell's slice, str [cells]; errors as in `slice_names`."""
    if slice_key is None:
        return np.full(adata.n_obs, ONLY_SLICE)
    checks.check_column(slice_key, list(adata.obs.columns), where)
    return adata.obs[slice_key].astype(str).to_numpy(dtype=str)


def rows_by_slice(of_cell: Array, names: Sequence[str]) -> list[Array]:
    """Rows of the cells of each named slice."""
    return [np.flatnonzero(of_cell == name) for name in names]


def _dense(counts: sparse.csr_matrix, target_sum: float | None) -> tuple[Array, Array]:
    """float32 [cells, genes] as they are, or log-normalised to a total per cell; and the totals before [cells]."""
    values = counts.toarray().astype(np.float32, copy=False)
    totals = values.sum(axis=1, dtype=np.float64)
    if target_sum is not None:
        factor = np.divide(target_sum, totals, out=np.zeros(len(totals)), where=totals > 0)
        values *= factor.astype(np.float32)[:, None]
        np.log1p(values, out=values)
    return values, totals


def _moments(adata: anndata.AnnData, parts: Sequence[Array], target_sum: float | None) -> tuple[Array, Array]:
    """Mean and standard deviation of genes over all parts, one part in memory at a time.

    A constant gene gets 1, so that it becomes 0 and not NaN.
    """
    total, square = np.zeros(adata.n_vars), np.zeros(adata.n_vars)
    for rows in parts:
        values, _ = _dense(sparse.csr_matrix(adata.X[rows]), target_sum)
        total += values.sum(axis=0, dtype=np.float64)
        square += np.einsum("ij,ij->j", values, values, dtype=np.float64)
    cells = sum(map(len, parts))
    mean = total / cells
    std = np.sqrt(np.maximum(square / cells - mean**2, 0.0))
    return mean, np.where(std > 1e-6, std, 1.0)
