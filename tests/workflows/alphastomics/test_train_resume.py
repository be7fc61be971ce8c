"""Every way to train works, is judged by slices that were kept back, and goes on after a stop to the same weights."""

import csv
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from attempts import Made
from safetensors.numpy import load_file
from tiny_actions import TINY, made, settings_of
from torch import nn

from genodesk.core.errors import Stopped, UserError
from genodesk.workflows.alphastomics.denoiser import build_network
from genodesk.workflows.alphastomics.holdout import choose_holdout
from genodesk.workflows.alphastomics.settings import TrainSettings
from genodesk.workflows.alphastomics.slices import SliceSet
from genodesk.workflows.alphastomics.task import TissueTask
from genodesk.workflows.alphastomics.tissue import load_tissue
from genodesk.workflows.alphastomics.trained import load_trained, network_sizes, noise_schedule

WAYS: dict[str, dict[str, Any]] = {
    "linear attention": {"attention": "linear", "use_gated_attention": False},
    "softmax without a gate": {"use_gated_attention": False},
    "elementwise gate": {"gate_type": "elementwise"},
    "experts": {"use_moe": True, "num_experts": 4, "moe_top_k": 2},
    "random masks": {"enable_masking": True, "training_mode": "joint"},
    "block masks that grow": {"enable_masking": True, "mask_pattern": "block", "progressive_masking": True},
    "structured masks": {"enable_masking": True, "mask_pattern": "structured", "training_mode": "pos_to_expr"},
    "published network": {
        "network": "published", "attention": "linear", "use_gated_attention": False, "training_mode": "joint",
        "nu_position": 2.0, "full_noise_share": 0.0, "gene_dropout": 0.0,
    },
    "published network with experts": {
        "network": "published", "use_moe": True, "num_experts": 2, "moe_top_k": 1, "use_gated_attention": True,
    },
    "bfloat16": {"precision": "bfloat16"},
    "patience": {"early_stop_patience": 1, "evaluate_every": 1},
    "epochs": {"max_steps": None, "epochs": 1},
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_it_trains_and_the_model_comes_back_as_it_was(act, tissue, way):
    result, run = act("train", data=tissue, **{**TINY, "max_steps": 2, "refit": "never", **WAYS[way]})
    rows = metric_rows(run)
    losses = [float(row["value"]) for row in rows if row["split"] == "train" and row["metric"] == "loss"]
    assert losses
    assert np.isfinite(losses).all()
    back = load_trained(run.path)
    used = WAYS[way]
    assert (back.sizes.attention, back.sizes.use_moe) == (used.get("attention", "softmax"), used.get("use_moe", False))
    assert back.mode == used.get("training_mode", "expr_to_pos")
    weights = load_file(run.path / "model" / "model.safetensors")
    assert all(np.array_equal(tensor.numpy(), weights[name]) for name, tensor in back.network.state_dict().items())
    parts = {row["metric"] for row in rows if row["split"] == "train"}
    assert ("balance_loss" in parts) == used.get("use_moe", False)
    assert ("masked_loss" in parts) == used.get("enable_masking", False)
    assert result["parameters"] == sum(tensor.size for tensor in weights.values())


@pytest.mark.parametrize(
    ("mode", "decisive"),
    [("placing", "pair_distance_spearman"), ("painting", "gene_pearson"), ("making", "expression_wasserstein")],
)
def test_the_metric_that_decides_is_logged_in_every_mode(request, mode, decisive):
    run = request.getfixturevalue(mode)
    steps = [int(row["step"]) for row in metric_rows(run) if (row["split"], row["metric"]) == ("validation", decisive)]
    assert steps == [3, 6]


def test_the_refit_sees_all_slices_and_the_selection_none_of_the_held_out(placing, tissue):
    model = load_trained(placing.path).document
    assert model["about"]["slices"] == 4
    best = placing.path / "checkpoints" / (placing.path / "checkpoints" / "best").read_text().strip()
    before = (best / "state.json").read_text()
    assert '"stage": "select"' in before
    scaling = model["scaling"]
    assert str(scaling["total_mean"]) not in before  # fitted without the held-out slice, so not the refit's


@pytest.mark.parametrize("mode", ["placing", "painting", "making"])
def test_a_run_stopped_while_selecting_scoring_and_refitting_ends_with_the_same_weights(
    request, tissue, tmp_path, mode
):
    whole: Made = request.getfixturevalue(mode)
    settings = settings_of("train", **TINY, data=tissue, training_mode=load_trained(whole.path).mode)
    run = made(tmp_path / "run", "train", settings)
    ends = []
    # The second lies after the last step of the selection: what follows is the scoring.
    for moment in ("step-00000004", "step-00000006", "step-00000008"):
        with pytest.raises(Stopped):
            run.call(settings, lambda moment=moment: any(moment in path for path in run.checkpoints_saved))
        ends.append((run.path / "checkpoints" / "last").read_text().strip())
        assert not (run.path / "model").exists()
    assert ends == ["step-00000004", "step-00000006", "step-00000008"]
    result = run.call(settings)
    assert_same_weights(run, whole)
    assert [row for row in metric_rows(run) if repeats(row)] == [row for row in metric_rows(whole) if repeats(row)]
    assert result["metrics"] == load_trained(whole.path).document["about"]["metrics"]


def test_a_stop_before_the_first_step_leaves_nothing_to_mend(tissue, tmp_path, placing):
    settings = settings_of("train", **TINY, data=tissue)
    run = made(tmp_path / "run", "train", settings)
    with pytest.raises(Stopped):
        run.call(settings, lambda: True)
    assert not (run.path / "checkpoints" / "last").exists()
    run.call(settings)
    assert_same_weights(run, placing)


@pytest.fixture(scope="module")
def task(tissue) -> TissueTask:
    settings = settings_of("train", **{**TINY, "batch_size": 4, "cells_per_batch": 50, "rotate": False}, data=tissue)
    assert isinstance(settings, TrainSettings)
    loaded = load_tissue(settings.tissue, seed=0)
    slices, _ = loaded.in_units_of(loaded.fit_scaling(loaded.slices))
    shorter = replace(slices, slices=(slices.slices[0].take(np.arange(40)), *slices.slices[1:]))
    return TissueTask(
        nn.Linear(1, 1), shorter, settings, noise_schedule(settings.diffusion), lambda _: {},
        device="cpu", total_steps=10,
    )  # fmt: skip


def test_an_example_holds_different_cells_of_one_slice_and_padding_holds_none(task):
    rows_of = [{row.tobytes() for row in one.expression} for one in task._slices]
    lengths = set()
    for index in range(6):
        batch = task.batch(0, index)
        for expression, padding in zip(batch.expression.numpy(), batch.padding.numpy(), strict=True):
            rows = [row.tobytes() for row in expression[padding]]
            homes = [number for number, known in enumerate(rows_of) if set(rows) <= known]
            assert len(homes) == 1
            assert len(set(rows)) > 0.95 * len(rows)  # a cell is drawn once; two cells may look alike
            assert not expression[~padding].any()
            lengths.add(int(padding.sum()))
    assert lengths == {40, 50}


def test_ranks_share_the_examples_of_a_batch_without_repeating_any(task):
    whole = task.batch(0, 1).expression.numpy()
    parts = [task.batch(0, 1, rank, 2).expression.numpy() for rank in range(2)]
    width = max(part.shape[1] for part in parts)
    assert width <= whole.shape[1]
    joined = {example[:40].tobytes() for part in parts for example in part}
    assert joined == {example[:40].tobytes() for example in whole}
    assert sum(len(part) for part in parts) == len(whole) == 4


def test_training_does_not_depend_on_what_a_rank_draws_from_its_own_generator(task):
    network = build_network("standard", network_sizes(task._settings.model, task._settings.masking, 30))
    asking = TissueTask(
        network, SliceSet(task._slices, task._scaling, ()), task._settings, noise_schedule(task._settings.diffusion),
        lambda _: {}, device="cpu", total_steps=10,
    )  # fmt: skip
    whole = asking.loss(network, 0, 1, 0, 1, torch.Generator().manual_seed(0))[0]
    parts = [asking.loss(network, 0, 1, rank, 2, torch.Generator().manual_seed(rank))[0] for rank in range(2)]
    assert sum(parts).item() / 2 == pytest.approx(whole.item(), rel=1e-5)


def test_slices_are_held_out_whole_and_a_sliver_judges_nobody():
    names = tuple(f"s{number:02d}" for number in range(20))
    sizes = {name: 10 if name < "s05" else 100 for name in names}
    for seed in range(20):
        chosen = choose_holdout(names, sizes, (), seed, "data")
        assert len(chosen) == 2
        assert all(sizes[name] == 100 for name in chosen)
    assert choose_holdout(names, sizes, ("s11",), 0, "data") == ("s11",)
    with pytest.raises(UserError, match="only 10 cells"):
        choose_holdout(names, sizes, ("s01",), 0, "data")


def metric_rows(run: Made) -> list[dict[str, str]]:
    with (run.path / "tables" / "metrics.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def repeats(row: dict[str, str]) -> bool:
    return row["metric"] not in ("steps_per_second", "memory_mb")


def assert_same_weights(one: Made, other: Made) -> None:
    mine, theirs = (load_file(run.path / "model" / "model.safetensors") for run in (one, other))
    for name, tensor in mine.items():
        assert np.array_equal(tensor, theirs[name]), name
