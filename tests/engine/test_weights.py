"""Weights files are read without running them, whatever they are, and a module says what of it was filled."""

import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch
from running_pickles import RunsWhenRead
from safetensors.torch import load_file, save_file

from genodesk.core.errors import UserError
from genodesk.engine.weights import convert_weights, inspect_weights, load_mapped, load_tensors
from genodesk.engine.weights_folder import convert_folder


class Hyperparameters(dict):
    """A class that a reader of the file does not have."""


def state() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    base = torch.randn(6, 4, generator=generator)
    return {
        "encoder.weight": base,
        "encoder.turned": base.T,
        "encoder.half": torch.randn(3, generator=generator).to(torch.bfloat16),
        "steps": torch.tensor(7),
        "empty": torch.zeros(0, 3),
    }


@pytest.mark.parametrize("zipped", [True, False], ids=["zip form", "older form"])
def test_a_checkpoint_with_foreign_classes_gives_the_same_tensors_as_torch(tmp_path, zipped):
    path = tmp_path / "model.ckpt"
    document = {
        "state_dict": state(),
        "hyper_parameters": Hyperparameters(width=4),
        "optimizer": {"moment": torch.ones(2)},
    }
    torch.save(document, path, _use_new_zipfile_serialization=zipped)

    found = load_tensors(path)

    assert found.keys() == state().keys()
    for name, tensor in state().items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor), name


def test_a_plain_state_dict_and_a_whole_pickled_module_give_the_same_names(tmp_path):
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
    torch.save(module.state_dict(), tmp_path / "state.pt")
    torch.save(module, tmp_path / "module.pt")

    for name in ("state.pt", "module.pt"):
        found = load_tensors(tmp_path / name)
        assert {key: tuple(t.shape) for key, t in found.items()} == {
            "0.weight": (2, 3),
            "0.bias": (2,),
            "1.weight": (2,),
            "1.bias": (2,),
        }
        assert torch.equal(found["0.weight"], module[0].weight)


def test_numpy_arrays_in_a_pickle_are_read_without_numpys_unpickling(tmp_path):
    path = tmp_path / "arrays.bin"
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    path.write_bytes(pickle.dumps({"c": values, "fortran": np.asfortranarray(values), "n": np.int64(3)}))

    found = load_tensors(path)

    assert torch.equal(found["c"], torch.from_numpy(values))
    assert torch.equal(found["fortran"], torch.from_numpy(values))
    assert found["n"].item() == 3


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_tries_to_run_code_stays_inert(tmp_path, monkeypatch, protocol):
    target = tmp_path / "made-by-the-pickle"
    path = tmp_path / "evil.bin"
    path.write_bytes(pickle.dumps({"evil": RunsWhenRead(target)}, protocol=protocol))
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")

    assert load_tensors(path) == {}
    assert inspect_weights(path)["not_run"]
    assert not target.exists()
    pickle.loads(path.read_bytes())
    assert target.exists()  # the attack works where it is not stopped


def test_an_evil_torch_file_keeps_its_weights_and_never_runs(tmp_path):
    target = tmp_path / "made-by-the-pickle"
    torch.save({"state_dict": state(), "evil": RunsWhenRead(target)}, tmp_path / "evil.pt")
    out = tmp_path / "clean.safetensors"

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "genodesk.engine.cli",
            "weights",
            "convert",
            str(tmp_path / "evil.pt"),
            str(out),
            "--json",
        ],
        env={**os.environ, "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["not_run"] == ["__builtin__.getattr", "pathlib.Path", "pathlib.PosixPath"]
    assert not target.exists()
    assert torch.equal(load_file(out)["encoder.weight"], state()["encoder.weight"])
    assert load_file(out)["encoder.half"].dtype == torch.bfloat16


def test_inspecting_safetensors_reads_the_header_only(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(3, 4), "b": torch.zeros(5, dtype=torch.float16)}, path)

    found = inspect_weights(path)

    assert (found["count"], found["numbers"], found["bytes"]) == (2, 17, 58)
    assert found["tensors"][0] == {"name": "a", "dtype": "F32", "shape": [3, 4]}


def test_false_offsets_in_safetensors_are_refused(tmp_path):
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4096]}}).encode()
    path = tmp_path / "lying.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))

    for read in (inspect_weights, load_tensors):
        with pytest.raises(UserError) as refused:
            read(path)
        assert refused.value.where == str(path)


@pytest.mark.parametrize(
    ("shape", "stride"), [((1 << 20, 1 << 20), (0, 0)), ((4, 4), (4, 1)), ((2,), (-1,)), ((2,), (1 << 40,))]
)
def test_tensors_that_lie_about_their_size_are_refused(tmp_path, shape, stride):
    class Lie:
        def __reduce__(self):
            return torch._utils._rebuild_tensor_v2, (Pid(), 0, shape, stride, False, {})

    class Pid:
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return ("storage", torch.FloatStorage, "0", "cpu", 2) if isinstance(value, Pid) else None

    path = tmp_path / "lying.pt"
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("a/data.pkl", "w") as file:
            Pickler(file, protocol=2).dump({"lie": Lie()})
        archive.writestr("a/data/0", bytes(8))

    with pytest.raises(UserError):
        load_tensors(path)


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x04" + b"(" * 100_000, b"\x80\x04\x8d" + b"\xff" * 8])
def test_rubbish_ends_in_a_sentence(tmp_path, content):
    path = tmp_path / "rubbish.pt"
    path.write_bytes(content)
    with pytest.raises(UserError) as refused:
        inspect_weights(path)
    assert refused.value.where == str(path)


def test_a_program_file_is_refused(tmp_path):
    path = tmp_path / "model.pt2"
    path.touch()
    with pytest.raises(UserError, match="program"):
        inspect_weights(path)


def test_converting_overwrites_nothing_and_leaves_nothing_after_a_failure(tmp_path):
    (tmp_path / "rubbish.pt").write_bytes(b"x")
    torch.save(state(), tmp_path / "good.pt")
    out = tmp_path / "out.safetensors"
    out.write_text("mine")

    with pytest.raises(UserError):
        convert_weights(tmp_path / "good.pt", out)
    assert out.read_text() == "mine"
    out.unlink()
    with pytest.raises(UserError):
        convert_weights(tmp_path / "rubbish.pt", out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.pt", "rubbish.pt"]


def test_a_module_says_what_of_it_was_filled():
    module = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 2))
    file = {
        "body.weight": torch.ones(4, 4),
        "body.bias": torch.ones(4),
        "head.weight": torch.ones(3, 4),
        "other": torch.ones(1),
    }

    def mapping(name: str) -> str | None:
        return None if name == "other" else name.replace("body", "0").replace("head", "1")

    before = module[0].weight.clone()
    with pytest.raises(UserError, match="50%"):
        load_mapped(module, file, mapping)
    assert torch.equal(module[0].weight, before)

    coverage = load_mapped(module, file, mapping, minimum=0.5)
    assert coverage.share == 0.5  # 2 of 4 tensors, though 20 of 30 numbers
    assert coverage.missing == ("1.weight", "1.bias")
    assert coverage.mismatched == (("1.weight", (3, 4), (2, 4)),)
    assert torch.equal(module[0].weight, torch.ones(4, 4))


def pickled_folder(place, shards):
    """A folder of a small language model as older ones are published, in one pickled file or in several."""
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(vocab_size=40, **sizes))
    place.mkdir()
    model.config.save_pretrained(place)
    (place / "tokenizer.json").write_text("{}")
    stale = json.dumps({"weight_map": {"lm_head.weight": "gone.safetensors"}})
    (place / "model.safetensors.index.json").write_text(stale)
    names = list(model.state_dict())
    files = {f"pytorch_model-{i + 1:05}-of-{shards:05}.bin": names[i::shards] for i in range(shards)}
    if shards == 1:
        files = {"pytorch_model.bin": names}
    else:
        places = {name: file for file, held in files.items() for name in held}
        (place / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": places}))
    for file, held in files.items():
        torch.save({name: model.state_dict()[name] for name in held}, place / file)
    (place / "model.safetensors.index.json").write_text('{"weight_map": {"a": "of-other-weights.safetensors"}}')
    (place / "LICENSE").write_text("Do as you like.")
    return model


@pytest.mark.parametrize("shards", [1, 3])
def test_a_folder_with_pickled_weights_becomes_one_that_transformers_loads(tmp_path, shards):
    from transformers import AutoModelForCausalLM

    model = pickled_folder(tmp_path / "old", shards)

    found = convert_folder(tmp_path / "old", tmp_path / "new")

    assert (found["files"], found["tensors"]) == (shards, len(model.state_dict()))
    assert not list((tmp_path / "new").glob("*.bin*"))
    assert (tmp_path / "new" / "tokenizer.json").exists()
    assert (tmp_path / "new" / "LICENSE").exists()
    assert (tmp_path / "new" / "model.safetensors.index.json").exists() == (shards > 1)
    assert (tmp_path / "new" / "model.safetensors.index.json").exists() == (shards > 1)
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "new", local_files_only=True, use_safetensors=True)
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)


def test_others_may_read_what_is_converted_where_the_person_allows_it(tmp_path):
    pickled_folder(tmp_path / "old", 2)
    (tmp_path / "mine").touch()
    (tmp_path / "ours").mkdir()
    convert_folder(tmp_path / "old", tmp_path / "new")
    modes = {path.name: path.stat().st_mode for path in (tmp_path / "new").iterdir()}
    assert set(modes.values()) == {(tmp_path / "mine").stat().st_mode}, modes
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "ours").stat().st_mode


def test_an_index_that_names_no_weights_is_refused(tmp_path):
    pickled_folder(tmp_path / "old", 2)
    (tmp_path / "old" / "pytorch_model.bin.index.json").write_text('{"weight_map": {}}')
    with pytest.raises(UserError, match=r"index\.json cannot be read"):
        convert_folder(tmp_path / "old", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_not_whole_is_refused_and_nothing_is_left(tmp_path):
    pickled_folder(tmp_path / "old", 2)
    (tmp_path / "old" / "pytorch_model-00002-of-00002.bin").write_bytes(b"x")
    with pytest.raises(UserError):
        convert_folder(tmp_path / "old", tmp_path / "new")
    (tmp_path / "old" / "pytorch_model-00002-of-00002.bin").unlink()
    with pytest.raises(UserError, match=r"00002\.bin is missing"):
        convert_folder(tmp_path / "old", tmp_path / "new")
    with pytest.raises(UserError, match=r"holds no pytorch_model\.bin"):
        convert_folder(tmp_path, tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith((".", "new"))] == []
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="this name already"):
        convert_folder(tmp_path, tmp_path / "old")
