"""The network: sizes of the published one, plain GET at the start, and nothing declared that the output ignores."""

import pytest
import torch
import torch.nn.functional as F
from tiny_yeast import CLASSES, random_conditions, random_regions, tiny_network

from genodesk.workflows.get_yeast.blocks import Attention, DropPath
from genodesk.workflows.get_yeast.conditions import CATEGORIES, NUMBERS
from genodesk.workflows.get_yeast.film import Conditions
from genodesk.workflows.get_yeast.inputs import RegionTensors
from genodesk.workflows.get_yeast.model import (
    GetSizes,
    MaskedRegionModel,
    RegionModel,
    count_parameters,
)
from genodesk.workflows.get_yeast.network import region_sizes
from genodesk.workflows.get_yeast.settings import ModelShape

BASE = ModelShape(network="get-base")


@pytest.mark.parametrize(("inputs", "parameters"), [(283, 85_267_202), (236, 85_231_106)])
def test_get_base_has_the_published_number_of_parameters(inputs, parameters):
    with torch.device("meta"):
        model = RegionModel(region_sizes(BASE, inputs, outputs=2))
    assert count_parameters(model) == (parameters, parameters)
    assert len(model.state_dict()) == 163


def test_the_pretraining_model_has_the_published_number_of_parameters():
    with torch.device("meta"):
        model = MaskedRegionModel(region_sizes(BASE, 283, outputs=283))
    assert count_parameters(model)[0] == 85_484_059


def test_keys_have_no_bias_and_queries_and_values_have():
    names = dict(Attention(8, 2).named_parameters())
    assert set(names) == {"qkv.weight", "q_bias", "v_bias", "proj.weight", "proj.bias"}


def test_attention_is_softmax_of_scaled_dot_products_with_those_biases():
    torch.manual_seed(0)
    attention = Attention(8, 2)
    torch.nn.init.normal_(attention.q_bias)
    torch.nn.init.normal_(attention.v_bias)
    x = torch.randn(2, 5, 8)
    query, key, value = F.linear(x, attention.qkv.weight).chunk(3, dim=-1)
    heads = [
        part.view(2, 5, 2, 4).transpose(1, 2) for part in (query + attention.q_bias, key, value + attention.v_bias)
    ]
    weights = torch.softmax(heads[0] @ heads[1].transpose(-2, -1) / 2, dim=-1)
    expected = attention.proj((weights @ heads[2]).transpose(1, 2).reshape(2, 5, 8))
    torch.testing.assert_close(attention(x), expected)


def test_the_untouched_network_with_conditions_is_plain_get_under_every_condition():
    network, regions = tiny_network().eval(), random_regions()
    inputs = torch.cat([regions.motifs, regions.accessibility[0].unsqueeze(-1), regions.place], dim=-1)
    plain = network.region(inputs)[..., 0]
    for told in network(regions, random_conditions()):
        torch.testing.assert_close(told, plain)


@pytest.fixture(scope="module")
def after_two_steps():
    """A network that was updated twice towards something its inputs do not explain."""
    network, regions, conditions = tiny_network(), random_regions(), random_conditions()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    target = torch.rand(4, 3, 6, generator=torch.Generator().manual_seed(3)) * 3
    for _ in range(2):
        optimiser.zero_grad()
        F.mse_loss(network(regions, conditions), target).backward()
        optimiser.step()
    return network.eval()


def test_every_declared_number_reaches_the_output(after_two_steps):
    conditions = random_conditions()
    numbers = conditions.numbers.clone().requires_grad_()
    mask = conditions.mask.clone().requires_grad_()
    after_two_steps(random_regions(), Conditions(conditions.categories, numbers, mask)).square().sum().backward()
    for place, name in enumerate(NUMBERS):
        assert numbers.grad[:, place].abs().min() > 0, name
        assert mask.grad[:, place].abs().min() > 0, name


def test_every_declared_class_reaches_the_output(after_two_steps):
    after_two_steps.zero_grad()
    everything = torch.stack([torch.arange(max(CLASSES)) % number for number in CLASSES], dim=1)
    conditions = Conditions(everything, torch.zeros(4, 8), torch.zeros(4, 8))
    after_two_steps(random_regions(), conditions).square().sum().backward()
    for name, table in zip(CATEGORIES, after_two_steps.condition.embeddings, strict=True):
        assert (table.weight.grad.abs().amax(dim=1) > 0).all(), name


def test_every_motif_the_accessibility_and_the_place_reach_the_output(after_two_steps):
    regions = random_regions()
    parts = [part.clone().requires_grad_() for part in (regions.motifs, regions.place, regions.accessibility)]
    after_two_steps(RegionTensors(*parts), random_conditions()).square().sum().backward()
    motifs, place, accessibility = (part.grad.abs() for part in parts)
    assert (motifs.amax(dim=(0, 1)) > 0).all()
    assert (place.amax(dim=(0, 1)) > 0).all()
    assert (accessibility > 0).all()


def test_a_condition_is_predicted_alike_alone_and_among_others(after_two_steps):
    conditions = random_conditions()
    together = after_two_steps(random_regions(), conditions)
    alone = after_two_steps(random_regions(), conditions.take(torch.tensor([2])))
    assert together.shape == (4, 3, 6)
    torch.testing.assert_close(alone[0], together[2])
    assert not torch.allclose(together[0], together[2])


def test_accessibility_can_differ_between_samples(after_two_steps):
    regions, conditions = random_regions(), random_conditions()
    repeated = RegionTensors(regions.motifs, regions.place, regions.accessibility.repeat(4, 1, 1))
    torch.testing.assert_close(after_two_steps(repeated, conditions), after_two_steps(regions, conditions))
    closed = repeated.accessibility.clone()
    closed[1] = 0
    told = after_two_steps(RegionTensors(regions.motifs, regions.place, closed), conditions)
    same = after_two_steps(regions, conditions)
    torch.testing.assert_close(told[[0, 2, 3]], same[[0, 2, 3]])
    assert (told[1] - same[1]).abs().max() > 1e-4


def test_padding_changes_nothing_for_the_regions_of_a_window(after_two_steps):
    regions, conditions = random_regions(), random_conditions()
    alone = after_two_steps(
        RegionTensors(regions.motifs[:, :4], regions.place[:, :4], regions.accessibility[:, :, :4]), conditions
    )
    real = torch.tensor([True] * 4 + [False] * 2).repeat(3, 1)
    torch.testing.assert_close(after_two_steps(regions, conditions, real)[:, :, :4], alone)


def test_neighbours_matter_and_other_windows_do_not(after_two_steps):
    regions, conditions = random_regions(), random_conditions()
    before = after_two_steps(regions, conditions)
    motifs = regions.motifs.clone()
    motifs[0, 0] += 1
    after = after_two_steps(regions.with_motifs(motifs), conditions)
    assert (after[:, 0, 1:] != before[:, 0, 1:]).any()
    assert torch.equal(after[:, 1:], before[:, 1:])


def test_a_window_is_embedded_once_however_many_conditions():
    network = tiny_network()
    seen = []
    separately = network.region.region_embed.separately
    network.region.region_embed.separately = lambda regions: seen.append(separately(regions)) or seen[-1]
    network(random_regions(), random_conditions(9))
    assert [tuple(embedded.shape) for embedded in seen] == [(1, 3, 6, 16)]


def test_drop_path_leaves_out_whole_examples_while_training_only():
    torch.manual_seed(0)
    layer, x = DropPath(0.5), torch.ones(200, 3, 2)
    kept = layer.train()(x)
    assert {tuple(row.flatten().tolist()) for row in kept} == {(0.0,) * 6, (2.0,) * 6}
    assert layer.eval()(x) is x


def test_plain_get_tells_every_output_of_every_region():
    assert RegionModel(GetSizes(8, 16, 1, 2, 32, 2))(torch.rand(3, 6, 8)).shape == (3, 6, 2)
