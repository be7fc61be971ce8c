"""The transformer of GET: attention among regions of a window, pre-norm blocks, stochastic depth.

Knows tensors only. Names of weights are those of the published files, so that these load without renaming inside.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPS = 1e-6


class Attention(nn.Module):
    """Softmax attention whose queries and values have a bias and whose keys have none."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(width))
        self.v_bias = nn.Parameter(torch.zeros(width))
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, real: Tensor | None = None) -> Tensor:
        """[batch, tokens, width] -> the same. `real` [batch, tokens] is False for padding, which nobody attends to."""
        batch, tokens, width = x.shape
        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        # The layer is called, not its weight used: LoRA lives in the call.
        query, key, value = (self.qkv(x) + bias).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mask = None if real is None else real[:, None, None, :]
        # No dropout of attention weights: on a CPU it would make torch store the whole matrix.
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))


class Mlp(nn.Module):
    """Two layers with GELU between."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """[..., width] -> the same."""
        return self.fc2(F.gelu(self.fc1(x)))


class DropPath(nn.Module):
    """Leaves a branch out for whole examples while training (Huang et al. 2016), and scales the others up."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """[batch, ...] -> the same."""
        if not self.training or self.share == 0:
            return x
        kept = x.new_empty(x.shape[0], *[1] * (x.ndim - 1)).bernoulli_(1 - self.share)
        return x * kept / (1 - self.share)


class Block(nn.Module):
    """Attention, then the MLP, each on a normalised input and added to it."""

    def __init__(self, width: int, heads: int, hidden: int, drop_path: float = 0.0) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=EPS)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=EPS)
        self.mlp = Mlp(width, hidden)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, real: Tensor | None = None, film: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """[batch, tokens, width] -> the same. `film` is scale and shift [batch, 1, width] of the MLP's input."""
        x = x + self.drop_path(self.attn(self.norm1(x), real))
        y = self.norm2(x)
        if film is not None:
            y = torch.addcmul(film[1], y, 1 + film[0])
        return x + self.drop_path(self.mlp(y))
