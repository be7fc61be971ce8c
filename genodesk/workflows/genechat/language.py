"""Language models in local folders: what they are, whether they fit, and how they are loaded.

Whatever in a folder would run code - a model class of its own, pickled weights - is refused before it is touched.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from genodesk.core.errors import UserError
from genodesk.engine.data.safetensors_header import read_safetensors_header
from genodesk.engine.weights_folder import INDEX, WHOLE
from genodesk.workflows.genechat.settings import LanguageSettings, Quantise, Trains, Weights

TOKENIZERS = ("tokenizer.json", "tokenizer.model")
PICKLED = ("*.bin", "*.pt", "*.pth")
TRAINED = 4  # numbers that training holds of a weight: itself, its gradient and the two means of AdamW
_BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0}
_QUANTISED = {"8bit": 1.1, "4bit": 0.6}  # bytes of a weight, with what the compression keeps beside
_SPARE = 400_000_000  # what loading and computing need besides
_CACHED_TOKENS = 4096  # of a conversation
_UNKNOWN_CONTEXT = 2048


@dataclass(frozen=True)
class LanguageFolder:
    """What a folder says of its model without loading it."""

    path: Path
    config: Mapping[str, Any]
    parameters: int
    has_template: bool

    @property
    def width(self) -> int:
        """Numbers that stand for a token, from the model's own settings; 0 where they do not tell."""
        return _number(self.config, "hidden_size", "n_embd", "d_model")

    @property
    def cache_bytes(self) -> int:
        """What keys and values of a conversation take in 16 bits; 0 where the settings do not tell."""
        layers = _number(self.config, "num_hidden_layers", "n_layer", "n_layers")
        heads = max(1, _number(self.config, "num_attention_heads", "n_head", "n_heads"))
        kept = _number(self.config, "num_key_value_heads") or heads
        return 2 * 2 * layers * kept * (self.width // heads) * _CACHED_TOKENS


@dataclass(frozen=True)
class Fit:
    """Bytes that a model needs and that are free, and whether that is enough."""

    needed: int
    free: int

    @property
    def fits(self) -> bool:
        """Whether it can be loaded."""
        return self.needed <= self.free


@dataclass(frozen=True)
class Language:
    """A loaded causal language model in evaluation mode, its tokenizer and where they come from."""

    model: Any
    tokenizer: Any
    folder: Path


def read_language(folder: Path) -> LanguageFolder:
    """What the folder holds, from its JSON files and the headers of its weights. Raises UserError for what is refused:
    no settings, no tokenizer, code of its own, pickled weights."""
    config = read_language_config(folder)
    parameters = _count_parameters(folder)
    settings = folder / "tokenizer_config.json"
    template = (folder / "chat_template.jinja").is_file() or bool(
        settings.is_file() and _json(settings, "").get("chat_template")
    )
    return LanguageFolder(folder, config, parameters, template)


def read_language_config(folder: Path) -> dict[str, Any]:
    """The model's own settings, of a folder that may still lack its weights. Raises UserError for what is refused."""
    if not folder.is_dir():
        raise UserError(
            "There is no such folder of a language model.",
            "Name a folder with config.json, a tokenizer and .safetensors files, or get one from Hugging Face with "
            "`genodesk-engine genechat download`.",
            str(folder),
        )
    config = _json(folder / "config.json", "This folder holds no language model: config.json is missing.")
    if not isinstance(_text_part(config), Mapping) or "model_type" not in config:
        raise UserError("config.json does not name a kind of model.", "Copy the folder again.", str(folder))
    _refuse_code(folder, config)
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise UserError(
            "This folder of a language model has no tokenizer.",
            f"Copy {' or '.join(TOKENIZERS)} from where the model comes from.",
            str(folder),
        )
    return config


def fit_check(
    folder: Path, device: str, weights: Weights = "auto", quantise: Quantise = "none", *, training: bool = False
) -> Fit:
    """Memory for weights and a conversation's cache against what is free on the device, before anything is loaded.

    `training`: all weights will be trained. Raises UserError for what cannot be loaded at all.
    """
    about = read_language(folder)
    size = held_bytes(device, weights, quantise) * (TRAINED if training else 1)
    needed = int(about.parameters * size) + about.cache_bytes + _SPARE
    return Fit(needed, _free_bytes(device))


def require_fit(
    folder: Path, device: str, weights: Weights = "auto", quantise: Quantise = "none", *, training: bool = False
) -> None:
    """Raises UserError where the model does not fit, or cannot be loaded at all."""
    fit = fit_check(folder, device, weights, quantise, training=training)
    if fit.fits:
        return
    what = "This language model, trained in full," if training else "This language model"
    if training:
        smaller = ", or train additions beside it with --language-model lora"
    else:
        smaller = ", or compress it with --quantise 4bit" if device.startswith("cuda") and quantise != "4bit" else ""
    raise UserError(
        f"{what} needs {_gb(fit.needed)} of memory; {_gb(fit.free)} are free.",
        f"Choose a smaller model, close other programs, use another computer{smaller}.",
        str(folder),
    )


def load_language(
    folder: Path,
    device: str = "cpu",
    weights: Weights = "auto",
    quantise: Quantise = "none",
    *,
    training: bool = False,
) -> Language:
    """The model of a folder on the device, frozen. Raises UserError where it is refused or does not fit, also where
    `training` says that all of its weights will be trained."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()  # a terminal shows the conversation, a log the run
    require_fit(folder, device, weights, quantise, training=training)
    options: dict[str, Any] = {"quantization_config": _compression(quantise, device)} if quantise != "none" else {}
    tokenizer = load_tokenizer(folder)
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            **options,
            dtype=getattr(torch, number_format(device, weights)),
            use_safetensors=True,
            device_map={"": device} if quantise != "none" else None,
        )
    except UserError:
        raise
    except Exception as error:  # transformers raises whatever its many models raise
        raise _unloadable(error, folder) from error
    if quantise == "none":
        model = model.to(device)
    return Language(model.requires_grad_(False).eval(), tokenizer, folder)


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a language model's folder. Raises UserError."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # transformers raises whatever its many tokenizers raise
        raise _unloadable(error, folder) from error


def language_on_meta(folder: Path) -> Any:
    """The model of a folder with the shapes of its weights alone, which take no memory. Raises UserError."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    read_language(folder)
    try:
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        with torch.device("meta"):
            return AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    except Exception as error:  # transformers raises whatever its many models raise
        raise _unloadable(error, folder) from error


def what_is_trained(settings: LanguageSettings) -> Trains:
    """What the settings say; where they say nothing, LoRA beside a given model and all of one that starts small."""
    return settings.language_model or ("full" if settings.language is None else "lora")


def weights_of(settings: LanguageSettings) -> Weights:
    """What the settings say; weights that are all trained are held in 32 bits: steps smaller than 16 bits can tell
    would be lost."""
    return "float32" if settings.weights == "auto" and what_is_trained(settings) == "full" else settings.weights


def held_bytes(device: str, weights: Weights, quantise: Quantise = "none") -> float:
    """Bytes of one weight."""
    return _QUANTISED.get(quantise) or _BYTES[number_format(device, weights)]


def number_format(device: str, weights: Weights) -> str:
    """In which the model's own weights are held: where nothing is said, 16 bits on a GPU and 32 on a processor."""
    if weights != "auto":
        return weights
    return "bfloat16" if device.startswith(("cuda", "npu")) else "float32"


def context_of(model: Any) -> int:
    """How many tokens the model reads at once."""
    config = model.config.get_text_config()
    told: Any = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", _UNKNOWN_CONTEXT)
    return int(told)


def _text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of the part that reads text, where a model has others besides."""
    part: Mapping[str, Any] = config.get("text_config") or config
    return part


def _number(config: Mapping[str, Any], *names: str) -> int:
    """The first of these settings that is a number; models call the same thing by several names."""
    part = _text_part(config)
    return next((int(part[name]) for name in names if isinstance(part.get(name), int)), 0)


def _refuse_code(folder: Path, config: Mapping[str, Any]) -> None:
    settings = folder / "tokenizer_config.json"
    own = config.get("auto_map") or (settings.is_file() and _json(settings, "").get("auto_map"))
    if own:
        raise UserError(
            "This language model comes with program code of its own, which is never run here.",
            "Choose a model of a kind that transformers knows by itself.",
            str(folder),
        )


def _count_parameters(folder: Path) -> int:
    """From the headers of the weights."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        places = _json(index, "").get("weight_map")
        names = {str(name) for name in places.values()} if isinstance(places, Mapping) else {""}
        if any(Path(name).name != name or not name.endswith(".safetensors") for name in names):
            raise UserError(f"{index.name} names files that are no weights beside it.", "Copy it again.", str(index))
        files = [folder / name for name in sorted(names)]
    else:
        files = [folder / "model.safetensors"] if (folder / "model.safetensors").is_file() else []
    if not files:
        pickled = any(next(folder.glob(pattern), None) for pattern in PICKLED)
        if not pickled:
            raise UserError(
                "This folder of a language model holds no weights.", "It needs model.safetensors.", str(folder)
            )
        hint = "Get it as .safetensors."
        if any((folder / name).is_file() for name in (WHOLE, INDEX)):
            command = f"genodesk-engine weights convert {shlex.quote(str(folder))} NEW_FOLDER"
            hint = f"Get it as .safetensors, or convert it: {command}."
        raise UserError(
            "The weights of this language model are pickled, a form that can run code; they are not opened.",
            hint,
            str(folder),
        )
    return sum(tensor.n_values for file in files for tensor in read_safetensors_header(file)[0])


def _compression(quantise: Quantise, device: str) -> Any:
    """The settings of bitsandbytes. Raises UserError where it cannot work."""
    import importlib.util

    import torch

    if not device.startswith("cuda"):
        raise UserError(
            "A language model can be held in 8 or 4 bits on an NVIDIA GPU only.", "Use --quantise none.", "--quantise"
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise UserError(
            "Holding a language model in 8 or 4 bits needs the package bitsandbytes, which is not installed.",
            "Install it with: pip install 'genodesk[quant]'.",
            "--quantise",
        )
    from transformers import BitsAndBytesConfig

    if quantise == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)


def _free_bytes(device: str) -> int:
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def _json(path: Path, absent: str) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(absent, "Copy the folder again, whole.", str(path.parent)) from None
    except (OSError, ValueError, RecursionError):
        raise UserError(f"{path.name} cannot be read.", "Copy the folder again.", str(path)) from None
    if not isinstance(document, dict):
        raise UserError(f"{path.name} holds no settings.", "Copy the folder again.", str(path))
    return document


def _unloadable(error: Exception, folder: Path) -> UserError:
    return UserError(
        f"This language model cannot be loaded: {_first_line(error)}",
        "Check that the folder is complete and holds a causal language model.",
        str(folder),
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:200].rstrip(".") + "."


def _gb(number: int) -> str:
    return f"{number / 1e9:.1f} GB"
