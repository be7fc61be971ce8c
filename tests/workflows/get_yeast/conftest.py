"""A file of made-up yeast, and command lines that must be refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_lines import Answer
from tiny_yeast import tiny_yeast

from genodesk.workflows.get_yeast.data import write_yeast


@pytest.fixture(scope="session")
def yeast_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 samples of 6 conditions, 96 regions on four chromosomes, 10 motifs."""
    path = tmp_path_factory.mktemp("data") / "酵母 1.h5ad"
    write_yeast(tiny_yeast(), path)
    return path


@pytest.fixture
def refused(here: Callable[..., Answer], tmp_path: Path, home: Path) -> Callable[..., dict[str, str]]:
    """Gives a command line that must be refused before anything is written, and returns what is said."""

    def run(action: str, message: str, place: str, **settings: Any) -> dict[str, str]:
        before = everything_in(tmp_path)
        answer = here("get-yeast", action, "--json", run_dir=tmp_path / "run", **settings)
        assert answer.code == 2, answer
        error = answer.error
        assert message in error["message"], error
        assert error["message"].endswith("."), "a sentence"
        assert "\n" not in error["message"]
        assert place in error["where"], error
        assert error["hint"].endswith((".", "?")), error
        assert "Traceback" not in answer.err
        assert everything_in(tmp_path) == before
        assert not home.exists()
        return error

    return run


def everything_in(folder: Path) -> dict[Path, int]:
    """When each file was changed last."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
