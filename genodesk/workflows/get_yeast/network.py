"""Builds the network that settings ask for, for given data, and fills it from a checkpoint where one is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from genodesk.core.errors import UserError
from genodesk.engine.model_folder import DOCUMENT, read_model
from genodesk.workflows.get_yeast.inputs import RegionInputs
from genodesk.workflows.get_yeast.lora import add_lora, trainable_share
from genodesk.workflows.get_yeast.model import GetSizes, RegionModel, YeastNetwork, YeastSizes, count_parameters
from genodesk.workflows.get_yeast.settings import LoraSettings, ModelSettings, ModelShape
from genodesk.workflows.get_yeast.skip import most_combinations
from genodesk.workflows.get_yeast.state_dict import NOTICE, Loaded, load_named, load_published


def region_sizes(shape: ModelShape, inputs: int, outputs: int, drop_path: float = 0.0) -> GetSizes:
    """The sizes of the network over regions."""
    return GetSizes(inputs, *shape.sizes, outputs, drop_path)


def yeast_sizes(model: ModelSettings, motifs: int, place: int, classes: tuple[int, ...]) -> YeastSizes:
    """The sizes of the network with conditions, for so many motifs and columns of place.

    Never more combinations of motifs than a linear model on these columns can have.
    """
    region = region_sizes(model, motifs + 1 + place, 1, model.drop_path)
    rank = min(model.bilinear_rank, most_combinations(motifs, place, classes))
    return YeastSizes(region, motifs, place, classes, model.condition_width, rank)


def build(
    model: ModelSettings,
    lora: LoraSettings,
    inputs: RegionInputs,
    classes: tuple[int, ...],
    log: Callable[[str], Any] = lambda _: None,
) -> YeastNetwork:
    """The network, its pretrained parts loaded and its adapters in place. Raises UserError."""
    network = YeastNetwork(yeast_sizes(model, len(inputs.motif_names), len(inputs.place_names), classes))
    rank = network.sizes.bilinear_rank
    if rank < model.bilinear_rank:
        log(f"{rank} combinations of motifs instead of {model.bilinear_rank}: these data tell no more of them apart.")
    fresh: tuple[str, ...] = ("region_embed", "head")
    if model.checkpoint is not None:
        loaded = _load(network.region, model, model.checkpoint, inputs)
        log(loaded.text)
        fresh = tuple(part for part in fresh if part not in loaded.others)
    if lora.lora:
        add_lora(network, lora.lora_rank, lora.lora_alpha, fresh)
        log(f"LoRA: {trainable_share(network)}")
    else:
        log(f"{count_parameters(network)[0]:,} parameters.")
    return network


def account_of_checkpoint(model: ModelSettings, checkpoint: Path, inputs: RegionInputs) -> str:
    """What of the checkpoint would go where, in words, without making the network. Raises UserError as `build` does."""
    with torch.device("meta"):
        region = RegionModel(region_sizes(model, inputs.width, 1))
    return _load(region, model, checkpoint, inputs).text


def licence_notice(model: ModelSettings) -> str:
    """What must be said of a model trained from published weights; "" for others."""
    return NOTICE if model.checkpoint is not None and not _is_model_folder(model.checkpoint) else ""


def _load(region: RegionModel, model: ModelSettings, path: Path, inputs: RegionInputs) -> Loaded:
    """Fills the network over regions; returns the account. Raises UserError that names the file."""
    try:
        if not _is_model_folder(path):
            return load_published(region, path, model.checkpoint_parts or "encoder", model.minimum_match)
        document, tensors = read_model(path, "get-yeast")
        if document.get("kind") != "pretrained":
            raise UserError("This model predicts expression already.", "Name a run or model of get-yeast pretrain.")
        same = RegionInputs.from_json(document["inputs"]).names == inputs.names
        if model.checkpoint_parts == "whole" and not same:
            raise UserError(
                "The first layer of this checkpoint was trained on other motifs or places than those of these data.",
                "Take the encoder alone (--checkpoint-parts encoder), which fits any motifs.",
            )
        parts = model.checkpoint_parts or ("whole" if same else "encoder")
        return load_named(region, tensors, parts, model.minimum_match)
    except UserError as error:
        raise UserError(error.message, error.hint, f"--checkpoint {path}") from error


def _is_model_folder(path: Path) -> bool:
    return (path / DOCUMENT).is_file() or (path / "model" / DOCUMENT).is_file()
