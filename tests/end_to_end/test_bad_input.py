"""Everything a person can get wrong: one sentence with place and remedy, exit 2, nothing left behind, no traceback.

Most refusals come before any process is started, so the command line runs in this one.
"""

import json
import pickle
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from genodesk.core.run import RunFolder

Change = Callable[[anndata.AnnData], anndata.AnnData | None]


def in_obsm(name: str) -> Change:
    def change(cells: anndata.AnnData) -> None:
        cells.obsm[name] = cells.obsm.pop("spatial")

    return change


def normalised(cells: anndata.AnnData) -> None:
    cells.X = cells.X.astype(np.float32).log1p()


def without_slices(cells: anndata.AnnData) -> None:
    cells.obs = cells.obs.rename(columns={"slice_id": "slice"})


def one_slice(cells: anndata.AnnData) -> None:
    cells.obs["slice_id"] = "only"


def value_in_expression(value: float, cell: int) -> Change:
    def change(cells: anndata.AnnData) -> None:
        matrix = cells.X.astype(np.float32).tocsr()
        matrix.data[matrix.indptr[cell]] = value
        cells.X = matrix

    return change


def value_in_coordinates(value: float) -> Change:
    def change(cells: anndata.AnnData) -> None:
        cells.obsm["spatial"][7, 1] = value

    return change


def repeated(axis: str) -> Change:
    def change(cells: anndata.AnnData) -> None:
        frame = getattr(cells, axis)
        names = frame.index.to_numpy(dtype=object, copy=True)
        names[3] = names[2]
        frame.index = pd.Index(names)

    return change


def measured_slices(cells: anndata.AnnData) -> None:
    cells.obs["slice_id"] = np.linspace(0, 1, cells.n_obs)


def genes(number: int) -> Change:
    return lambda cells: cells[:, :number].copy()


def no_cells(cells: anndata.AnnData) -> anndata.AnnData:
    return cells[:0].copy()


def nothing(_: anndata.AnnData) -> None:
    return None


REFUSED: dict[str, tuple[Change, dict[str, Any], str, str]] = {
    "no coordinates": (lambda c: c.obsm.clear(), {}, "no coordinates called 'spatial'", "no coordinates at all"),
    "coordinates of another name": (in_obsm("X_spatial"), {}, "no coordinates called 'spatial'", "X_spatial"),
    "an embedding as a place": (
        in_obsm("X_umap"), {"coordinate_key": "X_umap"}, "embedding of expression", "--coordinate-key"
    ),
    "normalised values": (normalised, {}, "Raw counts are needed", "--already-normalised"),
    "no slice column": (without_slices, {}, "no column 'slice_id'", "Did you mean 'slice'"),
    "a column of measurements as slices": (measured_slices, {}, "320 different values for 320 cells", "--slice-key"),
    "one slice only": (one_slice, {}, "only one slice ('only')", "--slice-key"),
    "an unknown slice to hold out": (nothing, {"holdout": "slice_99"}, "no slice called 'slice_99'", "slice_00"),
    "every slice held out": (
        nothing, {"holdout": [f"slice_0{n}" for n in range(4)]}, "Every slice is held out", "fewer"
    ),
    "NaN in the first cells": (value_in_expression(np.nan, 5), {}, "NaN or infinite", "Remove these cells"),
    "infinity in the last cell": (value_in_expression(np.inf, 319), {}, "NaN or infinite", "Remove these cells"),
    "NaN among coordinates": (value_in_coordinates(np.nan), {}, "Coordinates hold 1 values", "Remove these cells"),
    "an infinite coordinate": (value_in_coordinates(np.inf), {}, "Coordinates hold 1 values", "Remove these cells"),
    "two cells of one name": (repeated("obs"), {}, "cell names occur more than once", "unique"),
    "two genes of one name": (repeated("var"), {}, "gene names occur more than once", "unique"),
    "no cells": (no_cells, {}, "0 cells", ""),
    "four genes": (genes(4), {}, "4 genes are too few", "At least 5"),
    "more experts asked than there are": (
        nothing, {"use_moe": True, "num_experts": 2, "moe_top_k": 3}, "moe_top_k 3", "2 or less"
    ),
    "a width the heads cannot share": (
        nothing, {"hidden_dim": 30, "heads": 4}, "hidden_dim 30 is not divisible by heads 4", "multiple of 4"
    ),
    "a negative learning rate": (nothing, {"learning_rate": -1}, "--learning-rate", "above 0"),
    "an unknown layer": (nothing, {"layer": "raw"}, "raw", ""),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_training_refuses_before_anything_is_written(here, tissue, tmp_path, home, what):
    change, settings, message, hint = REFUSED[what]
    data, place = tmp_path / "some cells.h5ad", tmp_path / "run"
    cells = anndata.read_h5ad(tissue)
    changed = change(cells)
    (cells if changed is None else changed).write_h5ad(data)
    answer = here("alphastomics", "train", "--json", data=data, run_dir=place, **{"max_steps": 2, **settings})
    assert_refused(answer, message, hint)
    assert answer.error["where"], "the place is named"
    assert not place.exists()
    assert not (home / "runs").exists()


@pytest.mark.parametrize("share", [0.99, 0.5, 0.05])
@pytest.mark.parametrize("command", ["train", "inspect"])
def test_a_cut_file_is_called_cut(here, tissue, tmp_path, command, share):
    data = tmp_path / "cut.h5ad"
    whole = tissue.read_bytes()
    data.write_bytes(whole[: int(share * len(whole))])
    answer = ask(here, command, data, tmp_path)
    assert_refused(answer, "cut", "")
    assert answer.error["where"] == str(data)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["train", "inspect"])
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("a.h5ad", b"cell,gene\n1,2\n", "not"), ("empty.h5ad", b"", "empty"), ("absent.h5ad", None, "no such file")],
)
def test_what_is_no_file_of_cells_is_named(here, tmp_path, command, name, content, message):
    data = tmp_path / name
    if content is not None:
        data.write_bytes(content)
    answer = ask(here, command, data, tmp_path)
    assert_refused(answer, message, "")
    assert answer.error["where"] == str(data)
    assert not (tmp_path / "run").exists()


def test_people_read_one_sentence_and_no_traceback(shell, tmp_path):
    answer = shell("alphastomics", "train", data=tmp_path / "absent.h5ad", run_dir=tmp_path / "run")
    assert answer.code == 2
    assert answer.out == ""
    assert str(tmp_path / "absent.h5ad") in answer.err
    assert "no such file" in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "run").exists()


def test_an_unknown_key_in_a_settings_file_names_the_nearest(here, tissue, tmp_path):
    config = tmp_path / "mine.yaml"
    config.write_text(f"tissue: {{data: {json.dumps(str(tissue))}}}\ntraining: {{learning_rte: 1e-4}}\n")
    answer = here("alphastomics", "train", "--json", config=config, run_dir=tmp_path / "run")
    assert_refused(answer, "learning_rte", "learning_rate")
    assert answer.error["where"] == str(config)


def test_no_data_and_two_sources_of_data_are_refused(here, tissue, tmp_path):
    place = tmp_path / "run"
    assert_refused(here("alphastomics", "train", "--json", run_dir=place), "No data are given", "--difficulty demo")
    both = here("alphastomics", "train", "--json", data=tissue, difficulty="demo", run_dir=place)
    assert_refused(both, "Both", "not both")
    assert not place.exists()


def test_a_folder_that_cannot_be_written_is_named(here, tissue):
    answer = here("alphastomics", "train", "--json", data=tissue, run_dir="/proc/no such place/run")
    assert_refused(answer, "cannot be written", "--run-dir")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    place = tmp_path / "small disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_leaves_nothing_behind(here, tissue, small_disk):
    answer = here("alphastomics", "train", "--json", data=tissue, run_dir=small_disk / "run")
    assert_refused(answer, "cannot be written", "disk with space")
    assert list(small_disk.iterdir()) == []


def test_a_folder_that_holds_a_run_is_left_alone(here, tissue, trained):
    before = (trained.path / "run.json").read_bytes()
    answer = here("alphastomics", "train", "--json", data=tissue, run_dir=trained.path)
    assert_refused(answer, "already holds a run", "runs resume")
    assert (trained.path / "run.json").read_bytes() == before


@pytest.mark.parametrize("words", [("runs", "show"), ("runs", "resume"), ("inspect",)])
def test_a_run_of_a_newer_version_is_refused(here, trained, tmp_path, words):
    newer = tmp_path / "newer"
    newer.mkdir()
    document = json.loads((trained.path / "run.json").read_text())
    (newer / "run.json").write_text(json.dumps({**document, "format": 99}))
    assert_refused(here(*words, newer, "--json"), "newer Genodesk", "Update")


@pytest.mark.parametrize("action", ["test", "sample", "extract"])
def test_a_model_of_a_newer_version_and_what_is_no_model_are_refused(here, tissue, shared_model, tmp_path, action):
    document = json.loads((shared_model / "model.json").read_text())
    (shared_model / "model.json").write_text(json.dumps({**document, "format": 99}))
    newer = here("alphastomics", action, "--json", run=shared_model, data=tissue, run_dir=tmp_path / "run")
    assert_refused(newer, "newer Genodesk", "Update")
    absent = here("alphastomics", action, "--json", run=tmp_path / "absent", data=tissue, run_dir=tmp_path / "run")
    assert_refused(absent, "neither a run nor a model folder", "finished training")
    assert not (tmp_path / "run").exists()


def test_weights_that_changed_are_refused(shell, tissue, shared_model, tmp_path):
    weights = bytearray((shared_model / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (shared_model / "model.safetensors").write_bytes(weights)
    answer = shell("alphastomics", "extract", "--json", run=shared_model, data=tissue, run_dir=tmp_path / "run")
    assert_refused(answer, "checksum", "Copy the model folder again")


def test_foreign_genes_are_refused(here, tissue, trained, tmp_path):
    cells = anndata.read_h5ad(tissue)
    cells.var_names = [f"other{n}" for n in range(cells.n_vars)]
    cells.write_h5ad(tmp_path / "foreign.h5ad")
    answer = here(
        "alphastomics", "test", "--json", run=trained.path, data=tmp_path / "foreign.h5ad", run_dir=tmp_path / "run"
    )
    assert_refused(answer, "30 of the model's 30 genes are absent", "gene names of the same kind")
    assert not (tmp_path / "run").exists()


def test_new_cells_from_a_model_that_only_places_cells_are_refused(here, trained, tmp_path):
    answer = here("alphastomics", "sample", "--json", run=trained.path, cells=10, run_dir=tmp_path / "run")
    assert_refused(answer, "expr_to_pos", "--training-mode joint")
    assert not (tmp_path / "run").exists()


def test_a_shared_model_without_data_to_judge_it_is_refused(here, shared_model, tmp_path):
    answer = here("alphastomics", "test", "--json", run=shared_model, run_dir=tmp_path / "run")
    assert_refused(answer, "no slice is left to judge", "--data")
    assert not (tmp_path / "run").exists()


def test_a_pickle_that_would_run_code_is_looked_at_and_never_run(shell, tmp_path):
    proof = tmp_path / "it ran"

    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (proof,)

    evil = tmp_path / "evil.pt"
    evil.write_bytes(pickle.dumps({"weights": Evil()}))
    answer = shell("weights", "inspect", evil, "--json")
    assert not proof.exists()
    assert "Traceback" not in answer.err
    assert answer.code in (0, 2)
    shutil.copy(evil, tmp_path / "evil.h5ad")
    assert_refused(
        shell("alphastomics", "train", "--json", data=tmp_path / "evil.h5ad", run_dir=tmp_path / "run"), "not", ""
    )
    assert not proof.exists()


def ask(here: Any, command: str, data: Path, place: Path) -> Any:
    if command == "inspect":
        return here("inspect", data, "--json")
    return here("alphastomics", "train", "--json", data=data, run_dir=place / "run")


def assert_refused(answer: Any, message: str, hint: str) -> None:
    assert answer.code == 2, answer
    error = answer.error
    assert message in error["message"], error
    assert hint in error["hint"], error
    assert error["message"].endswith("."), "a sentence"
    assert "\n" not in error["message"]
    assert "Traceback" not in answer.err


def test_the_shared_training_is_what_these_tests_take_it_for(trained: RunFolder):
    assert (trained.info.workflow, trained.info.action) == ("alphastomics", "train")
