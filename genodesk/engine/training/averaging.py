"""A running average of a network's weights, which is steadier than the weights themselves and is used for results."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """Exponential moving average of the trainable weights of `model`.

    The decay of update n is min(decay, (1 + n) / (10 + n)), so that the first, random weights are soon forgotten
    (the rule of TensorFlow's ExponentialMovingAverage with num_updates).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._decay = decay
        self._weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        self._average = {name: weight.detach().clone() for name, weight in self._weights.items()}

    @torch.no_grad()
    def update(self, n: int) -> None:
        """Takes in the weights after update `n` (1 is the first)."""
        decay = min(self._decay, (1 + n) / (10 + n))
        torch._foreach_lerp_(list(self._average.values()), list(self._weights.values()), 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within it the network holds the averaged weights."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    @torch.no_grad()
    def copy_to_model(self) -> None:
        """Puts the averaged weights into the network for good."""
        for name, weight in self._weights.items():
            weight.copy_(self._average[name])

    def tensors(self) -> dict[str, Tensor]:
        """The averaged weights by name."""
        return dict(self._average)

    @torch.no_grad()
    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Puts back what `tensors` gave. Raises KeyError where a weight is missing."""
        for name, average in self._average.items():
            average.copy_(tensors[name])

    def _exchange(self) -> None:
        for name, weight in self._weights.items():
            weight.data, self._average[name] = self._average[name], weight.data
