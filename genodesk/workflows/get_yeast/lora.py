"""LoRA through peft (Hu et al. 2021, arXiv 2106.09685): small trainable additions beside frozen linear layers.

peft takes seconds to load, so only a training with adapters loads it.
"""

from collections.abc import Iterable

from torch import Tensor, nn

from genodesk.workflows.get_yeast.model import YeastNetwork, count_parameters

TARGETS = r".*blocks\.\d+\.(attn\.qkv|attn\.proj|mlp\.fc1|mlp\.fc2)"
ADAPTER = ".lora_"  # in the name of every parameter that peft adds


def add_lora(network: YeastNetwork, rank: int, alpha: float, new: Iterable[str] = ("region_embed", "head")) -> None:
    """Freezes the pretrained network over regions, puts adapters beside the linear layers of its blocks, and leaves
    trainable what is `new` in it and everything that knows conditions."""
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=TARGETS, bias="none")
    inject_adapter_in_model(config, network)
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


def trainable_share(network: nn.Module) -> str:
    """How much is trained, as a sentence."""
    every, trainable = count_parameters(network)
    return f"{trainable:,} of {every:,} parameters are trained ({trainable / every:.2%})."
