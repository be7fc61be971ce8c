"""The action `train`: judged before the refit, refitted on everything, and resumed to the same model after stops."""

import csv
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from attempts import Made
from safetensors.numpy import load_file
from tiny_yeast import TINY, made, settings_of, tiny_yeast
from yeast_tables import flat

from genodesk.core.errors import Stopped, UserError
from genodesk.core.events import MetricValues, Progress
from genodesk.core.workflow import get_workflow
from genodesk.jobs.summary import Summary
from genodesk.workflows.get_yeast import estimate as estimating
from genodesk.workflows.get_yeast import train as training
from genodesk.workflows.get_yeast.baselines import Baselines
from genodesk.workflows.get_yeast.check import check_train
from genodesk.workflows.get_yeast.data import read_yeast, write_yeast
from genodesk.workflows.get_yeast.estimate import estimate
from genodesk.workflows.get_yeast.settings import TrainSettings
from genodesk.workflows.get_yeast.splits import make_split
from genodesk.workflows.get_yeast.trained import load_trained
from genodesk.workflows.get_yeast.watched import watched_entries

FLAT = {**TINY, "split": "regions", "holdout": ("chr4",)}


@pytest.fixture(scope="module")
def settings(yeast_file) -> TrainSettings:
    torch.set_num_threads(1)
    return used(yeast_file)


def used(yeast_file, **flat: Any) -> TrainSettings:
    asked = settings_of("train", **{**FLAT, "data": yeast_file, **flat})
    assert isinstance(asked, TrainSettings)
    return asked


@pytest.fixture(scope="module")
def whole(settings, tmp_path_factory) -> tuple[Made, dict[str, Any]]:
    run = made(tmp_path_factory.mktemp("whole") / "run", "train", settings)
    return run, run.call(settings)


def test_the_scores_are_of_a_model_that_has_not_seen_the_test(whole):
    run, result = whole
    before, after = load_trained(run.path, before_refit=True), load_trained(run.path)
    data = tiny_yeast()
    held_out = data.regions.chrom == "chr4"
    assert not before.seen(data)[held_out].any()
    assert after.seen(data).all()
    told = before.predict(data)[:, held_out].ravel().astype(float)
    pearson = np.corrcoef(told, data.expression[:, held_out].ravel().astype(float))[0, 1]
    assert result["metrics"]["pearson"] == pytest.approx(pearson, abs=1e-5)
    assert {"ridge", "boosting", "region_mean"} <= set(result["baselines"])
    assert result["refit"]


def test_without_a_refit_what_the_saved_model_has_not_learned_is_named(yeast_file, whole, tmp_path):
    asked = used(yeast_file, split="conditions", holdout=["sample4"], refit=False)
    run = made(tmp_path / "run", "train", asked)
    result = run.call(asked)
    data = tiny_yeast()
    split = make_split(data, asked.split, 0)
    (aside,) = set(data.condition_group[split.validation.any(axis=1)])
    (remark,) = result["remarks"]
    assert f"Kept aside for validation: condition group {aside} (2 samples)." in remark
    chosen_by = int(watched_entries(data, split, 0).any(axis=0).sum())
    assert f"{chosen_by} of 96 regions choose the length of training" in remark
    assert f"not fitted to these {chosen_by} regions either" in remark
    assert remark in run.said
    assert remark in [notice.message for notice in check_train(asked)]
    assert not set(data.samples[~split.train.any(axis=1)]) & set(load_trained(run.path).sample_ids)
    cards = [(place.path / "model" / "README.md").read_text(encoding="utf-8") for place in (run, whole[0])]
    assert remark in cards[0]
    assert "before the refit" not in cards[0]
    assert "before the refit" in cards[1]
    assert not any("Kept aside" in text for text in (cards[1], *whole[0].said))
    scoring = settings_of("evaluate", run=run.path, device="cpu")
    later = made(tmp_path / "evaluate", "evaluate", scoring)
    assert later.call(scoring)["remarks"] == [remark]
    assert not any("before the refit" in line for line in later.said)


def test_the_log_of_a_training_holds_no_weights_of_its_parts(whole):
    assert not any(word in line for line in whole[0].said for word in ("ridge", "%", "correction", "weighted"))


@pytest.mark.parametrize("kind", ["regions", "conditions", "both", "replicates", "random", "column:medium_kind"])
def test_nothing_is_learned_that_is_watched_or_judged_by(kind, monkeypatch, tmp_path):
    data = tiny_yeast()
    data = replace(data, labels=pd.DataFrame({"medium_kind": np.arange(12) // 3}, index=data.conditions.index))
    settings = settings_of("train", **TINY, difficulty="demo", split=kind)
    split = make_split(data, settings.split, 0)

    def fitting(settings, run, data, known, watched):
        raise Looked(known, watched)

    monkeypatch.setattr(training, "Fitting", fitting)
    monkeypatch.setattr(training, "load_yeast", lambda *_: data)
    with pytest.raises(Looked) as looked:
        made(tmp_path / "run", "train", settings).call(settings)
    learned, watched = looked.value.args
    assert learned.any()
    assert watched.any()
    assert not (learned.any(axis=0) & watched.any(axis=0)).any(), "a region is learned and watched"
    assert not (learned & split.test).any()
    assert not (watched & split.test).any()
    assert not (learned & split.validation).any()
    if kind == "both":
        assert not (learned.any(axis=1) & watched.any(axis=1)).any()
    if kind in ("conditions", "column:medium_kind"):
        assert not (learned | watched)[split.test.any(axis=1)].any()
    if kind in ("regions", "both"):
        assert not (learned | watched)[:, split.test.any(axis=0)].any()


class Looked(Exception):
    """What the network would have learned from and watched."""


def test_both_models_lie_beside_baselines_that_learned_from_the_same_regions(whole):
    before, after = (Baselines.load(place / "baselines") for place in (whole[0].path / "before_refit", whole[0].path))
    held_out = {f"r{number}" for number in range(72, 96)}
    assert not held_out & set(before.region_ids)
    assert held_out <= set(after.region_ids)


def test_a_run_stopped_while_selecting_and_refitting_ends_with_the_same_model(settings, whole, tmp_path):
    run = made(tmp_path / "run", "train", settings)
    for moment in ("step-00000004", "step-00000008"):
        with pytest.raises(Stopped):
            run.call(settings, lambda moment=moment: any(moment in path for path in run.checkpoints_saved))
        assert not (run.path / "model").exists()
    result = run.call(settings)
    mine, theirs = (load_file(one.path / "model" / "model.safetensors") for one in (run, whole[0]))
    for name, tensor in mine.items():
        assert np.array_equal(tensor, theirs[name]), name
    assert result["metrics"] == whole[1]["metrics"]


def test_a_run_is_listed_by_the_score_of_its_result_also_when_it_was_stopped_after_judging(settings, whole, tmp_path):
    assert best_of(whole[0]) == ("test", "pearson", pytest.approx(whole[1]["metrics"]["pearson"]))
    run = made(tmp_path / "run", "train", settings)
    with pytest.raises(Stopped):
        run.call(settings, lambda: any("step-00000008" in path for path in run.checkpoints_saved))
    assert best_of(run) == best_of(whole[0])
    run.call(settings)
    with (run.path / "tables" / "metrics.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    assert [(row["step"], row["metric"]) for row in rows] == [("6", "pearson")]


def best_of(run: Made) -> tuple[str, str, float]:
    """By what the desk and the command line list a run."""
    summary = Summary()
    for event in run.events:
        summary.add(event)
    best = get_workflow("get-yeast").action("train").best
    assert best is not None
    return best.split, best.metric, summary.extremes[best.split][best.metric].greatest


def test_what_follows_the_last_step_is_told_with_how_far_it_is(whole):
    run = whole[0]
    texts = list(dict.fromkeys(event.text for event in run.events if isinstance(event, Progress)))
    assert texts == [
        "Fitting the linear model",
        "",
        "Choosing how much of the network to use",
        "Fitting what known regions add",
        "Fitting the baselines",
        "Scoring what was held out",
        "Refitting on everything",
    ]
    told = [event for event in run.events if isinstance(event, Progress) and event.unit != "steps"]
    assert all(event.total and event.done < event.total for event in told), "never nothing left to do"
    last_step = max(i for i, event in enumerate(run.events) if isinstance(event, MetricValues))
    assert "Fitting the baselines" in [event.text for event in run.events[last_step:] if isinstance(event, Progress)]


def test_every_stage_is_in_the_loss_table_once(whole):
    with (whole[0].path / "tables" / "metrics.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["split"], row["metric"]) == ("train", "loss")]
    steps = [int(row["step"]) for row in rows]
    assert steps == sorted(set(steps))
    assert len(steps) > 6


def test_the_check_says_what_is_held_out_and_refuses_what_cannot_work(yeast_file, tmp_path):
    said = [notice.message for notice in check_train(used(yeast_file))]
    assert any("all of chromosome 4 is held out" in line for line in said)
    with pytest.raises(UserError, match="no length"):
        check_train(used(yeast_file, max_steps=None))
    with pytest.raises(UserError, match="no such checkpoint"):
        check_train(used(yeast_file, checkpoint=tmp_path / "none.pth"))
    with pytest.raises(UserError, match="pretrained network"):
        used(yeast_file, lora=True)
    with pytest.raises(UserError, match="no split called"):
        used(yeast_file, split="genes")


def test_the_estimate_counts_the_network_that_is_trained(settings, whole):
    told = estimate(settings)
    assert told["parameters"] == pytest.approx(whole[1]["parameters"], rel=0.05)
    assert told["seconds"] > told["seconds_per_step"] > 0
    assert told["memory_bytes"] < told["memory_available_bytes"] * 10


def test_the_estimate_holds_the_baselines_and_both_again_for_a_refit(yeast_file, monkeypatch):
    monkeypatch.setattr(estimating, "_seconds_per_step", lambda *_: 1.0)
    monkeypatch.setattr(estimating, "_seconds_of_baselines", lambda *_: 100.0)
    assert estimate(used(yeast_file))["seconds"] == pytest.approx(6 * 1.8 + 200)
    assert estimate(used(yeast_file, refit=False))["seconds"] == pytest.approx(6 * 0.8 + 100)
    monkeypatch.undo()
    assert 0 < estimating._seconds_of_baselines(96, 10, 6) < 60


def test_the_estimate_of_a_table_is_that_of_the_same_data_prepared(tmp_path):
    flat().to_csv(tmp_path / "flat.csv", index=False)
    write_yeast(read_yeast(tmp_path / "flat.csv"), tmp_path / "yeast.h5ad")
    table, prepared = (estimate(used(tmp_path / name)) for name in ("flat.csv", "yeast.h5ad"))
    made_up = estimate(settings_of("train", **TINY, difficulty="demo"))
    for what in ("parameters", "memory_bytes"):
        assert table[what] == prepared[what] < made_up[what]


def test_more_motif_activities_than_the_conditions_can_tell_apart_are_cut_to_those(yeast_file, tmp_path):
    asked = used(yeast_file, bilinear_rank=200, max_steps=2)
    run = made(tmp_path / "run", "train", asked)
    run.call(asked)
    skip = load_trained(run.path).network.skip
    assert skip.fixed_conditions.shape[1] == skip.fixed_conditions.shape[0]  # as many as columns of conditions
    assert any("instead of 200" in line for line in run.said)
