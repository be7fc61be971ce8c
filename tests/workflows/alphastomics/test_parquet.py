"""Cells survive the trip through Parquet value for value, and a bad table is named for what it lacks."""

from pathlib import Path

import anndata
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics.parquet import parquet_header, read_parquet, write_parquet
from genodesk.workflows.alphastomics.synthetic import synthetic_cortex


@pytest.fixture
def cells() -> anndata.AnnData:
    return synthetic_cortex("demo", seed=0, slices=3, cells=40, genes=25)


def test_a_round_trip_gives_back_the_same_cells(cells: anndata.AnnData, tmp_path: Path) -> None:
    cells.obs["cell_type"] = cells.obs["cell_type"].where(np.arange(cells.n_obs) != 5)
    cells.uns["genodesk"] = {"format": np.int64(1), "coordinate_unit": "µm"}
    path = tmp_path / "cells.parquet"
    write_parquet(cells, path)
    again = read_parquet(path)
    assert (again.X != cells.X).nnz == 0
    assert again.X.dtype == np.float32
    assert list(again.var_names) == list(cells.var_names)
    assert list(again.obs_names) == list(cells.obs_names)
    assert again.obsm["spatial"].shape == (120, 2)
    assert np.array_equal(again.obsm["spatial"], cells.obsm["spatial"].astype(np.float32))
    assert again.obs["slice_id"].tolist() == cells.obs["slice_id"].tolist()
    assert again.obs["cell_type"].isna().sum() == 1
    assert again.obs["cell_type"].dropna().tolist() == cells.obs["cell_type"].dropna().tolist()
    assert again.uns["genodesk"] == {"format": 1, "coordinate_unit": "µm"}
    assert parquet_header(path) == (120, list(cells.var_names))


def test_the_columns_are_those_of_the_published_layout(cells: anndata.AnnData, tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    write_parquet(cells, path)
    schema = pq.read_schema(path)
    assert schema.field("expression").type == pa.list_(pa.float32(), 25)
    assert schema.field("positions").type == pa.list_(pa.float32(), 3)
    assert schema.field("cell_types").type == pa.int32()
    assert schema.field("slice_ids").type == pa.int32()
    row = pq.read_table(path).slice(41, 1).to_pylist()[0]
    assert row["slice_ids"] == 1
    assert row["expression"] == cells.X[41].toarray()[0].tolist()
    assert row["positions"][2] == 0.0


def test_many_blocks_make_one_table(tmp_path: Path) -> None:
    cells = synthetic_cortex("demo", seed=0, slices=1, cells=41_000, genes=6)
    path = tmp_path / "cells.parquet"
    write_parquet(cells, path)
    again = read_parquet(path)
    assert again.n_obs == 41_000
    assert (again.X != cells.X).nnz == 0


def test_cells_without_slice_and_type_are_one_slice_without_types(cells: anndata.AnnData, tmp_path: Path) -> None:
    del cells.obs["slice_id"], cells.obs["cell_type"]
    path = tmp_path / "cells.parquet"
    write_parquet(cells, path)
    again = read_parquet(path)
    assert set(again.obs["slice_id"]) == {"all"}
    assert "cell_type" not in again.obs


def _foreign(**changes: object) -> dict[str, object]:
    columns: dict[str, object] = {
        "expression": [[0.5, 0.0], [1.5, 2.0]],
        "positions": [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]],
        "cell_types": [-1, 3],
        "slice_ids": [7, 2],
    }
    return {key: value for key, value in (columns | changes).items() if value is not None}


def test_a_table_of_another_program_with_lists_of_variable_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table(_foreign()), path)
    cells = read_parquet(path)
    assert cells.X.toarray().tolist() == [[0.5, 0.0], [1.5, 2.0]]
    assert cells.obsm["spatial"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert cells.obs["slice_id"].tolist() == ["7", "2"]
    assert cells.obs["cell_type"].isna().tolist() == [True, False]
    assert cells.obs["cell_type"].iloc[1] == "3"
    assert list(cells.var_names) == ["gene_0", "gene_1"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slice_ids": None}, "no column 'slice_ids'"),
        ({"expression": [[0.5, 0.0], [1.5]]}, "'expression' are not all of length 2"),
        ({"positions": [[0.0, 1.0], [3.0, 4.0]]}, "'positions' are not all of length 3"),
        ({"expression": ["a", "b"]}, "'expression' does not hold lists"),
        ({"cell_types": ["x", "y"]}, "'cell_types' does not hold whole numbers"),
        ({key: pa.array([], type=pa.int32()) for key in _foreign()}, "holds no cells"),
    ],
)
def test_a_bad_table_is_named_for_what_is_wrong(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.parquet"
    pq.write_table(pa.table(_foreign(**changes)), path)
    with pytest.raises(UserError, match=message) as caught:
        read_parquet(path)
    assert caught.value.where == str(path)


def test_a_file_that_is_not_parquet_and_one_that_is_missing_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.parquet"
    text.write_text("not a table")
    with pytest.raises(UserError, match="not a readable Parquet table"):
        read_parquet(text)
    with pytest.raises(UserError, match="no such file"):
        parquet_header(tmp_path / "absent.parquet")


def test_a_truncated_table_is_refused(cells: anndata.AnnData, tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    write_parquet(cells, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match="not a readable Parquet table"):
        read_parquet(path)
