"""DNABERT-2: a bidirectional transformer over DNA tokens that tells distance by a slope of each head (ALiBi).

Knows tokens and a mask only; folders of weights are the business of `dnabert2_folder.py`. Sources: Zhou et al. 2023
(arXiv 2306.15006), MosaicBERT (arXiv 2312.17482), ALiBi (arXiv 2108.12409).
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genodesk.core.errors import Stopped
from genodesk.engine.nn.dnabert2_config import Dnabert2Config

INITIAL_SPREAD = 0.02


class Dnabert2(nn.Module):
    """The encoder: 136 tensors and 116,477,952 parameters at the default sizes."""

    def __init__(self, config: Dnabert2Config) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.vocab_size, config.hidden_size)
        self.types = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.layers = nn.ModuleList(Dnabert2Layer(config) for _ in range(config.num_hidden_layers))
        self.apply(_initialise)

    def forward(self, ids: Tensor, mask: Tensor | None = None, should_stop: Callable[[], bool] | None = None) -> Tensor:
        """ids [batch, tokens] -> [batch, tokens, hidden_size]. `mask` [batch, tokens] is True (or 1) for real tokens.

        Padded places are never attended to and come out as zeros. `should_stop` is asked before every layer; raises
        Stopped when it says so.
        """
        real = None if mask is None else mask.bool()
        x = self.dropout(self.norm(self.words(ids) + self.types.weight[0]))
        bias = attention_bias(self.config.num_attention_heads, real, ids.shape[1], x)
        for layer in self.layers:
            if should_stop is not None and should_stop():
                raise Stopped
            x = layer(x, bias)
        return x if real is None else x * real.unsqueeze(-1)


class Dnabert2Layer(nn.Module):
    """Attention, then a gated feed-forward layer; each is added to its input and then normalised."""

    def __init__(self, config: Dnabert2Config) -> None:
        super().__init__()
        width = config.hidden_size
        self.heads = config.num_attention_heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, config.layer_norm_eps)
        self.gated = nn.Linear(width, 2 * config.intermediate_size, bias=False)
        self.down = nn.Linear(config.intermediate_size, width)
        self.feed_forward_norm = nn.LayerNorm(width, config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """[batch, tokens, width] -> the same shape; `bias` is added to the attention's logits."""
        batch, tokens, width = x.shape
        query, key, value = self.qkv(x).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        mixed = self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))
        x = self.attention_norm(x + self.dropout(mixed))
        gate, content = self.gated(x).chunk(2, dim=-1)
        return self.feed_forward_norm(x + self.down(self.dropout(F.gelu(gate) * content)))


class Dnabert2MaskedHead(nn.Module):
    """Tells hidden tokens from the encoder's output, to train it; the words' own embeddings are the last weights."""

    def __init__(self, config: Dnabert2Config) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.apply(_initialise)

    def forward(self, x: Tensor, words: Tensor) -> Tensor:
        """[..., hidden_size] -> logits [..., vocab_size]; `words` is the weight of the encoder's `words`."""
        return F.linear(self.norm(F.gelu(self.dense(x))), words, self.bias)


def alibi_slopes(heads: int) -> list[float]:
    """One slope a head (arXiv 2108.12409, section 3): a geometric series where `heads` is a power of two.

    Else the series of the power below, followed by every second one of the next power's: for 12 heads 2^-1 ... 2^-8,
    then 2^-0.5, 2^-1.5, 2^-2.5, 2^-3.5.
    """
    below = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-8 * (i + 1) / below) for i in range(below)]
    return slopes + [2 ** (-8 * (i + 1) / (2 * below)) for i in range(0, 2 * (heads - below), 2)]


def attention_bias(heads: int, real: Tensor | None, tokens: int, like: Tensor) -> Tensor:
    """[batch or 1, heads, tokens, tokens] in the dtype and on the device of `like`: minus slope times distance in both
    directions, minus infinity towards padding."""
    place = torch.arange(tokens, device=like.device)
    distance = (place[:, None] - place).abs().to(torch.float32)
    slopes = torch.tensor(alibi_slopes(heads), device=like.device)
    bias = (-slopes[:, None, None] * distance)[None]
    if real is not None:
        bias = bias.masked_fill(~real[:, None, None, :], -math.inf)
    return bias.to(like.dtype)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=INITIAL_SPREAD)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
