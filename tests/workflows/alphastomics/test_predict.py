"""What is asked of a network depends on the slice and the seed alone, and on exactly the steps that were asked for."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_actions import settings_of

from genodesk.core.errors import Stopped
from genodesk.workflows.alphastomics.predict import Estimator
from genodesk.workflows.alphastomics.tissue import load_tissue
from genodesk.workflows.alphastomics.trained import load_trained


@pytest.fixture(scope="module")
def asked(placing, tissue):
    """An estimator and the slices of the tissue."""
    model = load_trained(placing.path)
    loaded = load_tissue(settings_of("test", run=placing.path, data=tissue).tissue, seed=0)
    slices, _ = loaded.in_units_of(model.scaling, model.label_names)
    return Estimator(model.network, model.schedule, model.mode, model.scaling.dims, 5, steps=4, samples=3), slices


def test_an_answer_does_not_depend_on_what_was_asked_before(asked):
    estimator, slices = asked
    first, second = slices.slices[:2]
    alone = estimator.sample(second)
    estimator.sample(first)
    assert np.array_equal(estimator.sample(second).position, alone.position)
    other = replace(estimator, seed=6).sample(second)
    assert not np.array_equal(other.position, alone.position)


def test_samples_differ_and_their_consensus_counts_the_ones_drawn_already(asked):
    estimator, slices = asked
    one = slices.slices[0]
    drawn = [estimator.sample(one, number) for number in range(3)]
    assert not np.array_equal(drawn[0].position, drawn[1].position)
    agreed, continued = estimator.consensus(one, drawn), estimator.consensus(one, drawn[:1])
    assert np.array_equal(agreed.position, continued.position)
    assert agreed.spread is not None
    assert agreed.spread.shape == (80,)
    assert (agreed.spread > 0).all()


@pytest.mark.parametrize("steps", [1, 7])
def test_exactly_the_asked_steps_are_made_and_a_stop_is_heard_between_them(asked, steps):
    estimator, slices = asked
    calls: list[int] = []
    counting = replace(estimator, steps=steps, network=Counting(estimator.network, calls))
    counting.sample(slices.slices[0])
    assert len(calls) == steps
    with pytest.raises(Stopped):
        replace(counting, should_stop=lambda: True).sample(slices.slices[0])
    assert len(calls) == steps + 1


def test_given_expression_and_the_missing_axis_come_back_untouched(asked):
    estimator, slices = asked
    answer = estimator.sample(slices.slices[0])
    assert np.array_equal(answer.expression, slices.slices[0].expression)
    assert not answer.position[:, 2].any()
    assert np.allclose(answer.position.mean(axis=0), 0, atol=1e-5)


class Counting(torch.nn.Module):
    def __init__(self, network: torch.nn.Module, calls: list[int]) -> None:
        super().__init__()
        self.network, self.calls = network, calls

    def forward(self, *inputs, **more):
        self.calls.append(1)
        return self.network(*inputs, **more)
