"""Published GET weights in our network: four layouts of names, and an account of what fitted.

Files are read by engine/weights.py, which runs nothing in them. Knows no training.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor, nn

from genodesk.core.errors import UserError
from genodesk.engine.weights import Coverage, load_mapped, load_tensors
from genodesk.workflows.get_yeast.model import RegionModel

Layout = Literal["pretrain", "fine-tune", "lightning", "lightning LoRA"]
Parts = Literal["encoder", "whole"]

NOTICE = (
    "Published GET weights are licensed CC BY-NC 4.0 with a patent filing: a model trained from them is not for "
    "commercial use."
)
LORA_SCALE = 0.125  # alpha / r of the published adapters (1 / 8)
_LORA = ".parametrizations.weight."


@dataclass(frozen=True)
class Loaded:
    """What of a file went where: its layout, the match of the encoder, and which other parts were taken."""

    layout: Layout
    encoder: Coverage
    others: tuple[str, ...]

    @property
    def text(self) -> str:
        """A sentence or two for the log."""
        coverage = self.encoder
        also = f"; also taken: {', '.join(self.others)}." if self.others else ". The first layer starts fresh."
        return (
            f"Weights of layout {self.layout}: {len(coverage.loaded)} tensors of the encoder matched "
            f"({coverage.share:.1%}), {len(coverage.missing)} missing, {len(coverage.unexpected)} unexpected, "
            f"{len(coverage.mismatched)} of another shape{also}"
        )


def layout_of(names: Mapping[str, Tensor]) -> Layout:
    """Which layout these names are. Raises UserError for none of them."""
    plain = [_stripped(name) for name in names]
    if any(_LORA in name for name in plain):
        return "lightning LoRA"
    if any(name.startswith("encoder.blocks.") for name in plain):
        return "pretrain"
    if any(name.startswith("blocks.") for name in plain):
        return "lightning" if any(_opened(name).startswith("model.") for name in names) else "fine-tune"
    raise UserError(
        "These weights are not those of a GET network: they have no blocks.",
        "Choose a GET checkpoint, or a run of get-yeast pretrain.",
        "--checkpoint",
    )


def to_our_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors as RegionModel calls them; adapters merged, 1x1 convolutions squeezed to linear layers.

    What only pretraining has (`mask_token`) keeps its name.
    """
    plain = {_stripped(name): tensor for name, tensor in tensors.items()}
    merged = {name: tensor for name, tensor in plain.items() if _LORA not in name}
    for name, tensor in plain.items():
        module, is_adapted, part = name.partition(_LORA)
        if is_adapted and part == "original":
            down, up = (plain.get(f"{module}{_LORA}0.lora_{side}") for side in "AB")
            if down is None or up is None:
                raise UserError(f"The adapter of {module} is incomplete.", "Get the checkpoint again.", "--checkpoint")
            merged[f"{module}.weight"] = tensor + LORA_SCALE * (up @ down).view(tensor.shape)
    ours = {name.removeprefix("encoder.").replace("fc_norm.", "norm."): tensor for name, tensor in merged.items()}
    first = "region_embed.proj.weight"
    if first in ours and ours[first].ndim == 3:
        ours[first] = ours[first].squeeze(-1)
    return ours


def load_published(model: RegionModel, path: Path, parts: Parts, minimum: float) -> Loaded:
    """Fills the encoder (and with `whole` the first layer) of `model` from a file; returns the account.

    Raises UserError, with the model untouched, where less than `minimum` of the encoder would be filled, where the
    network of the file is wider or narrower, or where the whole is asked for and the file has other inputs.
    """
    return load_named(model, load_tensors(path), parts, minimum)


def load_named(model: RegionModel, tensors: Mapping[str, Tensor], parts: Parts, minimum: float) -> Loaded:
    """The same for tensors that were read already."""
    layout, ours = layout_of(tensors), to_our_names(tensors)
    _refuse_other_width(model, ours)
    embed = {name: tensor for name, tensor in ours.items() if name.startswith("region_embed.")}
    others: tuple[str, ...] = ("region_embed",) if parts == "whole" else ()
    if others:
        _refuse_other_inputs(model, embed)
    rest = ("region_embed.", "head.", "mask_token")
    encoder = load_mapped(_Encoder(model), ours, lambda name: None if name.startswith(rest) else name, minimum)
    if others:
        load_mapped(model.region_embed, embed, lambda name: name.removeprefix("region_embed."), 1.0)
    head = {name.removeprefix("head."): tensor for name, tensor in ours.items() if name.startswith("head.")}
    if others and layout != "pretrain" and _fits(model.head, head):
        load_mapped(model.head, head, lambda name: name, 1.0)
        others = (*others, "head")
    return Loaded(layout, encoder, others)


class _Encoder(nn.Module):
    """The parts of a network that do not depend on its inputs and outputs, under their own names."""

    def __init__(self, model: RegionModel) -> None:
        super().__init__()
        self.cls_token, self.blocks, self.norm = model.cls_token, model.blocks, model.norm


def _opened(name: str) -> str:
    """A name without the words for the container, which some files keep and some readers drop."""
    return re.sub(r"^(state_dict|model_state_dict)\.", "", name).removeprefix("module.")


def _stripped(name: str) -> str:
    return _opened(name).removeprefix("model.")


def _fits(layer: nn.Linear, tensors: Mapping[str, Tensor]) -> bool:
    own = layer.state_dict()
    return own.keys() == tensors.keys() and all(own[name].shape == tensor.shape for name, tensor in tensors.items())


def _refuse_other_width(model: RegionModel, ours: Mapping[str, Tensor]) -> None:
    token, own = ours.get("cls_token"), model.cls_token.shape[-1]
    if token is not None and token.shape[-1] != own:
        raise UserError(
            f"The checkpoint is of a network {token.shape[-1]} wide; this one is {own} wide.",
            "Set --network get-base for published files, or --width and --layers as in the checkpoint.",
            "--checkpoint",
        )


def _refuse_other_inputs(model: RegionModel, embed: Mapping[str, Tensor]) -> None:
    weight, own = embed.get("region_embed.proj.weight"), model.region_embed.proj.weight
    if weight is None or weight.shape != own.shape:
        told = "no first layer" if weight is None else f"{weight.shape[-1]} inputs per region"
        raise UserError(
            f"The checkpoint has {told}; these data have {own.shape[-1]} inputs per region.",
            "Take the encoder alone (--checkpoint-parts encoder), which fits any motifs.",
            "--checkpoint",
        )
