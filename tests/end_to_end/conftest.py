"""Command lines inside this process, and the model that people share."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_lines import Answer, options

from genodesk.core.run import RunFolder
from genodesk.engine import cli


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs a command line in this process: for what ends before any work starts, and for what answers at once."""

    def run(*words: object, **settings: Any) -> Answer:
        capsys.readouterr()
        code = cli.main([*map(str, words), *options(**settings)])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


@pytest.fixture
def shared_model(trained: RunFolder, tmp_path: Path) -> Path:
    """The model folder alone, as people send it to each other."""
    return Path(shutil.copytree(trained.model, tmp_path / "shared model"))
