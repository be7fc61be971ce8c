"""The network in the published form (preset `published`): the same layers, so that parameters agree to the last one."""

import torch
from torch import Tensor, nn

from genodesk.engine.nn.attention import SelfAttention
from genodesk.workflows.alphastomics.masking import Masks, MaskTokens
from genodesk.workflows.alphastomics.model import (
    Inputs,
    ModelSizes,
    Prediction,
    apply_feedforward,
    centred,
    check_sizes,
    direction_and_norm,
    feedforward,
    mean_radius,
    prepare_inputs,
    two_layers,
)


class PublishedNetwork(nn.Module):
    """The network in the published form: decoupled expression, position and time streams, fused for attention."""

    def __init__(self, sizes: ModelSizes) -> None:
        super().__init__()
        check_sizes(sizes)
        self.sizes = sizes
        self.mask_tokens = MaskTokens(sizes.genes) if sizes.enable_masking else None
        self.encode_expression = nn.Sequential(
            *two_layers(sizes.genes + sizes.extra_inputs, sizes.expression_hidden, sizes.hidden_dim), nn.ReLU()
        )
        self.encode_time = nn.Sequential(*two_layers(1, sizes.time_hidden, sizes.time_dim), nn.ReLU())
        self.scale_position = nn.Sequential(*two_layers(1, sizes.position_hidden, 1))
        self.layers = nn.ModuleList(PublishedLayer(sizes) for _ in range(sizes.layers))
        self.expression_head = nn.Sequential(*two_layers(sizes.hidden_dim, sizes.expression_head, sizes.genes))
        self.position_features = nn.Linear(sizes.hidden_dim, sizes.position_head)
        self.position_scale = nn.Sequential(*two_layers(sizes.position_head + 4, sizes.position_head, 1))

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
        """Predict the clean slice; arguments as for `prepare_inputs`."""
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
        cells = self.encode_expression(inputs.expression)
        moment = self.encode_time(time[:, None].to(cells.dtype))
        radius = inputs.position.norm(dim=-1, keepdim=True)
        position = inputs.position * self.scale_position(radius) / (radius + 1e-6) * inputs.allowed
        auxiliary = cells.new_zeros(())
        hidden = [cells]
        for layer in self.layers:
            cells, position, moment, balance = layer(cells, position, moment, inputs)
            auxiliary = auxiliary + balance
            hidden.append(cells)
        radius = position.norm(dim=-1, keepdim=True)
        features = torch.cat([torch.relu(self.position_features(cells)), position, radius], dim=-1)
        position = centred(position / (radius + 1e-6) * self.position_scale(features), padding) * inputs.allowed
        expression = self.expression_head(cells).masked_fill(~padding[..., None], 0)
        return Prediction(expression, position, auxiliary, tuple(hidden) if keep_hidden else ())


class PublishedLayer(nn.Module):
    """concat(expression, time, position) -> width -> attention over cells -> the three streams."""

    def __init__(self, sizes: ModelSizes) -> None:
        super().__init__()
        width, moment = sizes.hidden_dim, sizes.time_dim
        self.expression_in = nn.Sequential(*two_layers(width, 64, width))
        self.position_in = nn.Sequential(*two_layers(4, 64, 3))
        self.time_in = nn.Linear(moment, moment)
        self.fuse = nn.Linear(width + moment + 3, width)
        self.attention = SelfAttention(
            width,
            sizes.heads,
            kind=sizes.attention,
            gate=sizes.gate,
            qk_norm=sizes.attention == "softmax",
            qkv_bias=sizes.attention != "linear",
        )
        # The published linear attention hides a feed-forward block of its own behind the attention.
        self.linear_block = LinearAttentionBlock(width) if sizes.attention == "linear" else None
        self.expression_out = nn.Linear(width, width)
        self.position_out = nn.Linear(width, 3)
        self.position_weight = nn.Parameter(torch.ones(1))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.feedforward = feedforward(sizes, activation=nn.ReLU, noisy_router=True)
        self.time_norms = nn.ModuleList(nn.LayerNorm(moment) for _ in range(2))
        self.time_feedforward = nn.Sequential(*two_layers(moment, sizes.time_ffn, moment))

    def forward(
        self, cells: Tensor, position: Tensor, moment: Tensor, inputs: Inputs
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        step = self.time_in(moment)
        streams = [self.expression_in(cells), step[:, None].expand(-1, cells.shape[1], -1)]
        streams.append(self.position_in(direction_and_norm(position)))
        fused = self.fuse(torch.cat(streams, dim=-1))
        mixed = self.attention(fused, inputs.attended)
        if self.linear_block is not None:
            mixed = self.linear_block(fused, mixed)
        position = centred(self.position_out(mixed), inputs.padding) * inputs.allowed
        position = self.position_weight * position / (mean_radius(position, inputs.padding) + 1e-6)
        cells = self.norms[0](cells + self.expression_out(mixed))
        refined, balance = apply_feedforward(self.feedforward, cells, inputs.attended)
        cells = self.norms[1](cells + refined)
        moment = self.time_norms[0](moment + step)
        moment = self.time_norms[1](moment + self.time_feedforward(moment))
        return cells, position, moment, balance


class LinearAttentionBlock(nn.Module):
    """Residual, norm, feed-forward of four times the width, residual, norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.feedforward = nn.Sequential(*two_layers(width, 4 * width, width))

    def forward(self, x: Tensor, mixed: Tensor) -> Tensor:
        x = self.norms[0](x + mixed)
        return self.norms[1](x + self.feedforward(x))
