"""Tissue slices in memory, in the model's units, and the statistics that lead from measured values to them and back.

It knows AnnData objects but no files, and no network.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
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


@dataclass(frozen=True)
class Slice:
    """The cells of one tissue slice in model units."""

    name: str
    expression: Array  # [cells, genes] float32, z-scored log-normalised
    extra: Array  # [cells, 1] float32, z-scored log total count (0 where counts are unknown)
    position: Array  # [cells, 3] float32, centred, in units of `Scaling.coordinate_scale`; zeros if not placed
    origin: Array  # [3] float64, the slice's centre in the original unit
    placed: bool  # whether positions were measured
    labels: Array | None  # [cells] int64 codes into SliceSet.label_names, -1 = none
    cell_names: Array  # [cells] str
    counts: sparse.csr_matrix | None  # [cells, genes] as measured, if kept

    def __len__(self) -> int:
        return len(self.expression)

    def take(self, cells: Array) -> "Slice":
        """The slice with only these cells (indices or mask); origin and scale stay."""
        return replace(
            self,
            expression=self.expression[cells],
            extra=self.extra[cells],
            position=self.position[cells],
            labels=None if self.labels is None else self.labels[cells],
            cell_names=self.cell_names[cells],
            counts=None if self.counts is None else self.counts[cells],
        )


@dataclass(frozen=True)
class SliceSet:
    """Slices that share genes, scaling and class names."""

    slices: tuple[Slice, ...]
    scaling: Scaling
    label_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.slices)

    def __iter__(self) -> Iterator[Slice]:
        return iter(self.slices)

    def __getitem__(self, name: str) -> Slice:
        """The slice of this name; KeyError if there is none."""
        for one in self.slices:
            if one.name == name:
                return one
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.slices)

    def select(self, names: Iterable[str]) -> "SliceSet":
        """Only these slices, in the order of the set."""
        wanted = set(names)
        return replace(self, slices=tuple(one for one in self.slices if one.name in wanted))

    def names_of(self, labels: Array) -> Array:
        """Class names [cells] of label codes; an empty name for -1."""
        return np.array([*self.label_names, ""], dtype=object)[labels]


def slice_names(adata: anndata.AnnData, slice_key: str | None, where: str = "data") -> list[str]:
    """Sorted names of the slices; without a key all cells are one slice. Raises UserError for a missing key."""
    if slice_key is None:
        return [ONLY_SLICE]
    return sorted({str(name) for name in _slice_of_cell(adata, slice_key, where)})


def check_tissue(
    adata: anndata.AnnData,
    *,
    slice_key: str | None,
    coordinate_key: str | None,
    already_normalised: bool = False,
    where: str = "data",
) -> list[str]:
    """Warning sentences about `adata`; raises UserError at the first thing that makes it unusable."""
    warnings = checks.check_size(adata.n_obs, adata.n_vars, where)
    if slice_key is not None:
        checks.check_column(slice_key, list(adata.obs.columns), where)
        if adata.obs[slice_key].isna().any():
            number = int(adata.obs[slice_key].isna().sum())
            raise UserError(
                f"{number} cells have no slice in column {slice_key!r}.", "Fill the column or remove them.", where
            )
    checks.check_unique(adata.obs_names, "cell", where)
    checks.check_unique(adata.var_names, "gene", where)
    if coordinate_key is not None:
        checks.check_coordinate_key(coordinate_key, list(adata.obsm.keys()), where)
        coordinates = np.asarray(adata.obsm[coordinate_key])
        checks.check_coordinate_shape(coordinates.shape, adata.n_obs, where)
        checks.check_finite(coordinates, adata.obs_names, "Coordinates", where)
    matrix = adata.X
    if sparse.issparse(matrix):
        matrix = matrix.tocsr()
        checks.check_finite(matrix.data, adata.obs_names, "Expression values", where, indptr=matrix.indptr)
        values = matrix.data
    else:
        values = np.asarray(matrix)
        checks.check_finite(values, adata.obs_names, "Expression values", where)
    if not already_normalised:
        checks.check_counts(values, where)
    return warnings


def align_genes(adata: anndata.AnnData, genes: Sequence[str], where: str = "data") -> tuple[anndata.AnnData, list[str]]:
    """`adata` with exactly `genes` in this order, and warning sentences.

    Genes that are absent become columns of zeros marked in var["absent"]; `make_slices` gives them the training mean.
    Raises UserError when more than half of the genes are absent.
    """
    checks.check_unique(adata.var_names, "gene", where)
    found = adata.var_names.get_indexer(list(genes))
    absent = found < 0
    number = int(absent.sum())
    missing = ", ".join(np.asarray(genes)[absent][:3])
    if number * 2 > len(genes):
        raise UserError(
            f"{number} of the model's {len(genes)} genes are absent ({missing}, ...).",
            "Give data of the same gene panel, with gene names of the same kind (symbols or Ensembl ids).",
            where,
        )
    matrix = sparse.csc_matrix(adata.X)[:, np.where(absent, 0, found)]
    matrix = (matrix @ sparse.diags((~absent).astype(matrix.dtype))).tocsr()
    aligned = anndata.AnnData(X=matrix, obs=adata.obs, obsm=dict(adata.obsm))
    aligned.var_names = list(genes)
    aligned.var["absent"] = absent
    warnings = []
    if number:
        listed = missing + (", ..." if number > 3 else "")
        warnings.append(f"{where}: {number} of {len(genes)} genes are absent and take their mean ({listed}).")
    return aligned, warnings


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
    slice_of_cell = _slice_of_cell(adata, slice_key)
    chosen = set(slice_of_cell) if train_slices is None else {str(name) for name in train_slices}
    unknown = sorted(chosen - set(slice_of_cell))
    if unknown or not chosen:
        raise UserError(
            f"There is no slice {unknown[0]!r}." if unknown else "No slice is left to train on.",
            f"Slices: {', '.join(sorted(set(slice_of_cell)))}.",
            slice_key or "data",
        )
    cells = np.flatnonzero(np.isin(slice_of_cell, sorted(chosen)))
    counts = sparse.csr_matrix(adata.X[cells])
    totals = np.asarray(counts.sum(axis=1)).ravel()
    positive = totals[totals > 0]
    target_sum = float(np.median(positive)) if len(positive) else 1.0
    mean, std = _moments(counts if already_normalised else _log_normalise(counts, totals, target_sum))
    log_totals = np.log1p(totals)

    coordinates = np.asarray(adata.obsm[coordinate_key], dtype=np.float64)
    centred = np.concatenate(
        [coordinates[rows] - coordinates[rows].mean(axis=0) for rows in _rows_by_slice(slice_of_cell, sorted(chosen))]
    )
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


def make_slices(
    adata: anndata.AnnData,
    scaling: Scaling,
    *,
    slice_key: str | None,
    coordinate_key: str | None,
    label_key: str | None = None,
    label_names: Sequence[str] | None = None,
    keep_counts: bool = False,
    where: str = "data",
) -> SliceSet:
    """All slices of `adata`, sorted by name, in the model's units.

    Genes must be those of `scaling`, in order (`align_genes`). Without `coordinate_key` slices are not placed.
    With `z_spacing` the n-th slice has its origin at z = n * spacing. `label_names` fixes the class codes.
    """
    if tuple(adata.var_names) != scaling.genes:
        raise UserError("The genes are not those of the model.", "Align them first.", where)
    slice_of_cell = _slice_of_cell(adata, slice_key, where)
    names = sorted(set(slice_of_cell))
    absent = adata.var["absent"].to_numpy() if "absent" in adata.var else np.zeros(adata.n_vars, dtype=bool)
    codes, label_names = _label_codes(adata, label_key, label_names, where)
    slices = []
    for index, (name, rows) in enumerate(zip(names, _rows_by_slice(slice_of_cell, names), strict=True)):
        counts = sparse.csr_matrix(adata.X[rows], dtype=np.float32)
        expression, extra = expression_of(counts, scaling)
        expression[:, absent] = 0.0
        position, origin = _position(adata, coordinate_key, rows, scaling, index)
        slices.append(
            Slice(
                name=str(name),
                expression=expression,
                extra=extra,
                position=position,
                origin=origin,
                placed=coordinate_key is not None,
                labels=None if codes is None else codes[rows],
                cell_names=np.asarray(adata.obs_names[rows], dtype=str),
                counts=counts if keep_counts else None,
            )
        )
    return SliceSet(tuple(slices), scaling, tuple(label_names))


def expression_of(counts: sparse.csr_matrix, scaling: Scaling) -> tuple[Array, Array]:
    """Expression [cells, genes] as z-scores and the extra input [cells, 1], float32, of counts [cells, genes]."""
    totals = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    values = counts if scaling.already_normalised else _log_normalise(counts, totals, scaling.target_sum)
    scores = values.toarray().astype(np.float32, copy=False)
    scores -= np.asarray(scaling.mean, dtype=np.float32)
    scores /= np.asarray(scaling.std, dtype=np.float32)
    np.clip(scores, -CLIP, CLIP, out=scores)
    if scaling.already_normalised:
        return scores, np.zeros((len(totals), 1), dtype=np.float32)
    extra = (np.log1p(totals) - scaling.total_mean) / scaling.total_std
    return scores, extra.astype(np.float32)[:, None]


def _slice_of_cell(adata: anndata.AnnData, slice_key: str | None, where: str = "data") -> Array:
    if slice_key is None:
        return np.full(adata.n_obs, ONLY_SLICE)
    checks.check_column(slice_key, list(adata.obs.columns), where)
    return adata.obs[slice_key].astype(str).to_numpy(dtype=str)


def _rows_by_slice(slice_of_cell: Array, names: Sequence[str]) -> list[Array]:
    return [np.flatnonzero(slice_of_cell == name) for name in names]


def _log_normalise(counts: sparse.csr_matrix, totals: Array, target_sum: float) -> sparse.csr_matrix:
    factor = np.divide(target_sum, totals, out=np.zeros(len(totals)), where=totals > 0)
    return (sparse.diags(factor) @ counts.astype(np.float64)).log1p().tocsr()


def _moments(values: sparse.csr_matrix) -> tuple[Array, Array]:
    """Mean and standard deviation of columns; a constant gene gets 1 so that it becomes 0, not NaN."""
    mean = np.asarray(values.mean(axis=0), dtype=np.float64).ravel()
    square = np.asarray(values.multiply(values).mean(axis=0), dtype=np.float64).ravel()
    std = np.sqrt(np.maximum(square - mean**2, 0.0))
    return mean, np.where(std > 1e-6, std, 1.0)


def _position(
    adata: anndata.AnnData, coordinate_key: str | None, rows: Array, scaling: Scaling, index: int
) -> tuple[Array, Array]:
    origin = np.zeros(3)
    position = np.zeros((len(rows), 3), dtype=np.float32)
    if coordinate_key is not None:
        coordinates = np.asarray(adata.obsm[coordinate_key], dtype=np.float64)[rows]
        dims = coordinates.shape[1]
        origin[:dims] = coordinates.mean(axis=0)
        position[:, :dims] = (coordinates - origin[:dims]) / scaling.coordinate_scale
    if scaling.z_spacing is not None and scaling.dims == 2:
        origin[2] = index * scaling.z_spacing
    return position, origin


def _label_codes(
    adata: anndata.AnnData, label_key: str | None, label_names: Sequence[str] | None, where: str
) -> tuple[Array | None, Sequence[str]]:
    if label_key is None:
        return None, label_names or ()
    checks.check_column(label_key, list(adata.obs.columns), where)
    column = adata.obs[label_key]
    values = column.astype(str).to_numpy(dtype=str)
    named = ~column.isna().to_numpy()
    known = list(label_names) if label_names is not None else sorted(set(values[named]))
    code = {name: index for index, name in enumerate(known)}
    return np.array([code.get(value, -1) if ok else -1 for value, ok in zip(values, named, strict=True)]), known
