"""Folders of DNABERT-2 as they are published: config.json, tokenizer.json and weights under their published names.

Nothing in a folder is ever run: the tokenizer is read as data, the weights by `engine/weights.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from tokenizers import Tokenizer
from torch import Tensor

from genodesk.core.disk import write_atomically, write_json
from genodesk.core.errors import UserError
from genodesk.engine.nn.dnabert2 import Dnabert2
from genodesk.engine.nn.dnabert2_config import (
    CONFIG,
    TOKENIZER,
    WEIGHTS,
    Dnabert2Config,
    find_tokenizer,
    find_weights,
    read_config,
)
from genodesk.engine.weights import load_tensors

# Published names of our modules; the rest of a name (weight, bias) is the same.
_TOP = {
    "words": "embeddings.word_embeddings",
    "types": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
}
_LAYER = {
    "qkv": "attention.self.Wqkv",
    "out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "gated": "mlp.gated_layers",
    "down": "mlp.wo",
    "feed_forward_norm": "mlp.layernorm",
}
# What other programs keep beside the encoder: heads of training, and numbers of positions that ALiBi does not need.
_IGNORED = ("cls.", "pooler.", "classifier.", "embeddings.position_ids")


@dataclass(frozen=True)
class LoadedDnabert2:
    """An encoder ready to read DNA. `ignored`: names in the file that belong to no part of the encoder."""

    network: Dnabert2
    tokenizer: Tokenizer
    config: Dnabert2Config
    ignored: list[str]
    tokenizer_file: str = ""

    @property
    def tokenizer_text(self) -> str:
        """The tokenizer as its file has it: of one that was made here, as `save_dnabert2` will write it.

        Another version of the tokenizers library may write what it read in other words, so files speak for themselves.
        """
        return self.tokenizer_file or self.tokenizer.to_str(pretty=True)


def load_dnabert2(folder: Path, device: str = "cpu") -> LoadedDnabert2:
    """The frozen encoder of a folder, in float32, every weight of it filled. Raises UserError."""
    config = read_config(folder)
    tokenizer = read_tokenizer(folder, config)
    weights = find_weights(folder)
    network, ignored = fill_dnabert2(config, load_tensors(weights), str(weights))
    text = find_tokenizer(folder).read_text(encoding="utf-8")
    return LoadedDnabert2(network.to(device), tokenizer, config, ignored, text)


def save_dnabert2(folder: Path, network: Dnabert2, tokenizer: Tokenizer) -> None:
    """Writes a folder in the published layout, without the head of its training. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tensors = {f"bert.{published_name(name)}": tensor for name, tensor in network.state_dict().items()}
    write_atomically(folder / WEIGHTS[0], save({n: t.detach().cpu().contiguous() for n, t in tensors.items()}))
    write_atomically(folder / TOKENIZER, tokenizer.to_str(pretty=True).encode())
    about = {"model_type": "bert", "architectures": ["BertForMaskedLM"], "hidden_act": "gelu"}
    write_json(folder / CONFIG, {**about, "attention_probs_dropout_prob": 0.0, **asdict(network.config)})


def read_tokenizer(folder: Path, config: Dnabert2Config) -> Tokenizer:
    """The tokenizer, which cuts nothing off and pads nothing, checked against the number of words. Raises UserError."""
    path = find_tokenizer(folder)
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the tokenizers library raises plain Exception for whatever it dislikes
        why = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise UserError(f"The tokenizer cannot be read: {why}.", f"Copy {TOKENIZER} again.", str(path)) from None
    words = 1 + max(tokenizer.get_vocab().values(), default=-1)
    if not 0 < words <= config.vocab_size:
        raise UserError(
            f"The tokenizer knows {words:,} tokens, the encoder {config.vocab_size:,}.",
            "Use the tokenizer that belongs to these weights.",
            str(path),
        )
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def fill_dnabert2(config: Dnabert2Config, tensors: Mapping[str, Tensor], where: str) -> tuple[Dnabert2, list[str]]:
    """A frozen network on the processor filled from tensors under published names, with or without `bert.`, and the
    names that were ignored. Raises UserError, naming `where`, unless every tensor is there, fits and has a place."""
    with torch.device("meta"):
        network = Dnabert2(config)
    own = {published_name(name): name for name in network.state_dict()}
    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    found: dict[str, Tensor] = {}
    ignored: list[str] = []
    unknown: list[str] = []
    for name, tensor in tensors.items():
        plain = name.removeprefix("bert.")
        if plain in own:
            found[own[plain]] = tensor
        else:
            (ignored if plain.startswith(_IGNORED) else unknown).append(name)
    missing = [name for name, ours in own.items() if ours not in found]
    if missing:
        raise _not_this_model(f"{len(missing)} of {len(own)} tensors are missing, the first is {missing[0]}", where)
    if unknown:
        raise _not_this_model(f"{len(unknown)} tensors have no place in it, the first is {unknown[0]}", where)
    for name, tensor in found.items():
        if tensor.shape != shapes[name]:
            there, here = ("x".join(map(str, shape)) for shape in (tensor.shape, shapes[name]))
            raise _not_this_model(f"{published_name(name)} is {there} where {CONFIG} makes it {here}", where)
    network.load_state_dict({name: tensor.float() for name, tensor in found.items()}, assign=True)
    return network.requires_grad_(False).eval(), ignored


def published_name(name: str) -> str:
    """The published name, without `bert.`, of one of our tensors: `layers.0.qkv.bias` is
    `encoder.layer.0.attention.self.Wqkv.bias`."""
    first, _, rest = name.partition(".")
    if first != "layers":
        return f"{_TOP[first]}.{rest}"
    number, module, part = rest.split(".")
    return f"encoder.layer.{number}.{_LAYER[module]}.{part}"


def _not_this_model(why: str, where: str) -> UserError:
    return UserError(
        f"These are not the weights of a DNABERT-2 of this size: {why}.", f"Copy weights and {CONFIG} again.", where
    )
