"""LoRA through peft (Hu et al. 2021, arXiv 2106.09685): small trainable additions beside frozen linear layers.

peft takes seconds to load, so only a training with adapters loads it.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor, nn

from genodesk.core.disk import write_atomically
from genodesk.workflows.get_yeast.model import YeastNetwork, count_parameters
from genodesk.workflows.get_yeast.settings import LoraSettings

TARGETS = r".*blocks\.\d+\.(attn\.qkv|attn\.proj|mlp\.fc1|mlp\.fc2)"
ADAPTER = ".lora_"  # in the name of every parameter that peft adds
WRAPPED = "base_model.model."  # before every name in the files that peft writes and reads

if TYPE_CHECKING:
    from peft import LoraConfig


def add_lora(network: YeastNetwork, rank: int, alpha: float, new: Iterable[str] = ("region_embed", "head")) -> None:
    """Freezes the pretrained network over regions, puts adapters beside the linear layers of its blocks, and leaves
    trainable what is `new` in it and everything that knows conditions."""
    from peft import inject_adapter_in_model

    inject_adapter_in_model(_config(rank, alpha), network)
    fresh = tuple(f"region.{part}." for part in new)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(ADAPTER in name or not name.startswith("region.") or name.startswith(fresh))


def merge_lora(network: nn.Module) -> None:
    """Adds adapters, where there are any, to the weights they stand beside, and takes them away: plain layers stay."""
    if not any(ADAPTER in name for name, _ in network.named_parameters()):
        return
    from peft.tuners.lora import LoraLayer

    for name, module in list(network.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, place = name.rpartition(".")
            setattr(network.get_submodule(parent), place, module.get_base_layer())


def adapter_tensors(network: nn.Module) -> dict[str, Tensor]:
    """The adapters alone, under peft's names."""
    from peft import get_peft_model_state_dict

    return dict(get_peft_model_state_dict(network))


def save_adapter(folder: Path, adapters: Mapping[str, Tensor], lora: LoraSettings) -> str:
    """Writes what `adapter_tensors` gave so that peft's PeftModel.from_pretrained finds it; returns the file's name.

    They belong beside the linear layers of the network before it was merged. Raises OSError.
    """
    from peft.utils import SAFETENSORS_WEIGHTS_NAME
    from safetensors.torch import save

    named = {f"{WRAPPED}{name}": tensor.detach().cpu().contiguous() for name, tensor in adapters.items()}
    write_atomically(folder / SAFETENSORS_WEIGHTS_NAME, save(named))
    _config(lora.lora_rank, lora.lora_alpha).save_pretrained(str(folder))
    return SAFETENSORS_WEIGHTS_NAME


def trainable_share(network: nn.Module) -> str:
    """How much is trained, as a sentence."""
    every, trainable = count_parameters(network)
    return f"{trainable:,} of {every:,} parameters are trained ({trainable / every:.2%})."


def _config(rank: int, alpha: float) -> "LoraConfig":
    from peft import LoraConfig

    return LoraConfig(r=rank, lora_alpha=alpha, target_modules=TARGETS, bias="none")  # type: ignore[arg-type]
