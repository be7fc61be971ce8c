"""A small made-up yeast, networks of a few thousand weights, and a way to call actions in this process."""

from functools import partial

import attempts
import numpy as np
import pandas as pd
import torch

from genodesk.workflows.get_yeast.conditions import condition_groups, typed
from genodesk.workflows.get_yeast.data import Regions, YeastData
from genodesk.workflows.get_yeast.film import Conditions
from genodesk.workflows.get_yeast.inputs import RegionTensors
from genodesk.workflows.get_yeast.model import GetSizes, YeastNetwork, YeastSizes

SHAPE = {"width": 16, "layers": 2, "heads": 2, "window": 8, "condition_width": 8, "bilinear_rank": 4}
TINY = {
    **SHAPE,
    "epochs": None,
    "max_steps": 6,
    "batch_size": 4,
    "samples_per_batch": 6,
    "warmup_steps": 1,
    "checkpoint_every": 2,
    "evaluate_every": 3,
    "log_every": 1,
    "device": "cpu",
}
CLASSES = (3, 2, 2, 4)

settings_of, made = partial(attempts.settings_of, "get-yeast"), partial(attempts.made, "get-yeast")


def tiny_yeast(seed: int = 0, regions: int = 96, samples: int = 12, motifs: int = 10) -> YeastData:
    """Expression of regions on four chromosomes from motifs, accessibility and heat; two samples a condition."""
    rng = np.random.default_rng(seed)
    scores = rng.random((regions, motifs), dtype=np.float32) * (rng.random((regions, motifs)) < 0.5)
    scores /= scores.max(axis=0)
    opened = rng.random(regions, dtype=np.float32)
    pairs = np.repeat(np.arange(samples // 2), 2)
    heat = np.array([25.0, 30, 34, 37, 39, 42])[pairs % 6]
    drug = np.array(["none", "rapamycin"])[pairs % 2]
    names = np.array([f"sample{number}" for number in range(samples)], dtype=object)
    conditions = typed(
        pd.DataFrame(
            {
                "medium": "ypd",
                "drug_temperature_c": heat,
                "drug": drug,
                "dose_molar": np.where(drug == "none", np.nan, 1e-6),
            },
            index=names,
        )
    )
    activity = rng.normal(0, 0.3, motifs) + np.outer((heat - 32) / 6, np.eye(motifs)[0])
    activity += np.outer(drug != "none", 2 * np.eye(motifs)[1])
    level = 1 + activity @ (scores * opened[:, None]).T * 3
    measured = np.maximum(np.logaddexp(0, level) + rng.normal(0, 0.1, level.shape), 0)
    chrom = np.array([f"chr{1 + 4 * number // regions}" for number in range(regions)], dtype=object)
    start = np.arange(regions) * 1000
    ids = np.array([f"r{number}" for number in range(regions)], dtype=object)
    end = start + 300 + 5 * (np.arange(regions) % 60)
    return YeastData(
        regions=Regions(ids, chrom, start, end),
        motifs=scores.astype(np.float32),
        motif_names=[f"motif{number}" for number in range(motifs)],
        accessibility=opened,
        expression=measured.astype(np.float32),
        samples=names,
        conditions=conditions,
        condition_group=condition_groups(conditions),
    )


def tiny_network(motifs: int = 5, place: int = 2, layers: int = 2) -> YeastNetwork:
    """An untrained network for few motifs."""
    torch.manual_seed(0)
    region = GetSizes(motifs + 1 + place, 16, layers, 2, 32, 1)
    return YeastNetwork(YeastSizes(region, motifs, place, CLASSES, 8, 4))


def random_regions(windows: int = 3, members: int = 6, motifs: int = 5, place: int = 2) -> RegionTensors:
    """Windows of regions with random inputs, accessibility the same in all samples."""
    generator = torch.Generator().manual_seed(1)
    return RegionTensors(
        torch.rand(windows, members, motifs, generator=generator),
        torch.randn(windows, members, place, generator=generator),
        torch.rand(1, windows, members, generator=generator),
    )


def random_conditions(samples: int = 4) -> Conditions:
    """Conditions of which everything is recorded."""
    generator = torch.Generator().manual_seed(2)
    kinds = [torch.randint(0, number, (samples,), generator=generator) for number in CLASSES]
    numbers = torch.randn(samples, 8, generator=generator)
    return Conditions(torch.stack(kinds, dim=1), numbers, torch.ones(samples, 8))
