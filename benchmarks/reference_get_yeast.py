"""The studied form of training on yeast: conditions repeated on every region of every sample, all regions of a sample
in one sequence, eager attention.

The transformer is ours, so that both forms have the same weights; only what it is given and how attention is computed
differ. Every sample's regions are stored with its conditions beside their motifs, as the studied program stores them.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genodesk.workflows.get_yeast.blocks import Attention
from genodesk.workflows.get_yeast.model import GetSizes, RegionModel


def repeated_table(motifs: np.ndarray, accessibility: np.ndarray, conditions: np.ndarray) -> np.ndarray:
    """float32 [S, R, M + 1 + C]: motifs and accessibility of every region with the conditions of every sample."""
    samples, regions = len(conditions), len(motifs)
    still = np.concatenate([motifs, accessibility[:, None]], axis=1)
    parts = [np.repeat(still[None], samples, axis=0), np.repeat(conditions[:, None], regions, axis=1)]
    return np.concatenate(parts, axis=2).astype(np.float32)


def studied_network(sizes: GetSizes) -> nn.Module:
    """Plain GET over the repeated columns, with attention matrices stored."""
    network = RegionModel(sizes)
    for block in network.blocks:
        block.attn = EagerAttention(block.attn)
    return network


class EagerAttention(nn.Module):
    """The same attention with its [tokens, tokens] weights stored."""

    def __init__(self, ours: Attention) -> None:
        super().__init__()
        self.ours = ours

    def forward(self, x: Tensor, real: Tensor | None = None) -> Tensor:
        """[batch, tokens, width] -> the same."""
        if real is not None:
            raise NotImplementedError("the benchmark has whole windows only")
        ours, (batch, tokens, width) = self.ours, x.shape
        bias = torch.cat([ours.q_bias, torch.zeros_like(ours.q_bias), ours.v_bias])
        qkv = F.linear(x, ours.qkv.weight, bias)
        query, key, value = qkv.view(batch, tokens, 3, ours.heads, -1).permute(2, 0, 3, 1, 4)
        weights = torch.softmax((query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1), dim=-1)
        mixed = weights @ value
        return ours.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))
