"""The vocabulary of numbers: what a metric is called, its unit, which direction is better and what chance gives."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """The meaning of one number. `chance` is what guessing gives, or None where that depends on the data."""

    name: str
    title: str
    better: Literal["higher", "lower", "neither"]
    unit: str = ""
    chance: float | None = None


SHARED_METRICS = (
    Metric("loss", "Loss", "lower"),
    Metric("learning_rate", "Learning rate", "neither"),
    Metric("gradient_norm", "Gradient norm", "neither"),
    Metric("steps_per_second", "Speed", "higher", "steps/s"),
    Metric("memory_mb", "Memory", "lower", "MB"),
)


def meaning(name: str, own: tuple[Metric, ...] = ()) -> Metric:
    """The metric called `name`, from a workflow's own vocabulary or the shared one; else one with no direction."""
    for metric in (*own, *SHARED_METRICS):
        if metric.name == name:
            return metric
    return Metric(name, name.replace("_", " "), "neither")
