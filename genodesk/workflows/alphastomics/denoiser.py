"""Our standard network: a pre-norm residual transformer over the cells of a slice, made for small tissues.

Knows the noise level as a number between 0 and 1; the schedule, the losses and the sampler are not its business.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from genodesk.engine.nn.attention import SelfAttention
from genodesk.workflows.alphastomics.masking import Masks, MaskTokens
from genodesk.workflows.alphastomics.model import (
    ModelSizes,
    Prediction,
    apply_feedforward,
    centred,
    check_sizes,
    direction_and_norm,
    feedforward,
    prepare_inputs,
    two_layers,
)
from genodesk.workflows.alphastomics.published import PublishedNetwork

Architecture = Literal["standard", "published"]


def build_network(architecture: Architecture, sizes: ModelSizes) -> "StandardNetwork | PublishedNetwork":
    """The named network with fresh weights from torch's global generator. Raises UserError for impossible sizes."""
    return StandardNetwork(sizes) if architecture == "standard" else PublishedNetwork(sizes)


class StandardNetwork(nn.Module):
    """Expression, position and noise level are added up to one state a cell; blocks refine it; two heads read it."""

    def __init__(self, sizes: ModelSizes) -> None:
        super().__init__()
        check_sizes(sizes)
        self.sizes = sizes
        width = sizes.hidden_dim
        self.mask_tokens = MaskTokens(sizes.genes) if sizes.enable_masking else None
        self.encode_expression = nn.Sequential(
            *two_layers(sizes.genes + sizes.extra_inputs, sizes.expression_hidden, width, nn.GELU)
        )
        self.encode_position = nn.Sequential(*two_layers(4, sizes.position_hidden, width, nn.GELU))
        self.encode_time = nn.Sequential(*two_layers(2 * (sizes.time_dim // 2), sizes.time_hidden, width, nn.GELU))
        self.layers = nn.ModuleList(Block(sizes) for _ in range(sizes.layers))
        self.norm = nn.LayerNorm(width)
        self.expression_head = nn.Sequential(*two_layers(width, sizes.expression_head, sizes.genes, nn.GELU))
        self.position_head = nn.Sequential(*two_layers(width, sizes.position_head, 4, nn.GELU))

    def forward(
        self,
        expression: Tensor,
        position: Tensor,
        time: Tensor,
        padding: Tensor,
        *,
        extra: Tensor | None = None,
        axes: Tensor | None = None,
        masks: Masks | None = None,
        keep_hidden: bool = False,
    ) -> Prediction:
        """Predict the clean slice; `time` [slices] is step / steps, the other arguments as for `prepare_inputs`."""
        inputs = prepare_inputs(
            self.sizes,
            self.mask_tokens,
            expression=expression,
            position=position,
            padding=padding,
            extra=extra,
            axes=axes,
            masks=masks,
        )
        # The nearer to pure noise, the less a position tells: at full noise the network is deaf to it.
        heard = (1 - time)[:, None, None]
        cells = self.encode_expression(inputs.expression)
        cells = cells + heard * self.encode_position(direction_and_norm(inputs.position))
        cells = cells + self.encode_time(sinusoids(time, self.sizes.time_dim))[:, None]
        auxiliary = cells.new_zeros(())
        hidden = [cells]
        for layer in self.layers:
            cells, balance = layer(cells, inputs.attended)
            auxiliary = auxiliary + balance
            hidden.append(cells)
        cells = self.norm(cells)
        # Three coordinates, and how much of the noisy position to keep.
        place, keep = self.position_head(cells).split([3, 1], dim=-1)
        position = centred(place + heard * keep * inputs.position, padding) * inputs.allowed
        expression = self.expression_head(cells).masked_fill(~padding[..., None], 0)
        return Prediction(expression, position, auxiliary, tuple(hidden) if keep_hidden else ())


class Block(nn.Module):
    """Attention over cells and a feed-forward block, each normalised before and added to the state."""

    def __init__(self, sizes: ModelSizes) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(sizes.hidden_dim)
        self.attention = SelfAttention(
            sizes.hidden_dim, sizes.heads, kind=sizes.attention, gate=sizes.gate, qk_norm=sizes.attention == "softmax"
        )
        self.feedforward_norm = nn.LayerNorm(sizes.hidden_dim)
        self.feedforward = feedforward(sizes, activation=nn.GELU, noisy_router=False)

    def forward(self, cells: Tensor, padding: Tensor | None) -> tuple[Tensor, Tensor]:
        cells = cells + self.attention(self.attention_norm(cells), padding)
        refined, balance = apply_feedforward(self.feedforward, self.feedforward_norm(cells), padding)
        return cells + refined, balance


def sinusoids(time: Tensor, width: int) -> Tensor:
    """[slices] in 0..1 -> [slices, width]: sines and cosines of periods from 6.3 down to 0.0063."""
    frequency = torch.exp(torch.linspace(0, math.log(1000.0), width // 2, device=time.device, dtype=time.dtype))
    angle = time[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=-1)
