"""Writing cells: whole or not at all, sharded zarr format 3, and the folder is named when it cannot be done."""

import errno
import json
import os

import anndata
import numpy as np
import pytest
from scipy import sparse

from genodesk.core.errors import UserError
from genodesk.engine.data import cells_write
from genodesk.engine.data.cells import open_cells
from genodesk.engine.data.cells_write import write_h5ad, write_zarr

WRITERS = [(write_h5ad, "cells.h5ad", anndata.read_h5ad), (write_zarr, "cells.zarr", anndata.read_zarr)]


@pytest.mark.parametrize(("writer", "name", "reader"), WRITERS)
def test_what_is_written_comes_back_and_replaces_the_old(adata, place, writer, name, reader):
    before = adata.copy()
    writer(adata[:10].copy(), place / name)
    writer(adata, place / name)
    found = reader(place / name)
    assert (found.X != adata.X).nnz == 0
    assert found.obs["slice_id"].tolist() == adata.obs["slice_id"].tolist()
    np.testing.assert_array_equal(found.obsm["spatial"], adata.obsm["spatial"])
    assert [item.name for item in place.iterdir()] == [name]
    assert adata.obs.dtypes.equals(before.obs.dtypes)


def test_large_arrays_are_sharded_and_small_ones_are_one_file(place, monkeypatch):
    monkeypatch.setattr(cells_write, "CHUNK", 64)
    monkeypatch.setattr(cells_write, "SHARD", 512)
    random = np.random.default_rng(0)
    counts = sparse.random(300, 20, 0.3, format="csr", rng=random)
    adata = anndata.AnnData(counts, obsm={"spatial": random.random((300, 2)), "tiny": random.random((300, 0))})
    adata.layers["dense"] = counts.toarray()
    write_zarr(adata, place / "a.zarr")
    described = json.loads((place / "a.zarr" / "X" / "data" / "zarr.json").read_text())
    assert described["zarr_format"] == 3
    assert [codec["name"] for codec in described["codecs"]] == ["sharding_indexed"]
    assert len(list((place / "a.zarr" / "X" / "data" / "c").iterdir())) == -(-counts.nnz // 512)
    with open_cells(place / "a.zarr") as cells:
        np.testing.assert_allclose(cells.gene(4), counts[:, [4]].toarray().ravel().astype(np.float32))
        np.testing.assert_allclose(cells.rows(slice(100, 130), layer="dense"), counts[100:130].toarray(), rtol=1e-6)


@pytest.mark.parametrize(("writer", "name", "reader"), WRITERS)
def test_a_failed_write_leaves_the_old_file_and_names_the_folder(adata, place, writer, name, reader, monkeypatch):
    writer(adata, place / name)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("anndata.io.write_elem", full)
    monkeypatch.setattr("anndata.experimental.write_dispatched", full)
    with pytest.raises(UserError, match="The disk of this folder is full") as caught:
        writer(adata[:5].copy(), place / name)
    assert caught.value.where == str(place)
    assert reader(place / name).shape == adata.shape
    assert [item.name for item in place.iterdir()] == [name]


@pytest.mark.parametrize(("writer", "name", "reader"), WRITERS)
def test_an_absent_folder_is_named(adata, place, writer, name, reader):
    with pytest.raises(UserError, match="does not exist") as caught:
        writer(adata, place / "absent" / name)
    assert caught.value.where == str(place / "absent")


@pytest.mark.parametrize(("writer", "name", "reader"), WRITERS)
def test_a_closed_folder_is_named(adata, place, writer, name, reader):
    closed = place / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("this account may write anywhere")
    with pytest.raises(UserError, match="may not be written"):
        writer(adata, closed / name)


def test_a_folder_that_is_no_store_is_never_replaced(adata, place):
    (place / "thesis").mkdir()
    (place / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(UserError, match="no zarr store"):
        write_zarr(adata, place / "thesis")
    with pytest.raises(UserError, match="There is a folder of this name"):
        write_h5ad(adata, place / "thesis")
    assert (place / "thesis" / "chapter.txt").read_text() == "years of work"
