"""Cells as one Parquet table, one row a cell, in the column layout that the published program trains from.

It copies values as they are; checking, scaling and splitting are done elsewhere.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from genodesk.core.errors import UserError

Array = np.ndarray

COLUMNS = ("expression", "positions", "cell_types", "slice_ids")
METADATA_KEY = b"genodesk"
NO_TYPE = -1
ROWS_AT_ONCE = 20_000


def write_parquet(
    cells: anndata.AnnData,
    path: Path,
    *,
    coordinate_key: str = "spatial",
    slice_key: str = "slice_id",
    label_key: str = "cell_type",
) -> None:
    """One row a cell: expression float32[genes], positions float32[3] (z = 0 for 2-D), cell_types int32 and
    slice_ids int32.

    Cells without a type get -1; without a slice column all cells are one slice. A further column cell_names and the
    schema's metadata (names of genes, types and slices, number of dimensions, uns["genodesk"]) let `read_parquet`
    give back the same cells; other readers may ignore them. Raises OSError when the file cannot be written.
    """
    if slice_key in cells.obs:
        slices, slice_names = _codes_of(cells.obs[slice_key])
    else:
        slices, slice_names = np.zeros(cells.n_obs, dtype=np.int32), ["all"]
    if label_key in cells.obs:
        types, type_names = _codes_of(cells.obs[label_key])
    else:
        types, type_names = np.full(cells.n_obs, NO_TYPE, dtype=np.int32), []
    position = np.asarray(cells.obsm[coordinate_key], dtype=np.float32)
    names = {
        "genes": list(cells.var_names),
        "cell_types": type_names,
        "slices": slice_names,
        "dims": position.shape[1],
        "uns": cells.uns.get("genodesk"),
    }
    three = np.zeros((cells.n_obs, 3), dtype=np.float32)
    three[:, : position.shape[1]] = position
    schema = pa.schema(
        {
            "expression": pa.list_(pa.float32(), cells.n_vars),
            "positions": pa.list_(pa.float32(), 3),
            "cell_types": pa.int32(),
            "slice_ids": pa.int32(),
            "cell_names": pa.string(),
        },
        metadata={METADATA_KEY: json.dumps(names, default=_plain).encode()},
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, cells.n_obs, ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            block = cells.X[rows]
            expression = block.toarray() if sparse.issparse(block) else np.asarray(block)
            columns = [
                _fixed_lists(expression),
                _fixed_lists(three[rows]),
                pa.array(types[rows]),
                pa.array(slices[rows]),
                pa.array(cells.obs_names[rows].astype(str), type=pa.string()),
            ]
            writer.write_table(pa.table(columns, schema=schema))


def parquet_header(path: Path) -> tuple[int, list[str]]:
    """Number of cells and names of genes, without reading the values; errors as in `read_parquet`."""
    with _open(path) as file:
        return file.metadata.num_rows, _names(file, path)["genes"]


def parquet_slices(path: Path) -> dict[str, int]:
    """How many cells each slice has, from their column alone; errors as in `read_parquet`."""
    with _open(path) as file:
        names = _names(file, path).get("slices")
        codes = Counter(_codes(file.read(["slice_ids"]), "slice_ids", path).tolist())
    return {names[code] if names else str(code): number for code, number in codes.items()}


def read_parquet(path: Path) -> anndata.AnnData:
    """The cells of a table that `write_parquet` made, or of any table with the four columns.

    X is CSR float32 [cells, genes]; obs has slice_id and, unless every type is -1, cell_type; obsm["spatial"] has 2 or
    3 columns. In a foreign table genes are numbered and types and slices named by their codes. Raises UserError for a
    file that is not Parquet, lacks a column, is empty, or whose lists are not of one length.
    """
    with _open(path) as file:
        names = _names(file, path)
        genes = len(names["genes"])
        blocks, places = [], []
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=["expression", "positions"]):
            blocks.append(sparse.csr_matrix(_matrix(batch, "expression", genes, path)))
            places.append(_matrix(batch, "positions", 3, path))
        own = "cell_names" in file.schema_arrow.names
        rest = file.read([*COLUMNS[2:], *(["cell_names"] if own else [])])
    types, slices = _codes(rest, "cell_types", path), _codes(rest, "slice_ids", path)
    index = rest.column("cell_names").to_pylist() if own else [str(row) for row in range(len(slices))]
    slice_names = names.get("slices") or {code: str(code) for code in range(int(slices.max()) + 1)}
    type_names = names.get("cell_types") or {code: str(code) for code in range(int(types.max()) + 1)}
    obs = pd.DataFrame({"slice_id": pd.Categorical([slice_names[code] for code in slices])}, index=index)
    if (types != NO_TYPE).any():
        obs["cell_type"] = pd.Categorical([None if code == NO_TYPE else type_names[code] for code in types])
    cells = anndata.AnnData(
        X=sparse.vstack(blocks, format="csr"),
        obs=obs,
        var=pd.DataFrame(index=names["genes"]),
        obsm={"spatial": np.concatenate(places)[:, : names.get("dims", 3)]},
    )
    if names.get("uns") is not None:
        cells.uns["genodesk"] = names["uns"]
    return cells


def _codes_of(column: pd.Series) -> tuple[Array, list[str]]:
    """Codes [cells] int32 of a column of obs, -1 where it is empty, and the names they stand for."""
    categories = pd.Categorical(column.astype(str).where(column.notna()))
    return categories.codes.astype(np.int32), list(categories.categories)


def _plain(value: Any) -> Any:
    """numpy scalars and arrays as JSON knows them."""
    return value.tolist()


def _fixed_lists(values: Array) -> pa.FixedSizeListArray:
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def _open(path: Path) -> Any:
    try:
        return pq.ParquetFile(path)
    except FileNotFoundError:
        raise UserError("There is no such file.", "Check the path.", str(path)) from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(
            f"The file is not a readable Parquet table ({str(error).splitlines()[0]}).", "Export it again.", str(path)
        ) from None


def _names(file: Any, path: Path) -> dict[str, Any]:
    """The names in the metadata, or made-up gene names for a foreign table; checks columns and size on the way."""
    columns = file.schema_arrow.names
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        needed = f"Needed: {', '.join(COLUMNS)}; found: {', '.join(columns)}."
        raise UserError(f"The table has no column {missing[0]!r}.", needed, str(path))
    if file.metadata.num_rows == 0:
        raise UserError("The table holds no cells.", "Export it again.", str(path))
    stored = (file.schema_arrow.metadata or {}).get(METADATA_KEY)
    if stored:
        names: dict[str, Any] = json.loads(stored)
        return names
    first = next(file.iter_batches(1, columns=["expression"])).column("expression")[0].as_py()
    if not isinstance(first, list):
        raise _not_lists("expression", path)
    return {"genes": [f"gene_{gene}" for gene in range(len(first))]}


def _matrix(batch: pa.RecordBatch, name: str, length: int, path: Path) -> Array:
    """A column of lists as float32 [rows, length]; the lists may be declared with a fixed or a variable size."""
    column = batch.column(name)
    kind = column.type
    fixed = pa.types.is_fixed_size_list(kind)
    if not (fixed or pa.types.is_list(kind) or pa.types.is_large_list(kind)) or column.null_count:
        raise _not_lists(name, path)
    if not pa.types.is_floating(kind.value_type) and not pa.types.is_integer(kind.value_type):
        raise _not_lists(name, path)
    if (pc.list_value_length(column).to_numpy(zero_copy_only=False) != length).any():
        raise UserError(f"The lists of column {name!r} are not all of length {length}.", "Export it again.", str(path))
    values: Array = column.flatten().to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
    return values.reshape(len(column), length)


def _not_lists(name: str, path: Path) -> UserError:
    return UserError(f"Column {name!r} does not hold lists of numbers.", "Export it again.", str(path))


def _codes(table: pa.Table, name: str, path: Path) -> Array:
    column = table.column(name)
    codes = column.to_numpy() if pa.types.is_integer(column.type) and not column.null_count else None
    if codes is None or codes.min() < NO_TYPE:
        raise UserError(f"Column {name!r} does not hold whole numbers from -1 up.", "Export it again.", str(path))
    return codes
