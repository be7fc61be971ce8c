"""What a training will take: parameters counted on the real network, one real step timed, memory worked out."""

import time
from typing import Any

import numpy as np
import psutil
import torch
import torch.nn.functional as F

from genodesk.workflows.get_yeast.baselines import BOOSTING, TREES
from genodesk.workflows.get_yeast.check import look
from genodesk.workflows.get_yeast.checks import check_measured
from genodesk.workflows.get_yeast.film import Conditions
from genodesk.workflows.get_yeast.inputs import RegionTensors
from genodesk.workflows.get_yeast.model import YeastNetwork, count_parameters
from genodesk.workflows.get_yeast.network import yeast_sizes
from genodesk.workflows.get_yeast.settings import TrainSettings

SYNTHETIC = (64, 2400, 40, 64)  # samples, regions, motifs, conditions
PLACE, CLASSES = 3, (4, 2, 2, 4)
BYTES_PER_ACTIVATION = 4
BASE_BYTES = 400_000_000
SHARE_TRAINED = 0.8
TIMED_PAIRS, TIMED_REGIONS = 6_000, 500
OTHER_COLUMNS = 35  # of the baselines, beside motifs: place, accessibility, conditions


def estimate(settings: TrainSettings) -> dict[str, Any]:
    """{"parameters", "memory_bytes", "memory_available_bytes", "seconds_per_step", "seconds"}.

    Seconds are those of this computer's processor, with the baselines and, where there is one, the refit of both.
    """
    samples, regions, motifs, groups = _sizes(settings)
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
        "seconds": step * planned * (SHARE_TRAINED + settings.split.refit)
        + _seconds_of_baselines(regions, motifs, groups) * (1 + settings.split.refit),
    }


def _sizes(settings: TrainSettings) -> tuple[int, int, int, int]:
    """(samples, regions, motifs, conditions) of the data, of a file as the check has read it. Raises UserError."""
    path = settings.yeast.data
    if path is None:
        return SYNTHETIC
    data = look(path, settings.yeast.reading)
    check_measured(data.expression, str(path))
    return len(data.samples), len(data.regions), len(data.motif_names), len(set(data.condition_group))


def _seconds_of_baselines(regions: int, motifs: int, groups: int) -> float:
    """What fitting the trees of the baselines takes, from a tenth of the rounds and a twentieth of the trees on random
    numbers; the linear methods are done in no time. A round costs little more with all rows than with these."""
    from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor

    rng = np.random.default_rng(0)
    pairs, rows = min(regions * groups, TIMED_PAIRS), min(regions, TIMED_REGIONS)
    rounds, trees = max(1, BOOSTING["max_iter"] // 10), max(1, TREES["n_estimators"] // 20)
    scores = rng.random((max(pairs, rows), motifs + OTHER_COLUMNS), dtype=np.float32)
    start = time.perf_counter()
    boosting = HistGradientBoostingRegressor(**{**BOOSTING, "max_iter": rounds}, early_stopping=False, random_state=0)
    boosting.fit(scores[:pairs], rng.random(pairs))
    boosted = time.perf_counter()
    forest = ExtraTreesRegressor(**{**TREES, "n_estimators": trees}, random_state=0, n_jobs=1)
    forest.fit(scores[:rows], rng.random((rows, groups)))
    grown = time.perf_counter()
    of_forest = (grown - boosted) * TREES["n_estimators"] / trees * regions / rows
    return (boosted - start) * BOOSTING["max_iter"] / rounds + of_forest


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
