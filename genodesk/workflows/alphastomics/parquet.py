"""Prepared cells as one Parquet table, one row a cell, in the column layout that the published program trains from.

It knows slices in memory; splits, shards and uploads are made elsewhere.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics.slices import Scaling, Slice, SliceSet

Array = np.ndarray

COLUMNS = ("expression", "positions", "cell_types", "slice_ids")
METADATA_KEY = b"genodesk"


def write_parquet(slices: SliceSet, path: Path) -> None:
    """One row a cell: expression float32[genes], positions float32[3], cell_types int32 (-1 = none), slice_ids int32.

    Two further columns, log_total (float32) and cell_names, and the schema's metadata (gene, class and slice names,
    scaling, centres) let `read_parquet` give back the same slices bit for bit; other readers may ignore them.
    """
    parts = list(slices)
    sizes = [len(one) for one in parts]
    labels = [np.full(len(one), -1) if one.labels is None else one.labels for one in parts]
    names = {
        "genes": list(slices.scaling.genes),
        "cell_types": list(slices.label_names),
        "slices": [{"name": one.name, "origin": one.origin.tolist(), "placed": one.placed} for one in parts],
        "labelled": any(one.labels is not None for one in parts),
        "scaling": slices.scaling.to_dict(),
    }
    table = pa.table(
        {
            "expression": _fixed_lists(np.concatenate([one.expression for one in parts])),
            "positions": _fixed_lists(np.concatenate([one.position for one in parts])),
            "cell_types": pa.array(np.concatenate(labels).astype(np.int32)),
            "slice_ids": pa.array(np.repeat(np.arange(len(parts), dtype=np.int32), sizes)),
            "log_total": pa.array(np.concatenate([one.extra[:, 0] for one in parts])),
            "cell_names": pa.array(np.concatenate([one.cell_names for one in parts]).tolist(), type=pa.string()),
        }
    ).replace_schema_metadata({METADATA_KEY: json.dumps(names).encode()})
    pq.write_table(table, path, compression="zstd")


def read_parquet(path: Path) -> SliceSet:
    """The slices of a table that `write_parquet` made, or of any table with the four columns.

    A foreign table's values are taken as prepared: genes are numbered, classes and slices named by their codes.
    Raises UserError for a file that is not Parquet, lacks a column, or whose lists do not all have one length.
    """
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise UserError("There is no such file.", "Check the path.", str(path)) from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(
            f"The file is not a readable Parquet table ({str(error).splitlines()[0]}).", "Export it again.", str(path)
        ) from None
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise UserError(
            f"The table has no column {missing[0]!r}.",
            f"Needed: {', '.join(COLUMNS)}; found: {', '.join(table.column_names)}.",
            str(path),
        )
    if table.num_rows == 0:
        raise UserError("The table holds no cells.", "Export it again.", str(path))
    expression = _matrix(table, "expression", path)
    position = _matrix(table, "positions", path)
    if position.shape[1] != 3:
        raise UserError(f"Positions have {position.shape[1]} columns.", "Three are needed.", str(path))
    slice_ids, cell_types = _codes(table, "slice_ids", path), _codes(table, "cell_types", path)
    stored = (table.schema.metadata or {}).get(METADATA_KEY)
    names = json.loads(stored) if stored else _foreign_names(expression.shape[1], slice_ids, cell_types)
    scaling = Scaling.from_dict(names["scaling"])
    own = stored is not None
    totals = _column(table, "log_total") if own else np.zeros(len(expression), dtype=np.float32)
    cell_names = _column(table, "cell_names").astype(str) if own else np.arange(len(expression)).astype(str)
    slices = []
    for code, entry in enumerate(names["slices"]):
        rows = np.flatnonzero(slice_ids == entry.get("code", code))
        slices.append(
            Slice(
                name=entry["name"],
                expression=expression[rows],
                extra=totals[rows, None].astype(np.float32),
                position=position[rows],
                origin=np.array(entry["origin"]),
                placed=entry["placed"],
                labels=cell_types[rows].astype(np.int64) if names["labelled"] else None,
                cell_names=cell_names[rows],
                counts=None,
            )
        )
    read = SliceSet(tuple(slices), scaling, tuple(names["cell_types"]))
    return read if own else replace(read, slices=tuple(_centred(one) for one in read))


def _fixed_lists(values: Array) -> pa.FixedSizeListArray:
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def _matrix(table: pa.Table, name: str, path: Path) -> Array:
    """A column of lists as float32 [rows, length]; the lists may be of fixed or of variable size."""
    kind = table.schema.field(name).type
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    column = table.column(name)
    if not is_list or not pa.types.is_floating(kind.value_type) or column.null_count:
        raise UserError(f"Column {name!r} does not hold lists of numbers.", "Export it again.", str(path))
    rows = len(column)
    flat = np.concatenate([chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks])
    length = len(flat) // rows
    if not pa.types.is_fixed_size_list(kind):
        offsets = np.concatenate([np.diff(chunk.offsets.to_numpy()) for chunk in column.chunks])
        if (offsets != length).any():
            raise UserError(f"The lists of column {name!r} differ in length.", "Export it again.", str(path))
    if not np.isfinite(flat).all():
        number = int((~np.isfinite(flat)).sum())
        raise UserError(f"Column {name!r} holds {number} values that are not numbers.", "Mend them.", str(path))
    return flat.astype(np.float32, copy=False).reshape(rows, length)


def _codes(table: pa.Table, name: str, path: Path) -> Array:
    if not pa.types.is_integer(table.schema.field(name).type) or table.column(name).null_count:
        raise UserError(f"Column {name!r} does not hold whole numbers.", "Export it again.", str(path))
    return _column(table, name)


def _column(table: pa.Table, name: str) -> Array:
    return table.column(name).to_numpy()


def _foreign_names(genes: int, slice_ids: Array, cell_types: Array) -> dict[str, Any]:
    """What the metadata would say of a table that another program wrote."""
    scaling = Scaling(
        genes=tuple(f"gene_{index}" for index in range(genes)),
        mean=(0.0,) * genes,
        std=(1.0,) * genes,
        target_sum=1.0,
        already_normalised=True,
        total_mean=0.0,
        total_std=1.0,
        coordinate_key="positions",
        coordinate_scale=1.0,
        coordinate_unit="",
        dims=3,
        z_spacing=None,
    )
    return {
        "cell_types": [str(code) for code in range(int(cell_types.max()) + 1)],
        "slices": [
            {"name": str(code), "code": int(code), "origin": [0.0] * 3, "placed": True} for code in np.unique(slice_ids)
        ],
        "labelled": bool((cell_types >= 0).any()),
        "scaling": scaling.to_dict(),
    }


def _centred(one: Slice) -> Slice:
    origin = one.position.mean(axis=0, dtype=np.float64)
    return replace(one, position=(one.position - origin).astype(np.float32), origin=origin)
