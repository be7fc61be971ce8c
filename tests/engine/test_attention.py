"""Attention over sets: the formulas, the padding, the memory."""

import math

import pytest
import torch

from genodesk.core.errors import UserError
from genodesk.engine.nn.attention import SelfAttention, linear_attention


def _inputs(members: int = 11, width: int = 16) -> torch.Tensor:
    return torch.randn(2, members, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", ["softmax", "linear"])
@pytest.mark.parametrize("gate", ["none", "headwise", "elementwise"])
def test_garbage_in_padded_members_changes_nothing(kind, gate):
    attention = SelfAttention(16, 4, kind=kind, gate=gate, qk_norm=True)
    x = _inputs()
    padding = torch.ones(2, 11, dtype=torch.bool)
    padding[0, 7:] = False
    spoiled = torch.where(padding[..., None], x, 1e4)
    assert torch.equal(attention(x, padding)[padding], attention(spoiled, padding)[padding])


@pytest.mark.parametrize("kind", ["softmax", "linear"])
def test_a_padded_set_gives_what_the_set_alone_gives(kind):
    attention = SelfAttention(16, 4, kind=kind, gate="headwise", qk_norm=True)
    x = _inputs()
    padding = torch.ones(2, 11, dtype=torch.bool)
    padding[:, 7:] = False
    torch.testing.assert_close(attention(x, padding)[:, :7], attention(x[:, :7]), atol=1e-6, rtol=0)


def test_softmax_attention_is_the_textbook_formula():
    attention = SelfAttention(16, 4, gate="headwise", qk_norm=True)
    x = _inputs()
    query, key, value = (part.view(2, 11, 4, 4).transpose(1, 2) for part in attention.qkv(x).chunk(3, dim=-1))
    query = query / (query.square().mean(-1, keepdim=True) + torch.finfo(torch.float32).eps).sqrt()
    key = key / (key.square().mean(-1, keepdim=True) + torch.finfo(torch.float32).eps).sqrt()
    mixed = (query @ key.transpose(-2, -1) / math.sqrt(4)).softmax(-1) @ value
    mixed = mixed.transpose(1, 2) * torch.sigmoid(attention.gate(x))[..., None]
    torch.testing.assert_close(attention(x), attention.out(mixed.flatten(2)), atol=1e-5, rtol=1e-5)


def test_linear_attention_is_the_kernel_sum_of_its_paper():
    query, key, value = torch.randn(3, 1, 2, 9, 4, generator=torch.Generator().manual_seed(1))
    weights = (torch.nn.functional.elu(query) + 1) @ (torch.nn.functional.elu(key) + 1).transpose(-2, -1)
    expected = weights / weights.sum(-1, keepdim=True) @ value
    torch.testing.assert_close(linear_attention(query, key, value), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("gate", "parameters"), [("none", 0), ("headwise", 16 * 4 + 4), ("elementwise", 16 * 16 + 16)])
def test_a_gate_costs_one_output_per_head_or_channel(gate, parameters):
    plain = sum(p.numel() for p in SelfAttention(16, 4).parameters())
    assert sum(p.numel() for p in SelfAttention(16, 4, gate=gate).parameters()) == plain + parameters


def test_a_closed_gate_lets_nothing_through():
    attention = SelfAttention(16, 4, gate="headwise")
    torch.nn.init.zeros_(attention.gate.weight)
    torch.nn.init.constant_(attention.gate.bias, -100.0)
    torch.testing.assert_close(attention(_inputs()), attention.out.bias.expand(2, 11, 16))


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(UserError, match="not divisible by 5"):
        SelfAttention(16, 5)
