"""The plain form of the studied computation, to measure ours against: stored attention matrices, experts visited one by
one under masks, all N x N distances. The same weights give the same numbers when not training, so only the way of
computing differs; while training it drops attention weights like the studied program, which ours leaves out on purpose.
"""

import math

import torch
from torch import Tensor, nn

from genodesk.engine.nn.attention import SelfAttention
from genodesk.engine.nn.moe import MixtureOfExperts
from genodesk.workflows.alphastomics.losses import expression_loss
from genodesk.workflows.alphastomics.model import Prediction


class PlainAttention(nn.Module):
    """Softmax attention that stores scores and weights [heads, cells, cells]; linear attention as ours."""

    def __init__(self, ours: SelfAttention, dropout: float) -> None:
        super().__init__()
        self.ours = ours
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, padding: Tensor | None = None) -> Tensor:
        ours = self.ours
        if ours.kind == "linear":
            return ours(x, padding)
        batch, cells, width = x.shape
        query, key, value = ours.qkv(x).view(batch, cells, 3, ours.heads, -1).permute(2, 0, 3, 1, 4)
        query, key = ours.query_norm(query), ours.key_norm(key)
        scores = query @ key.transpose(-2, -1) / math.sqrt(width // ours.heads)
        if padding is not None:
            scores = scores.masked_fill(~padding[:, None, None, :], -torch.inf)
        mixed = (self.dropout(torch.softmax(scores, dim=-1)) @ value).transpose(1, 2)
        if ours.gate is not None:
            mixed = mixed * torch.sigmoid(ours.gate(x)).view(batch, cells, ours.heads, -1)
        return ours.out(mixed.reshape(batch, cells, width))


class PlainExperts(nn.Module):
    """A loop over experts and choices, each with a mask over all tokens; padded tokens are computed like the others."""

    def __init__(self, ours: MixtureOfExperts) -> None:
        super().__init__()
        self.ours = ours

    def forward(self, x: Tensor, padding: Tensor | None = None) -> tuple[Tensor, Tensor]:
        del padding
        ours = self.ours
        tokens = x.flatten(0, -2)
        logits = ours.router(tokens)
        if ours.noise is not None and self.training:
            logits = logits + torch.randn_like(logits) * nn.functional.softplus(ours.noise(tokens))
        weights, chosen = logits.topk(ours.top_k, dim=-1)
        weights = weights.softmax(dim=-1)
        mixed = torch.zeros_like(tokens)
        for expert in range(ours.experts):
            for choice in range(ours.top_k):
                rows = chosen[:, choice] == expert
                if rows.any():
                    inner = torch.relu(tokens[rows] @ ours.weight_in[expert] + ours.bias_in[expert])
                    output = inner @ ours.weight_out[expert] + ours.bias_out[expert]
                    mixed[rows] = mixed[rows] + weights[rows, choice, None] * output
        share = nn.functional.one_hot(chosen, ours.experts).float().sum(dim=1).mean(dim=0) / ours.top_k
        balance = ours.balance_weight * ours.experts * (share * logits.softmax(dim=-1).mean(dim=0)).sum()
        return mixed.view_as(x), balance


def plain_form(network: nn.Module, dropout: float = 0.1) -> nn.Module:
    """The network with its attention and experts replaced, in place, by their plain forms around the same weights."""
    for name, part in list(network.named_children()):
        if isinstance(part, SelfAttention):
            setattr(network, name, PlainAttention(part, dropout))
        elif isinstance(part, MixtureOfExperts):
            setattr(network, name, PlainExperts(part))
        else:
            plain_form(part, dropout)
    return network


def plain_losses(prediction: Prediction, expression: Tensor, position: Tensor, padding: Tensor) -> Tensor:
    """Expression error plus the error of all N x N distances, each matrix stored, plus the experts' balance."""
    pairs = padding[:, :, None] & padding[:, None, :]
    error = torch.cdist(prediction.position, prediction.position) - torch.cdist(position, position)
    distances = (error.square() * pairs).sum() / pairs.sum()
    scored = padding[..., None].expand_as(expression)
    return expression_loss(prediction.expression, expression, scored) + distances + prediction.auxiliary
