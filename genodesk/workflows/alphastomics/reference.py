"""Training cells kept in the run folder (not in the shared model), so that a test can fit its baselines on them."""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from genodesk.core.disk import write_atomically
from genodesk.workflows.alphastomics.scaling import Scaling
from genodesk.workflows.alphastomics.slices import Slice, SliceSet

MOST_CELLS = 50_000


def save_reference(path: Path, slices: SliceSet, seed: int) -> None:
    """Writes at most 50,000 random cells of the slices, expression as float16."""
    total = sum(len(one) for one in slices)
    rng = np.random.default_rng([seed, 11])
    share = min(1.0, MOST_CELLS / total)
    parts = [one.take(np.sort(rng.permutation(len(one))[: max(2, int(len(one) * share))])) for one in slices]
    labels = [np.full(len(one), -1) if one.labels is None else one.labels for one in parts]
    arrays: dict[str, np.ndarray] = {
        "expression": np.concatenate([one.expression for one in parts]).astype(np.float16),
        "extra": np.concatenate([one.extra for one in parts]).astype(np.float32),
        "position": np.concatenate([one.position for one in parts]).astype(np.float32),
        "labels": np.concatenate(labels).astype(np.int32),
        "slice": np.repeat(np.arange(len(parts), dtype=np.int32), [len(one) for one in parts]),
        "origin": np.stack([one.origin for one in parts]),
    }
    names = {"slices": json.dumps([one.name for one in parts]), "labels": json.dumps(list(slices.label_names))}
    write_atomically(path, save(arrays, metadata=names))


def load_reference(run_folder: Path, scaling: Scaling) -> SliceSet | None:
    """The cells kept by a run, or None where there are none (a shared model folder) or they are damaged."""
    try:
        with safe_open(run_folder / "reference.safetensors", framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
            names = {key: tuple(json.loads(value)) for key, value in file.metadata().items()}
    except (OSError, SafetensorError, ValueError):
        return None
    slices = []
    for number, name in enumerate(names["slices"]):
        rows = arrays["slice"] == number
        labels = arrays["labels"][rows].astype(np.int64)
        slices.append(
            Slice(
                name=name,
                expression=arrays["expression"][rows].astype(np.float32),
                extra=arrays["extra"][rows],
                position=arrays["position"][rows],
                origin=arrays["origin"][number],
                placed=True,
                labels=labels if len(names["labels"]) else None,
                cell_names=np.array([f"{name}-{i}" for i in range(int(rows.sum()))]),
                counts=None,
            )
        )
    return SliceSet(tuple(slices), scaling, names["labels"])
