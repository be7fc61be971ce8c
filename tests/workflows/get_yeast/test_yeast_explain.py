"""Explanations find the law behind made-up data, sum up to what they explain, and say where they extrapolate."""

import csv

import numpy as np
import pytest
from tiny_yeast import TINY, made, settings_of, tiny_yeast

from genodesk.core.errors import Stopped, UserError
from genodesk.core.figure_files import load_figure
from genodesk.core.workflow import load_function
from genodesk.workflows.get_yeast import WORKFLOW
from genodesk.workflows.get_yeast.asked import fields_to_sweep
from genodesk.workflows.get_yeast.attribution import agreement, condition_importance, integrated_gradients, knock_outs
from genodesk.workflows.get_yeast.sweep import sweep
from genodesk.workflows.get_yeast.trained import load_trained


@pytest.fixture(scope="module")
def data():
    return tiny_yeast()


@pytest.fixture(scope="module")
def run(yeast_file, tmp_path_factory):
    place = tmp_path_factory.mktemp("explained")
    flat = {**TINY, "max_steps": 40, "learning_rate": 5e-3, "evaluate_every": 40, "checkpoint_every": 40}
    settings = settings_of("train", **flat, data=yeast_file, split="regions", refit=False)
    run = made(place / "run", "train", settings)
    run.call(settings)
    return run


@pytest.fixture(scope="module")
def trained(run):
    return load_trained(run.path)


@pytest.fixture
def explain(run, tmp_path):
    def call(place="explain", stop_asked=lambda: False, **flat):
        settings = settings_of("explain", **{"run": run.path, "device": "cpu", **flat})
        load_function(WORKFLOW.action("explain").check)(settings)
        made_run = made(tmp_path / place, "explain", settings)
        return made_run.call(settings, stop_asked), made_run

    return call


def rows_of(run, table):
    with (run.path / "tables" / f"{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_integrated_gradients_sum_to_the_difference_that_motifs_make(trained, data):
    found = integrated_gradients(trained, data, 24)
    scores = trained.region_tensors(data).motifs.numpy()
    none = trained.motif_path(data, motifs=np.zeros_like(scores))
    difference = (trained.motif_path(data) - none).astype(np.float64).mean(axis=0).sum()
    assert found.values.sum() == pytest.approx(difference, rel=0.02)
    assert found.gap < 0.02
    assert np.all(found.values[scores == 0] == 0)


def test_attributions_do_not_depend_on_how_regions_and_cultures_are_put_together(trained, data, monkeypatch):
    few = data.take(samples=np.arange(3))
    whole = integrated_gradients(trained, few, 8)
    monkeypatch.setattr("genodesk.workflows.get_yeast.attribution.TOKENS", 30)
    parts = integrated_gradients(trained, few, 8)
    assert np.allclose(whole.values, parts.values, atol=1e-5)


def test_a_motif_that_drives_expression_under_a_drug_is_found(trained, data):
    """Motif 1 adds two under rapamycin; a motif of little weight adds little."""
    treated = data.take(samples=(data.conditions["drug"] == "rapamycin").to_numpy())
    found = integrated_gradients(trained, treated, 12)
    assert int(np.argmax(found.importance)) == 1
    effects = knock_outs(trained, treated, list(trained.motif_names))
    means, p_values, numbers = agreement(trained, treated, list(trained.motif_names), effects)
    assert int(np.argmin(means)) == 1
    assert p_values[1] < 1e-3
    assert numbers[1] >= 6


def test_a_knock_out_is_the_difference_of_two_predictions(trained, data):
    effects = knock_outs(trained, data, ["motif1"])
    scores = trained.region_tensors(data).motifs.numpy().copy()
    scores[:, 1] = 0
    expected = (trained.motif_path(data, motifs=scores) - trained.motif_path(data)).mean(axis=0)
    assert np.allclose(effects[0], expected, atol=1e-6)


def test_hiding_a_condition_that_matters_changes_more_than_one_that_never_varied(trained, data):
    fields = condition_importance(trained, data)
    assert set(fields) == {"medium", "drug", "dose_molar", "drug_temperature_c"}
    assert fields["drug_temperature_c"].change > 0.01
    assert fields["drug_temperature_c"].error_without > fields["drug_temperature_c"].error


def test_a_sweep_goes_beyond_training_and_says_where(trained, data):
    made_sweep = sweep(trained, data, "drug_temperature_c", None)
    assert made_sweep.trained == (25.0, 42.0)
    assert made_sweep.values.min() < 25.0
    assert made_sweep.values.max() > 42.0
    outside = np.array([bool(reason) for reason in made_sweep.outside])
    assert np.array_equal(outside, (made_sweep.values < 25.0) | (made_sweep.values > 42.0))
    assert made_sweep.predicted.shape == (len(made_sweep.values), 96)
    kinds = sweep(trained, data, "drug", None)
    assert set(kinds.values) == {"none", "rapamycin"}
    assert sweep(trained, data, "dose_molar", "sample0") is None  # grown without drug


def test_only_conditions_that_varied_are_swept(trained):
    assert fields_to_sweep(trained.encoder, ()) == ["drug", "drug_temperature_c"]
    with pytest.raises(UserError, match="no more than one value of medium"):
        fields_to_sweep(trained.encoder, ("medium",))


def test_explain_leaves_tables_and_figures(explain, data):
    result, run = explain(most_cultures=3)
    figures = {path.stem for path in (run.path / "figures").glob("*.json")}
    assert figures == {
        "motif_importance", "knock_outs", "condition_importance", "sweep_drug", "sweep_drug_temperature_c",
    }  # fmt: skip
    assert result["cultures"] == 3
    assert result["completeness_gap"] < 0.02
    importance = [float(row["importance"]) for row in rows_of(run, "motif_importance")]
    assert importance == sorted(importance, reverse=True)
    assert len(rows_of(run, "knock_outs_by_region")) == len(data.regions)
    assert any(row["outside_training"] for row in rows_of(run, "sweep_drug_temperature_c"))
    figure, arrays = load_figure(run.path / "figures" / "sweep_drug_temperature_c.json", np.load)
    bounds = {one.name: arrays[one.data["x"]].tolist() for one in figure.panels[0].series if one.reference}
    assert bounds == {"least in training": [25.0, 25.0], "most in training": [42.0, 42.0]}


def test_named_motifs_regions_and_conditions_are_taken(explain):
    result, run = explain(knock_out=["motif3"], sweep=["drug_temperature_c"], regions=["r7"], culture="sample2")
    assert list(result["knock_outs"]) == ["motif3"]
    assert result["sweeps"]["drug_temperature_c"]["culture"] == "sample2"
    assert "r7" in rows_of(run, "sweep_drug_temperature_c")[0]


@pytest.mark.parametrize(
    ("flat", "says"),
    [
        ({"knock_out": ["motif99"]}, "no motif called motif99"),
        ({"sweep": ["temperature"]}, "no condition called temperature"),
        ({"regions": ["r999"]}, "no region called r999"),
        ({"culture": "sample99"}, "no sample called sample99"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(explain, flat, says):
    with pytest.raises(UserError, match=says):
        explain(most_cultures=1, **flat)


def test_it_stops_when_asked(explain):
    with pytest.raises(Stopped):
        explain(stop_asked=lambda: True)
