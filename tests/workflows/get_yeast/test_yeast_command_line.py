"""The yeast workflow through the real command line: what actions print and leave, and a run that is cut off."""

import csv
import json
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pytest
from command_lines import Answer, Shell, assert_same_weights, supervisor, until, workers
from tiny_yeast import TINY
from yeast_tables import measured, packed, sheet

from genodesk.core.run import RunFolder
from genodesk.jobs.status import read
from genodesk.workflows.get_yeast.conditions import CONDITION_COLUMNS

pytestmark = pytest.mark.slow

BASELINES = {"region_mean", "nearest_condition", "ridge", "ridge_per_condition", "ridge_motif_condition", "boosting"}
LENGTH = {"max_steps": 30, "checkpoint_every": 5, "evaluate_every": 10}
TRAINING = {
    **{name: value for name, value in TINY.items() if value is not None},
    **LENGTH,
    "split": "conditions",
    "holdout": "sample4",
}


@pytest.fixture(scope="module")
def training(shell: Shell, yeast_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """A training that held out the condition of samples 4 and 5: 34 °C, between others."""
    place = tmp_path_factory.mktemp("trained") / "run"
    answer = shell("get-yeast", "train", "--json", data=yeast_file, run_dir=place, **TRAINING)
    assert answer.code == 0, answer.err + (place / "log.txt").read_text()
    return answer


@pytest.fixture(scope="module")
def trained(training: Answer) -> RunFolder:
    return RunFolder.open(Path(training.document["run"]["folder"]))


def test_a_training_prints_one_document_with_its_scores_and_leaves_a_model(training, trained):
    result = training.document
    assert result == {**trained.result(), "run": result["run"]}
    assert result["run"]["state"] == "finished"
    assert {"pearson", "spearman", "r2", "delta_pearson"} <= result["metrics"].keys()
    assert result["baselines"].keys() >= BASELINES
    assert (result["split"], result["test_entries"], result["refit"]) == ("conditions", 2 * 96, True)
    assert {path.name for path in trained.model.iterdir()} == {"README.md", "model.json", "model.safetensors"}
    assert {path.stem for path in trained.figures.glob("*.json")} == {
        "loss", "predicted_against_true", "residuals", "baselines", "condition_groups",
    }  # fmt: skip


def test_evaluate_scores_every_entry_of_the_data_beside_the_baselines_of_the_run(shell, yeast_file, trained, tmp_path):
    answer = shell("get-yeast", "evaluate", "--json", run=trained.path, data=yeast_file, run_dir=tmp_path / "run")
    assert answer.code == 0, answer.err
    scores = answer.document
    for name in ("pearson", "spearman", "r2", "delta_pearson"):
        assert -1 <= scores["metrics"][name] <= 1
    assert scores["baselines"].keys() >= BASELINES
    assert all(-1 <= baseline["pearson"] <= 1 for baseline in scores["baselines"].values())
    assert (scores["entries"], scores["regions_not_seen"], scores["samples_outside_training"]) == (12 * 96, 0, 0)
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["metrics"] == scores["metrics"]
    assert len(rows_of(tmp_path / "run", "predictions")) == 12 * 96


def test_predictions_beyond_the_conditions_of_training_are_flagged_in_document_table_and_plot(shell, trained, tmp_path):
    cultures = tmp_path / "cultures.csv"
    cultures.write_text(
        "sample,medium,drug,dose,drug_temperature_c\nusual,YEPD,rapamycin,1 μM,36\nhot,ypd,none,,55\n"
        "strong,ypd,rapamycin,5 mM,36\n"
    )
    answer = shell("get-yeast", "predict", "--json", run=trained.path, cultures=cultures, run_dir=tmp_path / "run")
    assert answer.code == 0, answer.err
    assert "55 °C in drug_temperature_c, outside the usual 20-45 °C" in answer.err
    outside = answer.document["outside_training"]
    assert outside == {
        "hot": "culture temperature 55 °C is outside 25 to 42 °C of training",
        "strong": "dose 5 mM of rapamycin is outside 1 uM of training",
    }
    rows = rows_of(tmp_path / "run", "predictions")
    assert {row["sample"]: row["outside_training"] for row in rows} == {"usual": "", **outside}
    assert {row["seen"] for row in rows} == {"True"}
    figure = json.loads((tmp_path / "run" / "figures" / "cultures.json").read_text())
    assert [series["name"] for series in figure["panels"][0]["series"]] == ["like training", "outside training"]
    assert figure["caption"].startswith("2 of 3 lie outside")
    assert anndata.read_h5ad(tmp_path / "run" / "predictions.h5ad").shape == (3, 96)


def test_explain_names_motifs_and_conditions_and_sweeps_within_what_can_be(shell, trained, tmp_path):
    answer = shell(
        "get-yeast", "explain", "--json",
        run=trained.path, run_dir=tmp_path / "run", knock_out=["motif0", "motif3"], most_cultures=3,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    document = answer.document
    assert document["completeness_gap"] < 0.02
    assert set(document["knock_outs"]) == {"motif0", "motif3"}
    assert set(document["conditions"]) == {"medium", "drug", "dose_molar", "drug_temperature_c"}
    assert set(document["sweeps"]) == {"drug", "drug_temperature_c"}
    tables = {path.stem for path in (tmp_path / "run" / "tables").iterdir()}
    assert tables >= {"motif_importance", "knock_outs", "knock_outs_by_region", "condition_importance"}
    swept = [float(row["drug_temperature_c"]) for row in rows_of(tmp_path / "run", "sweep_drug_temperature_c")]
    assert 4 <= min(swept) < 25
    assert 42 < max(swept) <= 60


def test_demo_data_are_written_with_the_truth_behind_them(here, tmp_path):
    out = tmp_path / "made up.h5ad"
    answer = here(
        "get-yeast", "demo-data", "--json", out=out, genes=64, number_of_conditions=4, replicates=2, difficulty="mid"
    )
    assert answer.code == 0, answer.err
    assert answer.document == {
        "file": str(out), "truth": f"{out}.truth.npz", "samples": 8, "regions": 64, "motifs": 40
    }  # fmt: skip
    made = anndata.read_h5ad(out)
    assert made.shape == (8, 64)
    assert made.varm["motif"].shape == (64, 40)
    with np.load(f"{out}.truth.npz") as truth:
        assert list(truth["regions"]) == list(made.var_names)
        assert list(truth["samples"]) == list(made.obs_names)


def test_what_prepare_writes_is_what_train_reads(here, tmp_path):
    given = {"data": packed(tmp_path), "conditions": sheet(tmp_path), "out": tmp_path / "y.zarr"}
    answer = here("get-yeast", "prepare", "--json", run_dir=tmp_path / "run", **given)
    assert answer.code == 0, answer.err
    assert answer.document["file"] == str(tmp_path / "y.zarr")
    refused = here("get-yeast", "train", "--json", data=tmp_path / "y.zarr", split="replicates", device="cpu")
    assert refused.code == 2  # everything else was understood
    assert "No condition was measured more than once" in refused.error["message"]


@pytest.mark.real_data
def test_the_measured_sheet_becomes_samples_regions_motifs_and_typed_conditions(shell, tmp_path):
    given = {"data": measured("yeast_3d.zarr"), "conditions": measured("conditions.csv"), "out": tmp_path / "y.h5ad"}
    answer = shell("get-yeast", "prepare", "--json", run_dir=tmp_path / "run", **given)
    assert answer.code == 0, answer.err
    report = answer.document
    assert (report["samples"], report["regions"], report["motifs"]) == (60, 2956, 235)
    assert report["dropped_motifs"] == [f"virtual_motif_{number}" for number in range(1, 49)]
    assert report["samples_without_conditions"] == ["GSM7768081", "GSM7768082"]
    yeast = anndata.read_h5ad(tmp_path / "y.h5ad")
    assert yeast.shape == (60, 2956)
    assert yeast.varm["motif"].shape == (2956, 235)
    assert [name for name in CONDITION_COLUMNS if name in yeast.obs] == list(CONDITION_COLUMNS)
    assert yeast.obs["drug_temperature_c"].dtype == np.float64
    assert yeast.obs.loc[["GSM7768081", "GSM7768082"], list(CONDITION_COLUMNS)].isna().all(axis=None)
    assert yeast.obs.loc["GSM7768083", "dose_molar"] == 1e-5
    assert yeast.obs.loc["GSM7432826", "dose_g_per_l"] == pytest.approx(4e-3)
    assert np.asarray(yeast.varm["motif"]).max(axis=0) == pytest.approx(1)
    assert (len(report["groups"]), len(report["chromosomes"])) == (10, 14)
    assert any(
        "48 motif columns" in said and "virtual_motif_1 to virtual_motif_48." in said for said in report["notices"]
    )
    assert any("GSM7768081, GSM7768082" in said for said in report["notices"])


def test_a_training_stopped_then_killed_then_killed_with_its_supervisor_ends_with_the_same_model_and_scores(
    shell, yeast_file, trained, tmp_path
):
    place = tmp_path / "run"
    process = shell.start("get-yeast", "train", "--json", data=yeast_file, run_dir=place, **TRAINING)
    until((place / "checkpoints" / "step-00000005").exists)
    (place / "requests" / "stop").touch()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 3, err
    assert json.loads(out)["run"]["state"] == "stopped"
    assert not (place / "model").exists()

    resumed = shell.start("runs", "resume", place, "--json")
    until((place / "checkpoints" / "step-00000030").exists)  # the last one before the scores
    for worker in workers(place):
        worker.kill()
    until((place / "checkpoints" / "step-00000035").exists)  # in the refit
    for process in (*workers(place), supervisor(place)):
        process.kill()
    resumed.communicate(timeout=120)
    assert read(place).state == "failed"
    assert not (place / "model").exists()

    answer = shell("runs", "resume", place, "--json")
    assert answer.code == 0, answer.err
    run = RunFolder.open(place)
    assert len(run.attempt_folders()) == 4
    assert_same_weights(run, trained)
    assert run.result() == trained.result()


def rows_of(run: Path, table: str) -> list[dict[str, Any]]:
    with (run / "tables" / f"{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
