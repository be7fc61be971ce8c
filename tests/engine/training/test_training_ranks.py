"""Two processes with half a batch each stop at the same step, share one folder and end with the weights of one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file
from small_training import one_rank

PROGRAM = Path(__file__).with_name("small_training.py")


def start_ranks(folder: Path, world_size: int, attempt: int, stop_after: int | None = None) -> list[tuple[int, str]]:
    """Runs the ranks to their end; their exit codes and what they wrote on stderr."""
    folder.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MASTER_", "GLOO_"))}
    environment |= {"OMP_NUM_THREADS": "1", "WORLD_SIZE": str(world_size), "PYTHONPATH": str(Path.cwd())}
    environment["GENODESK_RENDEZVOUS"] = str(folder / f"rendezvous-{attempt}")
    command = [sys.executable, str(PROGRAM), str(folder), *([str(stop_after)] if stop_after else [])]
    processes = [
        subprocess.Popen(command, env=environment | {"RANK": str(rank)}, stderr=subprocess.PIPE, text=True)
        for rank in range(world_size)
    ]
    try:
        errors = [process.communicate(timeout=240)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return list(zip([process.returncode for process in processes], errors, strict=True))


@pytest.mark.slow
def test_two_processes_stopped_and_resumed_reach_the_weights_of_one(tmp_path):
    alone, pair = tmp_path / "alone", tmp_path / "pair"
    alone.mkdir()
    one_rank(alone)
    ends = start_ranks(pair, 2, attempt=1, stop_after=7)
    assert all(code == 1 and "Stopped" in text for code, text in ends)
    assert [code for code, _ in start_ranks(pair, 2, attempt=2)] == [0, 0]
    one = load_file(alone / "weights-0.safetensors")
    for rank in (0, 1):
        two = load_file(pair / f"weights-{rank}.safetensors")
        assert two.keys() == one.keys()
        assert max(float((two[name] - one[name]).abs().max()) for name in one) < 1e-5
    single, first, second = (
        json.loads(path.read_text())
        for path in (alone / "result-0.json", pair / "result-0.json", pair / "result-1.json")
    )
    assert second["metrics"] == []  # only rank 0 speaks
    assert second["history"] == first["history"]
    resumed = [row for row in single["metrics"] if row[0] > 7]
    for row, expected in zip(first["metrics"], resumed, strict=True):
        assert row[:2] == expected[:2]
        for name in {"loss", "gradient_norm", "error"} & row[2].keys():
            assert row[2][name] == pytest.approx(expected[2][name], rel=1e-3)
