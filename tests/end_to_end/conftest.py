"""The model that people share."""

import shutil
from pathlib import Path

import pytest

from genodesk.core.run import RunFolder


@pytest.fixture
def shared_model(trained: RunFolder, tmp_path: Path) -> Path:
    """The model folder alone, as people send it to each other."""
    return Path(shutil.copytree(trained.model, tmp_path / "shared model"))
