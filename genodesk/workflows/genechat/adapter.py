"""From the windows of a gene to vectors that a language model reads as if they were words.

Two layouts: that of the paper, and the single linear layer that the released checkpoints hold.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genodesk.workflows.genechat.windows import Layout

POOLED = 256  # numbers of a window between pool and adapter
DROPOUT = 0.1


class GeneAdapter(nn.Module):
    """paper: pool width -> 256, adapter 256 -> language width without bias, LayerNorm, dropout, one learned scale.
    released: one projection width -> language width with bias.

    Both first standardise the encoder's numbers by buffers, which change nothing until they are set.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, width: int, language_width: int, layout: Layout = "paper") -> None:
        super().__init__()
        self.layout: Layout = layout
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        if layout == "released":
            self.projection = nn.Linear(width, language_width)
            return
        self.pool = nn.Linear(width, POOLED)
        self.adapter = nn.Linear(POOLED, language_width, bias=False)
        self.norm = nn.LayerNorm(language_width)
        self.dropout = nn.Dropout(DROPOUT)
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, windows: Tensor) -> Tensor:
        """[..., windows, width] -> [..., windows, language width]."""
        standard = (windows - self.mean) / self.spread
        if self.layout == "released":
            return self.projection(standard)
        return self.scale * self.dropout(self.norm(self.adapter(self.pool(standard))))

    @torch.no_grad()
    def standardise(self, embeddings: Sequence[Tensor]) -> None:
        """Sets the buffers to mean and spread of these window embeddings, [windows, width] a gene.

        Summed up in float64 gene by gene: all of them together may fill much of the memory already.
        """
        windows = sum(map(len, embeddings))
        mean = sum((gene.double().sum(dim=0) for gene in embeddings), torch.zeros(())) / windows
        squares = sum(((gene.double() - mean).square().sum(dim=0) for gene in embeddings), torch.zeros(()))
        self.mean.copy_(mean)
        self.spread.copy_((squares / windows).sqrt().clamp_min(1e-6))

    @torch.no_grad()
    def match_norm(self, words: Tensor) -> None:
        """Sets the scale so that a window is as long as the mean of a language model's `words` [tokens, width].

        Only the paper's layout has one: after its LayerNorm a vector is as long as the root of its width.
        """
        if self.layout == "paper":
            self.scale.fill_(words.float().norm(dim=-1).mean() / self.norm.weight.numel() ** 0.5)
