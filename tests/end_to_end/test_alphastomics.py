"""The AlphaSTomics workflow through the real command line: every action, its files, and runs that are interrupted."""

import csv
import json
import shutil
from pathlib import Path

import anndata
import numpy as np
import psutil
import pytest
from command_lines import TINY, Answer, assert_same_weights, supervisor, until, workers

from genodesk.core.events import EventReader, Warned
from genodesk.core.run import RunFolder
from genodesk.core.yaml_text import read_yaml
from genodesk.jobs.status import read

QUICKLY = {"steps": 3, "samples": 2, "device": "cpu"}
UNREPEATABLE = {"steps_per_second", "memory_mb"}


# training and what it leaves ------------------------------------------------------------------------------------------
def test_a_training_prints_one_document_and_leaves_model_metrics_and_figures(training, trained):
    result = training.document
    assert result == {**trained.result(), "run": result["run"]}
    assert result["run"]["state"] == "finished"
    assert set(result["metrics"]) >= {"pair_distance_spearman", "knn_overlap", "contact_precision", "rmsd", "r2"}
    assert set(result["estimates"]) == {"one_step", "sample", "consensus"}
    assert set(result["baselines"]) >= {"shuffled", "pca2", "knn", "nearest_slice_knn", "ridge", "centroid"}
    assert len(result["held_out"]) == 1
    assert result["steps"] == TINY["max_steps"]
    assert result["refit"] is True
    assert sorted(path.name for path in trained.model.iterdir()) == ["README.md", "model.json", "model.safetensors"]
    figures = {path.name for path in trained.figures.glob("*.json")}
    assert figures == {"loss.json", "score.json", "baselines.json", "truth_and_sample.json"}


def test_the_metric_that_decides_is_logged_and_named_in_the_status(trained, result_rows):
    logged = {(row["split"], row["metric"]) for row in result_rows}
    assert ("validation", "pair_distance_spearman") in logged
    assert ("train", "loss") in logged
    best = read(trained.path).best
    assert best is not None
    assert (best.split, best.metric) == ("validation", "pair_distance_spearman")
    values = [float(row["value"]) for row in result_rows if row["metric"] == "pair_distance_spearman"]
    assert best.value == max(values)


def test_the_result_holds_the_scores_of_the_best_step_on_the_held_out_slice(trained, result_rows):
    result = trained.result()
    at_best = [
        float(row["value"])
        for row in result_rows
        if row["metric"] == "pair_distance_spearman" and int(row["step"]) == result["best_step"]
    ]
    assert at_best == [result["metrics"]["pair_distance_spearman"]]


def test_the_same_settings_and_seed_give_the_same_numbers_to_the_last_digit(shell, trained, result_rows, tmp_path):
    again = shell("run", trained.settings_file, "--json", "--run-dir", tmp_path / "again")
    assert again.code == 0, again.err
    result = again.document
    del result["run"]
    assert result == trained.result()
    assert repeatable(tmp_path / "again") == result_rows
    assert_same_weights(RunFolder.open(tmp_path / "again"), trained)


def test_the_command_line_wins_over_yaml_over_preset_over_default(shell, tissue, tmp_path):
    config = tmp_path / "mine.yaml"
    config.write_text("preset: quick\nmodel: {layers: 3, heads: 2}\ntraining: {max_steps: 2, learning_rate: 1e-4}\n")
    answer = shell(
        "alphastomics", "train", "--json", "--detach", config=config, heads=8, data=tissue, run_dir=tmp_path / "run"
    )
    assert answer.code == 0, answer.err
    used = read_yaml(tmp_path / "run" / "settings.yaml")
    assert used["model"]["heads"] == 8  # command line
    assert used["model"]["layers"] == 3  # YAML
    assert used["training"]["learning_rate"] == 1e-4
    assert used["model"]["hidden_dim"] == 64  # preset
    assert used["model"]["attention"] == "softmax"  # default
    assert used["preset"] == "quick"
    assert used["tissue"]["data"] == str(tissue)
    (tmp_path / "run" / "requests" / "stop-now").touch()  # the settings are all that is looked at
    until(lambda: read(tmp_path / "run").alive is False)


def test_the_published_preset_trains_from_the_command_line(shell, tissue, tmp_path):
    place = tmp_path / "run"
    answer = shell(
        "alphastomics", "train", "--json", "--preset", "published",
        data=tissue, run_dir=place, max_steps=2, cells_per_batch=32, device="cpu",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.document["parameters"] == 707_508 - 70 * (64 + 129)  # 30 genes instead of 100
    assert set(answer.document["metrics"]) >= {"expression_wasserstein", "neighbour_wasserstein"}
    assert json.loads((place / "model" / "model.json").read_text())["training_mode"] == "joint"


# using a model --------------------------------------------------------------------------------------------------------
def test_test_scores_new_cells_beside_baselines_in_one_document(shell, tissue, trained, tmp_path):
    other = tmp_path / "other.h5ad"
    made = shell(
        "alphastomics", "demo-data",
        out=other, number_of_slices=2, cells_per_slice=60, genes=30, seed=3, difficulty="mid",
    )  # fmt: skip
    assert made.code == 0, made.err
    answer = shell("alphastomics", "test", "--json", run=trained.path, data=other, run_dir=tmp_path / "run", **QUICKLY)
    assert answer.code == 0, answer.err
    scores = answer.document
    for number in (
        scores["metrics"]["pair_distance_spearman"],
        scores["metrics"]["knn_overlap"],
        *(baseline["pair_distance_spearman"] for baseline in scores["baselines"].values()),
    ):
        assert -1 <= number <= 1
    assert {"shuffled", "knn", "ridge"} <= scores["baselines"].keys()
    assert not {"one_step", "sample", "consensus"} & scores["baselines"].keys()
    assert scores["metrics"] == scores["estimates"]["one_step"]
    assert set(scores["estimates"]) == {"one_step", "sample", "consensus"}
    assert scores["cells"] == 120
    assert len(scores["per_slice"]) == 2
    assert len(list((tmp_path / "run" / "figures").glob("truth_*.json"))) == 2


def test_a_shared_model_folder_places_cells_as_the_run_does(shell, tissue, trained, shared_model, tmp_path):
    shuffled = tmp_path / "shuffled.h5ad"
    cells = anndata.read_h5ad(tissue)
    order = np.random.default_rng(0).permutation(cells.n_obs)
    cells = cells[order].copy()
    del cells.obsm["spatial"]  # dissociated cells have no place
    cells.write_h5ad(shuffled)
    places = []
    for number, model in enumerate((trained.path, shared_model)):
        out = tmp_path / f"out{number}"
        answer = shell(
            "alphastomics", "sample", "--json",
            run=model, data=shuffled, run_dir=out, formats=["h5ad", "csv", "parquet"], **QUICKLY,
        )  # fmt: skip
        assert answer.code == 0, answer.err
        assert answer.document["files"] == ["cells.h5ad", "cells.csv", "cells.parquet"]
        made = anndata.read_h5ad(out / "cells.h5ad")
        assert list(made.obs_names) == list(cells.obs_names)
        assert list(made.obs["slice_id"]) == list(cells.obs["slice_id"])
        assert made.obs["uncertainty"].gt(0).all()
        places.append(np.asarray(made.obsm["X_sampled"]))
        with (out / "cells.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["cell"] for row in rows] == list(cells.obs_names)
        assert np.allclose([float(row["y"]) for row in rows], places[-1][:, 1])
    assert np.array_equal(*places)
    scale = json.loads((shared_model / "model.json").read_text())["scaling"]["coordinate_scale"]
    assert 0.2 < places[0].std() / scale < 3  # in micrometres, not in the model's units


def test_embeddings_keep_the_order_of_the_data(shell, tissue, trained, tmp_path):
    cells = anndata.read_h5ad(tissue)[::-1].copy()
    cells.write_h5ad(tmp_path / "reversed.h5ad")
    answer = shell(
        "alphastomics", "extract", "--json",
        run=trained.path, data=tmp_path / "reversed.h5ad", run_dir=tmp_path / "out", depth="all", device="cpu",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.document["embeddings"] == ["encoder", "layer_1"]
    made = anndata.read_h5ad(tmp_path / "out" / "cells.h5ad")
    assert list(made.obs_names) == list(cells.obs_names)
    for name in ("encoder", "layer_1"):
        embedding = np.load(tmp_path / "out" / f"{name}.npy", allow_pickle=False)
        assert embedding.shape == (320, TINY["hidden_dim"])
        assert np.array_equal(embedding, made.obsm[f"X_{name}"])
    # Without neighbours in play a cell's encoding depends on itself alone: equal cells, equal rows.
    assert np.unique(np.load(tmp_path / "out" / "encoder.npy"), axis=0).shape[0] > 300


# stores ---------------------------------------------------------------------------------------------------------------
def test_two_files_become_one_store_that_trains(shell, tissue, tmp_path):
    cells = anndata.read_h5ad(tissue)
    cells[:, 2:].write_h5ad(tmp_path / "first.h5ad")
    cells[:, ::-1][:, 4:].write_h5ad(tmp_path / "second.h5ad")
    answer = shell(
        "alphastomics", "preprocess", "--json",
        files=[tmp_path / "first.h5ad", tmp_path / "second.h5ad"], out=tmp_path / "both.zarr",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    manifest = answer.document
    assert (manifest["cells"], manifest["genes"], manifest["datasets"]) == (640, 24, ["first", "second"])
    assert len(manifest["slices"]) == 8
    saved = json.loads((tmp_path / "both.zarr.manifest.json").read_text())
    assert {key: manifest[key] for key in saved} == saved
    trained = shell(
        "alphastomics", "train", "--json",
        data=tmp_path / "both.zarr", run_dir=tmp_path / "run", **{**TINY, "max_steps": 2, "refit": "never"},
    )  # fmt: skip
    assert trained.code == 0, trained.err
    model = json.loads((tmp_path / "run" / "model" / "model.json").read_text())
    assert model["scaling"]["genes"] == list(cells.var_names[2:26])


# answers at once ------------------------------------------------------------------------------------------------------
def test_compare_prints_the_six_pairs_exactly(here):
    answer = here("alphastomics", "compare", "--json")
    assert answer.code == 0
    assert [(row["total"], row["active"]) for row in answer.document["configurations"]] == [
        (707_508, 707_508),
        (444_988, 444_988),
        (476_980, 476_980),
        (710_324, 644_020),
        (713_396, 613_172),
        (447_804, 381_500),
    ]
    wider = here("alphastomics", "compare", "--json", genes=254, hidden_dim=64).document["configurations"]
    assert all(row["total"] < 707_508 for row in wider)
    refused = here("alphastomics", "compare", "--json", hidden_dim=66)
    assert refused.code == 2
    assert "divisible" in refused.error["message"]


def test_upload_makes_the_folder_without_network_and_pushes_only_with_a_token(here, tissue, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr("socket.socket.connect", refuse_to_connect)
    out = tmp_path / "data set"
    answer = here("alphastomics", "upload", "--json", store=tissue, repository="someone/tissue", out=out)
    assert answer.code == 0
    assert answer.document["pushed"] is None
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "README.md",
        "data/train.parquet",
    ]
    pushed = here("alphastomics", "upload", "--json", "--push", store=tissue, repository="someone/tissue", out=out)
    assert pushed.code == 2
    assert "No Hugging Face token" in pushed.error["message"]
    assert "keyring" in pushed.error["hint"]
    misnamed = here("alphastomics", "upload", "--json", store=tissue, repository="tissue", out=tmp_path / "other")
    assert misnamed.code == 2
    assert not (tmp_path / "other").exists()


def test_an_old_config_becomes_settings_that_train_accepts(here, tissue, tmp_path):
    old, new = tmp_path / "config.yaml", tmp_path / "new.yaml"
    old.write_text("training_mode: joint\ntraining: {learning_rate: 1e-4, epochs: 3}\nnonsense: 1\n")
    answer = here("alphastomics", "import-config", "--json", old=old, out=new)
    assert answer.code == 0
    assert len(answer.document["report"]) == 4
    refused = here("alphastomics", "train", "--json", config=new, heads=7, data=tissue)
    assert refused.code == 2
    assert "not divisible by heads 7" in refused.error["message"]  # so everything else was understood
    assert read_yaml(new)["model"]["training_mode"] == "joint"


# interruptions --------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def stopped(shell, tissue, tmp_path_factory) -> tuple[Path, Answer]:
    """A training that was stopped by a file in its folder, and how the command line that followed it ended."""
    place = tmp_path_factory.mktemp("stopped") / "run"
    process = shell.start("alphastomics", "train", "--json", data=tissue, run_dir=place, **TINY)
    until((place / "checkpoints" / "step-00000005").exists)
    (place / "requests" / "stop").touch()
    out, err = process.communicate(timeout=120)
    return place, Answer(process.returncode, out, err)


def test_a_stop_leaves_a_checkpoint_and_exit_code_3(stopped):
    place, answer = stopped
    assert answer.code == 3
    assert answer.document["run"]["state"] == "stopped"
    last = (place / "checkpoints" / "last").read_text().strip()
    assert (place / "checkpoints" / last / "MANIFEST.json").exists()
    assert not (place / "requests" / "stop").exists()
    assert not (place / "model").exists()


def test_a_stopped_run_resumes_to_the_weights_of_one_that_never_stopped(shell, stopped, trained, result_rows, tmp_path):
    run = copied(stopped[0], tmp_path)
    answer = shell("runs", "resume", run.path, "--json")
    assert answer.code == 0, answer.err
    assert_same_weights(run, trained)
    assert repeatable(run.path) == result_rows
    assert run.result() == trained.result()


def test_a_corrupted_checkpoint_is_told_and_the_one_before_goes_on_to_the_same_weights(
    shell, stopped, trained, tmp_path
):
    run = copied(stopped[0], tmp_path)
    steps = sorted(run.checkpoints.glob("step-*"))
    weights = bytearray((steps[-1] / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (steps[-1] / "model.safetensors").write_bytes(weights)
    answer = shell("runs", "resume", run.path, "--json")
    assert answer.code == 0, answer.err
    told = [event.message for event in EventReader(run.events) if isinstance(event, Warned)]
    assert any(steps[-1].name in message and "damaged" in message for message in told)
    assert_same_weights(run, trained)


def test_a_worker_killed_while_training_and_while_refitting_ends_with_the_same_weights(
    shell, tissue, trained, tmp_path
):
    process = shell.start("alphastomics", "train", "--json", data=tissue, run_dir=tmp_path / "run", **TINY)
    for step in (10, 40):  # the second is in the refit
        until(lambda step=step: (tmp_path / "run" / "checkpoints" / f"step-{step:08d}").exists())
        for worker in workers(tmp_path / "run"):
            worker.kill()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert json.loads(out)["run"]["state"] == "finished"
    run = RunFolder.open(tmp_path / "run")
    assert len(run.attempt_folders()) == 3
    assert_same_weights(run, trained)


def test_a_killed_supervisor_takes_the_worker_along_and_the_run_resumes_to_the_same_weights(
    shell, tissue, trained, tmp_path
):
    place = tmp_path / "run"
    started = shell("alphastomics", "train", "--json", "--detach", data=tissue, run_dir=place, **TINY)
    assert started.code == 0
    until((place / "checkpoints" / "step-00000005").exists)
    run = RunFolder.open(place)
    left = workers(place)
    supervisor(place).kill()
    _, alive = psutil.wait_procs(left, timeout=5)
    assert alive == []
    assert shell("runs", "show", place, "--json").document["state"] == "failed"
    answer = shell("runs", "resume", place, "--json")
    assert answer.code == 0, answer.err
    assert_same_weights(run, trained)


@pytest.fixture
def result_rows(trained: RunFolder) -> list[dict[str, str]]:
    return repeatable(trained.path)


def repeatable(run: Path) -> list[dict[str, str]]:
    """The rows of metrics.csv, without speed and memory."""
    with (run / "tables" / "metrics.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] not in UNREPEATABLE]
    return sorted(rows, key=lambda row: (int(row["step"]), row["split"], row["metric"]))


def copied(run: Path, place: Path) -> RunFolder:
    return RunFolder.open(Path(shutil.copytree(run, place / "copy")))


def refuse_to_connect(*_: object) -> None:
    raise AssertionError("nothing may be sent")
