"""Checkpoints of the published program: both layouts come in whole, with an account, and nothing in them is run."""

import json

import pytest
import torch
from attempts import settings_of
from dna_folders import SMALL, published_tensors, write_published
from running_pickles import RunsWhenRead
from tiny_language import language_folder
from transformers import AutoModelForCausalLM

from genodesk.core.errors import UserError
from genodesk.engine.devices import pick
from genodesk.engine.live_run import CallRun
from genodesk.workflows.genechat.check import check_import
from genodesk.workflows.genechat.import_checkpoint import import_checkpoint
from genodesk.workflows.genechat.state_dict import read_upstream
from genodesk.workflows.genechat.trained import load_trained

WIDTH, LANGUAGE = SMALL["hidden_size"], 32


def additions(default: str = ".default") -> dict[str, torch.Tensor]:
    """LoRA of rank 2 on two layers, as the published program names it; older peft leaves `.default` out."""
    torch.manual_seed(1)
    start = "llama_model.base_model.model.model.layers"
    return {
        f"{start}.{layer}.self_attn.{name}.lora_{side}{default}.weight": torch.randn(*shape)
        for layer in range(2)
        for name in ("q_proj", "v_proj")
        for side, shape in (("A", (2, LANGUAGE)), ("B", (LANGUAGE, 2)))
    }


def released() -> dict[str, torch.Tensor]:
    return {"hyena_llama_proj.weight": torch.randn(LANGUAGE, WIDTH), "hyena_llama_proj.bias": torch.randn(LANGUAGE)}


def paper() -> dict[str, torch.Tensor]:
    return {
        "gene_encoder.pooling_layer.weight": torch.randn(256, WIDTH),
        "gene_encoder.pooling_layer.bias": torch.randn(256),
        "adapter.adapter.weight": torch.randn(LANGUAGE, 256),
        "adapter.layer_norm.weight": torch.randn(LANGUAGE),
        "adapter.layer_norm.bias": torch.randn(LANGUAGE),
    }


def encoder() -> dict[str, torch.Tensor]:
    plain = {name.removeprefix("bert."): tensor for name, tensor in published_tensors(seed=5).items()}
    return {f"gene_encoder.{name}": tensor for name, tensor in plain.items() if not name.startswith("cls.")}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("upstream")
    write_published(place / "dna")
    language_folder(place / "llama")
    return place


def imported(place, name, tensors, **flat):
    torch.save({"model": tensors, "optimizer": {"step": 5}, "epoch": 3}, place / f"{name}.pth")
    settings = settings_of(
        "genechat", "import-checkpoint", checkpoint=place / f"{name}.pth", dna_encoder=place / "dna",
        language=place / "llama", out=place / name, **flat,
    )  # fmt: skip
    check_import(settings)
    return import_checkpoint(settings, CallRun(pick("cpu")))


def test_a_checkpoint_in_the_released_layout_becomes_a_model_that_can_be_asked(place):
    tensors = {**released(), **additions(), **encoder(), "llama_model.lm_head.weight": torch.zeros(3)}
    told = imported(place, "released", tensors)
    assert (told["layout"], told["encoder"]) == ("released", "checkpoint")
    assert told["coverage"]["lora"] | {"share": 1.0} == told["coverage"]["lora"]
    assert told["coverage"]["adapter"]["missing"] == []
    assert told["coverage"]["lora"]["loaded"] == 8
    assert told["ignored"] == ["llama_model.lm_head.weight"]
    trained = load_trained(place / "released")
    assert torch.equal(trained.model.adapter.projection.weight, tensors["hyena_llama_proj.weight"])
    held = dict(trained.model.language.named_parameters())
    name = "base_model.model.model.layers.1.self_attn.v_proj.lora_B.default.weight"
    assert torch.equal(held[name], tensors[f"llama_model.{name}"])
    words = tensors["gene_encoder.embeddings.word_embeddings.weight"]
    assert torch.equal(trained.encoder.loaded.network.words.weight, words)
    assert (trained.encoder.layout, trained.encoder.pooling) == ("released", "released")


def test_a_checkpoint_in_the_papers_layout_takes_the_encoder_of_the_folder(place):
    tensors = {**paper(), **additions(default="")}
    told = imported(place, "paper", tensors)
    assert told["layout"] == "paper"
    assert told["encoder"] == str(place / "dna")
    adapter = load_trained(place / "paper").model.adapter
    assert torch.equal(adapter.pool.weight, tensors["gene_encoder.pooling_layer.weight"])
    assert torch.equal(adapter.norm.bias, tensors["adapter.layer_norm.bias"])
    assert float(adapter.scale) == 1.0


def test_the_language_model_is_not_loaded_to_import_what_stands_beside_it(place, monkeypatch):
    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", lambda *_, **__: pytest.fail("shapes are enough"))
    imported(place, "light", {**paper(), **additions()})
    monkeypatch.undo()
    config = json.loads((place / "light" / "lora" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(place / "llama")
    weights = load_trained(place / "light").model.language.state_dict()
    assert {weight.dtype for name, weight in weights.items() if ".lora_" in name} == {torch.float32}


def test_the_rank_comes_from_the_file_and_alpha_from_the_person(place):
    imported(place, "alpha", {**released(), **additions()}, lora_alpha=4.0)
    config = json.loads((place / "alpha" / "lora" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (2, 4.0)
    assert sorted(config["target_modules"]) == ["q_proj", "v_proj"]


@pytest.mark.parametrize(
    ("tensors", "told"),
    [
        (lambda: {"layer.weight": torch.zeros(2)}, "no checkpoint of GeneChat"),
        (released, "holds no LoRA additions"),
        (lambda: {**released(), **dict(list(additions().items())[:4])}, "fills 50% of the model"),
        (lambda: {"hyena_llama_proj.weight": torch.zeros(4, 4), **additions()}, "of the model; at least 100%"),
        (lambda: {**released(), **additions(), "gene_encoder.x.weight": torch.zeros(2)}, "tensors are missing"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_is_missing(place, tensors, told):
    with pytest.raises(UserError, match=told):
        imported(place, "unfit", tensors())
    assert not (place / "unfit").exists()


def test_a_model_is_never_overwritten(place):
    (place / "there").mkdir(exist_ok=True)
    with pytest.raises(UserError, match="no model is overwritten"):
        imported(place, "there", {**released(), **additions()})


def test_a_checkpoint_that_would_run_code_is_read_without_running_it(place):
    marker = place / "ran"

    tensors = {**released(), **additions()}
    torch.save({"model": tensors, "config": RunsWhenRead(marker)}, place / "evil.pth")
    settings = settings_of(
        "genechat", "import-checkpoint", checkpoint=place / "evil.pth", dna_encoder=place / "dna",
        language=place / "llama", out=place / "evil",
    )  # fmt: skip
    import_checkpoint(settings, CallRun(pick("cpu")))
    assert not marker.exists()
    assert load_trained(place / "evil").model.adapter.layout == "released"


def test_container_words_in_names_make_no_difference():
    tensors = {**released(), **additions()}
    plain, wrapped = (read_upstream({f"{start}{n}": t for n, t in tensors.items()}, "") for start in ("", "model."))
    assert plain.adapter.keys() == wrapped.adapter.keys()
    assert plain.lora.keys() == wrapped.lora.keys()
