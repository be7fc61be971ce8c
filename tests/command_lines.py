"""Command lines as a person types them, the settings of a training that takes seconds, and the processes of a run."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from safetensors.numpy import load_file

from genodesk.core.run import RunFolder

ENGINE = [sys.executable, "-m", "genodesk.engine.cli"]
TINY = {
    "hidden_dim": 16,
    "layers": 1,
    "heads": 2,
    "ffn_dim": 32,
    "expression_hidden": 8,
    "expression_head": 8,
    "max_steps": 30,
    "batch_size": 2,
    "warmup_steps": 2,
    "cells_per_batch": 32,
    "checkpoint_every": 5,
    "evaluate_every": 10,
    "log_every": 5,
    "device": "cpu",
}


@dataclass(frozen=True)
class Answer:
    """How a command line ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        (line,) = self.out.splitlines()
        document: dict[str, Any] = json.loads(line)
        return document

    @property
    def error(self) -> dict[str, str]:
        error: dict[str, str] = self.document["error"]
        return error


def options(**settings: Any) -> list[str]:
    """Settings as a person types them: `--max-steps 30`, a list once per value."""
    words: list[str] = []
    for name, value in settings.items():
        option = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            words += [option, str(one)]
    return words


class Shell:
    """Runs `genodesk-engine` as a person would, in a process of its own with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.environment = {
            **os.environ,
            "GENODESK_HOME": str(home),
            "GENODESK_BACKOFF_S": "0.02",
            "OMP_NUM_THREADS": "1",
        }

    def __call__(self, *words: object, **settings: Any) -> Answer:
        done = subprocess.run(
            [*ENGINE, *map(str, words), *options(**settings)],
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=300,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(self, *words: object, **settings: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*ENGINE, *map(str, words), *options(**settings)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )


def supervisor(run: Path) -> psutil.Process:
    record = until(RunFolder.open(run).last_process)
    return psutil.Process(record.pid)


def workers(run: Path) -> list[psutil.Process]:
    return [child for child in supervisor(run).children() if "genodesk.engine.worker" in child.cmdline()]


def until(condition: Callable[[], Any], seconds: float = 120) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.005)
    return pytest.fail("what was waited for did not happen")


def assert_same_weights(one: RunFolder, other: RunFolder) -> None:
    mine, theirs = (load_file(run.model / "model.safetensors") for run in (one, other))
    assert mine.keys() == theirs.keys()
    for name, tensor in mine.items():
        assert np.array_equal(tensor, theirs[name]), name
