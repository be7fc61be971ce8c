"""The adapter has the parameters of the paper and of the released checkpoints, and speaks as loudly as words do."""

import pytest
import torch

from genodesk.workflows.genechat.adapter import GeneAdapter


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameters_of_both_layouts_for_a_language_model_of_5120():
    with torch.device("meta"):
        paper, released = GeneAdapter(768, 5120), GeneAdapter(768, 5120, "released")
    assert count(paper.pool) == 196_864
    assert count(paper.adapter) == 1_310_720
    assert count(paper.norm) == 10_240
    assert count(paper) == 196_864 + 1_310_720 + 10_240 + 1
    assert count(released) == count(released.projection) == 3_937_280


@pytest.mark.parametrize("layout", ["paper", "released"])
def test_windows_become_as_many_vectors_of_the_language_models_width(layout):
    adapter = GeneAdapter(12, 20, layout).eval()
    windows = torch.randn(2, 7, 12)
    out = adapter(windows)
    assert out.shape == (2, 7, 20)
    torch.testing.assert_close(adapter(windows[1]), out[1])


def test_windows_are_as_long_as_the_language_models_words():
    adapter = GeneAdapter(12, 64).eval()
    words = 0.02 * torch.randn(100, 64)
    adapter.match_norm(words)
    lengths = adapter(torch.randn(50, 12)).norm(dim=-1)
    torch.testing.assert_close(lengths, words.norm(dim=-1).mean().expand(50), rtol=0.02, atol=0)


@pytest.mark.parametrize("layout", ["paper", "released"])
def test_standardising_changes_nothing_until_it_is_set(layout):
    torch.manual_seed(0)
    plain = GeneAdapter(12, 20, layout).eval()
    genes = [3 + 5 * torch.randn(windows, 12) for windows in (4, 9)]
    every = torch.cat(genes)
    before = plain(every)
    same = GeneAdapter(12, 20, layout).eval()
    same.load_state_dict(plain.state_dict())
    same.standardise(genes)
    torch.testing.assert_close(plain(every), before)
    standard = (every - every.mean(dim=0)) / every.std(dim=0, correction=0)
    torch.testing.assert_close(same(every), plain(standard), rtol=1e-4, atol=1e-5)


def test_standardising_never_holds_all_windows_a_second_time(monkeypatch):
    monkeypatch.setattr(torch, "cat", lambda *_, **__: pytest.fail("genes are summed up one by one"))
    adapter = GeneAdapter(3, 4)
    adapter.standardise([torch.full((2, 3), 1e4), torch.full((6, 3), 1e4 + 4)])
    assert adapter.mean.tolist() == [1e4 + 3] * 3
    torch.testing.assert_close(adapter.spread, torch.full((3,), 3**0.5))


def test_a_number_that_never_varies_stays_finite():
    adapter = GeneAdapter(3, 4).eval()
    adapter.standardise([torch.ones(5, 3)])
    assert adapter(torch.ones(2, 3)).isfinite().all()


def test_every_parameter_is_reached_by_the_loss():
    for layout in ("paper", "released"):
        adapter = GeneAdapter(6, 8, layout)
        adapter(torch.randn(3, 6)).square().sum().backward()
        assert all(parameter.grad is not None for parameter in adapter.parameters())
