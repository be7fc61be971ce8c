"""What the training loop needs to know about yeast: which windows and cultures make a batch, and what its loss is.

A batch is some windows under some cultures; each window and each culture enters it once.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from genodesk.engine.training.sampling import batch_rng, epoch_order, shard
from genodesk.workflows.get_yeast.film import Conditions
from genodesk.workflows.get_yeast.inputs import RegionTensors
from genodesk.workflows.get_yeast.windows import EMPTY


class ExpressionTask:
    """Expression [S, R] of regions in windows [N, W] under S conditions, of which the entries `known` are learned."""

    def __init__(
        self,
        network: nn.Module,
        regions: RegionTensors,
        conditions: Conditions,
        expression: np.ndarray,
        known: np.ndarray,
        windows: np.ndarray,
        judge: Callable[[int], dict[str, float]],
        *,
        windows_per_batch: int,
        samples_per_batch: int,
        seed: int,
        device: str,
    ) -> None:
        self.model = network
        self._seed = seed
        self.judge = judge
        self._device = device
        self._regions, self._conditions = regions, conditions
        self._expression = torch.from_numpy(np.where(known, expression, 0.0).astype(np.float32))
        self._known = torch.from_numpy(known)
        learned = np.append(known.any(axis=0), False)  # the last place is that of padding
        self._windows = windows[learned[windows].any(axis=1)]
        self._samples = np.flatnonzero(known.any(axis=1))
        self._per_batch = min(windows_per_batch, len(self._windows)), min(samples_per_batch, len(self._samples))
        self._parts = tuple(
            -(-total // number) for total, number in zip((len(self._windows), len(self._samples)), self._per_batch,
                                                         strict=True)
        )  # fmt: skip
        self.steps_per_epoch = self._parts[0] * self._parts[1]
        self._samples_of = lru_cache(maxsize=self._parts[0])(self._samples_in_order)

    def loss(
        self, model: nn.Module, epoch: int, index: int, rank: int, world_size: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float | Tensor]]:
        """The mean squared error over what is known in batch `index` of `epoch`."""
        del generator  # nothing is drawn
        windows, samples = self.batch(epoch, index)
        windows = shard(windows, rank, world_size)
        predicted, rows, real = ask(model, self._regions, self._conditions, windows, samples, self._device)
        truth, known = (part[samples][:, rows].to(self._device) for part in (self._expression, self._known))
        known = known & real
        return ((predicted - truth).square() * known).sum() / known.sum().clamp_min(1), {}

    def evaluate(self, model: nn.Module, step: int) -> dict[str, float]:
        """Numbers on the part kept back."""
        del model
        return self.judge(step)

    def batch(self, epoch: int, index: int) -> tuple[np.ndarray, Tensor]:
        """Windows [n, W] and samples [m] of a batch; in an epoch every window meets every sample once."""
        pair = int(epoch_order(self.steps_per_epoch, self._seed, epoch)[index])
        part, samples_part = divmod(pair, self._parts[1])
        order = batch_rng(self._seed, epoch, self._parts[0]).permutation(len(self._windows))
        chosen = np.array_split(order, self._parts[0])[part]
        samples = np.array_split(self._samples_of(epoch, part), self._parts[1])[samples_part]
        return self._windows[np.sort(chosen)], torch.from_numpy(np.sort(samples))

    def _samples_in_order(self, epoch: int, part: int) -> np.ndarray:
        return batch_rng(self._seed, epoch, part).permutation(self._samples)


def ask(
    model: nn.Module,
    regions: RegionTensors,
    conditions: Conditions,
    windows: np.ndarray,
    samples: Tensor,
    device: str | torch.device,
) -> tuple[Tensor, Tensor, Tensor]:
    """(prediction [m, n, W], region of each place [n, W], whether it is one [n, W]) for windows and samples."""
    real = torch.from_numpy(windows != EMPTY)
    rows = torch.from_numpy(np.maximum(windows, 0))
    whole = bool(real.all())
    predicted = model(
        regions.take(rows, samples).to(device),
        conditions.take(samples).to(device),
        None if whole else real.to(device),
    )
    return predicted, rows, real.to(device)


@torch.no_grad()
def predict_all(
    model: nn.Module,
    regions: RegionTensors,
    conditions: Conditions,
    windows: np.ndarray,
    device: str | torch.device,
    *,
    tokens: int = 8192,
) -> np.ndarray:
    """float32 [S, R] for all regions in the windows, NaN for others; about `tokens` regions x samples at a time."""
    model.eval()
    made = np.full((len(conditions), regions.motifs.shape[0]), np.nan, dtype=np.float32)
    samples_at_once = max(1, min(len(conditions), tokens // max(1, windows.shape[1])))
    windows_at_once = max(1, tokens // (samples_at_once * max(1, windows.shape[1])))
    for first in range(0, len(conditions), samples_at_once):
        samples = torch.arange(first, min(first + samples_at_once, len(conditions)))
        for start in range(0, len(windows), windows_at_once):
            predicted, rows, real = ask(
                model, regions, conditions, windows[start : start + windows_at_once], samples, device
            )
            there = real.cpu().numpy()
            made[first : first + len(samples), rows.numpy()[there]] = predicted.float().cpu().numpy()[:, there]
    return made
