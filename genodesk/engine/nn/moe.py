"""A mixture of feed-forward experts: every token is sent to its few best experts and to no other.

Knows tokens and a padding mask only.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genodesk.core.errors import UserError


class MixtureOfExperts(nn.Module):
    """Experts of width hidden / experts; each token goes through the `top_k` that its router logits prefer.

    The outputs are weighted by the softmax over the chosen logits. The second value is the load balance loss
    balance_weight * E * sum_i f_i P_i (Fedus et al. 2021, eq. 4), f_i the share of assignments and P_i the mean router
    probability of expert i over real tokens: at equal load it is `balance_weight`.
    `noisy`: the router's logits get noise of learned size while training (Shazeer et al. 2017, eq. 4).
    """

    def __init__(
        self, width: int, hidden: int, *, experts: int, top_k: int, balance_weight: float = 0.01, noisy: bool = False
    ) -> None:
        super().__init__()
        if not 1 <= top_k <= experts:
            raise UserError(
                f"{top_k} experts per cell cannot be chosen out of {experts}.",
                "Set moe_top_k between 1 and num_experts.",
                "moe_top_k",
            )
        if hidden < experts:
            raise UserError(
                f"A feed-forward width of {hidden} cannot be divided among {experts} experts.",
                "Use fewer experts or a wider feed-forward layer.",
                "num_experts",
            )
        self.experts = experts
        self.top_k = top_k
        self.balance_weight = balance_weight
        inner = hidden // experts
        self.router = nn.Linear(width, experts, bias=False)
        self.noise = nn.Linear(width, experts, bias=False) if noisy else None
        self.weight_in = nn.Parameter(torch.empty(experts, width, inner).uniform_(-1, 1) * width**-0.5)
        self.bias_in = nn.Parameter(torch.empty(experts, inner).uniform_(-1, 1) * width**-0.5)
        self.weight_out = nn.Parameter(torch.empty(experts, inner, width).uniform_(-1, 1) * inner**-0.5)
        self.bias_out = nn.Parameter(torch.empty(experts, width).uniform_(-1, 1) * inner**-0.5)

    @property
    def idle_parameters(self) -> int:
        """Parameters of the experts that a token does not visit."""
        expert = (
            self.weight_in[0].numel() + self.bias_in[0].numel() + self.weight_out[0].numel() + self.bias_out[0].numel()
        )
        return expert * (self.experts - self.top_k)

    def forward(self, x: Tensor, padding: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """[..., width] -> the same shape and the load balance loss (a scalar). `padding` [...] is True for real tokens.

        Padded tokens visit no expert, get zeros and do not count for the load balance.
        """
        tokens = x.flatten(0, -2) if padding is None else x[padding]
        logits = self.router(tokens)
        if self.noise is not None and self.training:
            logits = logits + torch.randn_like(logits) * F.softplus(self.noise(tokens))
        weights, chosen = logits.topk(self.top_k, dim=-1)
        weights = weights.softmax(dim=-1)
        mixed = self._through_experts(tokens, weights, chosen)

        share = torch.bincount(chosen.flatten(), minlength=self.experts) / chosen.numel()
        balance = self.balance_weight * self.experts * (share * logits.softmax(dim=-1).mean(dim=0)).sum()
        if padding is None:
            return mixed.view_as(x), balance
        return torch.zeros_like(x).masked_scatter(padding.unsqueeze(-1), mixed), balance

    def _through_experts(self, tokens: Tensor, weights: Tensor, chosen: Tensor) -> Tensor:
        """Sort the (token, expert) pairs by expert, so that each expert is one matrix product over its own tokens."""
        order = chosen.flatten().argsort(stable=True)
        source = order // self.top_k
        counts = torch.bincount(chosen.flatten(), minlength=self.experts)
        sorted_tokens = tokens[source]
        if self._grouped_product_applies(tokens):
            outputs = self._grouped(sorted_tokens.bfloat16(), counts)
        else:
            outputs = self._split(sorted_tokens, counts)
        outputs = outputs * weights.flatten()[order].unsqueeze(-1)
        return torch.zeros_like(tokens).index_add(0, source, outputs.to(tokens.dtype))

    def _grouped_product_applies(self, tokens: Tensor) -> bool:
        """CUDA's grouped product takes bfloat16 rows of a multiple of 16 bytes."""
        autocast = torch.is_autocast_enabled("cuda") and torch.get_autocast_dtype("cuda") == torch.bfloat16
        aligned = self.weight_in.shape[1] % 8 == 0 and self.weight_in.shape[2] % 8 == 0
        return tokens.is_cuda and aligned and (autocast or tokens.dtype == torch.bfloat16)

    def _split(self, sorted_tokens: Tensor, counts: Tensor) -> Tensor:
        parts = []
        for expert, part in enumerate(sorted_tokens.split(counts.tolist())):
            inner = F.relu(torch.addmm(self.bias_in[expert], part, self.weight_in[expert]))
            parts.append(torch.addmm(self.bias_out[expert], inner, self.weight_out[expert]))
        return torch.cat(parts)

    def _grouped(self, sorted_tokens: Tensor, counts: Tensor) -> Tensor:
        """The same as `_split` in two grouped products and without waiting for the counts on the host."""
        kind = sorted_tokens.dtype
        ends = counts.cumsum(0).to(torch.int32)
        expert = torch.repeat_interleave(counts, output_size=len(sorted_tokens))
        inner = F.relu(F.grouped_mm(sorted_tokens, self.weight_in.to(kind), offs=ends) + self.bias_in.to(kind)[expert])
        return F.grouped_mm(inner, self.weight_out.to(kind), offs=ends) + self.bias_out.to(kind)[expert]
