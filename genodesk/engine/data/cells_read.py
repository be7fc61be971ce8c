"""Loads the parts of a file of cells that a training needs into one AnnData, and nothing else of it.

The only reader here that brings a whole matrix into memory; anndata is imported when it is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.cell_file import CellFile
from genodesk.engine.data.cells import open_cells
from genodesk.engine.data.cells_summary import EMBEDDING
from genodesk.engine.data.columns import Column, Frame, first_few
from genodesk.engine.data.limits import located
from genodesk.engine.data.store import plain_errors


def read_cells(
    path: Path | str,
    *,
    layer: str | None = None,
    coordinates: str | None = None,
    columns: Sequence[str] | None = None,
    genes: Sequence[str] | None = None,
    also: Sequence[str] = (),
) -> Any:
    """An AnnData with X [cells, genes] in the stored type, obs, and gene names.

    `layer` reads that layer as X; `coordinates` (an obsm key or `obs:x,y`) is put into `obsm["spatial"]` as
    float64 in the file's unit, whatever it was called; `columns` limits obs and `genes` selects and orders genes.
    `also` names elements to keep as they are, such as `varm/motif` or `layers/accessibility`. In 10x files a gene
    symbol that occurs twice is replaced by the gene's id.
    Raises UserError for repeated names, unknown names, values that are not finite, and embeddings given as a place.
    """
    import anndata
    import pandas as pd

    with open_cells(path) as cells:
        names = unique_gene_names(cells)
        _refuse_repeats(cells.obs, "cell", "obs_names_make_unique")
        wanted = list(cells.obs.columns if columns is None else columns)
        kept = [name for name in wanted if columns is not None or cells.obs.columns[name].kind != "other"]
        obs = pd.DataFrame({name: _series(cells.column(name)) for name in kept}, index=cells.cell_names())
        place = None if coordinates is None else _place(cells, coordinates)
        matrix = cells.matrix(layer).read()
        _refuse_missing(matrix, cells, layer)
        var = pd.DataFrame({name: _series(cells.var.column(name)) for name in _readable(cells.var)}, index=names)
        adata = anndata.AnnData(X=matrix, obs=obs, var=var)
        if place is not None:
            adata.obsm["spatial"] = place
        for element in also:
            _keep(adata, cells, element)
    return adata if genes is None else _select(adata, list(genes), Path(path))


def unique_gene_names(cells: CellFile) -> np.ndarray:
    """Gene names, `object` text [genes]; in 10x files a symbol that occurs twice is replaced by the gene's id.

    Raises UserError for repeated names elsewhere.
    """
    repeated = cells.var.repeated()
    if not repeated or not {"10x h5", "visium"} & {cells.kind} or "id" not in cells.var.columns:
        _refuse_repeats(cells.var, "gene", "var_names_make_unique")
        return cells.names()
    ids = cells.var.column("id").labels()
    twice = set(repeated)
    return np.array([gene if name in twice else name for name, gene in zip(cells.names(), ids, strict=True)], object)


def _refuse_repeats(frame: Frame, what: str, remedy: str) -> None:
    repeated = frame.repeated()
    if repeated:
        raise UserError(
            f"{len(repeated):,} {what} names occur more than once: {first_few(repeated)}.",
            f"Make them unique (adata.{remedy}()) and write the file again.",
            located(frame.path, frame.place),
        )


def _readable(frame: Frame) -> list[str]:
    return [name for name, header in frame.columns.items() if header.kind != "other"]


def _series(column: Column) -> Any:
    import pandas as pd

    if column.kind == "categorical":
        return pd.Categorical.from_codes(column.values, categories=list(column.categories))
    return column.values


def _place(cells: CellFile, key: str) -> np.ndarray:
    where = located(cells.path, key if key.startswith("obs:") else f"obsm/{key}")
    if EMBEDDING.search(key.lower()):
        raise UserError(
            f"'{key}' is an embedding computed from expression, not a place in tissue.",
            "Choose the coordinates that were measured, often 'spatial' (obsm).",
            where,
        )
    place = cells.coordinates(key)
    if place.shape[1] not in (2, 3):
        raise UserError(f"Coordinates need 2 or 3 columns, not {place.shape[1]}.", "Choose another key.", where)
    lost = np.flatnonzero(~np.isfinite(place).all(axis=1))
    if lost.size:
        raise UserError(
            f"{lost.size:,} cells have no coordinates, the first is {cells.cell_names()[lost[0]]}.",
            "Remove these cells and write the file again.",
            where,
        )
    return place


def _refuse_missing(matrix: Any, cells: CellFile, layer: str | None) -> None:
    values = matrix if isinstance(matrix, np.ndarray) else matrix.data
    broken = 0 if values.dtype.kind != "f" else int(values.size - np.count_nonzero(np.isfinite(values)))
    if broken:
        raise UserError(
            f"{broken:,} values of the matrix are missing (NaN) or infinite.",
            "Replace them, by 0 where nothing was seen, and write the file again.",
            located(cells.path, cells.matrix(layer).place),
        )


def _keep(adata: Any, cells: CellFile, element: str) -> None:
    from anndata.io import read_elem

    group, _, name = element.partition("/")
    node = cells.store.node(element)
    if group not in ("layers", "obsm", "varm", "obsp", "varp", "uns") or not name or node is None:
        raise UserError(
            f"There is no element '{element}'.", "Check its name with inspect.", located(cells.path, element)
        )
    with plain_errors(cells.path, element):
        value = read_elem(node)
        getattr(adata, group)[name] = value


def _select(adata: Any, genes: list[str], path: Path) -> Any:
    missing = [gene for gene in genes if gene not in adata.var_names]
    if missing:
        raise UserError(
            f"{len(missing):,} of {len(genes):,} genes are not in the file: {first_few(missing)}.",
            "Remove them from the list, or use the kind of name that the file uses (symbols or ids).",
            located(path, "var"),
        )
    return adata[:, genes].copy()
