"""The losses since the last point of the curve: kept on the device, looked at seldom, and never lost at a resume."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from genodesk.core.errors import UserError
from genodesk.engine.training import distributed


class LossWindow:
    """Collects the numbers of the steps; `take_in` moves them to the host in one go, as each look stalls it."""

    def __init__(self, run: distributed.Ranked) -> None:
        self.values: dict[str, list[float]] = {}
        self._run = run
        self._waiting: list[tuple[int, str, Tensor | float]] = []

    def add(self, step: int, values: Mapping[str, Tensor | float]) -> None:
        """Remembers scalars of `step`."""
        for name, value in values.items():
            self._waiting.append((step, name, value.detach() if isinstance(value, Tensor) else float(value)))

    def take_in(self, must_be_finite: tuple[str, ...]) -> None:
        """Fetches what was added. Raises UserError naming the step at which a number of those names was not finite."""
        waiting, self._waiting = self._waiting, []
        tensors = [value.float() for _, _, value in waiting if isinstance(value, Tensor)]
        fetched = iter(torch.stack(tensors).tolist() if tensors else [])
        numbers = [next(fetched) if isinstance(value, Tensor) else value for _, _, value in waiting]
        for (step, name, _), number in zip(waiting, distributed.mean(numbers, self._run), strict=True):
            if name in must_be_finite and not math.isfinite(number):
                raise UserError(
                    f"The {name.replace('_', ' ')} became not finite at step {step}.",
                    "Lower the learning rate, clip gradients (clip_norm 1) or compute in float32, then start again.",
                    "training",
                )
            self.values.setdefault(name, []).append(number)

    def means(self) -> dict[str, float]:
        """The mean of each number that was taken in since the last call."""
        values, self.values = self.values, {}
        return {name: sum(numbers) / len(numbers) for name, numbers in values.items()}
