"""The loss curve of a run as a figure, from the numbers its training has written."""

import csv
from pathlib import Path

from genodesk.core.figure import Axis
from genodesk.engine.drawing import Drawing
from genodesk.engine.figures import line_figure

SPLITS = {"train": "training", "validation": "held-out data", "test": "test data"}


def loss_figure(metrics_csv: Path) -> Drawing | None:
    """Loss over steps for every split in tables/metrics.csv, or None where there is none yet."""
    points: dict[str, list[tuple[float, float]]] = {}
    try:
        with metrics_csv.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["metric"] == "loss" and row["value"]:
                    points.setdefault(row["split"], []).append((float(row["step"]), float(row["value"])))
    except (OSError, KeyError, ValueError):
        return None
    if not points:
        return None
    series = {SPLITS.get(split, split): tuple(zip(*rows, strict=True)) for split, rows in points.items()}
    return line_figure("loss", "Loss", Axis(label="Step"), Axis(label="Loss"), series)
