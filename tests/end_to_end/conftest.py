"""One tiny finished training from the real command line, shared by all tests that need a model; and ways to start more.

Session-wide: what is handed out here is never written to; a test that changes a run copies it first.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from genodesk.core.run import RunFolder
from genodesk.engine import cli

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


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("home"))


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs a command line in this process: for what ends before any work starts, and for what answers at once."""

    def run(*words: object, **settings: Any) -> Answer:
        capsys.readouterr()
        code = cli.main([*map(str, words), *options(**settings)])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def tissue(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four synthetic slices of 80 cells with 30 genes."""
    path = tmp_path_factory.mktemp("tissue") / "组织 1.h5ad"
    made = shell(
        "alphastomics", "demo-data", "--json", out=path, number_of_slices=4, cells_per_slice=80, genes=30, seed=3
    )
    assert made.code == 0, made
    assert made.document == {"file": str(path), "cells": 320, "genes": 30, "slices": 4}
    return path


@pytest.fixture(scope="session")
def training(shell: Shell, tissue: Path, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """The finished training: what the command line said. Its folder is `run.folder` of the document."""
    place = tmp_path_factory.mktemp("trained") / "run"
    made = shell("alphastomics", "train", "--json", data=tissue, run_dir=place, **TINY)
    assert made.code == 0, made.err + (place / "log.txt").read_text()
    return made


@pytest.fixture(scope="session")
def trained(training: Answer) -> RunFolder:
    return RunFolder.open(Path(training.document["run"]["folder"]))


@pytest.fixture
def shared_model(trained: RunFolder, tmp_path: Path) -> Path:
    """The model folder alone, as people send it to each other."""
    return Path(shutil.copytree(trained.model, tmp_path / "shared model"))
