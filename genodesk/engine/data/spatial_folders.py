"""Recognises the folders that spatial platforms write: reads what is plain inside and says how to export the rest.

Knows the layout of Visium, Xenium and SpatialData folders and nothing of expression values.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.store import Store, attribute, is_group, plain_errors

POSITION_FILES = ("tissue_positions.csv", "tissue_positions_list.csv")
POSITION_COLUMNS = ("barcode", "in_tissue", "array_row", "array_col", "pxl_row_in_fullres", "pxl_col_in_fullres")


def is_visium(folder: Path) -> bool:
    """Whether this is Space Ranger's `outs` folder with a position table in CSV."""
    found = any((folder / "spatial" / name).is_file() for name in POSITION_FILES)
    return found and any(folder.glob("*feature_bc_matrix.h5"))


def visium_matrix(folder: Path) -> Path:
    """The feature-barcode matrix of a Visium folder, the filtered one where there are two."""
    found = sorted(folder.glob("*feature_bc_matrix.h5"), key=lambda file: ("raw" in file.name, file.name))
    return found[0]


def visium_positions(folder: Path, barcodes: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The spots in the order of `barcodes`: integer columns, and float64 [spots, 2] full-resolution pixels (x, y).

    Raises UserError for a spot without a position and for rows that are not five numbers.
    """
    file = next(folder / "spatial" / name for name in POSITION_FILES if (folder / "spatial" / name).is_file())
    placed: dict[str, list[float]] = {}
    with plain_errors(file, ""), file.open(newline="", encoding="utf-8-sig") as lines:
        for number, row in enumerate(csv.reader(lines), start=1):
            if not row or row[0] == POSITION_COLUMNS[0]:
                continue
            try:
                placed[row[0]] = [float(value) for value in row[1:6]]
            except ValueError:
                placed[row[0]] = []
            if len(placed[row[0]]) != 5:
                raise UserError(
                    f"Row {number} is not a barcode and five numbers.",
                    "Copy the folder again.",
                    f"{file}: row {number}",
                )
    missing = [str(barcode) for barcode in barcodes if barcode not in placed]
    if missing:
        raise UserError(
            f"{len(missing):,} spots of the matrix have no position, the first is {missing[0]}.",
            "Use the position table of the same Space Ranger run.",
            str(file),
        )
    table = np.array([placed[str(barcode)] for barcode in barcodes], dtype=np.float64).reshape(-1, 5)
    columns = {name: table[:, i].astype(np.int64) for i, name in enumerate(POSITION_COLUMNS[1:4])}
    return columns, table[:, [4, 3]]


def spatialdata_table(store: Store) -> str | None:
    """Where the AnnData of a SpatialData store lies (`tables/NAME`), or None for any other store. Raises UserError."""
    if store.format == "HDF5" or "obs" in store.root:
        return None
    with plain_errors(store.path, ""):
        group = next((store.root[name] for name in ("tables", "table") if name in store.root), None)
        if group is None or not is_group(group):
            if any(name in store.root for name in ("shapes", "points", "images", "labels")):
                raise UserError(
                    "This SpatialData store has no table of cells.",
                    "Aggregate its points or images to cells with spatialdata and write it again.",
                    str(store.path),
                )
            return None
        found = [name for name in sorted(group) if attribute(group[name], "encoding-type") == "anndata"]
    if len(found) != 1:
        raise UserError(
            f"This SpatialData store has {len(found)} tables of cells{': ' if found else ''}{', '.join(found)}.",
            f"Choose one of the folders inside {store.path / group.name.strip('/')}.",
            str(store.path),
        )
    return f"{group.name.strip('/')}/{found[0]}"


def without_a_matrix(folder: Path) -> None:
    """Raise UserError, saying how to export, for known folders whose cells are not in one plain matrix."""
    if (folder / "experiment.xenium").is_file() or (folder / "cell_feature_matrix.h5").is_file():
        reader, what = "xenium", "a Xenium folder: its cell positions are kept apart from its counts"
    elif (folder / "binned_outputs").is_dir():
        reader, what = "visium_hd", "a Visium HD folder: it holds several bin sizes"
    elif (folder / "matrix.mtx.gz").is_file() or (folder / "matrix.mtx").is_file():
        raise UserError(
            "This is a 10x folder in text form (matrix.mtx).",
            "Use the .h5 file beside it, or scanpy.read_10x_mtx(folder).write_h5ad('cells.h5ad').",
            str(folder),
        )
    elif (folder / "spatial").is_dir() and any(folder.glob("*feature_bc_matrix.h5")):
        raise UserError(
            "This Visium folder has no spatial/tissue_positions.csv.",
            "Copy the 'spatial' folder of the same run, or choose the .h5 file alone.",
            str(folder),
        )
    else:
        return
    raise UserError(
        f"This is {what}.",
        f"Export it: spatialdata_io.{reader}(folder).tables['table'].write_h5ad('cells.h5ad').",
        str(folder),
    )
