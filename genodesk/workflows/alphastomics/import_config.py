"""A config.yaml of the published AlphaSTomics program, turned into our settings with a word on every key.

It only maps names and values; whether they fit together is for the settings class to say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.settings import leaves
from genodesk.core.yaml_text import read_yaml
from genodesk.workflows.alphastomics.settings import ModelSettings, TrainSettings

Report = list[dict[str, Any]]


@dataclass(frozen=True)
class _Target:
    """The setting that a key becomes, and how its value is translated; `why` explains a translation."""

    setting: str
    translate: Callable[[Any], Any] = lambda value: value
    why: str = ""


def import_config(old: Path) -> tuple[dict[str, Any], Report]:
    """Settings of `train` (nested, only what the file names) and one report row a key, in the file's order.

    A row holds key (dotted), value, outcome and why. Outcomes: `taken` (same meaning), `translated` (renamed or
    converted), `no effect` (the published program never used it), `not needed` (we do this another way) and
    `unknown`. Raises UserError when the file cannot be read or a value has the wrong kind.
    """
    values: dict[str, Any] = {}
    report: Report = []
    content = read_yaml(old)
    off = _switched_off(content)
    for key, value in _keys(content):
        leaf = key.rpartition(".")[2]
        target = _TARGETS.get(key) or _BY_LEAF.get(leaf)
        if key in off:
            report.append(_row(key, value, "translated", off[key]))
        elif reason := _reason(key, _NO_EFFECT):
            report.append(_row(key, value, "no effect", reason))
        elif target is not None:
            try:
                values[target.setting] = target.translate(value)
            except (KeyError, TypeError, ValueError):
                raise UserError(
                    f"{key} has the value {value!r}, which cannot be understood.", "Correct it.", str(old)
                ) from None
            if target.setting == leaf:
                report.append(_row(key, value, "taken", target.why or "the same name"))
            else:
                report.append(_row(key, value, "translated", target.why or f"now {target.setting}"))
        elif reason := _reason(key, _NOT_NEEDED):
            report.append(_row(key, value, "not needed", reason))
        else:
            report.append(_row(key, value, "unknown", "neither program knows this key"))
    _settle_network(values, report)
    if "epochs" in values:
        values["max_steps"] = None  # else our default number of steps would win
    return _nested(values), report


def _keys(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            found.extend(_keys(value, f"{prefix}{key}."))
        else:
            found.append((prefix + str(key), value))
    return found


def _switched_off(content: Mapping[str, Any]) -> dict[str, str]:
    """Keys whose value means nothing because another key of the file switches it off."""
    training = content.get("training")
    if isinstance(training, Mapping) and not training.get("early_stopping", False):
        return {"training.patience": "early_stopping is off: early_stop_patience stays 0"}
    return {}


def _settle_network(values: dict[str, Any], report: Report) -> None:
    """A file that shapes the network means the published one, whose attention is linear unless it is gated."""
    if not _NETWORK & set(values):
        return
    gated = values.get("use_gated_attention")
    if gated is None:
        why = "absent: the published program then used linear attention without a gate"
        report.append(_row("TransformerLayer_setting.use_gated_attention", None, "translated", why))
    ungated = values.get("gate_type") == "none"
    if ungated:
        del values["gate_type"]
    values["network"] = "published"
    values["attention"] = "softmax" if gated else "linear"
    values["use_gated_attention"] = bool(gated) and not ungated


def _row(key: str, value: Any, outcome: str, why: str) -> dict[str, Any]:
    return {"key": key, "value": value, "outcome": outcome, "why": why}


def _reason(key: str, reasons: Mapping[str, str]) -> str:
    """The reason given for the key itself or for the group that holds it."""
    while key:
        if key in reasons:
            return reasons[key]
        key = key.rpartition(".")[0]
    return ""


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """The groups in which TrainSettings holds these settings; names of settings are unique within an action."""
    paths = {leaf.name: leaf.path for leaf in leaves(TrainSettings)}
    nested: dict[str, Any] = {}
    for name, value in values.items():
        place = nested
        for group in paths[name][:-1]:
            place = place.setdefault(group, {})
        place[name] = value
    return nested


def _number(value: Any) -> float:
    """A number, also where a YAML 1.1 reader of the published program's time would have seen the text `1e-4`."""
    if isinstance(value, bool):
        raise TypeError
    return float(value)


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError
    return int(number)


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _precision(value: Any) -> str:
    return {"32": "float32", "32-true": "float32", "16-mixed": "float16", "bf16-mixed": "bfloat16"}[str(value)]


_TARGETS: dict[str, _Target] = {
    "training_mode": _Target("training_mode", str),
    "diffusion.diffusion_steps": _Target("timesteps", _whole),
    "diffusion.nu_expression": _Target("nu_expression", _number),
    "diffusion.nu_position": _Target("nu_position", _number),
    "masking.enable": _Target("enable_masking", _switch),
    "masking.enable_masking": _Target("enable_masking", _switch),
    "masking.expression_mask_ratio": _Target("expression_mask_ratio", _number),
    "masking.position_mask_ratio": _Target("position_mask_ratio", _number),
    "masking.mask_strategy": _Target("mask_pattern", str),
    "masking.reconstruction_weight": _Target("masked_loss_weight", _number),
    "masking.progressive_masking": _Target("progressive_masking", _switch),
    "training.learning_rate": _Target("learning_rate", _number),
    "training.weight_decay": _Target("weight_decay", _number),
    "training.batch_size": _Target(
        "cells_per_batch", _whole, "a batch was a number of cells; ours is cells of one slice"
    ),
    "training.epochs": _Target("epochs", _whole),
    "training.precision": _Target("precision", _precision, "our names for the number formats"),
    "training.gradient_clip_val": _Target("clip_norm", _number),
    "training.accumulate_grad_batches": _Target("accumulate", _whole),
    "training.patience": _Target("early_stop_patience", _whole),
    "training.scheduler.type": _Target("schedule", str),
    "mlp_in_expression_setting.mlp_in_expression_dims": _Target("expression_hidden", _whole),
    "mlp_in_expression_setting.mlp_out_expression_dims": _Target("hidden_dim", _whole),
    "mlp_in_diffusion_time_setting.mlp_in_diffusion_time_dims": _Target("time_hidden", _whole),
    "mlp_in_diffusion_time_setting.mlp_out_diffusion_time_dims": _Target("time_dim", _whole),
    "PositionMLP_setting.hidden_dims": _Target("position_hidden", _whole),
    "TransformerLayer_setting.num_layers": _Target("layers", _whole),
    "TransformerLayer_setting.num_heads": _Target("heads", _whole),
    "TransformerLayer_setting.dim_ff_expression": _Target("ffn_dim", _whole),
    "TransformerLayer_setting.dim_ff_diffusion_time": _Target("time_ffn", _whole),
    "TransformerLayer_setting.use_gated_attention": _Target("use_gated_attention", _switch),
    "TransformerLayer_setting.gate_type": _Target("gate_type", str),
    "TransformerLayer_setting.use_moe": _Target("use_moe", _switch),
    "TransformerLayer_setting.num_experts": _Target("num_experts", _whole),
    "TransformerLayer_setting.moe_top_k": _Target("moe_top_k", _whole),
    "TransformerLayer_setting.moe_load_balance_loss_weight": _Target("moe_balance_weight", _number),
    "mlp_out_expression_setting.hidden_dims": _Target("expression_head", _whole),
    "mlp_out_position_norm_setting.hidden_dims": _Target("position_head", _whole),
    "data.preprocessing.position_key": _Target("coordinate_key", str),
    "data.preprocessing.cell_type_key": _Target("label_key"),
    "logging.log_every_n_steps": _Target("log_every", _whole),
    "logging.save_top_k": _Target("keep", _whole),
}

_NETWORK = {leaf.name for leaf in leaves(ModelSettings)} - {"training_mode"}

# Older files hold some of these keys at the top or in other groups; these last parts are unmistakable there too.
_BY_LEAF = {
    key.rpartition(".")[2]: target
    for key, target in _TARGETS.items()
    if key.rpartition(".")[2] not in ("enable", "hidden_dims", "type", "mode")
}

# Keys of the published file that its program never looked at, or whose value something else always overrode.
_NO_EFFECT = {
    "output_expression_dims": "the number of genes decides",
    "data.raw_data_dir": "the folder came from the command line",
    "data.preprocessing.scale": "only the command line could switch scaling off",
    "data.preprocessing.z_spacing": "the command line's own default always won; set --z-spacing",
    "data.loading.mode": "never read; ours always trains on whole slices",
    "data.loading.train_ratio": "never read; name slices with --holdout",
    "data.loading.val_ratio": "never read; name slices with --holdout",
    "data.loading.expression_dropout": "never read; see --gene-dropout",
    "data.loading.rotation": "never read; see --rotate",
    "data.split_ratio": "never read; slices are held out, not shares of cells",
    "evaluation": "never read; scores always use 10 neighbours",
    "distributed.sync_batchnorm": "there is no batch normalisation",
}

_NOT_NEEDED = {
    "diffusion.diffusion_noise_schedule": "cosine is the only schedule",
    "loss.lambda_expression": "both losses are of order one after scaling",
    "loss.lambda_position": "both losses are of order one after scaling",
    "loss.use_distance_matrix": "distances are always used: they do not depend on the slice's turn",
    "masking.mask_expression": "set expression_mask_ratio to 0 instead",
    "masking.mask_position": "set position_mask_ratio to 0 instead",
    "masking.masking_probability": "every batch is masked at the ratio given",
    "masking.progressive_steps": "the share grows over the whole training",
    "training.early_stopping": "early_stop_patience above 0 says it",
    "training.scheduler": "the schedule ends with the training",
    "TransformerLayer_setting.use_qk_norm": "queries and keys of gated attention are always normalised",
    "TransformerLayer_setting.dropout": "genes are blanked instead; dropout inside attention costs time and memory",
    "TransformerLayer_setting.layer_norm_eps": "fixed",
    "data.processed_data_dir": "name the file with --data",
    "data.preprocessing": "coordinates and genes are read from the file itself",
    "data.loading.num_workers": "slices are held in memory",
    "distributed": "the number of --processes decides",
    "sampling": "given to `sample`, not to `train`",
    "logging": "every run keeps its own folder, curves and log",
}
