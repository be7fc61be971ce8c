"""Shared by all tests: a home of their own with a difficult name, the toy workflow, a look for left-over processes, and
one tiny finished training from the real command line.

What is made once for all tests is never written to; a test that changes a run copies it first.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from command_lines import TINY, Answer, Shell, options

from genodesk.core.run import RunFolder
from genodesk.engine import cli

if TYPE_CHECKING:
    from toy_runs import Toy

TOY = Path(__file__).parent / "toy"
sys.path.insert(0, str(TOY))  # its dist-info registers the workflow `toy`


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """A folder of this test alone, with a difficult name."""
    place = tmp_path / "测试 data"
    place.mkdir()
    return place


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of this test alone. Fails a test that leaves a process of its runs behind."""
    place = tmp_path / "家 home"
    monkeypatch.setenv("GENODESK_HOME", str(place))
    monkeypatch.setenv("GENODESK_BACKOFF_S", "0.02")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(TOY), os.environ.get("PYTHONPATH")))))
    yield place
    left = [process for process in psutil.process_iter(["cmdline"]) if _belongs(process, tmp_path)]
    _, alive = psutil.wait_procs(left, timeout=3)
    for process in alive:
        process.kill()
    assert not alive, f"processes left over: {[process.info['cmdline'] for process in alive]}"


@pytest.fixture
def toy() -> "Toy":
    """Starts real runs of the toy workflow."""
    from toy_runs import Toy

    return Toy()


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


def _belongs(process: psutil.Process, place: Path) -> bool:
    words = process.info["cmdline"] or []
    return any(word.startswith("genodesk.") for word in words) and any(str(place) in word for word in words)
