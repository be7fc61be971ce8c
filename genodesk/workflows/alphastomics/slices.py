"""Tissue slices in memory, in the model's units.

It knows AnnData objects but no files, and no network.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import anndata
import numpy as np
from scipy import sparse

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics import checks
from genodesk.workflows.alphastomics.scaling import Scaling, expression_of, rows_by_slice, slice_of_cell

Array = np.ndarray


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


def align_genes(adata: anndata.AnnData, genes: Sequence[str], where: str = "data") -> tuple[anndata.AnnData, list[str]]:
    """`adata` with exactly `genes` in this order, and warning sentences.

    Genes that are absent become columns of zeros marked in var["absent"]; `make_slices` gives them the training mean.
    Raises UserError when more than half of the genes are absent.
    """
    if tuple(adata.var_names) == tuple(genes):
        return adata, []
    found = adata.var_names.get_indexer(list(genes))
    absent = found < 0
    warnings = checks.check_model_genes(np.asarray(genes)[absent], len(genes), where)
    # One product with ones where a gene is found: nothing is written for absent genes.
    ones = np.ones(int((~absent).sum()), dtype=adata.X.dtype)
    columns = sparse.csr_matrix((ones, (found[~absent], np.flatnonzero(~absent))), shape=(adata.n_vars, len(genes)))
    aligned = anndata.AnnData(X=sparse.csr_matrix(adata.X) @ columns, obs=adata.obs, obsm=dict(adata.obsm))
    aligned.var_names = list(genes)
    aligned.var["absent"] = absent
    return aligned, warnings


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
    of_cell = slice_of_cell(adata, slice_key, where)
    names = sorted(set(of_cell))
    absent = adata.var["absent"].to_numpy() if "absent" in adata.var else np.zeros(adata.n_vars, dtype=bool)
    codes, label_names = _label_codes(adata, label_key, label_names, where)
    slices = []
    for index, (name, rows) in enumerate(zip(names, rows_by_slice(of_cell, names), strict=True)):
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
