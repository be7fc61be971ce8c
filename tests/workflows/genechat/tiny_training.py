"""Trainings of a few steps on a few genes, with small folders of both models."""

from pathlib import Path
from typing import Any

import numpy as np
from attempts import settings_of
from dna_folders import write_published
from tiny_language import language_folder

from genodesk.workflows.genechat.pairs import Pair, save_pairs
from genodesk.workflows.genechat.settings import TrainSettings

QUICK = {
    "epochs": None,
    "max_steps": 6,
    "batch_size": 4,
    "warmup_steps": 1,
    "checkpoint_every": 2,
    "evaluate_every": 3,
    "log_every": 1,
    "device": "cpu",
}


def tiny_pairs(place: Path) -> Path:
    """Two families of seven genes, two questions about each; five genes to learn from, one each for the tests."""
    rng = np.random.default_rng(0)
    parts: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    for family, answer in enumerate(("It is a kinase.", "It is a protease.")):
        ancestor = rng.choice(list("ACGT"), 300)
        for member, part in enumerate(["train"] * 5 + ["validation", "test"]):
            bases = ancestor.copy()
            bases[rng.integers(0, 300, 20)] = "A"
            name, sequence = f"f{family}m{member}", "".join(bases)
            for number, question in enumerate(("What is it?", "Which kind of protein?")):
                parts[part].append(Pair(f"{name}-{number}", name, sequence, question, answer, str(family), "test"))
    save_pairs(place, parts, {})
    return place


def settings_for(place: Path, **flat: Any) -> TrainSettings:
    """Settings with the pairs and both models in `place`, made there when first asked for."""
    for name, make in (("pairs", tiny_pairs), ("dna", write_published), ("llama", language_folder)):
        if not (place / name).exists():
            make(place / name)
    named = {"data": place / "pairs", "dna_encoder": place / "dna", "language": place / "llama"}
    chosen = settings_of("genechat", "train", **{**named, **QUICK, **flat})
    assert isinstance(chosen, TrainSettings)
    return chosen
