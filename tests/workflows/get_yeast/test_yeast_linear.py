"""The linear model the network starts from: finds what is linear, is held back as others tell, and becomes its skip."""

import numpy as np
import pytest
import torch
from tiny_yeast import CLASSES, random_conditions, random_regions, tiny_network

from genodesk.workflows.get_yeast.film import design, design_width
from genodesk.workflows.get_yeast.inputs import RegionTensors
from genodesk.workflows.get_yeast.ridge import HeldBack, fit_linear


def test_the_linear_model_finds_a_bilinear_truth():
    rng = np.random.default_rng(0)
    regions = np.concatenate([np.ones((200, 1)), rng.random((200, 6))], axis=1)
    conditions = np.concatenate([np.ones((20, 1)), rng.normal(size=(20, 3))], axis=1)
    weights = rng.normal(size=(7, 4))
    truth = conditions @ weights.T @ regions.T
    known = rng.random(truth.shape) < 0.8
    known[:, 150:] = False
    made_model = fit_linear(
        regions, conditions, np.logaddexp(0, truth), known, np.arange(200) // 20, np.arange(20), rank=4
    )
    told = conditions @ made_model.conditions @ made_model.regions.T @ regions.T
    assert np.corrcoef(told[:, 150:].ravel(), truth[:, 150:].ravel())[0, 1] > 0.97


def test_it_tells_other_regions_by_what_they_are_like_at_large_where_that_helps():
    regions, conditions = many_regions(), np.ones((3, 1))
    network = tiny_network(motifs=40)
    network.skip.set_scale(regions)
    columns = network.skip.linear_columns(regions).numpy()
    rich = np.log1p(regions.motifs.sum(dim=-1).numpy())
    wide = regions.place[:, 0].numpy()
    # Neither which motifs a region bears nor its width alone tells what they do together.
    together = 3 * np.exp(-((wide - 1) ** 2)) * (rich > np.median(rich))
    alone = regions.motifs.numpy() @ np.random.default_rng(1).normal(size=40)
    for truth, helps in ((together, True), (alone + 4, False)):
        expression = np.repeat(np.logaddexp(0, truth)[None], 3, axis=0)
        known = np.ones(expression.shape, dtype=bool)
        known[:, 600:] = False
        fit = (columns, conditions, expression, known, np.arange(800) // 50, np.arange(3))
        made = fit_linear(*fit, rank=1, at_large=network.skip.at_large)
        told = conditions @ made.conditions @ made.regions.T @ columns.T
        assert np.corrcoef(told[0, 600:], truth[600:])[0, 1] > 0.85
        assert (made.held_back.height > 0) is helps


def test_it_is_held_back_as_it_is_told_to():
    rng = np.random.default_rng(0)
    regions, expression = rng.random((40, 5)), rng.random((3, 40)) + 1
    regions[:, 0] = 1
    fit = regions, np.ones((3, 1)), expression, np.ones((3, 40), dtype=bool), np.arange(40) // 10, np.arange(3), 1, 0
    spreads = []
    for strength in (0.01, 1000.0):
        made = fit_linear(*fit, HeldBack(strength))
        spreads.append((regions @ made.regions @ made.conditions.T).std())
        assert made.held_back.strength == strength
    assert spreads[1] < 0.05 * spreads[0]


@pytest.mark.parametrize("cultures", [1, 4])
def test_the_network_says_what_the_linear_model_said(cultures):
    network, regions, conditions = tiny_network(), random_regions(), random_conditions()
    regions = RegionTensors(regions.motifs, regions.place, regions.accessibility.repeat(cultures, 1, 1))
    network.skip.set_scale(regions)
    columns = network.skip.linear_columns(regions)
    generator = torch.Generator().manual_seed(0)
    factors = [torch.randn(width, 4, generator=generator) for width in (columns.shape[-1], design_width(CLASSES))]
    network.skip.set_linear(*factors)
    linear, learned = network.parts(regions, conditions)
    expected = torch.einsum("nwk,sk->snw", columns @ factors[0], design(conditions, CLASSES) @ factors[1])
    torch.testing.assert_close(linear, expected, rtol=1e-4, atol=1e-4)
    network.share.zero_()
    torch.testing.assert_close(network(regions, conditions), torch.nn.functional.softplus(linear))
    assert learned.shape == linear.shape


def test_losing_a_motif_also_changes_what_a_region_is_like_at_large():
    network, regions = tiny_network(), random_regions()
    network.skip.set_scale(regions)
    network.skip.fixed_bumps.fill_(0.1)
    network.skip.fixed_conditions.fill_(0.1)
    motifs = regions.motifs.clone().requires_grad_()
    linear, _ = network.parts(regions.with_motifs(motifs), random_conditions())
    linear.sum().backward()
    assert (motifs.grad.abs() > 0).all()


def many_regions() -> RegionTensors:
    generator = torch.Generator().manual_seed(0)
    borne = torch.rand(800, 40, generator=generator) < 0.05 + 0.3 * torch.rand(800, 1, generator=generator)
    return RegionTensors(
        borne * torch.rand(800, 40, generator=generator),
        torch.randn(800, 2, generator=generator),
        torch.rand(1, 800, generator=generator),
    )
