"""What a training will take: parameters counted on the real network, one real step timed, memory worked out."""

import time
from typing import Any

import psutil
import torch

from genodesk.engine.data.cells import open_cells
from genodesk.workflows.alphastomics.denoiser import build_network
from genodesk.workflows.alphastomics.losses import distance_loss
from genodesk.workflows.alphastomics.model import count_parameters
from genodesk.workflows.alphastomics.parquet import parquet_header
from genodesk.workflows.alphastomics.settings import TrainSettings
from genodesk.workflows.alphastomics.trained import network_sizes

SYNTHETIC = (18_000, 300, 30)  # cells, genes, slices
BYTES_PER_ACTIVATION = 4


def estimate(settings: TrainSettings) -> dict[str, Any]:
    """{"parameters", "active_parameters", "memory_bytes", "memory_available_bytes", "seconds_per_step", "seconds"}.

    Seconds are those of this computer's processor, for all stages of the training.
    """
    cells, genes, slices = _sizes(settings)
    sizes = network_sizes(settings.model, settings.masking, genes)
    network = build_network(settings.model.network, sizes)
    total, active = count_parameters(network)
    batch, shown = settings.training.batch_size, settings.slices.cells_per_batch
    step = _seconds_per_step(network, min(batch, 4), shown, genes, sizes.extra_inputs) * batch / min(batch, 4)
    planned = settings.training.max_steps
    if planned is None:
        planned = (settings.training.epochs or 0) * max(1, cells // (batch * shown))
    stages = 2 if settings.slices.refits(slices) else 1
    activations = batch * shown * sizes.layers * (10 * sizes.hidden_dim + 2 * sizes.ffn_dim) * BYTES_PER_ACTIVATION
    pairs = batch * shown * min(shown, 512) * 6 * BYTES_PER_ACTIVATION
    return {
        "parameters": total,
        "active_parameters": active,
        "memory_bytes": 350_000_000 + 16 * total + activations + pairs + cells * genes * (4 + 8),
        "memory_available_bytes": psutil.virtual_memory().available,
        "seconds_per_step": step,
        "seconds": step * planned * stages,
    }


def _sizes(settings: TrainSettings) -> tuple[int, int, int]:
    """(cells, genes, slices) of the data, from its headers; one slice where a header does not tell."""
    path, key = settings.tissue.data, settings.tissue.reading.slice_key
    if path is None:
        return SYNTHETIC
    if path.suffix == ".parquet":
        cells, names = parquet_header(path)
        return cells, len(names), 1
    with open_cells(path) as file:
        slices = len(set(file.column(key).labels())) if key in file.obs.columns else 1
        return file.n_obs, file.n_vars, slices


def _seconds_per_step(network: torch.nn.Module, batch: int, cells: int, genes: int, extra: int) -> float:
    """The faster of two training steps on random numbers."""
    expression, position = torch.randn(batch, cells, genes), torch.randn(batch, cells, 3)
    padding, moment = torch.ones(batch, cells, dtype=torch.bool), torch.ones(batch)
    partners = torch.randint(0, cells, (batch, cells, 72)) if cells >= 512 else None
    durations = []
    for _ in range(2):
        start = time.perf_counter()
        prediction = network(expression, position, moment, padding, extra=torch.zeros(batch, cells, extra))
        distance_loss(prediction.position, position, padding, partners).backward()
        durations.append(time.perf_counter() - start)
    return min(durations)
