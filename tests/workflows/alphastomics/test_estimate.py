"""What a training will take is told from the real network and the real file."""

import pytest
from tiny_actions import TINY, settings_of

from genodesk.workflows.alphastomics.estimate import estimate
from genodesk.workflows.alphastomics.trained import load_trained


def test_parameters_are_those_of_the_trained_model(tissue, placing):
    told = estimate(settings_of("train", **TINY, data=tissue))
    trained = load_trained(placing.path)
    assert told["parameters"] == sum(weight.numel() for weight in trained.network.parameters())
    assert told["active_parameters"] == told["parameters"]
    assert 0 < told["memory_bytes"] < told["memory_available_bytes"]


def test_time_follows_from_steps_stages_and_the_measured_step(tissue):
    once = estimate(settings_of("train", **TINY, data=tissue, refit="never"))
    assert once["seconds"] == pytest.approx(once["seconds_per_step"] * 6)
    twice = estimate(settings_of("train", **TINY, data=tissue))
    assert twice["seconds"] == pytest.approx(twice["seconds_per_step"] * 12)
    epochs = estimate(settings_of("train", **{**TINY, "max_steps": None, "epochs": 3, "refit": "never"}, data=tissue))
    assert epochs["seconds"] == pytest.approx(epochs["seconds_per_step"] * 15)  # 320 cells, 64 a step


def test_experts_are_counted_as_active_only_where_they_are_used(tissue):
    told = estimate(settings_of("train", **TINY, data=tissue, use_moe=True, num_experts=4, moe_top_k=1))
    assert told["active_parameters"] < told["parameters"]


def test_without_a_file_and_with_a_parquet_store_it_still_answers(act, tissue, tmp_path):
    assert estimate(settings_of("train", **TINY, difficulty="demo"))["parameters"] > 0
    act("stage1", data=tissue, out=tmp_path / "s.parquet")
    from_store = estimate(settings_of("train", **TINY, data=tmp_path / "s.parquet"))
    assert from_store["parameters"] == estimate(settings_of("train", **TINY, data=tissue))["parameters"]
