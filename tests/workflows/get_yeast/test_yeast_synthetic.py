"""Made-up yeast obeys its laws: factors answer to conditions, knock-outs and doses act as known, so does noise."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tiny_yeast import settings_of

from genodesk.core.errors import UserError
from genodesk.core.workflow import load_function
from genodesk.engine.devices import pick
from genodesk.engine.live_run import CallRun
from genodesk.workflows.get_yeast import WORKFLOW
from genodesk.workflows.get_yeast.conditions import check_ranges, typed
from genodesk.workflows.get_yeast.data import check, read_yeast
from genodesk.workflows.get_yeast.synthetic import FACTORS, factor_activity, make_yeast, synth_yeast


@pytest.fixture(scope="module")
def yeast():
    return make_yeast(genes=480, conditions=24)


def activity(factor: str, **condition) -> float:
    frame = typed(pd.DataFrame([{"medium": "ypd", "drug": "none", **condition}]))
    return float(factor_activity(frame)[0, FACTORS.index(factor)])


def test_the_usual_size_is_2400_regions_of_whole_windows_in_64_different_cultures():
    data = synth_yeast()
    assert data.expression.shape == (64, 2400)
    assert len(set(data.condition_group)) == 64
    chromosomes, sizes = np.unique(data.regions.chrom, return_counts=True)
    assert len(chromosomes) == 15
    assert set(sizes % 16) == {0}
    assert data.motif_names == list(FACTORS)
    assert len(FACTORS) == 40


def test_it_is_good_data_like_any_other(yeast):
    data, _ = yeast
    check(data, "made-up yeast")
    assert check_ranges(data.conditions, "made-up yeast") == []
    assert data.motifs.max(axis=0) == pytest.approx(np.ones(40))


def test_the_same_seed_gives_the_same_yeast_and_another_seed_another():
    one, again, other = (synth_yeast("demo", seed).expression for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert np.corrcoef(one[0], other[0])[0, 1] < 0.2


def test_factors_answer_to_what_is_known_of_them():
    assert activity("HSF1", drug_temperature_c=40.0) > 4 * activity("HSF1", drug_temperature_c=25.0)
    assert activity("GAL4", medium="ypgal") > 1
    assert activity("GAL4", medium="sc", carbon_source="galactose") > 1
    assert activity("GAL4") == 0
    assert activity("MIG1") < -1  # a repressor, at work on glucose
    assert activity("MIG1", medium="ypgly") == 0
    assert activity("GCN4", medium="minimal") > 4 * activity("GCN4")


def test_a_drug_acts_by_a_hill_curve_of_its_dose():
    doses = [activity("PDR1", drug="fluconazole", dose_molar=dose) for dose in (2e-7, 2e-5, 2e-3)]
    rest, half, most = activity("PDR1"), doses[1], doses[2]
    assert rest < doses[0] < half < most
    assert half - rest == pytest.approx(2.2 / 2)
    assert most - rest == pytest.approx(2.2, rel=0.01)
    assert activity("PDR1", drug="rapamycin", dose_molar=1e-5) == rest


def test_a_knock_out_is_expression_without_what_its_factor_binds_and_changes_only_that(yeast):
    data, truth = yeast
    without = truth.strength.copy()
    without[:, FACTORS.index("REB1")] = 0
    left = replace(truth, strength=without).under(data.conditions)
    assert np.allclose(truth.expression + truth.knocked_out("REB1"), left)
    effect = truth.knocked_out("REB1").mean(axis=0)
    bound = truth.strength[:, FACTORS.index("REB1")] > 0
    assert np.all(effect[~bound] == 0)
    assert np.all(effect[bound] < 0)
    assert np.all(truth.knocked_out("MIG1") >= 0)  # without its repressor nothing falls


def test_noise_leaves_the_ceiling_it_should(yeast):
    data, truth = yeast
    ceilings = [np.corrcoef(data.expression.ravel(), truth.expression.ravel())[0, 1]]
    for difficulty in ("mid", "hard"):
        harder, its_truth = make_yeast(difficulty, genes=480, conditions=24)
        ceilings.append(np.corrcoef(harder.expression.ravel(), its_truth.expression.ravel())[0, 1])
    assert ceilings[0] == pytest.approx(0.963, abs=0.003)
    assert ceilings[0] > ceilings[1] > ceilings[2]


def test_truth_under_the_conditions_of_the_data_is_that_of_the_data(yeast):
    data, truth = yeast
    assert np.allclose(truth.under(data.conditions), truth.expression)


def test_replicates_are_grown_alike_and_measured_anew():
    data, truth = make_yeast(genes=64, conditions=5, replicates=3)
    _, counts = np.unique(data.condition_group, return_counts=True)
    assert counts.tolist() == [3] * 5
    assert np.array_equal(truth.expression[0], truth.expression[1])
    assert not np.array_equal(data.expression[0], data.expression[1])


def test_demo_data_writes_a_prepared_file_with_the_truth_beside_it(tmp_path):
    out = tmp_path / "made up.h5ad"
    settings = settings_of("demo-data", out=out, genes=64, number_of_conditions=6, seed=2)
    action = WORKFLOW.action("demo-data")
    load_function(action.check)(settings)
    answer = load_function(action.function)(settings, CallRun(pick("cpu")))
    read, (data, truth) = read_yeast(out), make_yeast(seed=2, genes=64, conditions=6)
    assert np.array_equal(read.expression, data.expression)
    pd.testing.assert_frame_equal(read.conditions, data.conditions, check_names=False)
    assert read.condition_group.tolist() == data.condition_group.tolist()
    with np.load(answer["truth"], allow_pickle=False) as beside:
        assert np.allclose(beside["knock_out"][3], truth.knocked_out("HSF1").mean(axis=0))
        assert beside["samples"].tolist() == read.samples.tolist()


def test_a_file_name_that_says_no_kind_and_an_unknown_difficulty_are_refused(tmp_path):
    settings = settings_of("demo-data", out=tmp_path / "yeast.csv")
    with pytest.raises(UserError, match="does not say which kind"):
        load_function(WORKFLOW.action("demo-data").check)(settings)
    with pytest.raises(UserError, match="no synthetic yeast called 'easy'"):
        make_yeast("easy")
