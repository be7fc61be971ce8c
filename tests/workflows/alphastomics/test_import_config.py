"""A config.yaml of the published program becomes our training settings, and nothing in it is passed over in silence."""

from pathlib import Path

import pytest

from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build
from genodesk.workflows.alphastomics.import_config import import_config
from genodesk.workflows.alphastomics.settings import TrainSettings

# Key names and values as that program documents them.
OLD = """
training_mode: "expr_to_pos"
diffusion: {diffusion_steps: 500, diffusion_noise_schedule: cosine, nu_expression: 1.0, nu_position: 2.0}
loss: {lambda_expression: 1.0, lambda_position: 1.0, use_distance_matrix: true}
masking:
  enable: true
  expression_mask_ratio: 0.4
  position_mask_ratio: 0.33
  mask_strategy: "block"
  mask_expression: true
  masking_probability: 0.5
training:
  learning_rate: 1e-4
  weight_decay: 1e-5
  batch_size: 64
  epochs: 100
  precision: "bf16-mixed"
  gradient_clip_val: 1.0
  early_stopping: true
  patience: 10
  scheduler: {type: cosine, T_max: 100, eta_min: 1e-6}
mlp_in_expression_setting: {mlp_in_expression_dims: 128, mlp_out_expression_dims: 256}
PositionMLP_setting: {hidden_dims: 64}
output_expression_dims: 256
TransformerLayer_setting:
  num_layers: 6
  num_heads: 8
  dim_ff_expression: 1024
  dropout: 0.1
  use_gated_attention: true
  gate_type: elementwise
  use_moe: true
  num_experts: 8
  moe_top_k: 2
data:
  preprocessing: {position_key: ccf, cell_type_key: subclass, scale: true}
  loading: {expression_dropout: 0.1, rotation: true}
sampling: {num_steps: 100, mode: joint}
evaluation: {k_neighbors: 10}
colour: blue
"""


def _import(tmp_path: Path, text: str) -> tuple[TrainSettings, dict[str, str], list[str]]:
    old = tmp_path / "config.yaml"
    old.write_text(text)
    values, report = import_config(old)
    settings = build(TrainSettings, Layer(values, "imported", tmp_path))
    return settings, {row["key"]: row["outcome"] for row in report}, [row["why"] for row in report]


def test_values_arrive_under_our_names_and_make_valid_settings(tmp_path: Path) -> None:
    settings, _, _ = _import(tmp_path, OLD)
    assert settings.model.training_mode == "expr_to_pos"
    assert settings.training.learning_rate == 1e-4
    assert settings.training.weight_decay == 1e-5
    assert settings.training.precision == "bfloat16"
    assert settings.training.epochs == 100
    assert settings.training.max_steps is None
    assert settings.training.early_stop_patience == 10
    assert settings.slices.cells_per_batch == 64
    assert settings.diffusion.timesteps == 500
    assert settings.diffusion.nu_position == 2.0
    assert settings.masking.enable_masking
    assert (settings.masking.expression_mask_ratio, settings.masking.position_mask_ratio) == (0.4, 0.33)
    assert settings.masking.mask_pattern == "block"
    model = settings.model
    assert (model.network, model.attention, model.use_gated_attention, model.gate_type) == (
        "published",
        "softmax",
        True,
        "elementwise",
    )
    assert (model.hidden_dim, model.expression_hidden, model.layers, model.heads, model.ffn_dim) == (
        256,
        128,
        6,
        8,
        1024,
    )
    assert (model.use_moe, model.num_experts, model.moe_top_k, model.position_hidden) == (True, 8, 2, 64)
    assert (settings.tissue.reading.coordinate_key, settings.tissue.reading.label_key) == ("ccf", "subclass")


def test_every_key_is_reported_once_with_a_reason(tmp_path: Path) -> None:
    _, outcomes, reasons = _import(tmp_path, OLD)
    assert len(outcomes) == len(reasons) == 47
    assert all(reasons)
    assert outcomes["training.learning_rate"] == "taken"
    assert outcomes["training.gradient_clip_val"] == "translated"
    assert outcomes["loss.lambda_position"] == "not needed"
    assert outcomes["colour"] == "unknown"
    never = {key for key, outcome in outcomes.items() if outcome == "no effect"}
    assert never == {
        "output_expression_dims",
        "data.preprocessing.scale",
        "data.loading.expression_dropout",
        "data.loading.rotation",
        "evaluation.k_neighbors",
    }


def test_without_a_word_on_gates_the_attention_is_linear_and_the_report_says_so(tmp_path: Path) -> None:
    settings, outcomes, _ = _import(tmp_path, "TransformerLayer_setting: {num_layers: 2, num_heads: 4}\n")
    assert (settings.model.attention, settings.model.use_gated_attention) == ("linear", False)
    assert outcomes["TransformerLayer_setting.use_gated_attention"] == "translated"


def test_a_gate_called_none_switches_the_gate_off(tmp_path: Path) -> None:
    settings, _, _ = _import(tmp_path, "TransformerLayer_setting: {use_gated_attention: true, gate_type: none}\n")
    assert (settings.model.attention, settings.model.use_gated_attention) == ("softmax", False)


def test_patience_means_nothing_while_early_stopping_is_off(tmp_path: Path) -> None:
    settings, _, _ = _import(tmp_path, "training: {early_stopping: false, patience: 7}\n")
    assert settings.training.early_stop_patience == 0


def test_keys_outside_their_group_are_still_found(tmp_path: Path) -> None:
    settings, outcomes, _ = _import(tmp_path, "learning_rate: 3e-4\nuse_moe: true\nnum_experts: 4\n")
    assert settings.training.learning_rate == 3e-4
    assert settings.model.use_moe
    assert outcomes["num_experts"] == "taken"


def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"training\.batch_size has the value 'many'"):
        _import(tmp_path, "training: {batch_size: many}\n")
