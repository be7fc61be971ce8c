"""Self-attention over the members of a set (cells of a slice, regions of a window) with memory linear in their number.

Knows tensors and a padding mask only; positions, time and what the members are belong to the networks that use it.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genodesk.core.errors import UserError

AttentionKind = Literal["softmax", "linear"]
GateType = Literal["none", "headwise", "elementwise"]


class SelfAttention(nn.Module):
    """Multi-head self-attention: `softmax` or `linear`, optionally gated, optionally with normalised queries and keys.

    softmax: scaled dot products through torch's fused kernel, which never stores the [members, members] matrix.
    linear: the feature map elu(x) + 1 (Katharopoulos et al. 2020, eq. 7), time and memory linear in the members.
    gate: sigmoid of a projection of the query's own input, applied to the attention's output before the output
    projection; one number a head (`headwise`) or a channel (`elementwise`) (position G1 of arXiv 2505.06708).
    qk_norm: RMSNorm of queries and keys over the head dimension.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        kind: AttentionKind = "softmax",
        gate: GateType = "none",
        qk_norm: bool = False,
        qkv_bias: bool = True,
    ) -> None:
        super().__init__()
        if heads < 1 or width % heads:
            raise UserError(
                f"The model width {width} is not divisible by {heads} attention heads.",
                f"Choose a number of heads that divides {width}, or another width.",
            )
        self.heads = heads
        self.kind = kind
        self.qkv = nn.Linear(width, 3 * width, bias=qkv_bias)
        self.out = nn.Linear(width, width)
        gate_width = {"none": 0, "headwise": heads, "elementwise": width}[gate]
        self.gate = nn.Linear(width, gate_width) if gate_width else None
        self.query_norm = nn.RMSNorm(width // heads) if qk_norm else nn.Identity()
        self.key_norm = nn.RMSNorm(width // heads) if qk_norm else nn.Identity()

    def forward(self, x: Tensor, padding: Tensor | None = None) -> Tensor:
        """[batch, members, width] -> the same shape. `padding` [batch, members] is True for real members.

        Padded members are never attended to; their own output is finite and means nothing.
        """
        batch, members, width = x.shape
        query, key, value = self.qkv(x).view(batch, members, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key = self.query_norm(query), self.key_norm(key)
        if self.kind == "linear":
            mixed = linear_attention(query, key, value, padding)
        else:
            # [B, 1, 1, N] keeps the mask linear in N. Dropout of attention weights is left out on purpose: on a CPU
            # it makes torch store the whole matrix.
            mask = None if padding is None else padding[:, None, None, :]
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed = mixed.transpose(1, 2)
        if self.gate is not None:
            mixed = mixed * torch.sigmoid(self.gate(x)).view(batch, members, self.heads, -1)
        return self.out(mixed.reshape(batch, members, width))


def linear_attention(query: Tensor, key: Tensor, value: Tensor, padding: Tensor | None = None) -> Tensor:
    """Attention with the kernel (elu(q) + 1) · (elu(k) + 1): tensors [batch, heads, members, head width] in and out."""
    query, key = F.elu(query) + 1, F.elu(key) + 1
    if padding is not None:
        key = key * padding[:, None, :, None]
    summary = key.transpose(-2, -1) @ value
    normaliser = query @ key.sum(dim=-2).unsqueeze(-1)
    return (query @ summary) / normaliser.clamp_min(1e-6)
