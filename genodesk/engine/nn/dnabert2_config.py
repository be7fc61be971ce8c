"""The sizes of a DNABERT-2, and a light look at a folder that should hold one: no weight is read, no torch needed."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError

CONFIG, TOKENIZER = "config.json", "tokenizer.json"
WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class Dnabert2Config:
    """The sizes, under the names that the published config.json gives them; the defaults are those of DNABERT-2-117M.

    Attention weights have no dropout: the published model has none either.
    """

    vocab_size: int = 4096
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    hidden_dropout_prob: float = 0.1


def check_dnabert2(folder: Path) -> Dnabert2Config:
    """The sizes of the encoder in a folder, once everything that it needs is there. Raises UserError."""
    config = read_config(folder)
    find_tokenizer(folder)
    find_weights(folder)
    return config


def read_config(folder: Path) -> Dnabert2Config:
    """The sizes in config.json, without a look at the weights. Raises UserError."""
    if not folder.is_dir():
        raise UserError(
            "There is no such folder of a DNA encoder.",
            f"Name a folder with {CONFIG}, {TOKENIZER} and {WEIGHTS[0]}, or get one from Hugging Face with "
            "`genodesk-engine genechat download`.",
            str(folder),
        )
    try:
        document = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"This folder of a DNA encoder holds no {CONFIG}.", "Copy it again.", str(folder)) from None
    except (OSError, ValueError, RecursionError):
        raise _bad_config(folder, "cannot be read as JSON") from None
    return _config_of(document, folder)


def find_tokenizer(folder: Path) -> Path:
    """The file of the tokenizer. Raises UserError where there is none."""
    if not (folder / TOKENIZER).is_file():
        raise UserError(
            "This folder of a DNA encoder holds no tokenizer.", f"Copy {TOKENIZER} beside its weights.", str(folder)
        )
    return folder / TOKENIZER


def find_weights(folder: Path) -> Path:
    """The file of the weights. Raises UserError where there is none."""
    found = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if found is None:
        raise UserError(
            "This folder of a DNA encoder holds no weights.", f"It needs {' or '.join(WEIGHTS)}.", str(folder)
        )
    return found


def _config_of(document: Any, folder: Path) -> Dnabert2Config:
    if not isinstance(document, dict):
        raise _bad_config(folder, "holds no settings")
    kind, activation = document.get("model_type", "bert"), document.get("hidden_act", "gelu")
    if kind != "bert" or activation != "gelu":
        other = f"a model of the kind {kind}" if kind != "bert" else f"a model with the activation {activation}"
        raise UserError(f"This folder holds {other}, not DNABERT-2.", "Choose a DNABERT-2 folder.", str(folder))
    known = {field.name: field.type for field in fields(Dnabert2Config)}
    given = {name: document[name] for name in known if name in document}
    for name, value in given.items():
        whole = known[name] is int
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or value < whole:
            raise _bad_config(folder, f"gives {name} as {str(value)[:40]}")
    config = Dnabert2Config(**given)
    if not config.hidden_dropout_prob <= 1:
        raise _bad_config(folder, f"gives hidden_dropout_prob as {config.hidden_dropout_prob}")
    if config.hidden_size % config.num_attention_heads:
        raise _bad_config(
            folder, f"divides a width of {config.hidden_size} among {config.num_attention_heads} attention heads"
        )
    return config


def _bad_config(folder: Path, why: str) -> UserError:
    return UserError(f"{CONFIG} of this DNA encoder {why}.", "Copy it again.", str(folder / CONFIG))
