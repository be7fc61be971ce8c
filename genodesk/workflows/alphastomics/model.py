"""What every AlphaSTomics network shares: its sizes, its safe inputs, its answer, and small pieces of layers.

Networks map a noisy slice to the clean one. They know tensors, padding and the noise level; the schedule, the losses
and where the cells come from are not their business.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from genodesk.core.errors import UserError
from genodesk.engine.nn.attention import AttentionKind, GateType
from genodesk.engine.nn.moe import MixtureOfExperts
from genodesk.workflows.alphastomics.masking import Masks, MaskTokens


@dataclass(frozen=True, kw_only=True)
class ModelSizes:
    """The widths and switches of a network; the defaults are the standard network's."""

    genes: int
    extra_inputs: int = 1
    expression_hidden: int = 64
    hidden_dim: int = 96
    time_hidden: int = 32
    time_dim: int = 32
    position_hidden: int = 32
    layers: int = 3
    heads: int = 4
    ffn_dim: int = 192
    time_ffn: int = 64
    expression_head: int = 128
    position_head: int = 64
    attention: AttentionKind = "softmax"
    use_gated_attention: bool = True
    gate_type: Literal["headwise", "elementwise"] = "headwise"
    use_moe: bool = False
    num_experts: int = 4
    moe_top_k: int = 2
    moe_balance_weight: float = 0.01
    enable_masking: bool = False

    @property
    def gate(self) -> GateType:
        return self.gate_type if self.use_gated_attention else "none"


@dataclass(frozen=True)
class Prediction:
    """The clean slice as a network sees it, and what its layers held."""

    expression: Tensor
    """[slices, cells, genes], zero in padded cells."""
    position: Tensor
    """[slices, cells, 3], centred over the real cells, zero in padded cells and in axes the tissue lacks."""
    auxiliary: Tensor
    """Load balance loss of the experts, summed over layers; zero without experts."""
    hidden: tuple[Tensor, ...] = ()
    """[slices, cells, width] after the encoder and after every layer, when asked for."""


@dataclass(frozen=True)
class Inputs:
    """A noisy slice made safe: nothing that stood in padded cells is left, masked values are tokens."""

    expression: Tensor
    """[slices, cells, genes + extra inputs]"""
    position: Tensor
    """[slices, cells, 3]"""
    padding: Tensor
    """[slices, cells], True for real cells."""
    attended: Tensor | None
    """`padding`, or None where every cell is real, which is faster."""
    allowed: Tensor
    """[slices, cells, 3]: one where a coordinate may differ from zero."""


def prepare_inputs(
    sizes: ModelSizes,
    mask_tokens: MaskTokens | None,
    *,
    expression: Tensor,
    position: Tensor,
    padding: Tensor,
    extra: Tensor | None,
    axes: Tensor | None,
    masks: Masks | None,
) -> Inputs:
    """What networks compute on.

    expression [slices, cells, genes] and position [slices, cells, 3] are noisy; padding [slices, cells] is True for
    real cells; extra [slices, cells, extra inputs] is read when the network has extra inputs; axes [slices, 3] is True
    for the coordinates a tissue has (None: all three); masks hide values behind the network's learned tokens.
    """
    allowed = padding[..., None].expand(-1, -1, 3)
    if axes is not None:
        allowed = allowed & axes[:, None, :]
    if masks is not None:
        if mask_tokens is None:
            raise ValueError("this network was built without mask tokens (enable_masking)")
        expression, position = mask_tokens(expression, position, masks)
    if sizes.extra_inputs:
        if extra is None:
            raise ValueError(f"this network needs {sizes.extra_inputs} extra inputs per cell")
        expression = torch.cat([expression, extra], dim=-1)
    return Inputs(
        expression=expression.masked_fill(~padding[..., None], 0),
        position=position.masked_fill(~allowed, 0),
        padding=padding,
        attended=None if bool(padding.all()) else padding,
        allowed=allowed.to(position.dtype),
    )


def check_sizes(sizes: ModelSizes) -> None:
    """Refuse combinations that no network can be built from, in the words of the settings. Raises UserError."""
    if sizes.hidden_dim % sizes.heads:
        raise UserError(
            f"The model width {sizes.hidden_dim} is not divisible by {sizes.heads} attention heads.",
            "Choose a number of heads that divides the width.",
            "heads",
        )
    if sizes.use_moe and sizes.moe_top_k > sizes.num_experts:
        raise UserError(
            f"{sizes.moe_top_k} experts per cell cannot be chosen out of {sizes.num_experts}.",
            "Set moe_top_k to at most num_experts.",
            "moe_top_k",
        )


def count_parameters(module: nn.Module) -> tuple[int, int]:
    """All parameters, and those that one cell's way through touches (experts it does not visit left out)."""
    total = sum(parameter.numel() for parameter in module.parameters())
    idle = sum(part.idle_parameters for part in module.modules() if isinstance(part, MixtureOfExperts))
    return total, total - idle


def two_layers(width_in: int, hidden: int, width_out: int, activation: type[nn.Module] = nn.ReLU) -> list[nn.Module]:
    """Linear, activation, Linear."""
    return [nn.Linear(width_in, hidden), activation(), nn.Linear(hidden, width_out)]


def feedforward(sizes: ModelSizes, activation: type[nn.Module], noisy_router: bool) -> nn.Module:
    """The block after the attention: dense, or experts that share its width."""
    if not sizes.use_moe:
        return nn.Sequential(*two_layers(sizes.hidden_dim, sizes.ffn_dim, sizes.hidden_dim, activation))
    return MixtureOfExperts(
        sizes.hidden_dim,
        sizes.ffn_dim,
        experts=sizes.num_experts,
        top_k=sizes.moe_top_k,
        balance_weight=sizes.moe_balance_weight,
        noisy=noisy_router,
    )


def apply_feedforward(block: nn.Module, x: Tensor, padding: Tensor | None) -> tuple[Tensor, Tensor]:
    """The block's output and its load balance loss, zero for a dense block."""
    if isinstance(block, nn.Sequential):
        return block(x), x.new_zeros(())
    return block(x, padding)


def centred(position: Tensor, padding: Tensor) -> Tensor:
    """Positions minus the mean over real cells; zero in padded cells. [slices, cells, 3]"""
    real = padding[..., None].to(position.dtype)
    mean = (position * real).sum(dim=1, keepdim=True) / real.sum(dim=1, keepdim=True).clamp_min(1)
    return (position - mean) * real


def mean_radius(position: Tensor, padding: Tensor) -> Tensor:
    """Mean distance of the real cells from the origin, [slices, 1, 1]."""
    real = padding[..., None].to(position.dtype)
    radius = position.norm(dim=-1, keepdim=True) * real
    return radius.sum(dim=1, keepdim=True) / real.sum(dim=1, keepdim=True).clamp_min(1)


def direction_and_norm(position: Tensor) -> Tensor:
    """[slices, cells, 4]: the unit vector to each cell and its distance from the origin."""
    radius = position.norm(dim=-1, keepdim=True)
    return torch.cat([position / (radius + 1e-6), radius], dim=-1)
