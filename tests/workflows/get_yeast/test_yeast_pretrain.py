"""Pretraining fills in hidden regions better than their mean does, and training can start from it."""

import pytest
import torch
from tiny_yeast import SHAPE, made, settings_of, tiny_yeast

from genodesk.core.errors import UserError
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


def test_a_pretrained_model_is_not_taken_for_one_that_predicts(pretrained):
    with pytest.raises(UserError, match="predicts no expression"):
        load_trained(pretrained[0].path)


def load_weights(run):
    from genodesk.engine.model_folder import read_model

    return read_model(run.path, "get-yeast")[1]


def replace_motifs(data):
    from dataclasses import replace

    return replace(data, motifs=data.motifs[:, 1:], motif_names=data.motif_names[1:])
