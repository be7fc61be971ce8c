"""The quick look before a run finds what the run would stumble over, without loading what it does not need."""

import re
import subprocess
import sys
import time

import anndata
import numpy as np
import pytest
from scipy import sparse
from tiny_actions import TINY, settings_of

from genodesk.core.errors import UserError
from genodesk.core.workflow import get_workflow, load_function

WORKFLOW = get_workflow("alphastomics")


def check(action, **flat):
    return load_function(WORKFLOW.action(action).check)(settings_of(action, **flat))


def test_good_data_pass_and_missing_types_are_a_notice(tissue, cells, tmp_path):
    unit, held_out = check("train", data=tissue)
    assert unit.message == "The file does not say in which unit its coordinates are; µm is taken."
    assert re.fullmatch(r"Held out to judge the model by: s\w+ \(\d+ cells\)\.", held_out.message)
    assert held_out == check("train", data=tissue, coordinate_unit="pixel")[0], "a unit that was given is no question"
    assert check("train", difficulty="demo") == []
    bare = cells[:, :12].copy()
    del bare.obs["cell_type"]
    bare.write_h5ad(tmp_path / "bare.h5ad")
    notices = check("train", data=tmp_path / "bare.h5ad")
    assert {notice.setting for notice in notices} == {"data", "label_key", "coordinate_unit", "holdout"}
    assert any("12 genes" in notice.message for notice in notices)


@pytest.mark.parametrize("action", ["test", "sample", "extract"])
def test_a_model_s_genes_are_looked_for(placing, cells, tmp_path, action):
    cells[:, 3:].write_h5ad(tmp_path / "few absent.h5ad")
    (notice,) = check(action, run=placing.path, data=tmp_path / "few absent.h5ad")
    assert "3 of the model's 30 genes are absent" in notice.message
    cells[:, 16:].write_h5ad(tmp_path / "most absent.h5ad")
    with pytest.raises(UserError, match="16 of the model's 30 genes"):
        check(action, run=placing.path, data=tmp_path / "most absent.h5ad")


def test_a_model_is_needed_with_data_that_suit_its_mode(placing, painting, making, cells, tmp_path):
    placeless = cells.copy()
    del placeless.obsm["spatial"], placeless.obs["slice_id"]
    placeless.write_h5ad(tmp_path / "placeless.h5ad")
    assert check("sample", run=placing.path, data=tmp_path / "placeless.h5ad") == []
    assert check("sample", run=making.path, cells=10) == []
    with pytest.raises(UserError, match="no coordinates"):
        check("sample", run=painting.path, data=tmp_path / "placeless.h5ad")
    with pytest.raises(UserError, match="how many"):
        check("sample", run=making.path)
    with pytest.raises(UserError, match="No data are given"):
        check("sample", run=placing.path)
    assert check("test", run=placing.path) == []  # its own held-out slices
    with pytest.raises(UserError, match="no slice is left"):
        check("test", run=placing.path / "model")


def test_the_place_of_an_output_is_looked_at(tissue, tmp_path):
    for action, given in (("stage1", {"data": tissue}), ("preprocess", {"files": [tissue]})):
        with pytest.raises(UserError, match="which kind of store"):
            check(action, **given, out=tmp_path / "store.csv")
        with pytest.raises(UserError, match="no folder"):
            check(action, **given, out=tmp_path / "absent" / "store.zarr")
    store = tmp_path / "store.zarr"
    for action, name in (("stage1", "data"), ("stage2", "stores"), ("preprocess", "files")):
        with pytest.raises(UserError, match=r"store.zarr would be written over store.zarr, from which it is made"):
            check(action, **{name: store if name == "data" else [store]}, out=store)
    with pytest.raises(UserError, match=r"\.h5ad"):
        check("demo-data", out=tmp_path / "cells.zarr")


def test_a_store_of_normalised_values_may_be_merged(act, cells, tmp_path):
    logged = cells.copy()
    logged.X = logged.X.astype(np.float32).log1p()
    logged.write_h5ad(tmp_path / "logged.h5ad")
    act("stage1", data=tmp_path / "logged.h5ad", out=tmp_path / "a.zarr", already_normalised=True)
    assert check("stage2", stores=[tmp_path / "a.zarr"], out=tmp_path / "b.zarr") == []


def test_a_large_file_is_checked_in_a_second_and_little_memory(tmp_path):
    genes, n = 300, 100_000
    rng = np.random.default_rng(0)
    counts = sparse.csr_matrix(
        (np.ones(n * 20, np.float32), rng.integers(0, genes, n * 20), np.arange(0, n * 20 + 1, 20)), shape=(n, genes)
    )
    cells = anndata.AnnData(X=counts)
    cells.obs["slice_id"] = np.repeat([f"s{number}" for number in range(10)], n // 10)
    cells.obsm["spatial"] = rng.random((n, 2))
    cells.write_h5ad(tmp_path / "large.h5ad")
    check("train", data=tmp_path / "large.h5ad")
    start = time.process_time()
    check("train", data=tmp_path / "large.h5ad")
    assert time.process_time() - start < 1.0


def test_checking_imports_no_torch(tissue):
    program = (
        "import sys\nfrom genodesk.engine.cli import main\n"
        f"code = main(['alphastomics', 'train', '--data', {str(tissue)!r}, '--holdout', 'nothing'])\n"
        "assert code == 2, code\nprint([name for name in ('torch', 'anndata', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_parquet_store_of_one_slice_is_refused_before_the_run(act, cells, tmp_path):
    cells[:80].write_h5ad(tmp_path / "one.h5ad")
    act("stage1", data=tmp_path / "one.h5ad", out=tmp_path / "one.parquet")
    with pytest.raises(UserError, match="only one slice"):
        check("train", data=tmp_path / "one.parquet", **TINY)
