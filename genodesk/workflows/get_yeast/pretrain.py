"""Pretraining on regions alone: half of the regions of a window are hidden, and their motifs are to be told."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genodesk.core.workflow import Best
from genodesk.engine.live_run import Run
from genodesk.engine.model_folder import write_model
from genodesk.engine.training.curves import loss_figure
from genodesk.engine.training.loop import fit
from genodesk.engine.training.sampling import epoch_order, shard
from genodesk.workflows.get_yeast.inputs import RegionInputs, RegionTensors
from genodesk.workflows.get_yeast.model import MaskedRegionModel, count_parameters
from genodesk.workflows.get_yeast.network import region_sizes
from genodesk.workflows.get_yeast.settings_actions import PretrainSettings
from genodesk.workflows.get_yeast.watched import pretraining_windows
from genodesk.workflows.get_yeast.windows import EMPTY
from genodesk.workflows.get_yeast.yeast import load_yeast


def pretrain(settings: PretrainSettings, run: Run) -> dict[str, Any]:
    """Trains and leaves `model/`, from which `train --checkpoint` starts. Returns the result document."""
    data = load_yeast(settings.yeast, settings.runtime.seed, measured=False)
    for notice in data.notices:
        run.warning(notice)
    seed = settings.runtime.seed
    watched, learned_windows, watched_windows = pretraining_windows(data.regions, settings.shape.window, seed)
    inputs = RegionInputs.fit(data, ~watched)
    regions = flat_inputs(inputs.tensors(data))
    torch.manual_seed(seed)
    network = MaskedRegionModel(region_sizes(settings.shape, inputs.width, inputs.width))
    task = MaskedTask(
        network, regions, learned_windows, watched_windows, settings.mask_ratio,
        settings.training.batch_size, seed, str(run.device.torch_name),
    )  # fmt: skip
    run.log(f"{len(data.regions):,} regions, {inputs.width} inputs each, {count_parameters(network)[0]:,} parameters.")
    result = fit(task, settings.training, run, seed=seed, best=Best("validation", "loss", "min"), restore_best=True)
    if run.rank:
        return {}
    drawing = loss_figure(run.folder.tables / "metrics.csv")
    if drawing is not None:
        run.figure(drawing)
    told = {
        "metrics": {"loss": result.best_value, "mean_loss": task.mean_loss()},
        "best_step": result.best_step,
        "steps": result.steps,
        "parameters": count_parameters(network)[0],
    }
    document = {"kind": "pretrained", "inputs": inputs.to_json(), "about": told}
    card = "# GET pretrained on yeast regions\n\nFills in hidden regions; predicts no expression by itself.\n"
    write_model(run.folder.model, "get-yeast", network.state_dict(), document, card)
    run.artifact("model", "model")
    return told


class MaskedTask:
    """Windows of regions [R, inputs] of which a share is hidden; the loss is the mean squared error on what is."""

    def __init__(
        self, network: MaskedRegionModel, regions: Tensor, windows: np.ndarray, watched: np.ndarray, ratio: float,
        windows_per_batch: int, seed: int, device: str,
    ) -> None:  # fmt: skip
        self.model = network
        self._regions, self._windows, self._watched = regions, windows, watched
        self._ratio, self._seed, self._device = ratio, seed, device
        self._per_batch = windows_per_batch
        self.steps_per_epoch = math.ceil(len(windows) / windows_per_batch)

    def loss(
        self, model: nn.Module, epoch: int, index: int, rank: int, world_size: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float | Tensor]]:
        """The loss of batch `index` of `epoch`; which regions are hidden is drawn from `generator`."""
        order = epoch_order(len(self._windows), self._seed, epoch)
        rows = shard(order[index * self._per_batch : (index + 1) * self._per_batch], rank, world_size)
        return self._loss(model, self._windows[rows], generator), {}

    def evaluate(self, model: nn.Module, step: int) -> dict[str, float]:
        """The loss on windows kept back, always with the same regions hidden."""
        del step
        generator = torch.Generator(self._device).manual_seed(0)
        return {"loss": float(self._loss(model, self._watched, generator))}

    def mean_loss(self) -> float:
        """The loss of telling the mean of the training regions, for comparison."""
        mean = self._regions[np.unique(self._windows[self._windows != EMPTY])].mean(dim=0)
        rows = self._watched[self._watched != EMPTY]
        return float((self._regions[rows] - mean).square().mean())

    def _loss(self, model: nn.Module, windows: np.ndarray, generator: torch.Generator) -> Tensor:
        real = torch.from_numpy(windows != EMPTY).to(self._device)
        regions = self._regions[np.maximum(windows, 0)].to(self._device)
        drawn = torch.rand(real.shape, generator=generator, device=self._device)
        hidden = (drawn < self._ratio) & real
        told = model(regions, hidden, real)
        wrong = (told - regions).square().mean(dim=-1)
        return (wrong * hidden).sum() / hidden.sum().clamp_min(1)


def flat_inputs(regions: RegionTensors) -> Tensor:
    """[R, inputs]: motifs, accessibility (the samples' mean), place, as the first layer takes them."""
    return torch.cat([regions.motifs, regions.accessibility.mean(dim=0).unsqueeze(-1), regions.place], dim=-1)
