"""Checkpoints of the published GeneChat program in our parts, with an account of what fitted.

One file holds several parts: `gene_encoder.*` (DNABERT-2), the layers between (`hyena_llama_proj.*` as released, or
the paper's pool and adapter), and `llama_model.*`, of which only the LoRA additions are taken. Names are mapped here
and nowhere else; the file itself is read by engine/weights.py, which runs nothing in it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from genodesk.core.errors import UserError
from genodesk.engine.weights import Coverage, load_mapped
from genodesk.workflows.genechat.windows import Layout

_CONTAINER = re.compile(r"^(state_dict|model_state_dict|model|module)\.")
_ENCODER = "gene_encoder."
_LANGUAGE = "llama_model."
_RELEASED = {"hyena_llama_proj": "projection"}
_PAPER = {
    "gene_encoder.pooling_layer": "pool",
    "adapter.adapter": "adapter",
    "adapter.layer_norm": "norm",
    "adapter.norm": "norm",
    "pool": "pool",
    "adapter": "adapter",
    "norm": "norm",
}
_LORA = re.compile(r"\.(?P<layer>[^.]+)\.lora_(?P<side>[AB])(\.default)?\.weight$")


@dataclass(frozen=True)
class Upstream:
    """The tensors of a checkpoint by part: `encoder` under published names, `adapter` and `lora` under our own.

    `lora_targets` and `lora_rank` follow from the additions; `ignored` are names that have no place here.
    """

    layout: Layout
    encoder: Mapping[str, Tensor]
    adapter: Mapping[str, Tensor]
    lora: Mapping[str, Tensor]
    lora_targets: tuple[str, ...]
    lora_rank: int
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Filled:
    """What of the model was filled from a checkpoint."""

    adapter: Coverage
    lora: Coverage

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, part by part."""
        return {"adapter": self.adapter.as_dict(), "lora": self.lora.as_dict()}


def read_upstream(tensors: Mapping[str, Tensor], where: str) -> Upstream:
    """The parts of a checkpoint. Raises UserError, naming `where`, for one that is none of GeneChat."""
    plain = {_CONTAINER.sub("", name): tensor for name, tensor in tensors.items()}
    encoder: dict[str, Tensor] = {}
    lora: dict[str, Tensor] = {}
    released: dict[str, Tensor] = {}
    paper: dict[str, Tensor] = {}
    targets: set[str] = set()
    ranks: set[int] = set()
    ignored: list[str] = []
    for name, tensor in plain.items():
        module, _, part = name.rpartition(".")
        addition = _LORA.search(name) if name.startswith(_LANGUAGE) else None
        if module in _RELEASED:
            released[f"{_RELEASED[module]}.{part}"] = tensor
        elif module in _PAPER:
            paper[f"{_PAPER[module]}.{part}"] = tensor
        elif name == "scale":
            paper[name] = tensor
        elif name.startswith(_ENCODER):
            encoder[name.removeprefix(_ENCODER)] = tensor
        elif addition is not None:
            lora[_as_peft(name, addition)] = tensor
            targets.add(addition["layer"])
            ranks.add(tensor.shape[0] if addition["side"] == "A" else tensor.shape[1])
        else:
            ignored.append(name)
    if not released and not paper:
        raise UserError(
            "This is no checkpoint of GeneChat: nothing in it stands between a DNA encoder and a language model.",
            "Choose a file with hyena_llama_proj.weight, or with the pool and adapter of the paper.",
            where,
        )
    if len(ranks) > 1:
        raise UserError("The LoRA additions of this checkpoint differ in rank.", "Get the file again.", where)
    return Upstream(
        layout="released" if released else "paper",
        encoder=encoder,
        adapter=released or paper,
        lora=lora,
        lora_targets=tuple(sorted(targets)),
        lora_rank=next(iter(ranks), 0),
        ignored=tuple(ignored),
    )


def fill(adapter: nn.Module, language: nn.Module, upstream: Upstream) -> Filled:
    """Fills the adapter and the LoRA additions of the language model; every weight of both must be in the file.

    The adapter's buffers and its scale stay as they are where the file has none: they change nothing. Raises UserError.
    """
    kept = {name: tensor for name, tensor in adapter.state_dict().items() if name in ("mean", "spread", "scale")}
    filled = load_mapped(adapter, {**kept, **upstream.adapter}, lambda name: name, minimum=1.0)
    return Filled(filled, load_mapped(_Additions(language), upstream.lora, _Additions.place, minimum=1.0))


class _Additions(nn.Module):
    """The LoRA weights of a language model alone, under names without dots, as torch wants them."""

    def __init__(self, language: nn.Module) -> None:
        super().__init__()
        for name, parameter in language.named_parameters():
            if ".lora_" in name:
                self.register_parameter(self.place(name), nn.Parameter(parameter.data, requires_grad=False))

    @staticmethod
    def place(name: str) -> str:
        """The name of a weight here."""
        return name.replace(".", "/")


def _as_peft(name: str, addition: re.Match[str]) -> str:
    """The name under which peft keeps an addition today; older ones lack `.default`."""
    start = name[: addition.start()].removeprefix(_LANGUAGE)
    return f"{start}.{addition['layer']}.lora_{addition['side']}.default.weight"
