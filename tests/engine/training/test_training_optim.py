"""Learning rates, what decays, and the running average, against numbers worked out by hand."""

import math

import pytest
import torch
from torch import nn

from genodesk.core.training_settings import TrainingSettings
from genodesk.engine.training.averaging import WeightAverage
from genodesk.engine.training.optim import (
    learning_rate,
    load_optimizer,
    make_optimizer,
    optimizer_tensors,
    planned_steps,
)


def rates(total=10, **changed):
    settings = TrainingSettings(learning_rate=0.1, **changed)
    return [learning_rate(step, total, settings) for step in range(total)]


def test_the_constant_rate_stays():
    assert rates(schedule="constant") == [0.1] * 10


def test_the_linear_rate_falls_evenly_towards_zero():
    assert rates(schedule="linear") == pytest.approx([0.1 * (1 - k / 10) for k in range(10)])


def test_the_cosine_rate_is_halved_in_the_middle():
    curve = rates(schedule="cosine")
    assert curve[0] == 0.1
    assert curve[5] == pytest.approx(0.05)
    assert curve[9] == pytest.approx(0.05 * (1 + math.cos(0.9 * math.pi)))


@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear"])
def test_the_warm_up_rises_to_the_full_rate(schedule):
    curve = rates(schedule=schedule, warmup_steps=4)
    assert curve[:5] == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1])
    assert curve[4:] == sorted(curve[4:], reverse=True)


def test_a_warm_up_longer_than_the_training_only_rises():
    assert rates(warmup_steps=20) == pytest.approx([0.1 * (k + 1) / 20 for k in range(10)])


def test_planned_steps_round_up():
    assert planned_steps(TrainingSettings(epochs=3, accumulate=2), 5) == 8
    assert planned_steps(TrainingSettings(epochs=3, max_steps=4), 5) == 4


def test_only_matrices_decay():
    model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 2))
    model[3].requires_grad_(False)
    optimizer = make_optimizer(model, TrainingSettings(weight_decay=0.3))
    decays = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    found = {name: decays.get(id(p)) for name, p in model.named_parameters()}
    assert found == {
        "0.weight": 0.3,
        "1.weight": 0.3,
        "1.bias": 0.0,
        "2.weight": 0.0,
        "2.bias": 0.0,
        "3.weight": None,
        "3.bias": None,
    }


def test_the_optimiser_comes_back_exactly():
    settings = TrainingSettings(learning_rate=0.05)

    def step(model, optimizer):
        model(torch.linspace(-1, 1, 8).reshape(2, 4)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    def make():
        torch.manual_seed(3)
        model = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 1))
        return model, make_optimizer(model, settings)

    model, optimizer = make()
    for _ in range(3):
        step(model, optimizer)
    other, other_optimizer = make()
    other.load_state_dict({name: tensor.clone() for name, tensor in model.state_dict().items()})
    tensors = {name: tensor.clone() for name, tensor in optimizer_tensors(optimizer, model).items()}
    assert set(tensors) == {f"{n}|{k}" for n, _ in model.named_parameters() for k in ("step", "exp_avg", "exp_avg_sq")}
    load_optimizer(other_optimizer, other, tensors)
    for _ in range(3):
        step(model, optimizer)
        step(other, other_optimizer)
    for first, second in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(first, second)


def test_the_average_follows_its_formula():
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    average = WeightAverage(model, 0.25)
    expected = 0.0
    for n, weight in enumerate((1.0, 5.0, -2.0, 3.0), start=1):
        nn.init.constant_(model.weight, weight)
        average.update(n)
        decay = min(0.25, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * weight
        assert average.tensors()["weight"].item() == pytest.approx(expected, rel=1e-6)
    with average.in_place():
        assert model.weight.item() == pytest.approx(expected, rel=1e-6)
    assert model.weight.item() == 3.0
    average.copy_to_model()
    assert model.weight.item() == pytest.approx(expected, rel=1e-6)
