"""Losses: what they do not see (turning, padding, batching) and what they do."""

import math

import pytest
import torch

from genodesk.workflows.alphastomics.losses import (
    LossWeights,
    denoising_losses,
    distance_loss,
    draw_partners,
    expression_loss,
)
from genodesk.workflows.alphastomics.masking import Masks
from genodesk.workflows.alphastomics.model import Prediction


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _slice(cells: int = 60, seed: int = 0) -> torch.Tensor:
    return torch.randn(1, cells, 3, generator=_generator(seed))


def _real(cells: int = 60) -> torch.Tensor:
    return torch.ones(1, cells, dtype=torch.bool)


def test_distances_do_not_see_turning_mirroring_or_moving():
    clean = _slice()
    angle = math.radians(40)
    turn = torch.tensor([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, -1]])
    assert distance_loss(clean @ turn + 5, clean, _real()) < 1e-10
    assert distance_loss(clean * 1.5, clean, _real()) > 0.1


def test_all_pairs_give_the_mean_over_off_diagonal_pairs():
    clean, predicted = _slice(), _slice(seed=1)
    error = (torch.cdist(predicted, predicted) - torch.cdist(clean, clean)).square()
    expected = error.sum() / (60 * 59)
    torch.testing.assert_close(distance_loss(predicted, clean, _real()), expected, atol=1e-5, rtol=1e-4)


def test_padding_and_the_company_of_other_slices_do_not_change_a_loss():
    clean, predicted = _slice(), _slice(seed=1)
    alone = distance_loss(predicted, clean, _real())
    spare = torch.full((1, 40, 3), 77.0)
    padding = torch.cat([_real(), ~_real(40)], dim=1)
    longer = [torch.cat([part, spare], dim=1) for part in (predicted, clean)]
    torch.testing.assert_close(distance_loss(*longer, padding), alone)
    other = _slice(100, seed=2)
    batch = distance_loss(
        torch.cat([longer[0], other * 2]), torch.cat([longer[1], other]), torch.cat([padding, _real(100)])
    )
    # A mean over slices: any division of slices among ranks gives the same sum of gradients.
    torch.testing.assert_close(batch, (alone + distance_loss(other * 2, other, _real(100))) / 2)


def test_random_partners_estimate_the_full_matrix():
    clean, predicted = _slice(900), _slice(900, seed=1)
    full = distance_loss(predicted, clean, _real(900))
    partners = draw_partners(clean, _real(900), [0])
    torch.testing.assert_close(distance_loss(predicted, clean, _real(900), partners[..., :64]), full, rtol=0.02, atol=0)


def test_partners_are_other_real_cells_of_the_slice_and_include_the_true_neighbours():
    position = _slice(50)
    padding = _real(50).clone()
    padding[0, ::3] = False
    partners = draw_partners(position, padding, [0])
    assert partners.shape == (1, 50, 72)
    real = padding[0].nonzero().squeeze(1)
    assert padding[0][partners[0, real]].all()
    assert (partners[0, real] != real[:, None]).all()
    distance = torch.cdist(position[0, real], position[0, real])
    nearest = real[distance.argsort(dim=1)[:, 1:9]]
    assert torch.equal(partners[0, real, 64:].sort(dim=1).values, nearest.sort(dim=1).values)


def test_partners_follow_from_the_slice_s_own_seed_whatever_shares_its_batch():
    first, second = _slice(50), _slice(50, seed=1)
    alone = draw_partners(second, _real(50), [7])
    together = draw_partners(torch.cat([first, second]), torch.cat([_real(50)] * 2), [3, 7])
    assert torch.equal(together[1], alone[0])
    assert not torch.equal(draw_partners(second, _real(50), [8]), alone)


def test_gradients_are_finite_when_all_cells_fall_on_one_spot():
    predicted = torch.zeros(1, 20, 3, requires_grad=True)
    distance_loss(predicted, _slice(20), _real(20)).backward()
    assert predicted.grad.isfinite().all()


def test_expression_loss_is_a_mean_over_scored_values_then_slices():
    clean = torch.zeros(2, 3, 2)
    predicted = torch.ones(2, 3, 2)
    predicted[1] = 3
    scored = torch.ones(2, 3, 2, dtype=torch.bool)
    scored[1, 1:] = False
    assert expression_loss(predicted, clean, scored).item() == pytest.approx((1 + 9) / 2)


@pytest.mark.parametrize(
    ("mode", "expression", "position"), [("joint", 1, 1), ("expr_to_pos", 0, 1), ("pos_to_expr", 1, 0)]
)
def test_a_mode_scores_only_what_it_predicts_but_reaches_every_head(mode, expression, position):
    predicted_expression = torch.randn(1, 30, 4, generator=_generator(5)).requires_grad_()
    predicted_position = _slice(30, seed=6).requires_grad_()
    prediction = Prediction(predicted_expression, predicted_position, torch.tensor(0.25))
    losses = denoising_losses(prediction, torch.zeros(1, 30, 4), _slice(30), _real(30), mode=mode, seeds=[0])
    losses.total.backward()
    assert bool(losses.expression) == bool(predicted_expression.grad.any()) == bool(expression)
    assert bool(losses.position) == bool(predicted_position.grad.any()) == bool(position)
    assert losses.total.item() == pytest.approx((losses.expression + losses.position + 0.25).item())
    assert losses.parts()["balance_loss"] == 0.25


def test_hidden_values_are_judged_by_the_clean_ones_in_every_mode():
    clean_expression, clean_position = torch.randn(1, 30, 4, generator=_generator(5)), _slice(30)
    masks = Masks(torch.zeros(1, 30, 4, dtype=torch.bool), torch.zeros(1, 30, 3, dtype=torch.bool))
    masks.expression[0, 3, 2] = True
    masks.position[0, 7] = True

    def masked(expression: torch.Tensor, position: torch.Tensor) -> float:
        losses = denoising_losses(
            Prediction(expression, position, torch.tensor(0.0)), clean_expression, clean_position, _real(30),
            mode="expr_to_pos", seeds=[0], masks=masks, weights=LossWeights(masked=2.0),
        )  # fmt: skip
        assert losses.total.item() == pytest.approx((losses.position + 2 * losses.masked).item())
        return losses.masked.item()

    assert masked(clean_expression, clean_position) == 0
    wrong_value = clean_expression.clone()
    wrong_value[0, 3, 2] += 2
    assert masked(wrong_value, clean_position) == pytest.approx(4)
    wrong_elsewhere = clean_expression.clone()
    wrong_elsewhere[0, 4, 2] += 2
    assert masked(wrong_elsewhere, clean_position) == 0
    moved = clean_position.clone()
    moved[0, 7] += 1
    assert masked(clean_expression, moved) > 0.1
