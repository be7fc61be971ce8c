"""Scores of a trained model: which answer the metrics judge, beside which baselines, for tissue of any kind."""

import anndata
import numpy as np
import pytest
from tiny_actions import TINY

from genodesk.core.errors import UserError

QUICKLY = {"steps": 3, "samples": 2, "device": "cpu"}


@pytest.mark.parametrize("estimate", ["one_step", "sample", "consensus"])
def test_the_metrics_are_those_of_the_estimate_asked_for(act, placing, tissue, estimate):
    scores, run = act("test", run=placing.path, data=tissue, estimate=estimate, **QUICKLY)
    assert scores["point_estimate"] == estimate
    assert scores["metrics"] == scores["estimates"][estimate]
    assert len({made["rmsd"] for made in scores["estimates"].values()}) == 3
    per_slice = [one["pair_distance_spearman"] for one in scores["per_slice"].values()]
    assert scores["metrics"]["pair_distance_spearman"] == pytest.approx(np.mean(per_slice))
    assert (run.path / "figures" / "truth_00_slice_00.json").exists()


def test_one_sample_makes_no_consensus(act, placing, tissue):
    scores, _ = act("test", run=placing.path, data=tissue, **{**QUICKLY, "samples": 1})
    assert set(scores["estimates"]) == {"one_step", "sample"}
    with pytest.raises(UserError, match="One sample cannot agree"):
        act("test", "other", run=placing.path, data=tissue, estimate="consensus", **{**QUICKLY, "samples": 1})


def test_without_data_the_slices_held_out_are_scored_as_training_scored_them(act, placing):
    scores, _ = act("test", run=placing.path, **QUICKLY)
    assert scores["cells"] == 80
    assert set(scores["baselines"]) >= {"shuffled", "knn", "ridge", "centroid"}


def test_painted_expression_is_scored_beside_simple_methods(act, painting, tissue):
    scores, _ = act("test", run=painting.path, data=tissue, **QUICKLY)
    assert set(scores["estimates"]) == {"one_step", "sample", "consensus"}
    assert set(scores["baselines"]) == {"shuffled", "gene_mean", "knn", "knn_as_in_file", "ridge"}
    assert -1 <= scores["metrics"]["gene_pearson"] <= 1


def test_three_coordinates_are_learned_placed_and_scored(act, placing, cells, tmp_path):
    solid = cells.copy()
    depth = np.random.default_rng(0).normal(scale=300.0, size=(320, 1))
    solid.obsm["spatial"] = np.hstack([solid.obsm["spatial"], depth])
    solid.write_h5ad(tmp_path / "solid.h5ad")
    result, trained = act("train", data=tmp_path / "solid.h5ad", **{**TINY, "refit": "never"})
    assert np.isfinite(result["metrics"]["rmsd"])
    scores, _ = act("test", run=trained.path, data=tmp_path / "solid.h5ad", **QUICKLY)
    assert np.isfinite(scores["metrics"]["r2"])
    _, run = act("sample", run=trained.path, data=tmp_path / "solid.h5ad", formats=["h5ad"], **QUICKLY)
    places = anndata.read_h5ad(run.path / "cells.h5ad").obsm["X_sampled"]
    assert places.shape == (320, 3)
    assert places[:, 2].std() > 0
    with pytest.raises(UserError, match="3 coordinates and the model 2"):
        act("test", "flat", run=placing.path, data=tmp_path / "solid.h5ad", **QUICKLY)


def test_cells_seen_in_training_are_pointed_out_and_unseen_ones_are_not(act, placing, tissue, tmp_path):
    _, run = act("test", run=placing.path, data=tissue, **QUICKLY)
    assert any("the scores flatter it" in warning for warning in run.warnings)
    unseen = anndata.read_h5ad(tissue)
    unseen.X = unseen.X.copy()
    unseen.X.data += np.arange(unseen.X.nnz) % 2 + 1
    unseen.write_h5ad(tmp_path / "unseen.h5ad")
    _, run = act("test", "unseen", run=placing.path, data=tmp_path / "unseen.h5ad", **QUICKLY)
    assert not any("the scores flatter it" in warning for warning in run.warnings)


def test_slivers_are_left_out_of_the_scores_and_any_slice_name_can_be_drawn(act, placing, tissue, tmp_path):
    cells = anndata.read_h5ad(tissue)
    names = cells.obs["slice_id"].astype(str).to_numpy(dtype=object)
    names[names == names[0]] = "day 1/a=b"
    names[5:8] = "sliver"
    cells.obs["slice_id"] = names
    cells.write_h5ad(tmp_path / "named.h5ad")
    scores, run = act("test", run=placing.path, data=tmp_path / "named.h5ad", **QUICKLY)
    assert "day 1/a=b" in scores["per_slice"]
    assert "sliver" not in scores["per_slice"]
    assert any("sliver" in warning for warning in run.warnings)
    assert (run.path / "figures" / "truth_00_day_1_a_b.json").exists()
    cells[cells.obs["slice_id"] == "sliver"].write_h5ad(tmp_path / "sliver.h5ad")
    with pytest.raises(UserError, match="No slice has the 12 cells"):
        act("test", "sliver", run=placing.path, data=tmp_path / "sliver.h5ad", **QUICKLY)


def test_a_column_that_was_asked_for_must_be_there(act, placing, tissue):
    for column in ("slice_key", "label_key"):
        with pytest.raises(UserError, match="no column 'nope'"):
            act("test", column, run=placing.path, data=tissue, **{column: "nope"}, **QUICKLY)
