"""`inspect` on every known kind, and words for the rest."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import anndata
import numpy as np
import pytest
from safetensors.numpy import save_file

from genodesk.core.errors import UserError
from genodesk.engine.inspection import inspect_file

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def inspected(path: Path) -> dict:
    found = inspect_file(path)
    json.dumps(found, allow_nan=False)
    assert list(found)[:4] == ["kind", "title", "path", "size_bytes"]
    assert found["title"]
    return found


def test_cells_in_a_file_and_in_a_folder(tmp_path):
    counts = np.random.default_rng(0).poisson(1.0, (8, 5)).astype(np.float32)
    cells = anndata.AnnData(counts, obsm={"spatial": np.ones((8, 2))})
    cells.write_h5ad(tmp_path / "测试 a.h5ad")
    with pytest.warns(UserWarning, match="zarr v2"):
        cells.write_zarr(tmp_path / "a.zarr")
    for name, kind in (("测试 a.h5ad", "h5ad"), ("a.zarr", "zarr")):
        found = inspected(tmp_path / name)
        assert (found["kind"], found["sizes"]) == (kind, {"cells": 8, "genes": 5})
        assert found["size_bytes"] > 1000


def test_a_zarr_of_arrays_lists_them(tmp_path):
    import zarr

    root = zarr.open_group(tmp_path / "regions.zarr", mode="w", zarr_format=3)
    root.create_array("matrix", shape=(4, 3, 2), dtype="float32")
    found = inspected(tmp_path / "regions.zarr")
    assert found["kind"] == "arrays"
    assert found["arrays"] == {"matrix": {"shape": [4, 3, 2], "dtype": "float32"}}


def test_safetensors_and_model_folders_are_counted_from_headers(tmp_path):
    save_file({"a": np.ones((3, 4), np.float32), "b": np.ones(5, np.float16)}, tmp_path / "m.safetensors", {"k": "v"})
    found = inspected(tmp_path / "m.safetensors")
    assert (found["kind"], found["numbers"], found["metadata"]) == ("safetensors", 17, {"k": "v"})
    assert {"name": "a", "dtype": "F32", "shape": [3, 4]} in found["tensors"]
    folder = inspected(tmp_path)
    assert (folder["kind"], folder["values"], folder["files"]) == (
        "model", 17, {"m.safetensors": {"values": 17, "tensors": 2}},
    )  # fmt: skip
    assert "architecture is not known" in folder["warnings"][0]
    (tmp_path / "config.json").write_text('{"model_type": "toy"}')
    assert inspected(tmp_path)["title"] == "toy, 17 values in 1 file"


def false_offsets(header: dict) -> None:
    header["a"]["data_offsets"] = [0, 10**12]


def overlapping(header: dict) -> None:
    header["b"]["data_offsets"] = [0, 10]


def negative(header: dict) -> None:
    header["a"]["shape"] = [-3, -4]


@pytest.mark.parametrize("change", [false_offsets, overlapping, negative])
def test_a_lying_safetensors_header_is_refused(tmp_path, change):
    path = tmp_path / "m.safetensors"
    save_file({"a": np.ones((3, 4), np.float32), "b": np.ones(5, np.float16)}, path)
    whole = path.read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + whole[8 + length :])
    with pytest.raises(UserError):
        inspect_file(path)


@pytest.mark.parametrize("kept", [4, 40, -1])
def test_a_cut_safetensors_is_refused(tmp_path, kept):
    path = tmp_path / "m.safetensors"
    save_file({"a": np.ones(30, np.float32)}, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match="cut short"):
        inspect_file(path)


def test_a_table_in_utf_8_and_in_a_chinese_encoding(tmp_path):
    for encoding, name in (("utf-8-sig", "a.csv"), ("gb18030", "b.csv")):
        (tmp_path / name).write_text('样本,药物\n1,"甲,乙"\n2,无\n', encoding=encoding)
        found = inspected(tmp_path / name)
        assert (found["columns"], found["rows"]) == (["样本", "药物"], 2)
        assert found["first_rows"][0] == ["1", "甲,乙"]
    (tmp_path / "c.tsv").write_text("a\ta\n1\t2\t3\n")
    assert inspected(tmp_path / "c.tsv")["warnings"] == [
        "Row 2 has 3 fields, the header 2.",
        "Column names that occur more than once: a.",
    ]


def test_a_large_table_is_counted_without_being_parsed(tmp_path):
    (tmp_path / "a.csv").write_text("n,名\n" + "".join(f"{i},细胞{i}\n" for i in range(100_000)))
    found = inspected(tmp_path / "a.csv")
    assert (found["rows"], found["first_rows"][0]) == (100_000, ["0", "细胞0"])


def test_unknown_and_missing_things_end_in_words(tmp_path):
    (tmp_path / "a.docx").write_bytes(b"PK")
    (tmp_path / "empty.csv").write_text("\n")
    (tmp_path / "binary.csv").write_bytes(b"\0\1")
    (tmp_path / "xenium").mkdir()
    (tmp_path / "xenium" / "experiment.xenium").write_text("{}")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{")
    for name, said in (
        ("a.docx", "'.docx' are not known"),
        ("empty.csv", "empty"),
        ("binary.csv", "is not text"),
        ("xenium", "Xenium folder"),
        ("run", "cannot be read"),
        ("absent", "no such file"),
        ("", "no known kind"),
    ):
        with pytest.raises(UserError, match=said) as caught:
            inspect_file(tmp_path / name)
        assert caught.value.hint


def test_inspecting_imports_no_heavy_package(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    program = (
        "import sys\nfrom genodesk.engine.inspection import inspect_file\n"
        f"inspect_file({str(tmp_path / 'a.csv')!r})\n"
        "print([name for name in ('torch', 'anndata', 'scanpy', 'pandas', 'zarr', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.real_data
def test_every_measured_file_is_known_or_answered():
    if not SHARED.exists():
        pytest.skip("the measured data sets are not beside the checkout")
    assert inspected(SHARED / "spatial/osmfish_cortex.h5ad")["title"].startswith("3,316 cells x 33 genes, raw counts")
    assert inspected(SHARED / "singlecell/visium_filtered_feature_bc_matrix.h5")["kind"] == "10x h5"
    assert inspected(SHARED / "yeast/conditions.csv")["title"] == "58 cultures, 9 of 11 conditions recorded"
    assert inspected(SHARED / "yeast/yeast_3d.zarr")["title"] == "60 samples x 2,956 regions, 235 motifs"
