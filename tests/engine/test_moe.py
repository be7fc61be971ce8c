"""Experts: the sorted form against one token at a time, padding, and the load balance."""

import pytest
import torch
import torch.nn.functional as F

from genodesk.core.errors import UserError
from genodesk.engine.nn.moe import MixtureOfExperts


def _one_token_at_a_time(moe: MixtureOfExperts, tokens: torch.Tensor) -> torch.Tensor:
    rows = []
    for token in tokens:
        logits = moe.router(token)
        best = logits.argsort(descending=True)[: moe.top_k]
        shares = logits[best].softmax(0)
        parts = [
            F.relu(token @ moe.weight_in[e] + moe.bias_in[e]) @ moe.weight_out[e] + moe.bias_out[e]
            for e in best.tolist()
        ]
        rows.append(sum(share * part for share, part in zip(shares, parts, strict=True)))
    return torch.stack(rows)


@pytest.mark.parametrize(("experts", "top_k"), [(4, 1), (4, 2), (8, 2), (3, 3)])
def test_sorted_experts_equal_one_token_at_a_time(experts, top_k):
    moe = MixtureOfExperts(8, 24, experts=experts, top_k=top_k)
    x = torch.randn(2, 13, 8)
    mixed, _ = moe(x)
    torch.testing.assert_close(mixed.flatten(0, 1), _one_token_at_a_time(moe, x.flatten(0, 1)), atol=1e-5, rtol=1e-5)


def test_gradients_equal_one_token_at_a_time():
    moe = MixtureOfExperts(8, 16, experts=4, top_k=2)
    x = torch.randn(1, 9, 8)
    moe(x)[0].square().sum().backward()
    fast = [p.grad.clone() for p in moe.parameters()]
    moe.zero_grad()
    _one_token_at_a_time(moe, x[0]).square().sum().backward()
    for ours, plain in zip(fast, moe.parameters(), strict=True):
        torch.testing.assert_close(ours, plain.grad, atol=1e-4, rtol=1e-4)


def test_the_grouped_product_equals_the_split_loop():
    moe = MixtureOfExperts(16, 64, experts=4, top_k=2).bfloat16()
    tokens = torch.randn(10, 16, dtype=torch.bfloat16)
    counts = torch.tensor([3, 0, 5, 2])
    torch.testing.assert_close(moe._grouped(tokens, counts), moe._split(tokens, counts), atol=2e-2, rtol=2e-2)


def test_padded_tokens_get_zeros_and_do_not_count():
    moe = MixtureOfExperts(8, 16, experts=4, top_k=2)
    x = torch.randn(2, 10, 8)
    padding = torch.ones(2, 10, dtype=torch.bool)
    padding[:, 6:] = False
    mixed, balance = moe(torch.where(padding[..., None], x, 1e5), padding)
    alone, balance_alone = moe(x[:, :6])
    assert torch.equal(mixed[:, :6], alone)
    assert not mixed[:, 6:].any()
    assert torch.equal(balance, balance_alone)


def test_load_balance_is_its_weight_at_equal_load_and_grows_to_the_number_of_experts():
    moe = MixtureOfExperts(4, 8, experts=4, top_k=1, balance_weight=0.5)
    with torch.no_grad():
        moe.router.weight.copy_(torch.eye(4) * 50)
    assert moe(torch.eye(4)[None])[1].item() == pytest.approx(0.5, rel=1e-5)
    assert moe(torch.eye(4)[[0, 0, 0, 0]][None])[1].item() == pytest.approx(2.0, rel=1e-5)


def test_router_noise_is_for_training_only():
    moe = MixtureOfExperts(8, 16, experts=4, top_k=2, noisy=True)
    x = torch.randn(1, 50, 8)
    assert not torch.equal(moe(x)[0], moe(x)[0])
    moe.eval()
    assert torch.equal(moe(x)[0], moe(x)[0])


@pytest.mark.parametrize(("experts", "top_k"), [(2, 3), (4, 0)])
def test_impossible_choices_are_refused(experts, top_k):
    with pytest.raises(UserError, match="cannot be chosen"):
        MixtureOfExperts(8, 16, experts=experts, top_k=top_k)
