"""The table of scores: our rows first, chance last, the best baseline marked, never wider than 100 characters."""

import json

from attempts import made, settings_of
from made_up_scores import RESULT, VOCABULARY

from genodesk.core.scores import scores_of
from genodesk.engine.cli_follow import summary_lines
from genodesk.engine.cli_scores import score_columns, score_lines
from genodesk.jobs.status import read


def test_a_sentence_says_whether_the_model_beats_the_best_baseline():
    worse = {**RESULT, "metrics": {"spearman": 0.7, "rmsd": 322.77}}
    best = score_lines(scores_of(RESULT, VOCABULARY), VOCABULARY)[-1]
    assert best.startswith("The model beats the best baseline, nearest slice,")
    last = " ".join(score_lines(scores_of(worse, VOCABULARY), VOCABULARY)[-2:])
    assert (
        "The model does not beat the best baseline, nearest slice, in Pair-distance Spearman (0.7 against 0.736)."
        in last
    )


def test_the_verdict_carries_what_would_make_it_mislead():
    last = " ".join(score_lines(scores_of(RESULT, VOCABULARY), VOCABULARY, ["The scores flatter it."])[-2:])
    assert last.endswith("(0.845 against 0.736). The scores flatter it.")


def test_the_summary_of_a_run_tells_warnings_and_remarks_after_the_verdict(tmp_path):
    scores = {"metrics": {"pair_distance_spearman": 0.9}, "baselines": {"pca2": {"pair_distance_spearman": 0.7}}}
    beside = {"warnings": ["They flatter."], "remarks": ["They are from before the refit."]}
    folder = made("alphastomics", tmp_path / "run", "train", settings_of("alphastomics", "train")).folder
    folder.result_file.write_text(json.dumps({**scores, **beside}))
    told = " ".join(summary_lines(folder, read(folder.path)))
    assert "(0.9 against 0.7). They flatter. They are from before the refit." in told


def test_how_scores_are_counted_stands_below_the_verdict(tmp_path):
    document = {"metrics": {"exact": 0.5}, "warnings": ["They flatter."], "how": "No smoothing."}
    folder = made("genechat", tmp_path / "run", "train", settings_of("genechat", "train")).folder
    folder.result_file.write_text(json.dumps(document))
    lines = summary_lines(folder, read(folder.path))
    assert lines.index("No smoothing.") == lines.index("They flatter.") + 1


def test_an_interval_stands_in_the_cell_of_its_number():
    document = {"metrics": {"pearson": 0.9031, "pearson_low": 0.895, "pearson_high": 0.91}}
    lines = score_lines(scores_of({**document, "baselines": {"mean": {"pearson": 0.5}}}))
    assert "0.903 [0.895, 0.910]" in lines[1]
    assert lines[2].split() == ["mean", "0.500"]
    assert not any("low" in line for line in lines)


def test_the_table_marks_the_best_baseline_of_each_column():
    assert score_lines(scores_of(RESULT, VOCABULARY), VOCABULARY) == [
        "                                       RMSD after",
        "                       Pair-distance    alignment",
        "                            Spearman         [µm]",
        "this model (one step)          0.845        322.8",
        "this model (sample)            0.830            -",
        "pca2                           0.511        496.8*",
        "nearest slice                  0.736*           -",
        "chance                         0.000        604.8",
        "* best baseline. Higher is better, except for RMSD after alignment.",
        "The model beats the best baseline, nearest slice, in Pair-distance Spearman (0.845 against 0.736).",
    ]


def test_many_metrics_follow_below_each_other_within_100_characters():
    names = [f"distance_of_neighbourhoods_{i}" for i in range(12)]
    rows = scores_of({"metrics": {name: i * 1e4 for i, name in enumerate(names)}})
    lines = score_lines(rows)
    assert max(map(len, lines)) <= 100
    assert [line.count("this model") for line in lines].count(1) > 1
    assert sum(line.count("0,000") for line in lines) == 11


def test_the_file_of_scores_keeps_whole_numbers_and_units():
    columns = score_columns(scores_of(RESULT, VOCABULARY), VOCABULARY)
    assert list(columns) == ["method", "Pair-distance Spearman", "RMSD after alignment [µm]"]
    assert columns["RMSD after alignment [µm]"] == [322.77, None, 496.8, None, 604.75]


def test_a_result_without_scores_has_no_table():
    assert scores_of({}) == []
    assert score_lines(scores_of({"metrics": {"words": "many"}})) == []
