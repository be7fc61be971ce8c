"""Scores: rows of a result in order, the best baseline, and whether it is beaten."""

import pytest
from made_up_scores import RESULT, VOCABULARY

from genodesk.core.scores import best_baseline, decimals, heading, scores_of, verdict


def test_rows_stand_in_order_and_the_point_estimate_is_named_once():
    rows = scores_of(RESULT, VOCABULARY)
    assert [row.label for row in rows] == [
        "this model (one step)",
        "this model (sample)",
        "pca2",
        "nearest slice",
        "chance",
    ]
    assert rows[1].values == {"spearman": 0.83, "rmsd": None}
    assert rows[-1].values == {"spearman": 0.0, "rmsd": 604.75}  # from the vocabulary, and measured


def test_baselines_bear_the_titles_their_workflow_gives_them():
    rows = scores_of(RESULT, VOCABULARY, {"pca2": "two principal components"})
    assert [row.label for row in rows if row.kind == "baseline"] == ["two principal components", "nearest slice"]


def test_a_model_with_one_estimate_is_simply_this_model():
    assert [row.label for row in scores_of({"metrics": {"loss": 1.0}})] == ["this model"]


def test_the_best_baseline_follows_the_direction_of_the_metric():
    rows = scores_of(RESULT, VOCABULARY)
    assert rows[best_baseline(rows, "spearman", VOCABULARY)].name == "nearest slice"
    assert rows[best_baseline(rows, "rmsd", VOCABULARY)].name == "pca2"
    assert best_baseline(rows, "spearman") is None  # a metric nobody has told a direction for


@pytest.mark.parametrize(("own", "beats"), [(0.8, True), (0.736, False), (0.2, False)])
def test_the_verdict_compares_with_the_best_baseline(own, beats):
    found = verdict(scores_of({**RESULT, "metrics": {"spearman": own}}, VOCABULARY), VOCABULARY)
    assert (found.metric.title, found.baseline.label, found.other) == ("Pair-distance Spearman", "nearest slice", 0.736)
    assert found.beats is beats


def test_there_is_no_verdict_without_baselines_or_scores():
    assert verdict(scores_of({"metrics": {"spearman": 0.8}}, VOCABULARY), VOCABULARY) is None
    assert verdict(scores_of({"metrics": {"words": "many"}}), VOCABULARY) is None


def test_headings_bear_units_and_columns_as_many_decimals_as_they_need():
    assert heading("rmsd", VOCABULARY) == "RMSD after alignment [µm]"
    assert [decimals(values) for values in ([0.5, None], [12.0], [322.8], [5e4], [1e-5])] == [3, 2, 1, 0, None]


def test_a_model_that_measured_no_finite_number_gets_no_verdict():
    assert verdict(scores_of({**RESULT, "metrics": {"spearman": float("nan")}}, VOCABULARY), VOCABULARY) is None
