"""What the training loop asks of a workflow and of a run, and what it gives back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from genodesk.engine.training.checkpoint import CheckpointStore
from genodesk.engine.training.distributed import Ranked


class Task(Protocol):
    """What a workflow trains. `steps_per_epoch` is the number of batches in one pass over the examples."""

    @property
    def model(self) -> nn.Module: ...
    @property
    def steps_per_epoch(self) -> int: ...

    def loss(
        self, model: nn.Module, epoch: int, index: int, rank: int, world_size: int, generator: torch.Generator
    ) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        """The mean loss (a scalar) over this rank's `sampling.shard` of batch `index` of `epoch`, and numbers to show.

        The batch is drawn from `sampling.batch_rng`, the same on all ranks; further random numbers come from
        `generator` (on the training device, another on every rank) or torch's own, both seeded for this batch. `model`
        must be called as model(...), since that is where precision and gradient exchange happen. The total is shown
        as `loss` by itself.
        """
        ...

    def evaluate(self, model: nn.Module, step: int) -> Mapping[str, float]:
        """Numbers on held-out data after `step`; empty where there are none. Called on rank 0 without gradients.

        May raise Stopped where the run has one rank: the others wait for the numbers.
        """
        ...


class TrainingRun(Ranked, Protocol):
    """The part of the run that the loop uses."""

    @property
    def rng(self) -> np.random.Generator: ...
    @property
    def checkpoints(self) -> CheckpointStore: ...
    def metric(
        self, step: int, values: Mapping[str, float], *, split: str = "train", epoch: float | None = None
    ) -> None: ...
    def progress(self, done: float, total: float | None = None, *, unit: str = "steps", text: str = "") -> None: ...
    def warning(self, message: str, hint: str = "") -> None: ...


@dataclass
class FitResult:
    """How a stage ended; all steps are counted within it. `history` holds one dict an evaluation: step and its numbers.

    `best_step` and `best_value` are None where nothing was declared best or evaluated.
    """

    steps: int = 0
    best_step: int | None = None
    best_value: float | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    evaluations_without_gain: int = 0
    stopped_early: bool = False

    def judge(self, value: float, direction: Literal["max", "min"], patience: int) -> bool:
        """Takes in the deciding number of the evaluation at this step; whether it is the best so far."""
        so_far = self.best_value
        better = so_far is None or (value > so_far if direction == "max" else value < so_far)
        improved = math.isfinite(value) and better
        if improved:
            self.best_step, self.best_value = self.steps, value
        self.evaluations_without_gain = 0 if improved else self.evaluations_without_gain + 1
        self.stopped_early = 0 < patience <= self.evaluations_without_gain
        return improved
