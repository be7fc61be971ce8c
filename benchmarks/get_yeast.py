"""What we claim about GET yeast's speed and memory, against the studied form in the same run.

A training step (forward, loss, backward, AdamW) on the same regions and samples with networks of the same size, ours
and studied in turns; the ratio is studied time / our time, each the shortest of several, which other programs disturbed
least. The studied form repeats conditions on every region, lets all regions of a sample see each other and stores
their attention matrices. Ours is timed with neighbour windows (what a training does) and with all regions in one window
(what is left of the gain when only the way of computing differs). Exits with 1 below the goals.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from reference_get_yeast import repeated_table, studied_network
from torch import nn

from genodesk.core.ids import new_run_id, utc_now
from genodesk.core.run import RunFolder
from genodesk.engine.devices import pick
from genodesk.engine.live_run import Run
from genodesk.workflows.get_yeast.conditions import condition_groups, typed
from genodesk.workflows.get_yeast.data import Regions, YeastData
from genodesk.workflows.get_yeast.film import Conditions
from genodesk.workflows.get_yeast.fitting import Fitting
from genodesk.workflows.get_yeast.inputs import RegionTensors
from genodesk.workflows.get_yeast.model import GetSizes, YeastNetwork, YeastSizes
from genodesk.workflows.get_yeast.settings import TrainSettings, YeastSettings

SAMPLES, REGIONS, MOTIFS, CONDITIONS = 66, 2268, 252, 44
CLASSES = (4, 2, 2, 4)
SIZES = {"get-mini": (64, 3, 4, 128), "studied": (256, 3, 8, 1024)}  # width, layers, heads, hidden
WINDOWS = {"neighbours": 18, "all": REGIONS}  # 18 divides the number of regions; the default is 16
SAMPLES_PER_STEP = 2
REPEATS = 3
THREADS = 2
GOAL, MEMORY_GOAL_MB = 3.0, 20.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    torch.set_num_threads(min(THREADS, os.cpu_count() or 1))
    measured: dict[str, Any] = {"threads": torch.get_num_threads(), **memory_mb()}
    for size in SIZES:
        studied, *ours = shortest([studied_step(size), *(our_step(size, window) for window in WINDOWS.values())])
        measured[f"{size}_studied_ms"] = studied
        for name, taken in zip(WINDOWS, ours, strict=True):
            measured |= {f"{size}_{name}": studied / taken, f"{size}_{name}_ms": taken}
    reached = measured["get-mini_neighbours"] >= GOAL
    measured["ok"] = reached and measured["held_mb"] < MEMORY_GOAL_MB
    print(json.dumps(measured) if options.json else table(measured))
    return 0 if measured["ok"] else 1


def memory_mb() -> dict[str, float]:
    """Data of 66 samples x 2,268 regions as a training holds them, and as the studied program does, in MB."""
    rng = np.random.default_rng(0)
    conditions = rng.random((SAMPLES, CONDITIONS), dtype=np.float32)
    data = made_up(rng)
    repeated = repeated_table(data.motifs, data.motifs[:, 0], conditions)
    return {"held_mb": held_bytes(data) / 1e6, "studied_mb": repeated.nbytes / 1e6}


def made_up(rng: np.random.Generator) -> YeastData:
    """Random regions with places, and cultures with a temperature and a drug."""
    start = np.arange(REGIONS) * 1000
    chrom = np.array([f"chr{1 + 16 * number // REGIONS}" for number in range(REGIONS)], dtype=object)
    ids = np.array([f"region {number}" for number in range(REGIONS)], dtype=object)
    samples = np.array([f"sample {number}" for number in range(SAMPLES)], dtype=object)
    conditions = typed(
        pd.DataFrame(
            {"drug_temperature_c": rng.uniform(25, 40, SAMPLES), "drug": rng.choice(["none", "rapamycin"], SAMPLES)},
            index=samples,
        )
    )
    return YeastData(
        regions=Regions(ids, chrom, start, start + 300),
        motifs=rng.random((REGIONS, MOTIFS), dtype=np.float32),
        motif_names=[f"motif {number}" for number in range(MOTIFS)],
        accessibility=rng.random(REGIONS, dtype=np.float32),
        expression=rng.random((SAMPLES, REGIONS), dtype=np.float32),
        samples=samples,
        conditions=conditions,
        condition_group=condition_groups(conditions),
    )


def held_bytes(data: YeastData) -> int:
    """Bytes of all arrays and tensors but the network's that a training on the data holds while it updates weights."""
    settings = TrainSettings(yeast=YeastSettings(difficulty="demo"))
    known = np.ones((SAMPLES, REGIONS), dtype=bool)
    with tempfile.TemporaryDirectory() as place:
        now = utc_now()
        folder = RunFolder.create(
            Path(place) / "run", run_id=new_run_id(now), workflow="get-yeast", action="train", settings=settings,
            exact=True, now=now,
        )  # fmt: skip
        folder.start_attempt()
        fitting = Fitting(settings, Run(folder, pick("cpu"), 0, send=lambda _: None), data, known, ~known)
        return sum(arrays_in((fitting, fitting._task(lambda _: {})), {}).values())


def arrays_in(thing: Any, found: dict[int, int]) -> dict[int, int]:
    """Bytes by place in memory of what is reachable, each memory once; views count as what they are views of."""
    if isinstance(thing, nn.Module | type) or callable(thing):
        return found
    if isinstance(thing, torch.Tensor):
        storage = thing.untyped_storage()
        found[storage.data_ptr()] = storage.nbytes()
    elif isinstance(thing, np.ndarray):
        while isinstance(thing.base, np.ndarray):
            thing = thing.base
        words = sum(map(sys.getsizeof, thing.ravel())) if thing.dtype == object else 0
        found[thing.ctypes.data] = thing.nbytes + words
    elif isinstance(thing, pd.DataFrame):
        found[id(thing)] = int(thing.memory_usage(deep=True).sum())
    elif isinstance(thing, dict | list | tuple):
        for part in thing.values() if isinstance(thing, dict) else thing:
            arrays_in(part, found)
    elif hasattr(thing, "__dict__"):
        arrays_in(vars(thing), found)
    return found


def shortest(steps: list[Callable[[], None]]) -> list[float]:
    """Shortest time of each step in milliseconds, taken in turns after one of each to warm up."""
    for step in steps:
        step()
    durations: list[list[float]] = [[] for _ in steps]
    for _ in range(REPEATS):
        for kept, step in zip(durations, steps, strict=True):
            start = time.perf_counter()
            step()
            kept.append(1000 * (time.perf_counter() - start))
    return [min(kept) for kept in durations]


def our_step(size: str, window: int) -> Callable[[], None]:
    """A training step on all regions, in windows of so many, under several conditions."""
    generator = torch.Generator().manual_seed(0)
    region = GetSizes(MOTIFS + 1 + 3, *SIZES[size], 1)
    network = YeastNetwork(YeastSizes(region, MOTIFS, 3, CLASSES, condition_width=48, bilinear_rank=24))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4, fused=True)
    shape = REGIONS // window, window
    regions = RegionTensors(
        torch.rand(*shape, MOTIFS, generator=generator),
        torch.randn(*shape, 3, generator=generator),
        torch.rand(1, *shape, generator=generator),
    )
    kinds = torch.stack([torch.randint(0, n, (SAMPLES_PER_STEP,), generator=generator) for n in CLASSES], dim=1)
    conditions = Conditions(kinds, torch.randn(SAMPLES_PER_STEP, 8), torch.ones(SAMPLES_PER_STEP, 8))
    target = torch.rand(SAMPLES_PER_STEP, *shape, generator=generator)

    def step() -> None:
        optimiser.zero_grad()
        F.mse_loss(network(regions, conditions), target).backward()
        optimiser.step()

    return step


def studied_step(size: str) -> Callable[[], None]:
    """The same in the studied form: every region under every condition is an input of its own."""
    network = studied_network(GetSizes(MOTIFS + 1 + CONDITIONS, *SIZES[size], 1))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4)
    rng = np.random.default_rng(0)
    motifs = rng.random((REGIONS, MOTIFS), dtype=np.float32)
    conditions = rng.random((SAMPLES_PER_STEP, CONDITIONS), dtype=np.float32)
    stored = repeated_table(motifs, motifs[:, 0], conditions)
    target = torch.rand(SAMPLES_PER_STEP, REGIONS, generator=torch.Generator().manual_seed(0))

    def step() -> None:
        rows = torch.from_numpy(stored.copy())
        optimiser.zero_grad()
        F.mse_loss(network(rows)[..., 0], target).backward()
        optimiser.step()

    return step


def table(measured: dict[str, Any]) -> str:
    """The numbers for people, goals beside them."""
    told = {"neighbours": f"windows of {WINDOWS['neighbours']} neighbours", "all": "all regions in one window"}
    rows = [f"One step over {REGIONS:,} regions x {SAMPLES_PER_STEP} samples, {measured['threads']} threads"]
    for size in SIZES:
        rows.append(f"size {size}: studied form {measured[f'{size}_studied_ms']:.0f} ms")
        for name, words in told.items():
            taken, ratio = measured[f"{size}_{name}_ms"], measured[f"{size}_{name}"]
            rows.append(f"  ours, {words}: {taken:.0f} ms, ratio {ratio:.2f}")
    rows += [
        f"Goal: {GOAL} at the size of get-mini with neighbour windows.",
        f"Data of {SAMPLES} x {REGIONS:,}: ours {measured['held_mb']:.1f} MB (goal {MEMORY_GOAL_MB:.0f}), studied "
        f"{measured['studied_mb']:.0f} MB.",
        "All goals reached." if measured["ok"] else "A goal was missed.",
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
