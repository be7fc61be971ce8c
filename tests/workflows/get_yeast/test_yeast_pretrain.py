"""Pretraining fills in hidden regions better than their mean does, and training can start from it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_yeast import SHAPE, made, settings_of, tiny_yeast

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.check import check_pretrain
from genodesk.workflows.get_yeast.data import Regions, write_yeast
from genodesk.workflows.get_yeast.inputs import RegionInputs
from genodesk.workflows.get_yeast.model import GetSizes, MaskedRegionModel
from genodesk.workflows.get_yeast.network import build
from genodesk.workflows.get_yeast.trained import load_trained

SHAPES = {name: value for name, value in SHAPE.items() if name in ("width", "layers", "heads", "window")}
FLAT = {**SHAPES, "max_steps": 30, "epochs": None, "evaluate_every": 10, "learning_rate": 1e-2, "device": "cpu"}


@pytest.fixture(scope="module")
def pretrained(yeast_file, tmp_path_factory):
    settings = settings_of("pretrain", **FLAT, data=yeast_file)
    run = made(tmp_path_factory.mktemp("pretrained") / "run", "pretrain", settings)
    return run, run.call(settings)


def test_the_loss_is_about_hidden_regions_only():
    torch.manual_seed(0)
    model = MaskedRegionModel(GetSizes(4, 8, 1, 2, 16, 4))
    regions = torch.rand(2, 5, 4)
    hidden = torch.tensor([[True, False, False, False, False]] * 2)
    told = model(regions, hidden)
    changed = regions.clone()
    changed[:, 0] = 9
    assert torch.equal(model(changed, hidden), told)
    assert not torch.equal(model(changed, ~hidden), told)


def test_it_becomes_better_than_telling_the_mean(pretrained):
    _, result = pretrained
    assert result["metrics"]["loss"] < 1.1 * result["metrics"]["mean_loss"]
    assert result["steps"] == 30


def test_a_training_starts_from_it_and_takes_the_first_layer_where_motifs_match(pretrained, yeast_file):
    run, _ = pretrained
    data = tiny_yeast()
    inputs = RegionInputs.fit(data, data.regions.chrom != "chr4")
    settings = settings_of("train", **SHAPE, data=yeast_file, checkpoint=run.path)
    said: list[str] = []
    network = build(settings.model, settings.lora, inputs, (2, 1, 1, 3), said.append)
    weights = load_weights(run)
    assert torch.equal(network.region.blocks[1].attn.proj.weight, weights["encoder.blocks.1.attn.proj.weight"])
    assert torch.equal(network.region.region_embed.proj.weight, weights["encoder.region_embed.proj.weight"])
    assert any("100.0%" in line for line in said)
    fewer = RegionInputs.fit(replace_motifs(data), data.regions.chrom != "chr4")
    network = build(settings.model, settings.lora, fewer, (2, 1, 1, 3), said.append)
    assert any("first layer starts fresh" in line for line in said)
    assert torch.equal(network.region.blocks[1].attn.proj.weight, weights["encoder.blocks.1.attn.proj.weight"])


def test_the_first_layer_is_taken_or_left_as_asked_and_refused_for_other_motifs_or_places(pretrained, yeast_file):
    run, _ = pretrained
    data, everything = tiny_yeast(), np.ones(96, dtype=bool)
    embed = load_weights(run)["encoder.region_embed.proj.weight"]

    def first_layer(data, **asked):
        settings = settings_of("train", **SHAPE, data=yeast_file, checkpoint=run.path, **asked)
        made_network = build(settings.model, settings.lora, RegionInputs.fit(data, everything), (2, 1, 1, 3))
        return made_network.region.region_embed.proj.weight

    assert torch.equal(first_layer(data, checkpoint_parts="whole"), embed)
    assert not torch.equal(first_layer(data, checkpoint_parts="encoder"), embed)
    renamed = replace(data, motif_names=[f"other{number}" for number in range(10)])
    placeless = replace(data, regions=Regions(data.regions.ids))
    for other in (renamed, placeless):
        assert first_layer(other).shape[0] == 16  # of its own
        with pytest.raises(UserError, match="other motifs or places") as refused:
            first_layer(other, checkpoint_parts="whole")
        assert refused.value.where == f"--checkpoint {run.path}"


def test_windows_that_all_reach_into_what_is_watched_are_refused_before_the_run(tmp_path):
    data = tiny_yeast()
    write_yeast(data.take(regions=data.regions.chrom == "chr1"), tmp_path / "one.h5ad")
    with pytest.raises(UserError, match="nothing is left to learn from") as refused:
        check_pretrain(settings_of("pretrain", **{**FLAT, "window": 64}, data=tmp_path / "one.h5ad"))
    assert refused.value.where == "--window"
    check_pretrain(settings_of("pretrain", **{**FLAT, "window": 4}, data=tmp_path / "one.h5ad"))


def test_a_pretrained_model_is_not_taken_for_one_that_predicts(pretrained):
    with pytest.raises(UserError, match="predicts no expression"):
        load_trained(pretrained[0].path)


def load_weights(run):
    from genodesk.engine.model_folder import read_model

    return read_model(run.path, "get-yeast")[1]


def replace_motifs(data):
    return replace(data, motifs=data.motifs[:, 1:], motif_names=data.motif_names[1:])


def test_a_file_of_predictions_is_pretrained_on_like_any_other_and_its_expression_is_left_out(tmp_path):
    path = tmp_path / "predictions.h5ad"
    write_yeast(replace(tiny_yeast(), predicted_by="my-yeast (weights 3fa9c2d1e5b0)"), path)
    settings = settings_of("pretrain", **{**FLAT, "max_steps": 2, "evaluate_every": 1}, data=path)
    assert any("is no measurement" in notice.message for notice in check_pretrain(settings))
    assert made(tmp_path / "run", "pretrain", settings).call(settings)["steps"] == 2
