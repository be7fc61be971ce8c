"""Two processes that train side by side, each with half of every batch, end where one process ends."""

import numpy as np
import pytest
from command_lines import TINY
from safetensors.numpy import load_file

from genodesk.core.events import Attempt, EventReader, Warned
from genodesk.core.run import RunFolder


def test_two_processes_train_to_the_scores_and_weights_of_one(shell, tissue, trained, tmp_path):
    place = tmp_path / "两 processes 100%"
    answer = shell("alphastomics", "train", "--json", data=tissue, run_dir=place, processes=2, **TINY)
    assert answer.code == 0, answer.err + (place / "log.txt").read_text()
    run, alone, pair = RunFolder.open(place), trained.result(), answer.document
    assert pair["metrics"] == pytest.approx(alone["metrics"], rel=1e-3)
    assert pair["baselines"] == alone["baselines"]
    assert (pair["best_step"], pair["refit_steps"]) == (alone["best_step"], alone["refit_steps"])
    mine, theirs = (load_file(folder.model / "model.safetensors") for folder in (run, trained))
    assert mine.keys() == theirs.keys()
    assert max(float(np.abs(mine[name] - theirs[name]).max()) for name in mine) < 1e-2
    events = list(EventReader(run.events))
    assert sum(isinstance(event, Attempt) for event in events) == 1
    assert not any(isinstance(event, Warned) for event in events)
    rows, expected = ((folder.tables / "metrics.csv").read_text().count("\n") for folder in (run, trained))
    assert rows == expected  # rank 1 writes nothing
    assert not list(place.glob(".rendezvous*"))
