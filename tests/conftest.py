"""Shared by all tests: a home of their own with a difficult name, the toy workflow, a look for left-over processes."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

TOY = Path(__file__).parent / "toy"
sys.path.insert(0, str(TOY))  # its dist-info registers the workflow `toy`


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of this test alone. Fails a test that leaves a process of its runs behind."""
    place = tmp_path / "测试 data"
    monkeypatch.setenv("GENODESK_HOME", str(place))
    monkeypatch.setenv("GENODESK_BACKOFF_S", "0.02")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(TOY), os.environ.get("PYTHONPATH")))))
    yield place
    left = [process for process in psutil.process_iter(["cmdline"]) if _belongs(process, tmp_path)]
    _, alive = psutil.wait_procs(left, timeout=3)
    for process in alive:
        process.kill()
    assert not alive, f"processes left over: {[process.info['cmdline'] for process in alive]}"


def _belongs(process: psutil.Process, place: Path) -> bool:
    words = process.info["cmdline"] or []
    return any(word.startswith("genodesk.") for word in words) and any(str(place) in word for word in words)
