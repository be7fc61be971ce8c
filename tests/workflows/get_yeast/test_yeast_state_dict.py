"""Published weights load in all four layouts, are accounted for, and are never silently left out."""

import argparse
from collections import OrderedDict

import pytest
import torch
from torch import nn

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.model import GetSizes, MaskedRegionModel, RegionModel
from genodesk.workflows.get_yeast.state_dict import LORA_SCALE, layout_of, load_published

SIZES = GetSizes(inputs=7, width=8, layers=3, heads=2, hidden=16, outputs=2)
LEAST = 0.95
PRETRAIN = GetSizes(inputs=7, width=8, layers=3, heads=2, hidden=16, outputs=7)


class Settings:
    """An object of the program that wrote the file, which must never be made again when it is read."""

    def __init__(self) -> None:
        self.note = "not ours"


def random_model(kind: type[nn.Module], sizes: GetSizes, seed: int = 5) -> nn.Module:
    torch.manual_seed(seed)
    model = kind(sizes)
    for parameter in model.parameters():
        nn.init.normal_(parameter)
    return model


def file_of(layout: str, folder, source: nn.Module, conv: bool = False):
    """A file as the published program writes it."""
    plain = {name: tensor.clone() for name, tensor in source.state_dict().items()}
    if conv:
        for name in [name for name in plain if name.endswith("region_embed.proj.weight")]:
            plain[name] = plain[name].unsqueeze(-1)
    if layout == "pretrain":
        path, document = folder / "pretrain.pth", {"model": OrderedDict(plain), "args": argparse.Namespace(lr=1e-3)}
    elif layout == "fine-tune":
        renamed = {
            name.replace("norm.", "fc_norm.") if name.startswith("norm.") else name: t for name, t in plain.items()
        }
        path, document = folder / "finetune.pth", {"model": OrderedDict(renamed), "args": argparse.Namespace(lr=1e-3)}
    else:
        named = {f"model.{name}": tensor for name, tensor in plain.items()}
        if layout == "lightning LoRA":
            for name in [name for name in named if ".attn.qkv.weight" in name or ".mlp.fc1.weight" in name]:
                whole, module = named.pop(name), name.removesuffix(".weight")
                down, up = torch.randn(2, whole.shape[1]), torch.randn(whole.shape[0], 2)
                named[f"{module}.parametrizations.weight.original"] = whole - LORA_SCALE * up @ down
                named[f"{module}.parametrizations.weight.0.lora_A"] = down
                named[f"{module}.parametrizations.weight.0.lora_B"] = up
        path = folder / "lightning.ckpt"
        document = {"state_dict": OrderedDict(named), "hyper_parameters": {"cfg": Settings()}, "epoch": 3}
    torch.save(document, path)
    return path


@pytest.mark.parametrize("layout", ["fine-tune", "lightning", "lightning LoRA"])
@pytest.mark.parametrize("conv", [False, True])
def test_every_layout_of_a_trained_network_fills_ours(layout, conv, tmp_path):
    source = random_model(RegionModel, SIZES)
    model = random_model(RegionModel, SIZES, seed=6)
    loaded = load_published(model, file_of(layout, tmp_path, source, conv), "whole", LEAST)
    assert loaded.layout == layout
    assert loaded.encoder.share == 1
    assert loaded.others == ("region_embed", "head")
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, source.state_dict()[name], msg=name)
    assert "100.0%" in loaded.text


@pytest.mark.parametrize("conv", [False, True])
def test_a_pretrained_file_fills_the_encoder_and_leaves_the_first_layer_and_the_head(conv, tmp_path):
    source = random_model(MaskedRegionModel, PRETRAIN)
    path = file_of("pretrain", tmp_path, source, conv)
    model = random_model(RegionModel, SIZES, seed=6)
    embed, head = model.region_embed.proj.weight.clone(), model.head.weight.clone()
    loaded = load_published(model, path, "encoder", LEAST)
    assert (loaded.layout, loaded.others) == ("pretrain", ())
    assert torch.equal(model.blocks[1].attn.qkv.weight, source.encoder.blocks[1].attn.qkv.weight)
    assert torch.equal(model.region_embed.proj.weight, embed)
    assert torch.equal(model.head.weight, head)


def test_the_encoder_of_a_network_for_other_motifs_is_taken(tmp_path):
    path = file_of("fine-tune", tmp_path, random_model(RegionModel, SIZES))
    other = random_model(RegionModel, GetSizes(5, 8, 3, 2, 16, 1), seed=6)
    assert load_published(other, path, "encoder", LEAST).encoder.share == 1


def test_a_checkpoint_for_other_inputs_is_refused_when_the_whole_is_asked_for(tmp_path):
    path = file_of("fine-tune", tmp_path, random_model(RegionModel, SIZES))
    other = random_model(RegionModel, GetSizes(5, 8, 3, 2, 16, 2), seed=6)
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    with pytest.raises(UserError, match="7 inputs per region; these data have 5") as refusal:
        load_published(other, path, "whole", LEAST)
    assert "encoder" in refusal.value.hint
    assert all(torch.equal(tensor, before[name]) for name, tensor in other.state_dict().items())


def test_less_than_95_percent_of_the_encoder_is_refused_and_leaves_the_model_as_it_was(tmp_path):
    source = random_model(RegionModel, SIZES)
    torch.save({"model": {n: t for n, t in source.state_dict().items() if "blocks.2." not in n}}, tmp_path / "part.pth")
    model = random_model(RegionModel, SIZES, seed=6)
    before = model.cls_token.clone()
    with pytest.raises(UserError, match="at least 95% is needed"):
        load_published(model, tmp_path / "part.pth", "encoder", LEAST)
    assert torch.equal(model.cls_token, before)
    loaded = load_published(model, tmp_path / "part.pth", "encoder", 0.5)
    assert len(loaded.encoder.missing) == 13
    assert "13 missing" in loaded.text


def test_a_network_of_another_width_is_told_apart_from_one_that_lacks_weights(tmp_path):
    torch.save({"model": random_model(RegionModel, SIZES).state_dict()}, tmp_path / "narrow.pth")
    wide = random_model(RegionModel, GetSizes(7, 16, 3, 2, 32, 2), seed=6)
    with pytest.raises(UserError, match="8 wide; this one is 16 wide"):
        load_published(wide, tmp_path / "narrow.pth", "encoder", LEAST)


def test_nothing_in_a_file_is_run(tmp_path, monkeypatch):
    path = file_of("lightning", tmp_path, random_model(RegionModel, SIZES))
    made = []
    monkeypatch.setattr(Settings, "__setstate__", lambda *_: made.append(1), raising=False)
    load_published(random_model(RegionModel, SIZES, seed=6), path, "encoder", LEAST)
    assert not made


def test_other_weights_are_not_taken_for_get():
    with pytest.raises(UserError, match="no blocks"):
        layout_of({"embeddings.weight": torch.zeros(2, 2)})
