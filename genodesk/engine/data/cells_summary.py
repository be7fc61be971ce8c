"""A file of cells in plain words: sizes, columns, where the coordinates are, which column holds slices, and warnings.

Everything returned is JSON; it must not read whole matrices.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from genodesk.engine.data.cell_file import CellFile
from genodesk.engine.data.columns import ColumnHeader, first_few
from genodesk.engine.data.matrix import Matrix
from genodesk.engine.data.store import is_group, plain_errors

SPATIAL_KEYS = ("spatial", "x_spatial", "spatial_um", "spatial3d", "spatial_3d", "coordinates", "coords", "xy", "xyz")
EMBEDDING = re.compile(r"umap|t-?sne|pca|draw_graph|diffmap|phate|harmony|scvi|scanvi|latent|embed|mde|lsi|svd|nmf")
COLUMN_PAIRS = (
    ("x", "y"),
    ("x_centroid", "y_centroid"),
    ("center_x", "center_y"),
    ("centerx_global_px", "centery_global_px"),
    ("x_um", "y_um"),
    ("x_coord", "y_coord"),
    ("coord_x", "coord_y"),
    ("pos_x", "pos_y"),
    ("pxl_col_in_fullres", "pxl_row_in_fullres"),
    ("imagecol", "imagerow"),
    ("array_col", "array_row"),
)
DEPTHS = ("z", "z_centroid", "center_z", "z_um", "z_coord", "coord_z", "pos_z")
# Xenium and MERSCOPE write centres of cells in micrometres under these names.
UNITS = (
    (re.compile(r"_px\b|pxl_|imagecol"), "pixel"),
    (re.compile(r"_um\b|x_centroid|center_x"), "µm"),
    (re.compile(r"array_col"), "spot"),
)
SLICE_WORDS = ("slice", "section", "bregma", "fov", "library", "sample", "animal", "mouse", "donor", "batch", "tissue")
LISTED_CATEGORIES = 200
RANGED_CELLS = 200_000  # the range of a column costs reading it, which is not felt up to here
LOG_CEILING = 25  # log1p of counts never exceeds this; larger fractions are scaled in another way


def summarise(cells: CellFile) -> dict[str, Any]:
    """The answer of `inspect` for cells.

    Keys: title, sizes, matrix, layers, columns, coordinates (best first), slice_columns (best first), genes,
    obsm, uns, raw, repeated_names, format, warnings.
    """
    values = values_kind(cells.X) if cells.X is not None else "absent"
    places = coordinate_candidates(cells)
    repeated = {"cells": cells.obs.repeated(), "genes": cells.var.repeated()}
    spatial = [place["key"] for place in places if place["kind"] == "space"]
    title = f"{cells.n_obs:,} cells x {cells.n_vars:,} genes, {values}"
    title += f", coordinates in {spatial[0]}" if spatial else ", no coordinates"
    return {
        "title": title,
        "format": cells.format,
        "sizes": {"cells": cells.n_obs, "genes": cells.n_vars},
        "matrix": None if cells.X is None else {**_matrix(cells.X), "values": values},
        "layers": {name: _matrix(layer) for name, layer in cells.layers.items()},
        "columns": [_column(cells, header) for header in cells.obs.columns.values()],
        "coordinates": places,
        "slice_columns": slice_candidates(cells),
        "genes": cells.names()[:10].tolist(),
        "obsm": {key: list(shape) for key, shape in cells.obsm.items()},
        "uns": list(cells.uns),
        "raw": cells.has_raw,
        "repeated_names": {what: len(names) for what, names in repeated.items()},
        "warnings": _warnings(cells, values, places, repeated),
    }


def coordinate_candidates(cells: CellFile) -> list[dict[str, Any]]:
    """Where the cells' places may be, best first: `key` for CellFile.coordinates, `dimensions`, `kind` and `unit`.

    `kind` is `space`, or `embedding` for arrays such as X_umap, which look like a map but are none. `unit` is empty
    where the file does not tell it.
    """
    ranked: list[tuple[float, dict[str, Any]]] = []
    for key, (_, width) in cells.obsm.items():
        name = key.lower()
        if EMBEDDING.search(name):
            ranked.append((9, {"key": key, "dimensions": width, "kind": "embedding", "unit": ""}))
        elif width in (2, 3):
            rank = SPATIAL_KEYS.index(name) / 100 if name in SPATIAL_KEYS else 1 if "spatial" in name else 3
            ranked.append((rank, {"key": key, "dimensions": width, "kind": "space", "unit": _unit(cells, key)}))
    numeric = {name.lower(): name for name, header in cells.obs.columns.items() if header.kind == "numeric"}
    depth = next((numeric[name] for name in DEPTHS if name in numeric), None)
    for pair in COLUMN_PAIRS:
        if all(name in numeric for name in pair):
            names = [numeric[name] for name in pair] + ([depth] if depth and pair[0] != "array_col" else [])
            key = "obs:" + ",".join(names)
            ranked.append((2, {"key": key, "dimensions": len(names), "kind": "space", "unit": _unit(cells, key)}))
    return [place for _, place in sorted(ranked, key=lambda pair: pair[0])]


def _unit(cells: CellFile, key: str) -> str:
    """The unit of a place, as the file says it or its maker's name for the column implies; empty where unknown."""
    # scanpy keeps the scale of a Visium image in uns["spatial"] and the spots in pixels of that image.
    if key == "spatial" and (cells.kind == "visium" or "spatial" in cells.uns):
        return "pixel"
    if not key.startswith("obs:"):
        told = cells.store.node("uns/genodesk/coordinate_unit")
        with plain_errors(cells.path, "uns"):
            text = None if told is None or is_group(told) or told.shape else told[()]
        if text is not None:
            return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return next((unit for pattern, unit in UNITS if pattern.search(key.lower())), "")


def slice_candidates(cells: CellFile) -> list[str]:
    """Columns that may tell one tissue slice from another, best first, judged by name and number of categories."""
    ranked = []
    for name, header in cells.obs.columns.items():
        rank = next((i for i, word in enumerate(SLICE_WORDS) if word in name.lower()), None)
        many = header.n_categories is not None and not 1 < header.n_categories <= cells.n_obs // 2
        if rank is not None and header.kind != "other" and header.dtype[:5] != "float" and not many:
            ranked.append((rank, name))
    return [name for _, name in sorted(ranked, key=lambda pair: pair[0])]


def values_kind(matrix: Matrix) -> str:
    """What sampled values look like: `raw counts`, `log-normalised`, `normalised`, `scaled` or `all zero`."""
    sample = matrix.sample()
    sample = sample[np.isfinite(sample)]
    if not sample.size or not sample.any():
        return "all zero"
    if sample.min() < 0:
        return "scaled"
    if np.array_equal(sample, np.rint(sample)):
        return "raw counts"
    return "log-normalised" if sample.max() <= LOG_CEILING else "normalised"


def _matrix(matrix: Matrix) -> dict[str, Any]:
    cells = matrix.shape[0] * matrix.shape[1]
    return {
        "encoding": matrix.encoding,
        "dtype": str(matrix.dtype),
        "stored_values": matrix.nnz,
        "filled": round(matrix.nnz / cells, 4) if cells else 0.0,
    }


def _column(cells: CellFile, header: ColumnHeader) -> dict[str, Any]:
    described: dict[str, Any] = {"name": header.name, "kind": header.kind, "dtype": header.dtype}
    if header.kind == "categorical":
        counts = {name: n for name, n in cells.column(header.name).counts().items() if n}
        listed = sorted(counts.items(), key=lambda pair: -pair[1])[:LISTED_CATEGORIES]
        described |= {"n_categories": len(counts), "categories": dict(listed)}
    elif header.kind == "numeric" and cells.n_obs <= RANGED_CELLS:
        values = cells.column(header.name).values
        values = values[np.isfinite(values)]
        described |= {"range": [values.min().item(), values.max().item()]} if values.size else {}
    return described


def _warnings(cells: CellFile, values: str, places: list[dict[str, Any]], repeated: dict[str, list[str]]) -> list[str]:
    found = []
    if cells.X is None:
        found.append(f"There is no matrix X; expression is in the layers {first_few(cells.layers)}.")
    else:
        sample = cells.X.sample()
        broken = int((~np.isfinite(sample)).sum())
        if broken:
            found.append(f"{broken:,} of {sample.size:,} sampled values of X are missing (NaN) or infinite.")
        if values == "scaled":
            found.append("X holds negative values, so it is scaled, not counts.")
        elif values.endswith("normalised"):
            found.append(f"X looks {values}, not raw counts.")
        elif values == "all zero":
            found.append("All sampled values of X are zero.")
    for what, names in (("Cell", repeated["cells"]), ("Gene", repeated["genes"])):
        if names:
            found.append(f"{what} names that occur more than once: {first_few(names)}.")
    other = [header.name for header in cells.obs.columns.values() if header.kind == "other"]
    if other:
        found.append(f"Columns that cannot be read: {first_few(other)}.")
    if not any(place["kind"] == "space" for place in places):
        maps = [place["key"] for place in places]
        found.append(f"No coordinates in space ({first_few(maps)} are embeddings)." if maps else "No coordinates.")
    else:
        best = next(place["key"] for place in places if place["kind"] == "space")
        lost = int((~np.isfinite(cells.coordinates(best)).all(axis=1)).sum())
        if lost:
            found.append(f"{lost:,} cells have no place: their coordinates in {best} are missing.")
    return found
