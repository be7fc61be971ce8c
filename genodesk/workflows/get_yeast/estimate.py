"""What a training will take: parameters counted on the real network, one real step timed, memory worked out."""

import time
from typing import Any

import psutil
import torch
import torch.nn.functional as F

from genodesk.workflows.get_yeast.check import look
from genodesk.workflows.get_yeast.checks import check_measured
from genodesk.workflows.get_yeast.film import Conditions
from genodesk.workflows.get_yeast.inputs import RegionTensors
from genodesk.workflows.get_yeast.model import YeastNetwork, count_parameters
from genodesk.workflows.get_yeast.network import yeast_sizes
from genodesk.workflows.get_yeast.settings import TrainSettings

SYNTHETIC = (64, 2400, 40)  # samples, regions, motifs
PLACE, CLASSES = 3, (4, 2, 2, 4)
BYTES_PER_ACTIVATION = 4
BASE_BYTES = 400_000_000
SHARE_TRAINED = 0.8


def estimate(settings: TrainSettings) -> dict[str, Any]:
    """{"parameters", "memory_bytes", "memory_available_bytes", "seconds_per_step", "seconds"}.

    Seconds are those of this computer's processor, refit included.
    """
    samples, regions, motifs = _sizes(settings)
    network = YeastNetwork(yeast_sizes(settings.model, motifs, PLACE, CLASSES))
    total, _ = count_parameters(network)
    window = min(settings.model.window, regions)
    windows, shown = settings.training.batch_size, min(settings.samples_per_batch, samples)
    per_epoch = -(-regions // (window * windows)) * -(-samples // shown)
    planned = settings.training.max_steps or (settings.training.epochs or 0) * per_epoch
    step = _seconds_per_step(network, windows, window, shown, motifs)
    sizes = network.sizes.region
    activations = windows * window * shown * sizes.layers * (10 * sizes.width + 2 * sizes.hidden) * BYTES_PER_ACTIVATION
    return {
        "parameters": total,
        "memory_bytes": BASE_BYTES + 16 * total + activations + 4 * (samples + motifs) * regions * 3,
        "memory_available_bytes": psutil.virtual_memory().available,
        "seconds_per_step": step,
        "seconds": step * planned * (1 + SHARE_TRAINED if settings.split.refit else SHARE_TRAINED),
    }


def _sizes(settings: TrainSettings) -> tuple[int, int, int]:
    """(samples, regions, motifs) of the data, of a file as the check has read it. Raises UserError."""
    path = settings.yeast.data
    if path is None:
        return SYNTHETIC
    data = look(path, settings.yeast.reading)
    check_measured(data.expression, str(path))
    return len(data.samples), len(data.regions), len(data.motif_names)


def _seconds_per_step(network: YeastNetwork, windows: int, window: int, samples: int, motifs: int) -> float:
    """The faster of two training steps on random numbers."""
    regions = RegionTensors(
        torch.rand(windows, window, motifs), torch.randn(windows, window, PLACE), torch.rand(1, windows, window)
    )
    kinds = torch.stack([torch.randint(0, number, (samples,)) for number in CLASSES], dim=1)
    conditions = Conditions(kinds, torch.randn(samples, 8), torch.ones(samples, 8))
    durations = []
    for _ in range(2):
        start = time.perf_counter()
        told = network(regions, conditions)
        F.mse_loss(told, torch.zeros_like(told)).backward()
        durations.append(time.perf_counter() - start)
    return min(durations)
