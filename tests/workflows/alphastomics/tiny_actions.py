"""A small training and a way to call actions in this process."""

from functools import partial
from pathlib import Path

import attempts
from attempts import Made

TINY = {
    "hidden_dim": 16,
    "layers": 1,
    "heads": 2,
    "ffn_dim": 32,
    "expression_hidden": 8,
    "expression_head": 8,
    "max_steps": 6,
    "batch_size": 2,
    "warmup_steps": 1,
    "cells_per_batch": 32,
    "checkpoint_every": 2,
    "evaluate_every": 3,
    "log_every": 1,
    "device": "cpu",
}


settings_of, made = partial(attempts.settings_of, "alphastomics"), partial(attempts.made, "alphastomics")


def trained_in(mode: str, tissue: Path, place: Path) -> Made:
    settings = settings_of("train", **TINY, data=tissue, training_mode=mode)
    run = made(place / "run", "train", settings)
    result = run.call(settings)
    run.folder.result_file.write_text("{}")
    assert result["refit"]
    return run
