"""LoRA through peft (Hu et al. 2021, arXiv 2106.09685): small trainable additions beside frozen linear layers."""

from collections.abc import Iterable

from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

from genodesk.workflows.get_yeast.model import YeastNetwork, count_parameters

TARGETS = r".*blocks\.\d+\.(attn\.qkv|attn\.proj|mlp\.fc1|mlp\.fc2)"


def add_lora(network: YeastNetwork, rank: int, alpha: float, new: Iterable[str] = ("region_embed", "head")) -> None:
    """Freezes the pretrained network over regions, puts adapters beside the linear layers of its blocks, and leaves
    trainable what is `new` in it and everything that knows conditions."""
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=TARGETS, bias="none")
    inject_adapter_in_model(config, network)
    fresh = tuple(f"region.{part}." for part in new)
    for name, parameter in network.named_parameters():
        added = ".lora_" in name
        parameter.requires_grad_(added or not name.startswith("region.") or name.startswith(fresh))


def merge_lora(network: nn.Module) -> None:
    """Adds the adapters to the weights they stand beside, and takes them away: the network is plain again."""
    for name, module in list(network.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, place = name.rpartition(".")
            setattr(network.get_submodule(parent), place, module.get_base_layer())


def adapter_tensors(network: nn.Module) -> dict[str, Tensor]:
    """The adapters alone, under peft's names."""
    return dict(get_peft_model_state_dict(network))


def trainable_share(network: nn.Module) -> str:
    """How much is trained, as a sentence."""
    every, trainable = count_parameters(network)
    return f"{trainable:,} of {every:,} parameters are trained ({trainable / every:.2%})."
