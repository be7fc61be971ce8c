"""Explanations find the law behind made-up data, sum up to what they explain, and say where they extrapolate."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from tiny_yeast import TINY, made, settings_of, tiny_yeast

from genodesk.core.errors import Stopped, UserError
from genodesk.core.figure_files import load_figure
from genodesk.core.workflow import load_function
from genodesk.workflows.get_yeast import WORKFLOW
from genodesk.workflows.get_yeast.asked import fields_to_sweep
from genodesk.workflows.get_yeast.attribution import agreement, condition_importance, integrated_gradients, knock_outs
from genodesk.workflows.get_yeast.condition_kernel import Cultures
from genodesk.workflows.get_yeast.data import write_yeast
from genodesk.workflows.get_yeast.region_effects import fit_region_effects
from genodesk.workflows.get_yeast.sweep import _span, _start, sweep
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
    assert fields["drug_temperature_c"].change > max(0.01, 2 * fields["medium"].change)
    assert fields["drug_temperature_c"].error_without > fields["drug_temperature_c"].error


def test_hiding_a_medium_that_never_varied_keeps_what_an_experiment_shares(trained, data):
    """Every condition has a profile of its own; cultures that are told without their medium are still of theirs."""
    own = np.random.default_rng(0).normal(4, 1, (6, 96))[np.arange(12) // 2].astype(np.float32)
    cultures, known = Cultures.of(trained.conditions(data), trained.encoder), np.ones(own.shape, dtype=bool)
    effects = fit_region_effects(own, trained.motif_path(data), known, data.regions.ids, cultures, data.condition_group)
    model = replace(trained, effects=effects)
    hidden = data.conditions.assign(medium=None)
    elsewhere = np.abs(model.predict(data, conditions=hidden) - model.predict(data)).mean()
    assert condition_importance(model, data)["medium"].change < elsewhere / 2


def test_a_culture_of_which_a_condition_is_hidden_keeps_its_accessibility(trained, data):
    opened = np.random.default_rng(0).random(data.expression.shape, dtype=np.float32)
    varying = replace(data, accessibility=opened)
    base = trained.predict(varying)
    np.testing.assert_array_equal(trained.predict(varying, conditions=data.conditions, varied=True), base)
    assert np.abs(trained.predict(varying, conditions=data.conditions) - base).max() > 0.01
    change = condition_importance(trained, varying)["medium"].change
    assert change == pytest.approx(condition_importance(trained, data)["medium"].change, rel=0.5)


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
    assert kinds.doses["dose_molar"] == [None, pytest.approx(1e-6)]
    assert kinds.outside == ["", ""]
    assert sweep(trained, data, "dose_molar", "sample0") is None  # grown without drug


def test_a_dose_is_swept_over_the_range_of_the_drug_of_its_culture(trained, data):
    doses = {"rapamycin": {"dose_molar": (1e-6, 1e-6)}, "Fluconazole".casefold(): {"dose_molar": (2e-6, 2e-4)}}
    words = trained.encoder.vocabularies | {"drug": ("<unknown>", "none", "rapamycin", "Fluconazole")}
    known = replace(trained, encoder=replace(trained.encoder, doses=doses, vocabularies=words))
    drugs = data.conditions["drug"].where(data.conditions.index != "sample7", "Fluconazole")
    assert "dose_molar" in fields_to_sweep(known.encoder, ())
    asked = replace(data, conditions=data.conditions.assign(drug=drugs))
    assert _start(known.encoder, asked, "dose_molar", None) == 7  # of rapamycin training knew a single dose
    assert _span(known.encoder, asked, "dose_molar", 7) == (2e-6, 2e-4)
    assert _span(known.encoder, asked, "dose_molar", 2) == (1e-6, 1e-6)
    unknown = replace(data, conditions=data.conditions.assign(drug="caffeine"))
    assert sweep(trained, unknown, "dose_molar", None) is None


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


@pytest.mark.parametrize(
    ("action", "says"), [("explain", "no culture to explain predictions of"), ("predict", "No culture is named")]
)
def test_regions_without_cultures_are_refused_before_the_run(run, data, tmp_path, action, says):
    none = data.take(samples=np.array([], dtype=int))
    write_yeast(replace(none, expression=None), tmp_path / "regions.h5ad")
    settings = settings_of(action, run=run.path, data=tmp_path / "regions.h5ad")
    with pytest.raises(UserError, match=says):
        load_function(WORKFLOW.action(action).check)(settings)


@pytest.mark.parametrize("flat", [{"regions": ["r999"]}, {"culture": "sample99"}])
def test_regions_and_a_culture_that_are_not_there_are_refused_before_the_run(run, flat):
    for data in ({}, {"data": None}, {"difficulty": "demo"}):
        with pytest.raises(UserError, match="There is no"):
            load_function(WORKFLOW.action("explain").check)(settings_of("explain", run=run.path, **data, **flat))


def test_what_reading_met_and_neighbours_that_are_missing_are_told(explain, data, tmp_path):
    conditions = data.conditions.assign(drug_temperature_c=46.0)
    few = replace(data, conditions=conditions).take(samples=np.array([0, 2]), regions=np.arange(3))
    write_yeast(few, tmp_path / "few.h5ad")
    _, run = explain(data=tmp_path / "few.h5ad", most_cultures=1, most_knock_outs=1, sweep=["drug"])
    assert any("46 °C" in warning for warning in run.warnings)
    assert any("3 of 3 regions are here without some of their neighbours" in warning for warning in run.warnings)


def test_it_stops_when_asked(explain):
    with pytest.raises(Stopped):
        explain(stop_asked=lambda: True)
