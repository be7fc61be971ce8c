"""A small made-up yeast, networks of a few thousand weights, and a way to call actions in this process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from genodesk.core.events import Artifact, Event, Warned
from genodesk.core.ids import new_run_id, utc_now
from genodesk.core.layers import Layer, build, nest
from genodesk.core.run import RunFolder
from genodesk.core.settings import Settings
from genodesk.core.workflow import Workflow, load_function
from genodesk.engine.devices import pick
from genodesk.engine.live_run import Run
from genodesk.workflows.get_yeast import WORKFLOW
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


def settings_of(action: str, workflow: Workflow = WORKFLOW, **flat: Any) -> Settings:
    """Checked settings from leaf names, as the command line makes them."""
    kind = workflow.action(action).settings
    return build(kind, Layer(nest(kind, flat)))


@dataclass
class Made:
    """An action in a run folder, and what it told."""

    folder: RunFolder
    events: list[Event] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def warnings(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Warned)]

    @property
    def checkpoints_saved(self) -> list[str]:
        return [e.path for e in self.events if isinstance(e, Artifact) and e.role == "checkpoint"]

    def call(self, settings: Settings, stop_asked: Callable[[], bool] = lambda: False) -> Any:
        """One attempt at the action; what the function returns."""
        function = load_function(WORKFLOW.action(self.folder.info.action).function)
        return function(settings, self.attempt(stop_asked))

    def attempt(self, stop_asked: Callable[[], bool] = lambda: False) -> Run:
        """The `run` of a new attempt."""
        self.folder.start_attempt()
        return Run(self.folder, pick("cpu"), self.folder.info.seed or 0, send=self.events.append, stop_asked=stop_asked)


def made(place: Path, action: str, settings: Settings) -> Made:
    """A new run folder for an action that was not called yet."""
    folder = RunFolder.create(
        place,
        run_id=new_run_id(utc_now()),
        workflow="get-yeast",
        action=action,
        settings=settings,
        exact=True,
        now=utc_now(),
    )
    return Made(folder)
