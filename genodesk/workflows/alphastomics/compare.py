"""The configurations of the published network side by side: parameters, active parameters and time of a step.

Every number is counted or measured on a real module; nothing is looked up.
"""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from genodesk.workflows.alphastomics.model import ModelSizes, count_parameters
from genodesk.workflows.alphastomics.published import PublishedNetwork

PUBLISHED_SIZES = ModelSizes(
    genes=100,
    extra_inputs=0,
    expression_hidden=64,
    hidden_dim=128,
    time_hidden=32,
    time_dim=32,
    position_hidden=32,
    layers=2,
    heads=4,
    ffn_dim=256,
    time_ffn=64,
    expression_head=128,
    position_head=64,
    attention="linear",
    use_gated_attention=False,
)

_GATED: Mapping[str, Any] = {"attention": "softmax", "use_gated_attention": True}

CONFIGURATIONS: Mapping[str, Mapping[str, Any]] = {
    "linear, dense": {},
    "gated headwise": {**_GATED, "gate_type": "headwise"},
    "gated elementwise": {**_GATED, "gate_type": "elementwise"},
    "linear, 2 of 4 experts": {"use_moe": True, "num_experts": 4, "moe_top_k": 2},
    "linear, 2 of 8 experts": {"use_moe": True, "num_experts": 8, "moe_top_k": 2},
    "gated headwise, 2 of 4 experts": {
        **_GATED,
        "gate_type": "headwise",
        "use_moe": True,
        "num_experts": 4,
        "moe_top_k": 2,
    },
}


@dataclass(frozen=True)
class StepTiming:
    """How to time a training step (forward, a squared error, backward)."""

    cells: int = 200
    repeats: int = 5


def compare_configurations(sizes: ModelSizes = PUBLISHED_SIZES, timing: StepTiming | None = None) -> dict[str, Any]:
    """{"configurations": [{"name", "total", "active", "activation_rate", "step_ms"}, ...]} for networks of these sizes.

    `activation_rate` is active / total; `step_ms` (milliseconds, median) is there when `timing` is given.
    Raises UserError for sizes from which one of the networks cannot be built.
    """
    rows = []
    for name, changes in CONFIGURATIONS.items():
        network = PublishedNetwork(replace(sizes, **changes))
        total, active = count_parameters(network)
        row: dict[str, Any] = {"name": name, "total": total, "active": active, "activation_rate": active / total}
        if timing is not None:
            row["step_ms"] = _step_milliseconds(network, timing)
        rows.append(row)
    return {"configurations": rows}


def _step_milliseconds(network: PublishedNetwork, timing: StepTiming) -> float:
    generator = torch.Generator().manual_seed(0)
    sizes = network.sizes
    expression = torch.randn(1, timing.cells, sizes.genes, generator=generator)
    extra = torch.randn(1, timing.cells, sizes.extra_inputs, generator=generator)
    position = torch.randn(1, timing.cells, 3, generator=generator)
    padding = torch.ones(1, timing.cells, dtype=torch.bool)
    moment = torch.full((1,), 0.5)
    durations = []
    for _ in range(timing.repeats + 1):
        start = time.perf_counter()
        prediction = network(expression, position, moment, padding, extra=extra)
        loss = (prediction.expression - expression).square().mean() + (prediction.position - position).square().mean()
        (loss + prediction.auxiliary).backward()
        durations.append(1000 * (time.perf_counter() - start))
    return statistics.median(durations[1:])
