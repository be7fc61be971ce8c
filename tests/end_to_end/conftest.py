"""One tiny finished training from the real command line, shared by all tests that need a model; and ways to start more.

Session-wide: what is handed out here is never written to; a test that changes a run copies it first.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_lines import TINY, Answer, Shell, options

from genodesk.core.run import RunFolder
from genodesk.engine import cli


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
