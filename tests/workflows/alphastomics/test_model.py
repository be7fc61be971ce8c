"""Networks: parameter counts of the published form, padding, missing axes, extra inputs and tokens."""

from dataclasses import replace

import pytest
import torch

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics.denoiser import build_network
from genodesk.workflows.alphastomics.masking import Masks
from genodesk.workflows.alphastomics.model import ModelSizes, count_parameters

TINY = ModelSizes(
    genes=7, extra_inputs=1, expression_hidden=8, hidden_dim=16, time_hidden=8, time_dim=8, position_hidden=8,
    layers=2, heads=4, ffn_dim=32, time_ffn=8, expression_head=8, position_head=8,
)  # fmt: skip

VARIANTS = {
    "softmax gated": TINY,
    "elementwise": replace(TINY, gate_type="elementwise"),
    "linear": replace(TINY, attention="linear", use_gated_attention=False),
    "experts": replace(TINY, use_moe=True, num_experts=4, moe_top_k=2),
}
NETWORKS = [(network, name) for network in ("standard", "published") for name in VARIANTS]


def _network(network: str, variant: str, **changes) -> torch.nn.Module:
    torch.manual_seed(0)
    return build_network(network, replace(VARIANTS[variant], **changes)).eval()


def _slices(cells: int = 9) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    padding = torch.ones(2, cells, dtype=torch.bool)
    padding[1, 6:] = False
    return {
        "expression": torch.randn(2, cells, 7, generator=generator),
        "position": torch.randn(2, cells, 3, generator=generator),
        "time": torch.tensor([0.3, 1.0]),
        "padding": padding,
        "extra": torch.randn(2, cells, 1, generator=generator),
    }


@pytest.mark.parametrize(("network", "variant"), NETWORKS)
def test_garbage_in_padded_cells_changes_nothing(network, variant):
    model, slices = _network(network, variant), _slices()
    clean = model(**slices)
    absent = ~slices["padding"][..., None]
    spoiled = {key: slices[key].masked_fill(absent, torch.nan) for key in ("expression", "position", "extra")}
    dirty = model(**{**slices, **spoiled})
    assert torch.equal(clean.expression, dirty.expression)
    assert torch.equal(clean.position, dirty.position)
    assert torch.equal(clean.auxiliary, dirty.auxiliary)
    assert not dirty.position[1, 6:].any()
    assert not dirty.expression[1, 6:].any()


@pytest.mark.parametrize(("network", "variant"), NETWORKS)
def test_a_padded_slice_gives_what_the_slice_alone_gives(network, variant):
    # In float64, because the published form divides by small radii and so enlarges rounding.
    model = _network(network, variant).double()
    slices = {key: value.double() if value.is_floating_point() else value for key, value in _slices().items()}
    together = model(**slices)
    alone = model(**{key: value[1:] if key == "time" else value[1:, :6] for key, value in slices.items()})
    torch.testing.assert_close(together.position[1:, :6], alone.position, atol=1e-10, rtol=0)
    torch.testing.assert_close(together.expression[1:, :6], alone.expression, atol=1e-10, rtol=0)


@pytest.mark.parametrize(("network", "variant"), NETWORKS)
def test_positions_are_centred_and_a_missing_axis_stays_exactly_zero(network, variant):
    model, slices = _network(network, variant), _slices()
    axes = torch.tensor([[True, True, False], [True, True, True]])
    prediction = model(**slices, axes=axes)
    assert not prediction.position[0, :, 2].any()
    assert prediction.position[1, :6, 2].any()
    assert prediction.position.sum(dim=1).abs().max() < 1e-5


@pytest.mark.parametrize("network", ["standard", "published"])
def test_every_parameter_is_reached_by_the_gradient(network):
    model, slices = _network(network, "experts", enable_masking=True).train(), _slices()
    hidden = torch.zeros(2, 9, 7, dtype=torch.bool)
    hidden[:, :4] = True
    prediction = model(**slices, masks=Masks(hidden, hidden[..., :3]))
    (prediction.expression.square().sum() + prediction.position.square().sum() + prediction.auxiliary).backward()
    unreached = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    # The last layer's time stream ends there in the published form; the router's noise acts on a draw of its own.
    assert [name for name in unreached if "time" not in name] == []


@pytest.mark.parametrize("network", ["standard", "published"])
def test_hidden_values_do_not_reach_the_prediction(network):
    model, slices = _network(network, "softmax gated", enable_masking=True), _slices()
    hidden = torch.zeros(2, 9, 7, dtype=torch.bool)
    hidden[0, 2, 3] = hidden[0, 4, 1] = True
    masks = Masks(hidden, hidden[..., :3])
    before = model(**slices, masks=masks)
    slices["expression"][hidden] = 100.0
    slices["position"][hidden[..., :3]] = 100.0
    after = model(**slices, masks=masks)
    assert torch.equal(before.expression, after.expression)
    assert torch.equal(before.position, after.position)


def test_hidden_states_are_the_encoder_and_every_layer():
    states = _network("standard", "softmax gated")(**_slices(), keep_hidden=True).hidden
    assert [tuple(state.shape) for state in states] == [(2, 9, 16)] * 3


def test_cells_attend_to_each_other():
    model, slices = _network("standard", "softmax gated"), _slices()
    before = model(**slices).expression[0, 0].clone()
    slices["expression"][0, 5] += 3
    assert (model(**slices).expression[0, 0] - before).abs().max() > 1e-6


def test_the_standard_network_is_about_as_large_as_promised():
    total, active = count_parameters(build_network("standard", ModelSizes(genes=33)))
    assert total == active
    assert 250_000 < total < 300_000


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"heads": 5}, "not divisible"), ({"use_moe": True, "num_experts": 2, "moe_top_k": 3}, "cannot be chosen")],
)
def test_impossible_sizes_are_refused(changes, message):
    for network in ("standard", "published"):
        with pytest.raises(UserError, match=message):
            build_network(network, replace(TINY, **changes))
