"""LoRA trains its additions and what is new, nothing else; merged, the network is plain again."""

import copy

import torch
import torch.nn.functional as F
from tiny_yeast import random_conditions, random_regions, tiny_network

from genodesk.workflows.get_yeast.lora import adapter_tensors, add_lora, merge_lora, trainable_share
from genodesk.workflows.get_yeast.model import count_parameters

ADAPTED = [
    f"region.blocks.{block}.{layer}.lora_{side}.default.weight"
    for block in range(2)
    for layer in ("attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")
    for side in "AB"
]


def trained(steps: int = 2):
    network = tiny_network()
    add_lora(network, rank=2, alpha=4.0)
    optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.5)
    target = torch.rand(4, 3, 6, generator=torch.Generator().manual_seed(3)) * 3
    for _ in range(steps):
        optimiser.zero_grad()
        F.mse_loss(network(random_regions(), random_conditions()), target).backward()
        optimiser.step()
    return network.eval()


def test_exactly_the_adapters_and_the_new_modules_are_trainable():
    network = tiny_network()
    new = [name for name, _ in network.named_parameters() if not name.startswith("region.")]
    add_lora(network, rank=2, alpha=4.0)
    names = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    own = {"region.region_embed.proj.weight", "region.region_embed.proj.bias", "region.head.weight", "region.head.bias"}
    assert names == {*ADAPTED, *own, *new}
    assert {name.split(".")[0] for name in new} == {"condition", "films", "skip"}
    every, trainable = count_parameters(network)
    assert trainable < every
    assert trainable_share(network).startswith(f"{trainable:,} of {every:,} parameters are trained")


def test_parts_that_came_from_the_checkpoint_stay_frozen():
    network = tiny_network()
    add_lora(network, rank=2, alpha=4.0, new=("head",))
    assert not network.region.region_embed.proj.weight.requires_grad
    assert network.region.head.weight.requires_grad


def test_an_untrained_adapter_changes_nothing_and_a_trained_one_the_output():
    plain = tiny_network().eval()
    network = copy.deepcopy(plain)
    add_lora(network, rank=2, alpha=4.0)
    asked = random_regions(), random_conditions()
    torch.testing.assert_close(network.eval()(*asked), plain(*asked))
    after = trained()
    told = after(*asked)
    for name, parameter in after.named_parameters():
        if ".lora_B." in name:
            assert parameter.abs().max() > 0, name
            with torch.no_grad():
                parameter.zero_()
    assert not torch.allclose(after(*asked), told)


def test_the_frozen_weights_do_not_move():
    before = {name: tensor.clone() for name, tensor in tiny_network().region.state_dict().items()}
    after = trained().region.state_dict()
    for name, tensor in after.items():
        plain = name.replace(".base_layer", "")
        if plain in before and not plain.startswith(("region_embed", "head")):
            assert torch.equal(tensor, before[plain]), name


def test_the_merged_network_is_plain_and_predicts_the_same():
    network = trained()
    asked = random_regions(), random_conditions()
    told = network(*asked)
    adapters = adapter_tensors(network)
    merge_lora(network)
    assert set(network.state_dict()) == set(tiny_network().state_dict())
    torch.testing.assert_close(network(*asked), told, rtol=1e-4, atol=1e-5)
    assert len(adapters) == len(ADAPTED)
    assert all(tensor.abs().max() > 0 for tensor in adapters.values())
