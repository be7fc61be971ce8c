"""Trained by default on a yeast whose regulation is known, the model keeps what it promises, with a little slack.

Five seeds, every split and the ablation are measured by `benchmarks/get_yeast_seeds.py`; this is one of its rows.
"""

from pathlib import Path

import numpy as np
import pytest
from tiny_yeast import made, settings_of

from genodesk.workflows.get_yeast.attribution import knock_outs, one_of_each
from genodesk.workflows.get_yeast.synthetic import FACTORS, make_yeast
from genodesk.workflows.get_yeast.trained import load_trained


@pytest.mark.slow
def test_on_new_genes_it_beats_the_simple_methods_and_knows_which_factor_does_what(tmp_path: Path):
    settings = settings_of("train", difficulty="demo", split="regions", refit=False, device="cpu")
    run = made(tmp_path / "run", "train", settings)
    result = run.call(settings)
    reached = result["metrics"]["pearson"]
    assert reached >= 0.90
    found = {name: scores["pearson"] for name, scores in result["baselines"].items()}
    baselines = {name: pearson for name, pearson in found.items() if pearson is not None}
    assert "boosting" in baselines
    assert reached > max(baselines.values()) + 0.01, baselines

    data, truth = make_yeast("demo", 0)
    trained = load_trained(run.path)
    genes, cultures = ~trained.seen(data), one_of_each(data, 8)
    assert genes.sum() > 100
    told = knock_outs(trained, data.take(samples=cultures, regions=genes), FACTORS)
    true = np.stack([truth.knocked_out(name)[np.ix_(cultures, genes)].mean(axis=0) for name in FACTORS])
    assert np.corrcoef(told.ravel(), true.ravel())[0, 1] >= 0.95
