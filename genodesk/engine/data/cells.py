"""Opens files of cells: h5ad, AnnData-zarr (formats 2 and 3), 10x h5, and the matrix in Visium and SpatialData folders.

Only headers are read here, and refused where they are damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.engine.data.cell_file import CellFile
from genodesk.engine.data.columns import first_few, open_frame, plain_frame
from genodesk.engine.data.limits import located
from genodesk.engine.data.matrix import open_matrix, sparse_matrix
from genodesk.engine.data.spatial_folders import (
    is_visium,
    spatialdata_table,
    visium_matrix,
    visium_positions,
    without_a_matrix,
)
from genodesk.engine.data.store import (
    Store,
    attribute,
    is_group,
    is_number,
    is_text,
    open_store,
    plain_errors,
    read_numbers,
    shape_of,
)


@contextmanager
def open_cells(path: Path | str) -> Iterator[CellFile]:
    """Open a file or folder of cells for reading.

    Raises UserError (what is wrong, where, what to do) for anything that is not a readable matrix of cells.
    """
    path = Path(path)
    if path.is_dir() and is_visium(path):
        with open_store(visium_matrix(path)) as store:
            with plain_errors(store.path, ""):
                cells = _visium(store, path)
            yield cells
        return
    if path.is_dir():
        without_a_matrix(path)
    with open_store(path) as store:
        # Any look at a damaged header may fail inside the library, so all of it is read under one roof.
        with plain_errors(path, ""):
            cells = _header(store)
        yield cells


def _header(store: Store) -> CellFile:
    if store.format == "HDF5" and "obs" not in store.root and _is_10x(store):
        return _tenx(store, "10x h5")
    inside = spatialdata_table(store)
    return _anndata(store if inside is None else Store(store.path / inside, store.root[inside], store.format))


def _anndata(store: Store) -> CellFile:
    top = sorted(store.root)
    if "obs" not in top and "var" not in top:
        raise UserError(
            f"This is {store.format}, but not AnnData: it has no obs and no var (it holds {first_few(top)}).",
            "Choose a file written by anndata, or a 10x feature-barcode matrix.",
            str(store.path),
        )
    obs, var = open_frame(store, "obs"), open_frame(store, "var")
    shape = (obs.n, var.n)
    layers = {name: open_matrix(node, store.path, f"layers/{name}", shape) for name, node in _members(store, "layers")}
    node = _present(store, "X")
    if node is None and not layers:
        raise UserError("The file has no expression matrix X.", "Write the file with X set.", located(store.path, "X"))
    matrix = None if node is None else open_matrix(node, store.path, "X", shape)
    obsm = {key: _checked_obsm(item, store.path, key, obs.n) for key, item in _members(store, "obsm")}
    uns = tuple(name for name, _ in _members(store, "uns"))
    kind = "h5ad" if store.format == "HDF5" else "zarr"
    found = CellFile(
        store.path,
        kind,
        f"AnnData in {store.format}",
        obs,
        var,
        matrix,
        layers,
        obsm,
        uns,
        _present(store, "raw") is not None,
        store,
    )
    return _not_empty(found)


def _visium(store: Store, folder: Path) -> CellFile:
    if not _is_10x(store):
        raise UserError("This is no 10x feature-barcode matrix.", "Copy the folder again.", str(store.path))
    cells = _tenx(store, "visium")
    columns, pixels = visium_positions(folder, cells.obs.names)
    obs = plain_frame(store.path, "obs", cells.obs.index, columns)
    return CellFile(
        folder, "visium", "Visium folder", obs, cells.var, cells.X, {}, {"spatial": pixels}, (), False, store
    )


def _is_10x(store: Store) -> bool:
    return _tenx_group(store) is not None


def _tenx_group(store: Store) -> Any:
    """The group of a 10x matrix: `matrix` since Cell Ranger 3, one group named after the genome before."""
    groups = [store.root[name] for name in store.root if is_group(store.root[name])]
    found = [group for group in groups if {"barcodes", "data", "indices", "indptr", "shape"} <= set(group)]
    if len(found) > 1:
        raise UserError(
            f"The file holds {len(found)} genomes ({first_few(group.name for group in found)}).",
            "Export one genome with Cell Ranger or scanpy.read_10x_h5(path, genome=...).",
            str(store.path),
        )
    return found[0] if found else None


def _tenx(store: Store, kind: str) -> CellFile:
    group = _tenx_group(store)
    place = group.name.strip("/")
    parts = {"id": "genes", "name": "gene_names"}
    if "features" in group:
        parts = {name: f"features/{name}" for name in ("id", "name", "feature_type", "genome")}
    nodes = {name: store.node(f"{place}/{part}") for name, part in parts.items()}
    nodes = {name: node for name, node in nodes.items() if node is not None}
    usable = [group["barcodes"], *nodes.values()]
    if "name" not in nodes or any(is_group(node) or len(shape_of(node)) != 1 for node in usable):
        raise UserError("The 10x file has no gene names.", "Copy or export it again.", located(store.path, place))
    index = nodes.pop("name")
    obs = plain_frame(store.path, "obs", group["barcodes"], {})
    var = plain_frame(store.path, "var", index, nodes)
    declared = read_numbers(group["shape"], store.path, f"{place}/shape").tolist()
    if declared != [var.n, obs.n]:
        raise UserError(
            f"The matrix declares the shape {declared}, but the file names {var.n:,} features and {obs.n:,} barcodes.",
            "The file is damaged: copy or export it again.",
            located(store.path, place),
        )
    # 10x stores [features, barcodes] by columns, which is [cells, genes] by rows.
    matrix = sparse_matrix(group, store.path, place, "csr", (obs.n, var.n))
    return _not_empty(CellFile(store.path, kind, "10x HDF5", obs, var, matrix, {}, {}, (), False, store))


def _present(store: Store, place: str) -> Any:
    """The node, or None where it is absent or holds AnnData's mark for None."""
    node = store.node(place)
    return None if node is None or attribute(node, "encoding-type") == "null" else node


def _members(store: Store, place: str) -> list[tuple[str, Any]]:
    node = store.node(place)
    if node is None or not is_group(node):
        return []
    with plain_errors(store.path, place):
        return [(str(name), node[name]) for name in sorted(node)]


def _checked_obsm(node: Any, path: Path, key: str, n_obs: int) -> Any:
    if not is_group(node) and (shape_of(node)[:1] != (n_obs,) or not (is_number(node) or is_text(node))):
        raise UserError(
            f"This array has the shape {shape_of(node)} and type {node.dtype}, not one row of numbers for each of "
            f"{n_obs:,} cells.",
            "Write the file again with anndata.",
            located(path, f"obsm/{key}"),
        )
    return node


def _not_empty(cells: CellFile) -> CellFile:
    if cells.n_obs == 0 or cells.n_vars == 0:
        raise UserError(
            f"The matrix is empty: {cells.n_obs:,} cells and {cells.n_vars:,} genes.",
            "Choose a file with cells, or loosen the filters that made it.",
            str(cells.path),
        )
    return cells
