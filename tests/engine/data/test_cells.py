"""What the header tells, and single genes, rows and columns, agree with anndata in every storage."""

import json
import shutil
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from genodesk.core.errors import UserError
from genodesk.engine.data import matrix as matrix_module
from genodesk.engine.data.cells import open_cells
from genodesk.engine.data.cells_read import read_cells
from genodesk.engine.data.cells_summary import summarise
from genodesk.engine.data.cells_write import write_zarr

STORAGES = [(kind, how) for kind in ("h5ad", "zarr v2", "zarr v3") for how in ("csr", "csc", "dense")]


def write(adata: anndata.AnnData, kind: str, how: str, place: Path) -> Path:
    counts = adata.X.toarray()
    adata.X = counts if how == "dense" else sparse.csr_matrix(counts) if how == "csr" else sparse.csc_matrix(counts)
    path = place / f"cells.{kind[:4].strip()}"
    if kind == "h5ad":
        adata.write_h5ad(path, compression="gzip")
    elif kind == "zarr v3":
        write_zarr(adata, path)
    else:
        with anndata.settings.override(zarr_write_format=2), pytest.warns(UserWarning, match="zarr v2"):
            adata.write_zarr(path)
    return path


@pytest.mark.parametrize(("kind", "how"), STORAGES)
def test_every_gene_and_row_equals_what_anndata_holds(adata, place, kind, how, monkeypatch):
    counts = adata.X.toarray()
    path = write(adata, kind, how, place)
    monkeypatch.setattr(matrix_module, "BLOCK", 50)  # several blocks, whose edges fall inside rows
    with open_cells(path) as cells:
        assert cells.X.encoding == how
        for position in range(12):
            found = cells.gene(f"gene{position}")
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, counts[:, position])
        np.testing.assert_array_equal(cells.rows(slice(7, 23)), counts[7:23])
        np.testing.assert_array_equal(cells.rows(slice(55, None)), counts[55:])
        assert cells.rows(slice(5, 5)).shape == (0, 12)
        np.testing.assert_allclose(cells.gene(3, layer="log"), np.log1p(counts[:, 3]), rtol=1e-6)


@pytest.mark.parametrize("kind", ["h5ad", "zarr v2", "zarr v3"])
def test_the_summary_says_the_same_in_every_container(adata, place, kind):
    with open_cells(write(adata, kind, "csr", place)) as cells:
        said = summarise(cells)
    json.dumps(said, allow_nan=False)
    assert said["sizes"] == {"cells": 60, "genes": 12}
    assert said["title"] == "60 cells x 12 genes, raw counts, coordinates in spatial"
    assert [place["key"] for place in said["coordinates"]] == ["spatial", "obs:x,y", "X_umap"]
    assert said["coordinates"][2]["kind"] == "embedding"
    assert said["slice_columns"] == ["slice_id"]
    kinds = {column["name"]: column["kind"] for column in said["columns"]}
    assert kinds["slice_id"] == "categorical"
    assert (kinds["x"], kinds["n_seen"], kinds["kept"]) == ("numeric", "numeric", "boolean")
    assert sum(said["columns"][0]["categories"].values()) == 60
    assert said["obsm"] == {"X_umap": [60, 2], "spatial": [60, 2]}
    assert (said["uns"], said["raw"], said["warnings"]) == (["made"], False, [])


def test_columns_keep_their_kind_and_missing_values(adata, h5ad):
    with open_cells(h5ad) as cells:
        slices = cells.column("slice_id")
        assert slices.labels().tolist() == adata.obs["slice_id"].astype(str).tolist()
        assert slices.counts() == adata.obs["slice_id"].value_counts()[list(slices.categories)].to_dict()
        seen = cells.column("n_seen").values
        assert np.isnan(seen[0])
        assert seen[1:].tolist() == list(range(59))
        assert set(cells.column("note").labels()[:2]) == {"note 0", "note 1"}
        np.testing.assert_array_equal(cells.coordinates("spatial"), adata.obsm["spatial"])
        np.testing.assert_array_equal(cells.coordinates("obs:x,y"), adata.obs[["x", "y"]].to_numpy())


def test_an_unknown_name_is_answered_with_the_nearest(h5ad):
    with open_cells(h5ad) as cells:
        with pytest.raises(UserError, match="no gene 'gene1x'") as gene:
            cells.gene("gene1x")
        assert "gene1" in gene.value.hint
        with pytest.raises(UserError, match="Did you mean slice_id"):
            cells.column("slice")
        with pytest.raises(UserError, match="Did you mean spatial"):
            cells.coordinates("spatail")
        with pytest.raises(UserError, match="There is no layer 'counts'"):
            cells.gene(0, layer="counts")
        with pytest.raises(UserError, match="no gene number 12"):
            cells.gene(12)


def test_warnings_name_what_stands_in_the_way(adata, place):
    values = np.log1p(adata.X.toarray())
    values[0, 0] = np.nan
    adata.X = values
    adata.obs_names = ["same", "same", *adata.obs_names[2:]]
    del adata.obsm["spatial"]
    adata.obs = adata.obs.drop(columns=["x", "y"])
    adata.write_h5ad(place / "a.h5ad")
    with open_cells(place / "a.h5ad") as cells:
        warnings = " ".join(summarise(cells)["warnings"])
    assert "log-normalised, not raw counts" in warnings
    assert "1 of 720 sampled values of X are missing" in warnings
    assert "Cell names that occur more than once: same." in warnings
    assert "No coordinates in space (X_umap are embeddings)" in warnings


def test_scaled_values_are_told_from_counts(adata, place):
    adata.X = adata.X.toarray() - 1.5
    adata.write_h5ad(place / "a.h5ad")
    with open_cells(place / "a.h5ad") as cells:
        assert "scaled" in summarise(cells)["title"]


def test_reading_for_training_brings_only_what_was_asked(adata, h5ad):
    found = read_cells(h5ad, coordinates="obs:x,y", columns=["slice_id"], genes=["gene5", "gene2"])
    assert found.shape == (60, 2)
    assert list(found.obs) == ["slice_id"]
    assert (not found.layers, list(found.obsm), not found.uns) == (True, ["spatial"], True)
    np.testing.assert_array_equal(found.X.toarray(), adata.X.toarray()[:, [5, 2]])
    np.testing.assert_array_equal(found.obsm["spatial"], adata.obs[["x", "y"]].to_numpy())
    assert found.obs["slice_id"].astype(str).tolist() == adata.obs["slice_id"].astype(str).tolist()


def test_further_elements_come_along_when_named(adata, place):
    adata.varm["motif"] = pd.DataFrame({"ABF1": np.arange(12.0)}, index=adata.var_names)
    adata.write_h5ad(place / "a.h5ad")
    found = read_cells(place / "a.h5ad", layer="log", also=["varm/motif"])
    assert found.varm["motif"]["ABF1"].tolist() == list(range(12))
    np.testing.assert_allclose(found.X, np.log1p(adata.X.toarray()), rtol=1e-6)


def test_training_refuses_a_map_as_a_place_and_repeated_or_missing_names(adata, place, h5ad):
    with pytest.raises(UserError, match="embedding computed from expression"):
        read_cells(h5ad, coordinates="X_umap")
    with pytest.raises(UserError, match="1 of 2 genes are not in the file: Sox2"):
        read_cells(h5ad, genes=["gene1", "Sox2"])
    adata.var_names = ["gene0", "gene0", *adata.var_names[2:]]
    adata.obsm["spatial"][4, 0] = np.nan
    adata.write_h5ad(place / "twice.h5ad")
    with pytest.raises(UserError, match="1 gene names occur more than once: gene0"):
        read_cells(place / "twice.h5ad")
    adata.var_names = [f"g{i}" for i in range(12)]
    adata.write_h5ad(place / "lost.h5ad")
    with pytest.raises(UserError, match="1 cells have no coordinates, the first is cell4"):
        read_cells(place / "lost.h5ad", coordinates="spatial")


def test_training_refuses_values_that_are_not_finite(adata, place):
    adata.X.data[3] = np.inf
    adata.write_h5ad(place / "a.h5ad")
    with pytest.raises(UserError, match="1 values of the matrix are missing"):
        read_cells(place / "a.h5ad")


def test_categories_of_anndata_0_7_are_read(h5ad, adata):
    with h5py.File(h5ad, "r+") as file:
        group = file["obs/slice_id"]
        codes, categories = group["codes"][()], group["categories"][()]
        del file["obs/slice_id"]
        file["obs"].create_group("__categories")["slice_id"] = categories
        file["obs/slice_id"] = codes
        file["obs/slice_id"].attrs["categories"] = file["obs/__categories/slice_id"].ref
        file["obs"].attrs["encoding-version"] = "0.1.0"
    with open_cells(h5ad) as cells:
        assert cells.column("slice_id").labels().tolist() == adata.obs["slice_id"].astype(str).tolist()


@pytest.mark.real_data
def test_the_measured_cortex_reads_like_anndata(osmfish):
    whole = anndata.read_h5ad(osmfish)
    with open_cells(osmfish) as cells:
        said = summarise(cells)
        gene = cells.gene("Gad2") if "Gad2" in cells.var.positions else cells.gene(0)
        position = cells.var.positions.get("Gad2", 0)
        np.testing.assert_array_equal(gene, whole.X[:, position].toarray().ravel())
        assert cells.column("slice_id").counts() == whole.obs["slice_id"].value_counts(sort=False).to_dict()
    assert said["sizes"] == {"cells": 3316, "genes": 33}
    assert (said["matrix"]["encoding"], said["matrix"]["stored_values"]) == ("csr", 75_589)
    assert (said["coordinates"][0]["key"], said["slice_columns"]) == ("spatial", ["slice_id"])
    found = read_cells(osmfish, coordinates="spatial")
    assert (found.X != whole.X).nnz == 0
    pd.testing.assert_frame_equal(found.obs, whole.obs, check_names=False)


@pytest.mark.real_data
def test_a_10x_matrix_becomes_cells_by_genes(tenx, place):
    with h5py.File(tenx) as file:
        group = file["matrix"]
        parts = (group["data"][()], group["indices"][()], group["indptr"][()])
        expected = sparse.csc_matrix(parts, shape=tuple(group["shape"][()])).T.toarray()
    found = read_cells(tenx)
    np.testing.assert_array_equal(found.X.toarray(), expected)
    with open_cells(tenx) as cells:
        assert cells.kind == "10x h5"
        np.testing.assert_array_equal(cells.gene(17), expected[:, 17])
        barcodes = cells.cell_names()
    folder = place / "outs"
    (folder / "spatial").mkdir(parents=True)
    shutil.copy(tenx, folder / "filtered_feature_bc_matrix.h5")
    with pytest.raises(UserError, match=r"no spatial/tissue_positions\.csv"), open_cells(folder):
        pass
    rows = [f"{barcode},1,{i},{2 * i},{10.0 * i},{5.0 * i}" for i, barcode in enumerate(barcodes)]
    (folder / "spatial" / "tissue_positions_list.csv").write_text("\n".join(reversed(rows)))
    spots = read_cells(folder, coordinates="spatial")
    assert spots.obsm["spatial"][7].tolist() == [35.0, 70.0]
    assert spots.obs["array_row"].tolist() == list(range(100))
    (folder / "spatial" / "tissue_positions_list.csv").write_text("\n".join(rows[1:]))
    with pytest.raises(UserError, match="1 spots of the matrix have no position"), open_cells(folder):
        pass


@pytest.mark.real_data
def test_a_symbol_used_twice_in_a_10x_file_gives_way_to_its_id(tenx, place):
    path = place / "twice.h5"
    shutil.copyfile(tenx, path)
    with h5py.File(path, "r+") as file:
        names = file["matrix/features/name"]
        names[1] = names[0]
        ids = [text.decode() for text in file["matrix/features/id"][:2]]
    assert read_cells(path).var_names[:2].tolist() == ids


def test_the_table_inside_a_spatialdata_store_is_found(adata, place):
    import zarr

    store = place / "tissue.zarr"
    root = zarr.open_group(store, mode="w", zarr_format=3)
    root.create_group("shapes")
    with pytest.raises(UserError, match="no table of cells"), open_cells(store):
        pass
    root.create_group("tables")
    write_zarr(adata, store / "tables" / "first")
    with open_cells(store) as cells:
        assert (cells.n_obs, cells.gene(0).shape) == (60, (60,))
        assert cells.path == store / "tables" / "first"
    write_zarr(adata, store / "tables" / "second")
    with pytest.raises(UserError, match="2 tables of cells: first, second"), open_cells(store):
        pass
    assert read_cells(store / "tables" / "second").shape == (60, 12)
