"""Schedule, noise, the sampler on small and on large slices, alignment and consensus."""

import math
from dataclasses import replace

import pytest
import torch

from genodesk.core.errors import Stopped, UserError
from genodesk.workflows.alphastomics.consensus import align, consensus
from genodesk.workflows.alphastomics.denoiser import StandardNetwork
from genodesk.workflows.alphastomics.diffusion import Schedule, add_noise, reverse_step
from genodesk.workflows.alphastomics.model import ModelSizes, Prediction
from genodesk.workflows.alphastomics.sampler import Sampling, neighbourhoods, one_step, sample_slice

TINY = ModelSizes(
    genes=6, extra_inputs=1, expression_hidden=8, hidden_dim=16, time_hidden=8, time_dim=8, position_hidden=8, layers=1,
    heads=2, ffn_dim=16, expression_head=8, position_head=8,
)  # fmt: skip
FLAT = torch.tensor([True, True, False])


class Oracle(torch.nn.Module):
    """Knows the clean slice and returns it turned by 90 degrees: what a perfect network may do."""

    def __init__(self, expression: torch.Tensor, position: torch.Tensor) -> None:
        super().__init__()
        self.expression, self.position, self.calls = expression, position, []

    def forward(self, expression, position, time, padding, *, extra=None, axes=None) -> Prediction:
        self.calls.append((round(time.item(), 6), len(position[0]), extra))
        cells = torch.cdist(expression[0], self.expression).argmin(dim=1)
        turned = self.position[cells][:, [1, 0, 2]]
        return Prediction(expression, (turned - turned.mean(0))[None], torch.zeros(()))


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _tissue(cells: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    position = torch.randn(cells, 3, generator=_generator(1)) * FLAT
    return torch.randn(cells, 6, generator=_generator(2)), position - position.mean(0)


def _network() -> StandardNetwork:
    torch.manual_seed(0)
    return StandardNetwork(TINY)


def _same_shape(first: torch.Tensor, second: torch.Tensor) -> float:
    """The largest difference between the distances of any two cells."""
    first, second = first.double(), second.double()
    return (torch.cdist(first, first) - torch.cdist(second, second)).abs().max().item()


@pytest.mark.parametrize("nu", [1.0, 2.0])
def test_the_signal_is_the_clamped_cosine_of_its_formula(nu):
    signal = Schedule(timesteps=1000, nu_position=nu).position

    def f(i: int) -> float:
        return math.cos(math.pi / 2 * ((i / 1002) ** nu + 0.008) / 1.008) ** 2

    for t in (1, 10, 500, 999):
        assert signal[t].item() == pytest.approx(f(t) / f(0), rel=1e-9)
    assert signal[0] == 1
    assert 0 < signal[1000] < 1e-3
    assert (signal.diff() < 0).all()


def test_beta_is_clamped():
    assert Schedule(timesteps=1, nu_position=1e-3).position[1].item() == pytest.approx(1 - 0.9999, rel=0.5)


def test_noise_has_the_schedule_s_size_and_keeps_padding_axes_and_the_centre():
    schedule = Schedule()
    padding = torch.ones(2, 4000, dtype=torch.bool)
    padding[1, 3000:] = False
    axes = torch.tensor([[True, True, False], [True, True, True]])
    nothing = torch.zeros(2, 4000, 3)
    times = torch.tensor([600, 1000])
    noisy = add_noise(
        schedule, torch.zeros(2, 4000, 5), nothing, padding, times, mode="joint", generator=_generator(), axes=axes
    )
    expected = (1 - schedule.position[times].square()).sqrt()
    assert noisy.position[0, :, :2].std().item() == pytest.approx(expected[0].item(), rel=0.03)
    assert noisy.expression[1].std().item() == pytest.approx(expected[1].item(), rel=0.03)
    assert not noisy.position[0, :, 2].any()
    assert not noisy.position[1, 3000:].any()
    assert noisy.position.mean(dim=1).abs().max() < 1e-6
    assert noisy.time.tolist() == pytest.approx([0.6, 1.0])


def test_a_mode_noises_only_what_it_predicts_and_hides_what_would_tell():
    expression, position = _tissue()
    padding, extra = torch.ones(1, 40, dtype=torch.bool), torch.ones(1, 40, 1)

    def noisy(mode):
        return add_noise(
            Schedule(), expression[None], position[None], padding, torch.tensor([700]),
            mode=mode, generator=_generator(), extra=extra,
        )  # fmt: skip

    for mode, same_expression, same_position in [
        ("joint", False, False), ("expr_to_pos", True, False), ("pos_to_expr", False, True)
    ]:  # fmt: skip
        assert torch.equal(noisy(mode).expression[0], expression) is same_expression
        assert torch.equal(noisy(mode).position[0], position) is same_position
        assert bool(noisy(mode).extra.any()) is (mode == "expr_to_pos")


def test_the_ancestral_step_keeps_the_forward_distribution():
    signal = Schedule().position
    clean = torch.full((200_000,), 0.7)
    noise = torch.randn(2, 200_000, generator=_generator())
    now, then = 700, 300
    noisy = signal[now] * clean + (1 - signal[now] ** 2).sqrt() * noise[0]
    earlier = reverse_step(noisy, clean, signal, now, then=then, noise=noise[1])
    assert earlier.mean().item() == pytest.approx(0.7 * signal[then].item(), abs=0.01)
    assert earlier.std().item() == pytest.approx((1 - signal[then] ** 2).sqrt().item(), rel=0.01)
    deterministic = reverse_step(noisy, clean, signal, now, then=then, noise=None)
    assert deterministic.std().item() == pytest.approx((1 - signal[then] ** 2).sqrt().item(), rel=0.01)


@pytest.mark.parametrize("steps", [1, 7, 30, 1000])
def test_exactly_the_asked_number_of_steps_is_made(steps):
    times = Schedule().sampling_times(steps)
    assert (len(times), times[0], times[-1]) == (steps + 1, 1000, 0)
    assert len(set(times)) == steps + 1


@pytest.mark.parametrize("steps", [0, 1001])
def test_an_impossible_number_of_steps_is_refused(steps):
    with pytest.raises(UserError, match="sampling steps"):
        Schedule().sampling_times(steps)


@pytest.mark.parametrize("deterministic", [False, True])
def test_a_perfect_network_s_slice_is_recovered_though_it_turns_every_answer(deterministic):
    expression, position = _tissue()
    oracle = Oracle(expression, position)
    seen = []
    sampling = Sampling(mode="expr_to_pos", steps=5, deterministic=deterministic)
    sample = sample_slice(
        oracle, sampling, expression, torch.zeros_like(position), _generator(), axes=FLAT,
        callback=lambda done, total, part: seen.append((done, total, part.position.shape)),
    )  # fmt: skip
    assert _same_shape(sample.position, position) < 1e-4
    assert not sample.position[:, 2].any()
    assert [time for time, _, _ in oracle.calls] == [1.0, 0.8, 0.6, 0.4, 0.2]
    assert seen == [(n, 5, (40, 3)) for n in range(1, 6)]


@pytest.mark.parametrize("mode", ["joint", "expr_to_pos", "pos_to_expr"])
@pytest.mark.parametrize("max_cells", [1000, 100])
def test_the_same_seed_gives_the_same_sample_and_what_is_given_stays(mode, max_cells):
    expression, position = _tissue(240)
    sampling = Sampling(mode=mode, steps=2, max_cells=max_cells, anchors=32, chunk=64)

    def sample(seed):
        extra = torch.ones(240, 1)
        return sample_slice(_network(), sampling, expression, position, _generator(seed), extra=extra, axes=FLAT)

    first, again, other = sample(0), sample(0), sample(1)
    assert torch.equal(first.position, again.position)
    assert torch.equal(first.expression, again.expression)
    assert torch.equal(first.expression, expression) is (mode == "expr_to_pos")
    assert torch.allclose(first.position, position, atol=1e-6) is (mode == "pos_to_expr")
    assert not (torch.equal(first.position, other.position) and torch.equal(first.expression, other.expression))
    assert first.position.mean(0).abs().max() < 1e-5
    assert first.expression.isfinite().all()
    assert first.position.isfinite().all()


def test_what_is_asked_for_is_never_read():
    expression, position = _tissue()
    for mode in ("expr_to_pos", "pos_to_expr", "joint"):
        sampling = Sampling(mode=mode, steps=2)
        results = []
        for spoil in (0.0, 50.0):
            given_expression = expression if mode == "expr_to_pos" else expression + spoil
            given_position = position if mode == "pos_to_expr" else position * (1 + spoil)
            extra = torch.ones(40, 1) if mode == "expr_to_pos" else torch.full((40, 1), spoil)
            results.append(
                sample_slice(_network(), sampling, given_expression, given_position, _generator(), extra=extra)
            )
        assert torch.equal(results[0].position, results[1].position)
        assert torch.equal(results[0].expression, results[1].expression)


def test_a_large_slice_is_placed_in_one_frame_through_its_anchors():
    expression, position = _tissue(700)
    oracle = Oracle(expression, position)
    sampling = Sampling(mode="expr_to_pos", steps=3, max_cells=200, anchors=50, chunk=100)
    sample = sample_slice(oracle, sampling, expression, torch.zeros_like(position), _generator(), axes=FLAT)
    assert _same_shape(sample.position, position) < 1e-3
    assert max(cells for _, cells, _ in oracle.calls) <= 150


def test_one_step_is_a_single_call_at_full_noise():
    expression, position = _tissue()
    oracle = Oracle(expression, position)
    sample = one_step(oracle, Sampling(mode="expr_to_pos"), expression, position, _generator(), axes=FLAT)
    assert [time for time, _, _ in oracle.calls] == [1.0]
    assert _same_shape(sample.position, position) < 1e-4


def test_sampling_stops_where_asked_and_leaves_the_network_in_training():
    expression, position = _tissue()
    network = _network().train()
    calls = []
    with pytest.raises(Stopped):
        sample_slice(
            network, Sampling(mode="joint", steps=10), expression, position, _generator(), extra=torch.zeros(40, 1),
            callback=lambda done, total, part: calls.append(done), should_stop=lambda: len(calls) == 3,
        )  # fmt: skip
    assert calls == [1, 2, 3]
    assert network.training


def test_neighbourhoods_hold_every_cell_once_and_similar_cells_together():
    centres = torch.randn(8, 5, generator=_generator()) * 20
    cells = centres.repeat_interleave(50, dim=0) + torch.randn(400, 5, generator=_generator(1))
    groups = neighbourhoods(cells, 60)
    assert torch.cat(groups).sort().values.tolist() == list(range(400))
    assert max(len(group) for group in groups) <= 60
    within = sum(cells[group].var(dim=0).sum() for group in groups) / len(groups)
    assert within < 0.5 * cells.var(dim=0).sum()


def test_alignment_undoes_turning_mirroring_and_moving():
    _, position = _tissue()
    moved = position[:, [1, 0, 2]] * torch.tensor([1.0, -1.0, 1.0]) + 3
    torch.testing.assert_close(align(moved, position), position, atol=1e-5, rtol=0)
    mirrored = position * torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(align(mirrored, position), position, atol=1e-5, rtol=0)


@pytest.mark.parametrize("landmarks", [40, 300])
def test_the_consensus_of_turned_copies_is_the_slice_and_spread_tells_the_noisy_cells(landmarks):
    _, position = _tissue(300)
    quiet = [position, position[:, [1, 0, 2]], position * torch.tensor([-1.0, 1.0, 1.0])]
    place, spread = consensus(quiet, _generator(), landmarks)
    assert _same_shape(place, position) < 1e-3
    assert spread.max() < 1e-3
    assert not place[:, 2].any()
    wobble = torch.zeros(300, 1)
    wobble[:30] = 0.5
    noisy = [sample + FLAT * wobble * torch.randn(300, 3, generator=_generator(n)) for n, sample in enumerate(quiet)]
    _, spread = consensus(noisy, _generator(), landmarks)
    assert spread[:30].mean() > 5 * spread[30:].mean()


def test_full_noise_may_be_trained_more_often():
    times = Schedule().draw_times(4000, _generator(), at_full_noise=0.5)
    assert (times == 1000).float().mean().item() == pytest.approx(0.5, abs=0.03)
    assert times.min() >= 1
    assert replace(Schedule(), timesteps=10).draw_times(100, _generator()).max() == 10
