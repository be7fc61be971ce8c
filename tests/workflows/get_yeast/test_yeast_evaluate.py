"""A trained model judged and used: scores beside baselines, what training held out, flags where it extrapolates."""

import csv
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file
from tiny_yeast import TINY, made, settings_of, tiny_yeast

from genodesk.core.errors import UserError
from genodesk.core.figure import read_figure
from genodesk.core.workflow import load_function
from genodesk.engine.figures import load_drawing
from genodesk.engine.inspection import inspect_file
from genodesk.workflows.get_yeast import METHODS, METRICS, WORKFLOW
from genodesk.workflows.get_yeast.data import read_yeast, write_yeast
from genodesk.workflows.get_yeast.judge import flattery
from genodesk.workflows.get_yeast.settings import YeastSettings
from genodesk.workflows.get_yeast.trained import load_trained, name_of_model
from genodesk.workflows.get_yeast.yeast import load_yeast


@pytest.fixture(scope="module")
def trained(yeast_file, tmp_path_factory):
    """A training that held out the condition of samples 4 and 5."""
    settings = settings_of("train", **TINY, data=yeast_file, split="conditions", holdout=["sample4"])
    run = made(tmp_path_factory.mktemp("trained") / "run", "train", settings)
    return run, run.call(settings)


@pytest.fixture
def act(trained, tmp_path):
    def call(action, place="", **flat):
        settings = settings_of(action, **{"run": trained[0].path, "device": "cpu", **flat})
        load_function(WORKFLOW.action(action).check)(settings)
        run = made(tmp_path / (place or action), action, settings)
        return run.call(settings), run

    return call


def under_other_names(data):
    """The same values, measured in samples of which training has not heard."""
    names = np.array([f"later {name}" for name in data.samples], dtype=object)
    return replace(data, samples=names, conditions=data.conditions.set_axis(pd.Index(names, dtype=object), axis=0))


def rows_of(run, table):
    with (run.path / "tables" / f"{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_training_judges_itself_beside_every_baseline(trained):
    _, result = trained
    assert set(result["baselines"]) <= set(METHODS)
    assert {"region_mean", "nearest_condition", "ridge_motif_condition", "boosting"} <= set(result["baselines"])
    assert list(result["per_condition"]) == [result["held_out"].split("condition group ")[1].split(" are")[0]]
    assert {metric.name for metric in METRICS} - {"motif_pearson"} <= set(result["metrics"])  # that one is of training


def test_without_data_what_training_held_out_is_scored_as_training_scored_it(act, trained):
    scores, run = act("evaluate")
    assert scores["entries"] == 2 * 96
    for name, value in trained[1]["metrics"].items():
        assert scores["metrics"][name] == pytest.approx(value, abs=1e-5), name
    for name, methods in trained[1]["baselines"].items():
        assert scores["baselines"][name]["pearson"] == pytest.approx(methods["pearson"], abs=1e-5), name
    assert json.loads((run.path / "metrics.json").read_text())["metrics"] == scores["metrics"]


def test_given_data_every_measured_entry_is_scored(act, yeast_file, tmp_path):
    data = under_other_names(tiny_yeast())
    holes = data.expression.copy()
    holes[0, :10] = np.nan
    write_yeast(replace(data, expression=holes), tmp_path / "other.h5ad")
    scores, run = act("evaluate", data=tmp_path / "other.h5ad")
    assert scores["entries"] == 12 * 96 - 10
    assert set(scores["metrics"]) >= {"pearson", "spearman", "r2", "delta_pearson", "pearson_low", "pearson_high"}
    assert len(scores["per_condition"]) == 6
    assert all("pearson" in one for one in scores["baselines"].values())
    predictions = rows_of(run, "predictions")
    assert len(predictions) == scores["entries"]
    assert set(predictions[0]) == {"sample", "region", "measured", "predicted", "seen", "outside_training"}
    assert not run.warnings


def test_baselines_have_learned_from_what_the_scored_model_has_learned_from(act, trained, tmp_path):
    # Every condition of these samples was in the refit, one was not before it.
    write_yeast(under_other_names(tiny_yeast()), tmp_path / "later.h5ad")
    given, _ = act("evaluate", "given", data=tmp_path / "later.h5ad")
    own, _ = act("evaluate", "own")
    assert given["baselines"]["replicate_mean"]["pearson"] > 0.95
    assert "replicate_mean" not in own["baselines"]
    assert "replicate_mean" not in trained[1]["baselines"]


def test_scores_from_before_the_refit_say_so(act, trained, yeast_file):
    own, of_own = act("evaluate", "own")
    given, of_given = act("evaluate", "given", data=yeast_file)
    for scores in (trained[1], own):
        (said,) = scores["remarks"]
        assert "from before the refit" in said
    assert given["remarks"] == []
    titles = [read_figure(run.path / "figures" / "baselines.json").title for run in (of_own, of_given)]
    assert "on what was held out" in titles[0]
    assert "on the data given" in titles[1]


def test_the_figures_of_an_evaluation_are_there_and_readable(act):
    scores, run = act("evaluate")
    names = {path.stem for path in (run.path / "figures").glob("*.json")}
    assert names == {
        "predicted_against_true", "residuals", "baselines", "condition_groups", "motif_importance",
        "condition_importance",
    }  # fmt: skip
    drawing = load_drawing(run.path / "figures" / "baselines.json")
    figure = drawing.figure
    assert figure.panels[0].x.ticks[0] == "this model"
    ours = figure.panels[0].series[0].data
    ends = [float(drawing.arrays[ours[role]][0]) for role in ("low", "y", "high")]
    assert ends == pytest.approx([scores["metrics"][name] for name in ("pearson_low", "pearson", "pearson_high")])
    assert set(figure.panels[0].x.ticks[1:]) <= set(METHODS.values())


def test_scoring_on_the_very_data_of_the_training_is_pointed_out(act, yeast_file):
    scores, run = act("evaluate", data=yeast_file)
    assert any("trained on these data" in warning for warning in run.warnings)
    assert scores["warnings"] == ["The model was trained on these data, so the scores flatter it."]


def test_a_copy_and_a_part_of_the_data_of_the_training_are_recognised_by_their_samples_and_regions(act, tmp_path):
    data = tiny_yeast()
    write_yeast(data.take(samples=np.arange(11, 3, -1), regions=np.arange(40)), tmp_path / "part.h5ad")
    scores, _ = act("evaluate", "part", data=tmp_path / "part.h5ad")
    assert scores["warnings"] == ["The model was trained on these data, so the scores flatter it."]
    half = np.array(
        [f"new{name}" if number % 2 else name for number, name in enumerate(data.regions.ids)], dtype=object
    )
    write_yeast(replace(data, regions=replace(data.regions, ids=half)), tmp_path / "half.h5ad")
    scores, run = act("evaluate", "half", data=tmp_path / "half.h5ad")
    assert scores["warnings"] == ["The model was trained on 50.0% of these values, so the scores flatter it."]
    assert scores["warnings"][0] in run.warnings
    write_yeast(under_other_names(data), tmp_path / "later.h5ad")
    assert act("evaluate", "later", data=tmp_path / "later.h5ad")[0]["warnings"] == []


def test_samples_of_another_experiment_that_are_called_alike_are_others(act, tmp_path):
    write_yeast(replace(tiny_yeast(1), conditions=tiny_yeast().conditions), tmp_path / "other.h5ad")
    assert act("evaluate", "other", data=tmp_path / "other.h5ad")[0]["warnings"] == []


def test_little_that_was_in_training_is_less_than_a_tenth_of_a_percent(trained):
    model, data = load_trained(trained[0].path), tiny_yeast()
    entries = np.zeros((12, 96), dtype=bool)
    entries[0, 0] = True
    ids = np.array(["r0", *(f"new{number}" for number in range(95))], dtype=object)
    data = replace(data, regions=replace(data.regions, ids=ids))
    given = YeastSettings(data=Path("other.h5ad"))
    assert "trained on these data" in flattery(data, entries, model, given, 0)
    many = np.ones((12, 96), dtype=bool)
    few = replace(model, sample_ids=("sample0",), kept_values=model.kept_values[:1])
    assert "on less than 0.1% of these" in flattery(data, many, few, given, 0)


def changed_document(folder, change):
    path = folder / "model.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document))


def test_a_model_that_kept_no_samples_is_told_by_where_its_data_lay(act, trained, yeast_file, tmp_path):
    shared = Path(shutil.copytree(trained[0].folder.model, tmp_path / "shared"))
    tensors = load_file(shared / "model.safetensors")
    del tensors["kept_values"]
    save_file(tensors, shared / "model.safetensors")
    digest = hashlib.sha256((shared / "model.safetensors").read_bytes()).hexdigest()
    changed_document(shared, lambda document: document.update(weights_sha256=digest))
    model, data = load_trained(shared), tiny_yeast()
    entries = np.ones((12, 96), dtype=bool)
    assert "are called as those" in flattery(data, entries, model, YeastSettings(data=tmp_path / "copy.h5ad"), 0)
    changed_document(shared, lambda document: document.pop("sample_ids"))
    model = load_trained(shared)
    assert "trained on these data" in flattery(data, entries, model, YeastSettings(data=yeast_file), 0)
    assert flattery(data, entries, model, YeastSettings(data=tmp_path / "copy.h5ad"), 0) == ""


def test_baselines_from_before_the_refit_are_set_beside_the_model_from_before_it_alone(act, trained, tmp_path):
    run = Path(shutil.copytree(trained[0].path, tmp_path / "run"))
    shutil.rmtree(run / "baselines")
    (run / "before_refit" / "baselines").rename(run / "baselines")
    own, _ = act("evaluate", "own", run=run)
    for name, methods in trained[1]["baselines"].items():
        assert own["baselines"][name]["pearson"] == pytest.approx(methods["pearson"], abs=1e-5), name
    write_yeast(under_other_names(tiny_yeast()), tmp_path / "later.h5ad")
    given, of_given = act("evaluate", "given", run=run, data=tmp_path / "later.h5ad")
    assert given["baselines"] == {}
    assert any("fitted before the refit" in warning for warning in of_given.warnings)


def test_conditions_in_which_the_mean_profile_is_better_are_named(act, yeast_file, tmp_path):
    data = tiny_yeast()
    usual = np.repeat(data.expression.mean(axis=0)[None], 12, axis=0)
    write_yeast(replace(data, expression=np.where(np.arange(12)[:, None] < 2, usual, data.expression)),
                tmp_path / "usual.h5ad")  # fmt: skip
    scores, run = act("evaluate", data=tmp_path / "usual.h5ad")
    assert scores["below_region_mean"] == [str(data.condition_group[0])]
    (said,) = [warning for warning in run.warnings if "mean profile" in warning]
    assert str(data.condition_group[0]) in said
    assert str(data.condition_group[2]) not in said


def test_motifs_are_aligned_by_name_and_absent_ones_are_said(act, tmp_path):
    data = tiny_yeast()
    turned = replace(data, motifs=data.motifs[:, ::-1].copy(), motif_names=data.motif_names[::-1])
    write_yeast(turned, tmp_path / "turned.h5ad")
    write_yeast(data, tmp_path / "same.h5ad")
    one, _ = act("evaluate", "one", data=tmp_path / "same.h5ad")
    other, _ = act("evaluate", "other", data=tmp_path / "turned.h5ad")
    assert one["metrics"]["pearson"] == pytest.approx(other["metrics"]["pearson"], abs=1e-5)
    fewer = replace(data, motifs=data.motifs[:, 1:], motif_names=data.motif_names[1:])
    write_yeast(fewer, tmp_path / "fewer.h5ad")
    _, run = act("evaluate", "fewer", data=tmp_path / "fewer.h5ad")
    assert any("1 of the model's 10 motifs" in warning for warning in run.warnings)
    foreign = replace(data, motif_names=[f"other{number}" for number in range(10)])
    write_yeast(foreign, tmp_path / "foreign.h5ad")
    with pytest.raises(UserError, match="None of the model's motifs"):
        act("evaluate", "foreign", data=tmp_path / "foreign.h5ad")


def test_new_regions_are_flagged_and_their_change_is_null(act, tmp_path):
    data = tiny_yeast()
    renamed = np.array([f"new{name}" for name in data.regions.ids], dtype=object)
    write_yeast(replace(data, regions=replace(data.regions, ids=renamed)), tmp_path / "new.h5ad")
    scores, run = act("evaluate", data=tmp_path / "new.h5ad")
    assert scores["regions_not_seen"] == 96
    assert scores["metrics"]["delta_pearson"] is None
    assert {row["seen"] for row in rows_of(run, "predictions")} == {"False"}
    assert any("seen tells whether the region was measured in training" in line for line in run.said)


def test_a_shared_model_folder_is_scored_without_baselines_and_says_so(act, trained, tmp_path):
    write_yeast(tiny_yeast(1), tmp_path / "other.h5ad")
    scores, run = act("evaluate", run=trained[0].folder.model, data=tmp_path / "other.h5ad")
    assert scores["baselines"] == {}
    assert any("no baselines" in warning for warning in run.warnings)


def test_a_shared_model_that_has_seen_everything_is_not_scored_on_what_its_training_held_out(act, trained):
    with pytest.raises(UserError, match="has seen everything"):
        act("evaluate", run=trained[0].folder.model)


def test_a_model_whose_training_data_are_gone_asks_for_data_before_the_run(act, trained, tmp_path):
    shared = Path(shutil.copytree(trained[0].folder.model, tmp_path / "shared"))
    document = json.loads((shared / "model.json").read_text(encoding="utf-8"))
    document["settings"]["yeast"]["data"] = str(tmp_path / "gone.h5ad")
    (shared / "model.json").write_text(json.dumps(document))
    for action in ("predict", "explain"):
        with pytest.raises(UserError, match="no longer where they were"):
            act(action, run=shared)
        assert not (tmp_path / action).exists()


def test_predictions_outside_the_conditions_of_training_are_flagged_in_table_and_plot(act, yeast_file, tmp_path):
    sheet = tmp_path / "cultures.csv"
    sheet.write_text(
        "sample,medium,drug,dose,drug_temperature_c\nusual,ypd,rapamycin,1 uM,34\n"
        "hot,ypd,none,,44\nodd,ypd,caffeine,1 mM,30\n"
    )
    result, run = act("predict", data=yeast_file, cultures=sheet)
    assert result["cultures"] == 3
    assert set(result["outside_training"]) == {"hot", "odd"}
    assert "44" in result["outside_training"]["hot"]
    assert "caffeine" in result["outside_training"]["odd"]
    rows = rows_of(run, "predictions")
    assert len(rows) == 3 * 96
    assert {row["sample"] for row in rows if row["outside_training"]} == {"hot", "odd"}
    figure = read_figure(run.path / "figures" / "cultures.json")
    assert [series.name for series in figure.panels[0].series] == ["like training", "outside training"]
    assert any("2 of 3 cultures lie outside" in warning for warning in run.warnings)
    written = read_yeast(run.path / "predictions.h5ad")
    assert written.expression.shape == (3, 96)
    assert written.samples.tolist() == ["usual", "hot", "odd"]


@pytest.mark.parametrize("name", ["p.h5ad", "p.zarr"])
def test_predictions_are_no_measurements(act, trained, tmp_path, name):
    _, run = act("predict")
    path = tmp_path / name
    written = read_yeast(run.path / "predictions.h5ad")
    weights = hashlib.sha256((trained[0].path / "model" / "model.safetensors").read_bytes()).hexdigest()[:12]
    assert written.predicted_by == f"{trained[0].path.name} (weights {weights})", "no place on somebody's disk"
    assert str(tmp_path.parent).encode() not in (run.path / "predictions.h5ad").read_bytes()
    assert name_of_model(trained[0].path / "model") == written.predicted_by
    write_yeast(written, path)
    found = inspect_file(path)
    sentence = f"The expression in {name} is no measurement: the model {written.predicted_by} predicted it."
    assert sentence in found["warnings"]
    assert found["sentence"].startswith("The predicted expression")
    load_function(WORKFLOW.action("pretrain").check)(settings_of("pretrain", data=path))  # it needs no expression
    for action, more in (("evaluate", {"run": trained[0].path}), ("train", TINY)):
        check = load_function(WORKFLOW.action(action).check)
        with pytest.raises(UserError, match="predictions are not measurements") as refused:
            check(settings_of(action, data=path, **more))
        assert refused.value.where == str(path)
        assert "measured" in refused.value.hint


def test_predicted_regions_and_cultures_can_be_predicted_again_but_not_as_measured(act, tmp_path):
    _, first = act("predict")
    path = first.path / "predictions.h5ad"
    result, again = act("predict", "again", data=path)
    assert result["cultures"] == 12
    assert "measured" not in rows_of(again, "predictions")[0]
    assert any("is no measurement" in warning for warning in again.warnings)
    _, explained = act("explain", data=path, most_knock_outs=1, most_cultures=1)
    assert {row["mse"] for row in rows_of(explained, "condition_importance")} == {""}
    with pytest.raises(UserError, match="predictions are not measurements"):
        load_yeast(YeastSettings(data=path), 0)


def test_prediction_needs_no_expression_and_no_data(act, tmp_path):
    result, _ = act("predict")
    assert result["cultures"] == 12
    assert result["outside_training"] == {}
    write_yeast(replace(tiny_yeast(), expression=None), tmp_path / "regions.h5ad")
    result, run = act("predict", "again", data=tmp_path / "regions.h5ad")
    assert result["regions"] == 96
    assert "measured" not in rows_of(run, "predictions")[0]


def test_reading_settings_without_data_are_refused_where_the_data_of_the_training_would_be_taken(act, tmp_path):
    sheet = tmp_path / "cultures.csv"
    sheet.write_text("sample,medium\na,ypd\n")
    for action in ("evaluate", "explain", "predict"):
        with pytest.raises(UserError, match="no file is named") as refused:
            act(action, conditions=sheet)
        assert refused.value.where == "--conditions"
        assert not (tmp_path / action).exists()
    assert "--cultures" in refused.value.hint
    scaled = tmp_path / "scaled.csv"
    scaled.write_text("sample,medium,drug_temperature_c\na,ypd,0.5\n")
    assert act("predict", cultures=scaled, conditions_scaled=True)[0]["cultures"] == 1


def test_a_dose_without_unit_in_a_table_of_cultures_is_refused_before_the_run(act, yeast_file, tmp_path):
    sheet = tmp_path / "cultures.csv"
    pd.DataFrame({"sample": ["a"], "medium": ["ypd"], "drug": ["rapamycin"], "dose": [5]}).to_csv(sheet, index=False)
    with pytest.raises(UserError, match="unit"):
        act("predict", data=yeast_file, cultures=sheet)


def test_a_folder_that_holds_no_model_is_refused(act, tmp_path):
    with pytest.raises(UserError, match="neither a run nor a model folder"):
        act("evaluate", run=tmp_path)
