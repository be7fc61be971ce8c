"""DNABERT-2 folders load completely or not at all, run nothing, and give the numbers of a plain implementation."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from dna_folders import SMALL, published_tensors, write_published
from running_pickles import RunsWhenRead
from safetensors.torch import load_file
from torch import Tensor

from genodesk.core.errors import Stopped, UserError
from genodesk.engine.nn.dnabert2 import Dnabert2, Dnabert2MaskedHead, alibi_slopes
from genodesk.engine.nn.dnabert2_config import Dnabert2Config, check_dnabert2
from genodesk.engine.nn.dnabert2_folder import load_dnabert2, save_dnabert2

LONG = 700


def naive(tensors: dict[str, Tensor], sizes: dict, ids: list[int]) -> Tensor:
    """[tokens, width] in double precision, head by head and layer by layer, straight from the published names."""
    weights = {name.removeprefix("bert."): tensor.double() for name, tensor in tensors.items()}
    width, heads = sizes["hidden_size"], sizes["num_attention_heads"]
    part = width // heads
    slopes = [2**-1, 2**-2, 2**-3, 2**-4, 2**-5, 2**-6, 2**-7, 2**-8, 2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5]
    distance = torch.tensor([[abs(i - j) for j in range(len(ids))] for i in range(len(ids))], dtype=torch.float64)

    def norm(name: str, x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        spread = (centred.square().mean(-1, keepdim=True) + sizes["layer_norm_eps"]).sqrt()
        return centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(name: str, x: Tensor) -> Tensor:
        return x @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0.0)

    words = torch.stack([weights["embeddings.word_embeddings.weight"][i] for i in ids])
    x = norm("embeddings.LayerNorm", words + weights["embeddings.token_type_embeddings.weight"][0])
    for layer in range(sizes["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        qkv = linear(f"{prefix}.attention.self.Wqkv", x)
        mixed = []
        for head in range(heads):
            q, k, v = (qkv[:, start + head * part : start + (head + 1) * part] for start in (0, width, 2 * width))
            logits = q @ k.T / math.sqrt(part) - slopes[head] * distance
            odds = (logits - logits.max(-1, keepdim=True).values).exp()
            mixed.append(odds / odds.sum(-1, keepdim=True) @ v)
        attended = linear(f"{prefix}.attention.output.dense", torch.cat(mixed, dim=-1))
        x = norm(f"{prefix}.attention.output.LayerNorm", attended + x)
        both = linear(f"{prefix}.mlp.gated_layers", x)
        first, second = both[:, : sizes["intermediate_size"]], both[:, sizes["intermediate_size"] :]
        gelu = first * 0.5 * (1 + torch.erf(first / math.sqrt(2)))
        x = norm(f"{prefix}.mlp.layernorm", linear(f"{prefix}.mlp.wo", gelu * second) + x)
    return x


def test_a_batch_padded_to_700_tokens_agrees_with_a_plain_implementation(tmp_path):
    tensors = published_tensors()
    loaded = load_dnabert2(write_published(tmp_path, tensors))
    generator = torch.Generator().manual_seed(1)
    lengths = (LONG, 33, 1)
    ids = torch.randint(0, SMALL["vocab_size"], (len(lengths), LONG), generator=generator)
    mask = torch.arange(LONG) < torch.tensor(lengths)[:, None]

    out = loaded.network(ids, mask)

    for row, length in enumerate(lengths):
        expected = naive(tensors, SMALL, ids[row, :length].tolist()).float()
        torch.testing.assert_close(out[row, :length], expected, rtol=0, atol=1e-5)
        assert out[row, length:].abs().sum() == 0
    torch.testing.assert_close(loaded.network(ids[:1]), out[:1], rtol=0, atol=1e-5)


def test_the_published_size_has_136_tensors_and_116_477_952_parameters():
    with torch.device("meta"):
        network = Dnabert2(Dnabert2Config())
    tensors = network.state_dict()
    assert len(tensors) == 136
    assert sum(tensor.numel() for tensor in tensors.values()) == 116_477_952


def test_slopes_of_twelve_heads_are_two_series():
    halves = [2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5]
    assert alibi_slopes(12) == pytest.approx([2**-i for i in range(1, 9)] + halves, rel=1e-12)
    assert alibi_slopes(4) == pytest.approx([2**-2, 2**-4, 2**-6, 2**-8], rel=1e-12)


@pytest.mark.parametrize("pickled", [True, False], ids=["pytorch_model.bin", "safetensors"])
@pytest.mark.parametrize("prefix", ["bert.", ""], ids=["with bert.", "without"])
def test_a_published_folder_loads_whole_and_lists_what_it_ignored(tmp_path, pickled, prefix):
    tensors = {name.replace("bert.", prefix, 1): tensor for name, tensor in published_tensors().items()}
    loaded = load_dnabert2(write_published(tmp_path, tensors, pickled=pickled))

    assert len(loaded.network.state_dict()) == 4 + 2 * 11
    torch.testing.assert_close(
        loaded.network.layers[1].qkv.bias, tensors[f"{prefix}encoder.layer.1.attention.self.Wqkv.bias"]
    )
    assert sorted(loaded.ignored) == sorted(name for name in tensors if name.startswith(("cls.", f"{prefix}pooler.")))
    assert len(loaded.ignored) == 8
    assert not loaded.network.training
    assert not any(parameter.requires_grad for parameter in loaded.network.parameters())
    assert len(loaded.tokenizer.encode("ACGT" * 100)) == 102  # neither cut at 16 nor padded to 20


def test_a_saved_folder_has_the_published_names_and_loads_to_the_same_numbers(tmp_path):
    tensors = published_tensors()
    loaded = load_dnabert2(write_published(tmp_path / "published", tensors))
    save_dnabert2(tmp_path / "ours", loaded.network, loaded.tokenizer)

    again = load_dnabert2(tmp_path / "ours")
    written = load_file(tmp_path / "ours" / "model.safetensors")
    encoder = {name for name in tensors if name.startswith("bert.") and "pooler" not in name}
    assert set(written) == encoder
    assert again.config == loaded.config
    assert again.tokenizer.to_str() == loaded.tokenizer.to_str()
    for name, tensor in loaded.network.state_dict().items():
        assert torch.equal(tensor, again.network.state_dict()[name])


def test_a_masked_head_learns_with_the_encoder(tmp_path):
    torch.manual_seed(0)
    config = Dnabert2Config(16, 24, 1, 4, 24, hidden_dropout_prob=0.0)
    network, head = Dnabert2(config), Dnabert2MaskedHead(config)
    ids = torch.randint(5, 16, (8, 20))
    optimiser = torch.optim.AdamW([*network.parameters(), *head.parameters()], lr=1e-2)
    losses = []
    for _ in range(40):
        logits = head(network(ids), network.words.weight)
        losses.append(torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten()))
        optimiser.zero_grad()
        losses[-1].backward()
        optimiser.step()
    assert losses[-1] < 0.2 * losses[0]


def test_the_wish_to_stop_is_heard_between_two_layers(tmp_path):
    loaded = load_dnabert2(write_published(tmp_path))
    asked = []

    def second_time() -> bool:
        asked.append(True)
        return len(asked) == 2

    with pytest.raises(Stopped):
        loaded.network(torch.ones(1, 3, dtype=torch.int64), should_stop=second_time)
    assert len(asked) == 2


def spoilt(tmp_path: Path, name: str, tensor: Tensor | None) -> Path:
    tensors = published_tensors()
    tensors.pop(name, None)
    return write_published(tmp_path, tensors if tensor is None else tensors | {name: tensor})


WORDS = "bert.embeddings.word_embeddings.weight"


@pytest.mark.parametrize(
    ("name", "tensor", "said"),
    [
        ("bert.encoder.layer.1.mlp.wo.bias", None, "1 of 26 tensors are missing, the first is encoder.layer.1.mlp.wo"),
        (WORDS, torch.zeros(60, 48), "embeddings.word_embeddings.weight is 60x48 where config.json makes it 64x48"),
        ("bert.embeddings.position_embeddings.weight", torch.zeros(512, 48), "1 tensors have no place in it"),
    ],
    ids=["missing", "misshapen", "unknown"],
)
def test_weights_that_do_not_fit_are_refused_in_a_sentence(tmp_path, name, tensor, said):
    with pytest.raises(UserError, match="These are not the weights of a DNABERT-2 of this size") as refused:
        load_dnabert2(spoilt(tmp_path, name, tensor))
    assert said in refused.value.message
    assert refused.value.where == str(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("tokenizer.json", None, "holds no tokenizer"),
        ("tokenizer.json", "{}", "The tokenizer cannot be read"),
        ("config.json", None, "holds no config.json"),
        ("config.json", "[", "cannot be read as JSON"),
        ("config.json", '{"model_type": "llama"}', "a model of the kind llama, not DNABERT-2"),
        ("config.json", json.dumps(SMALL | {"hidden_size": "48"}), "gives hidden_size as 48"),
        ("config.json", json.dumps(SMALL | {"hidden_dropout_prob": 5}), "gives hidden_dropout_prob as 5"),
        ("config.json", json.dumps(SMALL | {"num_attention_heads": 7}), "divides a width of 48 among 7"),
        ("config.json", json.dumps(SMALL | {"vocab_size": 12}), "The tokenizer knows 17 tokens, the encoder 12"),
        ("model.safetensors", None, "holds no weights"),
        ("model.safetensors", "cut", "no safetensors file"),
    ],
)
def test_a_folder_that_lacks_something_is_refused_in_a_sentence(tmp_path, file, content, said):
    write_published(tmp_path)
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_text(content)
    with pytest.raises(UserError, match=said) as refused:
        load_dnabert2(tmp_path)
    assert str(tmp_path) in refused.value.where
    assert refused.value.hint


def test_what_is_missing_in_a_folder_is_told_without_torch(tmp_path):
    folder = write_published(tmp_path / "encoder")
    look = "from genodesk.engine.nn.dnabert2_config import check_dnabert2 as c; from pathlib import Path; import sys\n"
    look += f"print(c(Path({str(folder)!r})).hidden_size, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["48", "False"]
    (folder / "tokenizer.json").unlink()
    with pytest.raises(UserError, match="holds no tokenizer"):
        check_dnabert2(folder)


def test_a_hub_name_is_not_looked_for_on_the_network():
    with pytest.raises(UserError, match="no such folder") as refused:
        load_dnabert2(Path("zhihan1996/DNABERT-2-117M"))
    assert "genechat download" in refused.value.hint


def test_weights_that_would_run_code_are_read_without_running_it(tmp_path):
    target = tmp_path / "ran"
    tensors = published_tensors()
    folder = write_published(tmp_path / "encoder", {**tensors, "evil": RunsWhenRead(target)}, pickled=True)

    loaded = load_dnabert2(folder)

    assert not target.exists()
    torch.testing.assert_close(loaded.network.words.weight, tensors[WORDS])


def test_code_that_lies_in_the_folder_is_not_imported(tmp_path):
    target = tmp_path / "ran"
    folder = write_published(tmp_path / "encoder")
    (folder / "bert_layers.py").write_text(f"open({str(target)!r}, 'w')")
    load_dnabert2(folder)
    assert not target.exists()
