"""Folders of language models: several kinds are loaded, and what would run code, is broken or too large is refused."""

import json
import shutil

import pytest
import torch
from attempts import settings_of
from running_pickles import RunsWhenRead
from tiny_language import language_folder

from genodesk.core.errors import UserError
from genodesk.workflows.genechat import language
from genodesk.workflows.genechat.check import check_train
from genodesk.workflows.genechat.language import (
    context_of,
    fit_check,
    language_on_meta,
    load_language,
    read_language,
)


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return language_folder(tmp_path_factory.mktemp("language") / "llama")


@pytest.fixture
def folder(llama, tmp_path):
    """A copy that may be spoilt."""
    return shutil.copytree(llama, tmp_path / "模型 copy")


def rewritten(folder, name, **changes):
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def indexed(folder, places):
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))


@pytest.mark.parametrize("kind", ["llama", "qwen2", "gpt2"])
def test_models_of_several_kinds_are_loaded_frozen(tmp_path, kind):
    folder = language_folder(tmp_path / kind, kind)
    about, loaded = read_language(folder), load_language(folder)
    assert about.width == loaded.model.get_input_embeddings().weight.shape[1] == 32
    assert about.has_template == (kind == "qwen2")
    assert context_of(loaded.model) == 128
    assert not any(weight.requires_grad for weight in loaded.model.parameters())
    assert loaded.tokenizer.decode(loaded.tokenizer("gene")["input_ids"]) == "gene"


def test_weights_are_held_as_asked(llama):
    assert load_language(llama, weights="bfloat16").model.dtype == torch.bfloat16
    assert load_language(llama).model.dtype == torch.float32


def test_the_header_tells_what_a_model_needs_before_it_is_loaded(llama):
    about = read_language(llama)
    loaded = load_language(llama).model
    assert about.parameters == sum(weight.numel() for weight in {id(p): p for p in loaded.parameters()}.values())
    more = fit_check(llama, "cpu", "float32").needed - fit_check(llama, "cpu", "bfloat16").needed
    assert more == 2 * about.parameters


def test_a_model_too_large_for_the_memory_is_refused_before_it_is_loaded(llama, monkeypatch):
    monkeypatch.setattr(language, "_free_bytes", lambda _: 1_000_000)
    with pytest.raises(UserError, match=r"needs 0\.4 GB of memory; 0\.0 GB are free"):
        load_language(llama)


def test_training_all_weights_needs_four_times_their_memory(llama, monkeypatch):
    about, asked = read_language(llama), fit_check(llama, "cpu").needed
    whole = fit_check(llama, "cpu", training=True).needed
    assert whole - asked == 12 * about.parameters
    monkeypatch.setattr(language, "_free_bytes", lambda _: asked)
    load_language(llama)
    with pytest.raises(UserError, match="trained in full, needs") as refused:
        load_language(llama, training=True)
    assert "--language-model lora" in refused.value.hint


def test_memory_is_compared_beforehand_only_where_the_device_is_known(llama, monkeypatch):
    monkeypatch.setattr(language, "_free_bytes", lambda _: 1_000_000)
    told = {
        device: [notice.setting for notice in check_train(settings_of(
            "genechat", "train", difficulty="demo", language=llama, learning_rate=1e-4, device=device))]
        for device in ("cpu", "auto", "cuda")
    }  # fmt: skip
    assert told == {"cpu": ["language"], "auto": [], "cuda": []}


def test_shapes_alone_take_no_memory(llama):
    shapes, loaded = language_on_meta(llama), load_language(llama).model
    assert {name: weight.shape for name, weight in shapes.named_parameters()} == {
        name: weight.shape for name, weight in loaded.named_parameters()
    }
    assert all(weight.is_meta for weight in shapes.parameters())


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda f: [path.unlink() for path in f.glob("tokenizer.json")], "no tokenizer"),
        (lambda f: rewritten(f, "config.json", auto_map={"AutoModelForCausalLM": "evil.Model"}), "code of its own"),
        (lambda f: rewritten(f, "tokenizer_config.json", auto_map={"AutoTokenizer": ["e.T", None]}), "code of its own"),
        (lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"), "form that can run code"),
        (lambda f: (f / "model.safetensors").unlink(), "holds no weights"),
        (lambda f: (f / "config.json").unlink(), "config.json is missing"),
        (lambda f: indexed(f, {"a": "../other/model.safetensors"}), "no weights beside it"),
        (lambda f: indexed(f, {"a": "pytorch_model.bin"}), "no weights beside it"),
        (lambda f: indexed(f, ["a"]), "no weights beside it"),
        (lambda f: (f / "config.json").write_text("{"), "config.json cannot be read"),
        (lambda f: (f / "model.safetensors").write_bytes(b"short"), "no safetensors file"),
        (lambda f: rewritten(f, "config.json", model_type="martian"), "cannot be loaded"),
    ],
)
def test_what_cannot_or_must_not_be_loaded_is_refused_in_a_sentence(folder, spoil, told):
    spoil(folder)
    with pytest.raises(UserError, match=told) as refused:
        load_language(folder)
    assert refused.value.hint
    assert str(folder) in refused.value.where


def test_a_pickled_model_that_would_run_code_is_never_opened(folder):
    marker = folder / "ran"

    (folder / "model.safetensors").unlink()
    torch.save(RunsWhenRead(marker), folder / "pytorch_model.bin")
    with pytest.raises(UserError, match="not opened"):
        load_language(folder)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("name", "convertible"),
    [("pytorch_model.bin", True), ("pytorch_model.bin.index.json", True), ("consolidated.00.pth", False)],
)
def test_converting_is_advised_where_it_can_be_done_and_as_a_shell_reads_it(folder, name, convertible):
    place = folder.rename(folder.with_name("my model"))
    (place / "model.safetensors").unlink()
    (place / "pytorch_model-00001-of-00001.bin" if name.endswith("json") else place / name).touch()
    (place / name).touch()
    with pytest.raises(UserError, match="not opened") as refused:
        read_language(place)
    assert (f"weights convert '{place}' NEW_FOLDER" in refused.value.hint) == convertible
    assert refused.value.hint.startswith("Get it as .safetensors")


def test_a_folder_that_is_not_there_is_no_name_on_a_hub(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        load_language(tmp_path / "lmsys" / "vicuna-13b")


def test_compression_needs_a_gpu(llama):
    with pytest.raises(UserError, match="NVIDIA GPU only"):
        load_language(llama, quantise="4bit")
