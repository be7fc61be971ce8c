"""Every bad file of cells ends in one UserError that names the file and the place; nothing is read beyond it."""

import json
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import zarr

from genodesk.core.errors import UserError
from genodesk.engine.data import limits
from genodesk.engine.data.cells import open_cells
from genodesk.engine.data.cells_read import read_cells
from genodesk.engine.data.cells_summary import summarise
from genodesk.engine.data.cells_write import write_zarr


def use(path: Path) -> None:
    with open_cells(path) as cells:
        json.dumps(summarise(cells), allow_nan=False)
        cells.gene(0)
        cells.rows(slice(0, 5))
    read_cells(path)


def refusal(path: Path) -> UserError:
    """The error of opening, describing and loading a file; it must name the file and be one sentence with a remedy."""
    with pytest.raises(UserError) as caught:
        use(path)
    error = caught.value
    assert path.name in error.where
    assert error.message.endswith(".")
    assert error.hint
    return error


def test_a_missing_file_is_named(place):
    assert refusal(place / "nothing.h5ad").message == "There is no such file."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"cell,gene\n1,2\n", "text, not an h5ad"),
        (b"\x1f\x8b\x08\x00", "compressed with gzip"),
        (b"PK\x03\x04\x00", "zip archive"),
        (b"\x00\x01\x02" * 500, "first bytes"),
        (b"\x89HDF\r\n\x1a\n" + b"\xff" * 200, "damaged"),
    ],
)
def test_a_file_that_is_no_hdf5_is_told_by_what_it_is(place, content, said):
    path = place / "cells.h5ad"
    path.write_bytes(content)
    assert said in refusal(path).message


@pytest.mark.parametrize("share", [0.99, 0.5, 0.05, 0.001])
def test_a_truncated_file_is_called_cut_short(h5ad, share):
    whole = h5ad.read_bytes()
    h5ad.write_bytes(whole[: max(1, int(len(whole) * share))])
    assert "cut short" in refusal(h5ad).message


def test_flipped_bytes_never_end_in_a_traceback(h5ad):
    """Whatever byte is hit, the file is read or refused with words: 100 places spread over header and values."""
    whole = h5ad.read_bytes()
    random = np.random.default_rng(3)
    refused = 0
    for start in random.integers(8, len(whole) - 16, 100):
        broken = bytearray(whole)
        broken[start : start + 16] = random.bytes(16)
        h5ad.write_bytes(broken)
        try:
            use(h5ad)
        except UserError:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize("how", ["in one piece", "in compressed blocks"])
def test_a_false_length_of_a_name_is_refused_before_gigabytes_are_reserved(adata, place, how):
    path = place / "a.h5ad"
    adata.write_h5ad(path, compression="gzip" if "blocks" in how else None)
    with h5py.File(path, "r+") as file:
        names = file["obs/_index"].id
        if "blocks" in how:
            block = bytearray(zlib.decompress(names.read_direct_chunk((0,))[1]))
            block[16 * 7 : 16 * 7 + 4] = (4_000_000_000).to_bytes(4, "little")
            names.write_direct_chunk((0,), zlib.compress(bytes(block)))
        offset = names.get_offset()
    if offset is not None:
        with path.open("r+b") as file:
            file.seek(offset + 16 * 7)
            file.write((4_000_000_000).to_bytes(4, "little"))
    error = refusal(path)
    assert "claims 4 GB of text" in error.message
    assert error.where.endswith(": obs names")


def test_a_damaged_block_names_the_element(adata, place):
    path = place / "a.h5ad"
    adata.write_h5ad(path, compression="gzip")
    with h5py.File(path) as file:
        block = file["X/data"].id.get_chunk_info(0)
    with path.open("r+b") as file:
        file.seek(block.byte_offset)
        file.write(b"\xff" * block.size)
    error = refusal(path)
    assert error.where.endswith("a.h5ad: X/data")


def test_missing_parts_are_named(damaged):
    assert "no expression matrix X" in refusal(damaged(lambda file: (file.pop("X"), file.pop("layers")))).message
    assert "no gene names" in refusal(damaged(lambda file: file.__delitem__("var/_index"))).message
    assert "no 'obs'" in refusal(damaged(lambda file: file.__delitem__("obs"))).message
    assert "not AnnData" in refusal(damaged(lambda file: file.__delitem__("var"))).message


def test_a_file_with_layers_only_opens_and_says_so(damaged):
    path = damaged(lambda file: file.__delitem__("X"))
    with open_cells(path) as cells:
        assert "no matrix X" in summarise(cells)["warnings"][0]
        assert cells.gene(1, layer="log").shape == (60,)
        with pytest.raises(UserError, match="no expression matrix X"):
            cells.gene(1)


def test_an_empty_matrix_is_refused(adata, place):
    adata[:0].copy().write_h5ad(place / "a.h5ad")
    assert "empty: 0 cells and 12 genes" in refusal(place / "a.h5ad").message


def test_old_anndata_is_called_old(damaged):
    def age(file: h5py.File) -> None:
        del file["obs"]
        file["obs"] = np.zeros(60, dtype=[("index", "S8"), ("x", "f4")])

    assert "older than 0.7" in refusal(damaged(age)).message


@pytest.mark.parametrize(
    ("change", "said", "place_in_file"),
    [
        (lambda f: f.__setitem__("uns/link", h5py.ExternalLink("/etc/passwd", "/x")), "another file", "uns/link"),
        (lambda f: f["uns"].create_dataset("out", (4,), "f4", external=[("/tmp/x", 0, 16)]), "another file", "uns/out"),
        (lambda f: f["X"].attrs.__setitem__("shape", [60, 13]), "60 x 13", "X"),
        (lambda f: f["X/indices"].__setitem__(5, 999), "contradicts itself", "X"),
        (lambda f: f["X/indptr"].__setitem__(5, 10**6), "contradicts itself", "X"),
        (lambda f: f["X/data"].resize((3,)), "differ in length", "X"),
        (lambda f: f["obs/slice_id/codes"].__setitem__(0, 77), "outside its categories", "obs/slice_id"),
    ],
)
def test_what_leaves_or_contradicts_the_file_is_refused(damaged, change, said, place_in_file):
    error = refusal(damaged(change))
    assert said in error.message
    assert error.where.endswith(f": {place_in_file}")


def test_values_from_another_file_are_refused_also_as_a_virtual_dataset(damaged, place):
    with h5py.File(place / "other.h5", "w") as other:
        other["values"] = np.ones((60, 12))

    def virtual(file: h5py.File) -> None:
        layout = h5py.VirtualLayout((60, 12), "f8")
        layout[:] = h5py.VirtualSource(str(place / "other.h5"), "values", (60, 12))
        del file["layers/log"]
        file.create_virtual_dataset("layers/log", layout)

    assert "another file" in refusal(damaged(virtual)).message


def test_object_columns_are_listed_and_never_loaded(damaged):
    path = damaged(lambda f: (f.__delitem__("obs/note"), f["obs"].create_dataset("note", (60,), h5py.vlen_dtype("f4"))))
    with open_cells(path) as cells:
        assert "Columns that cannot be read: note." in summarise(cells)["warnings"]
        with pytest.raises(UserError, match="neither numbers nor text"):
            cells.column("note")
    assert "note" not in read_cells(path).obs


def test_a_matrix_of_objects_is_refused(damaged):
    path = damaged(lambda f: (f.__delitem__("X"), f.create_dataset("X", (60, 12), h5py.string_dtype())))
    assert "not as a table of numbers" in refusal(path).message


def test_a_kilobyte_that_declares_400_gigabytes_is_refused_before_reading(place):
    path = place / "bomb.h5ad"
    with h5py.File(path, "w") as file:
        file.create_dataset("X", (100_000_000, 1000), "f4", chunks=(1000, 1000))
    assert path.stat().st_size < 8_000
    error = refusal(path)
    assert "declares 400 GB but holds 0 bytes" in error.message


def test_what_does_not_fit_into_memory_is_refused_with_both_numbers(h5ad, monkeypatch):
    monkeypatch.setattr(limits, "memory_budget", lambda: 1000)
    with open_cells(h5ad) as cells, pytest.raises(UserError, match="but only 1 KB of memory can be spared"):
        cells.rows(slice(None))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux enforces an address-space limit")
def test_a_limited_process_runs_out_of_memory_instead_of_the_computer():
    program = (
        "import numpy as np\n"
        "from genodesk.engine.data.limits import limit_address_space\n"
        "assert limit_address_space(2 * 2**30)\n"
        "try:\n    np.ones(4 * 2**30, dtype=np.uint8)\n"
        "except MemoryError:\n    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "refused"


@pytest.fixture
def store(adata, place) -> Path:
    path = place / "cells.zarr"
    write_zarr(adata, path)
    return path


def test_a_folder_that_is_no_zarr_is_refused(place):
    assert "no zarr store" in refusal(place).message
    zarr.create_array(place / "one.zarr", data=np.ones(3))
    assert "single array" in refusal(place / "one.zarr").message


def test_a_zarr_link_out_of_the_folder_is_refused_and_one_inside_is_not(store, place):
    chunk = store / "obsm" / "spatial" / "c" / "0" / "0"
    inside = store / "obsm" / "spatial" / "c" / "kept"
    chunk.rename(inside)
    chunk.symlink_to(inside)
    with open_cells(store) as cells:
        assert np.isfinite(cells.coordinates("spatial")).all()
    outside = place / "secret"
    inside.rename(outside)
    chunk.unlink()
    chunk.symlink_to(outside)
    error = refusal(store)
    assert "link out of the folder" in error.message
    assert error.where.endswith(": obsm/spatial/c/0/0")


def change_metadata(file: Path, **changes: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_an_unknown_codec_is_named_also_inside_shards(store):
    file = store / "X" / "data" / "zarr.json"
    inner = {"chunk_shape": [8], "codecs": [{"name": "mystery"}], "index_codecs": [{"name": "bytes"}]}
    change_metadata(file, codecs=[{"name": "sharding_indexed", "configuration": inner}])
    error = refusal(store)
    assert "codec 'mystery'" in error.message
    assert error.where.endswith(": X/data")


def test_pickled_objects_in_an_old_zarr_are_never_unpickled(adata, place):
    import anndata

    path = place / "old.zarr"
    with anndata.settings.override(zarr_write_format=2), pytest.warns(UserWarning, match="zarr v2"):
        adata.write_zarr(path)
    change_metadata(path / "obs" / "note" / ".zarray", filters=[{"id": "pickle", "protocol": 5}])
    assert "codec 'pickle'" in refusal(path).message
    change_metadata(path / "obs" / "note" / ".zarray", filters=None)
    assert "Python objects" in refusal(path).message


def test_a_zarr_that_declares_far_more_than_it_holds_is_refused(store):
    change_metadata(store / "X" / "data" / "zarr.json", shape=[100_000_000_000])
    assert "declares 400 GB" in refusal(store).message


def test_a_damaged_description_or_chunk_is_named(store):
    (store / "X" / "data" / "c" / "0").write_bytes(b"nonsense")
    assert refusal(store).where.endswith(": X/data")
    (store / "X" / "indptr" / "zarr.json").write_text("{")
    assert refusal(store).where.endswith(": X/indptr")
