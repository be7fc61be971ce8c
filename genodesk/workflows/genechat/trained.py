"""A model that answers, as people keep and share it: DNA encoder, adapter, language model and how it is asked.

model.json + model.safetensors (the adapter) + dna_encoder/ and language_model/ where they were made in training, else
the places of their folders + lora/. Large models that others made are named, not copied. Which genes a model has met
in its training stands in known_genes.json, where it was trained here.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from genodesk.core.disk import write_atomically, write_json
from genodesk.core.errors import UserError
from genodesk.core.resources import resource
from genodesk.engine.model_folder import CARD, DOCUMENT, WEIGHTS, find_model, read_document, read_model, write_model
from genodesk.engine.nn.dnabert2_folder import load_dnabert2, save_dnabert2
from genodesk.workflows.genechat import METHODS
from genodesk.workflows.genechat.adapter import GeneAdapter
from genodesk.workflows.genechat.encoder import DnaEncoder
from genodesk.workflows.genechat.language import context_of, load_language
from genodesk.workflows.genechat.lora import FOLDER as LORA
from genodesk.workflows.genechat.lora import load_lora, save_lora
from genodesk.workflows.genechat.model import GeneChatModel
from genodesk.workflows.genechat.prompt import PlacedGene, Prompt, Style, Turn, build
from genodesk.workflows.genechat.settings import Quantise, Trains, Weights

WORKFLOW = "genechat"
DEMONSTRATION = "models/genechat-demo"
ENCODER, LANGUAGE = "dna_encoder", "language_model"
_TELLING = ("*.json", "*.jinja", "tokenizer.model", "*.safetensors")
_ENDS = 8 << 20  # bytes at both ends of a weights file that tell one model from another


@dataclass(frozen=True)
class Trained:
    """Everything needed to ask about a gene.

    `model_hash` names the language model with what was trained in it, `adapter_hash` what stands between it and the
    encoder. `document` is model.json: `name`, `questions` that it was taught, settings and scores.
    """

    encoder: DnaEncoder
    model: GeneChatModel
    tokenizer: Any
    style: Style
    document: Mapping[str, Any]
    model_hash: str = ""
    adapter_hash: str = ""
    device: str = "cpu"

    @property
    def demonstration(self) -> bool:
        """Whether it knows generated genes only."""
        return bool(self.document.get("demonstration"))

    @property
    def context(self) -> int:
        """How many tokens it reads at once, answer included."""
        return context_of(self.model.language)

    def prompt(
        self, turns: Sequence[Turn], genes: Sequence[PlacedGene], answer: str | None = None, room: int = 0
    ) -> Prompt:
        """The prompt in the way this model was taught. Raises UserError where it does not fit."""
        return build(self.tokenizer, turns, genes, answer, style=self.style, limit=self.context, room=room)


@dataclass(frozen=True)
class Origin:
    """Where the parts come from that were not made in training (None: they were), and how the language model is held.

    `trains` says what of the language model was trained.
    """

    encoder: Path | None
    language: Path | None
    trains: Trains
    weights: Weights = "auto"
    quantise: Quantise = "none"


def save_trained(folder: Path, trained: Trained, origin: Origin, about: Mapping[str, Any]) -> None:
    """Writes a model folder; model.json comes last, so a folder with one is complete.

    `about` holds `name`, `demonstration`, `questions` and `settings`; scores follow by `add_scores`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    loaded, language = trained.encoder.loaded, trained.model.language
    if origin.encoder is None:
        save_dnabert2(folder / ENCODER, loaded.network, loaded.tokenizer)
    if origin.trains == "lora":
        save_lora(language, folder / LORA)
    if origin.trains == "full":
        language.save_pretrained(str(folder / LANGUAGE))
        trained.tokenizer.save_pretrained(str(folder / LANGUAGE))
    kept = folder / LANGUAGE if origin.trains == "full" else origin.language
    assert kept is not None
    adapter = trained.model.adapter
    document = {
        "adapter": {
            "width": trained.encoder.width,
            "language_width": trained.model.language.get_input_embeddings().weight.shape[1],
            "layout": adapter.layout,
        },
        "encoder": {
            "folder": ENCODER if origin.encoder is None else str(origin.encoder.absolute()),
            "layout": trained.encoder.layout,
            "pooling": trained.encoder.pooling,
            "fingerprint": trained.encoder.fingerprint,
        },
        "language": {
            "folder": LANGUAGE if origin.trains == "full" else str(kept.absolute()),
            "trained": origin.trains,
            "weights": origin.weights,
            "quantise": origin.quantise,
            "sha256": folder_hash(kept),
            "lora_sha256": folder_hash(folder / LORA) if origin.trains == "lora" else "",
        },
        "style": trained.style,
        **about,
    }
    write_model(folder, WORKFLOW, dict(adapter.state_dict()), document, _card(document))


def add_scores(folder: Path, scores: Mapping[str, Any]) -> None:
    """Adds what a judgement said to the document and the card of a model folder that is there. Raises OSError."""
    document = {**read_document(folder, WORKFLOW), **scores}
    write_atomically(folder / CARD, _card(document).encode())
    write_json(folder / DOCUMENT, document)


def load_trained(path: Path | None = None, device: str = "cpu") -> Trained:
    """The model of a run or model folder, in evaluation mode; without a path the demonstration. Raises UserError."""
    folder = folder_of(path)
    document, tensors = read_model(folder, WORKFLOW)
    try:
        spoken, sizes, style = document["language"], document["adapter"], document["style"]
        language_folder, sha256, lora_sha256 = folder / spoken["folder"], spoken["sha256"], spoken["lora_sha256"]
        weights, quantise, trains = spoken["weights"], spoken["quantise"], spoken["trained"]
        for value, known in ((style, Style), (weights, Weights), (quantise, Quantise), (trains, Trains)):
            if value not in get_args(known):
                raise ValueError(value)
        adapter = GeneAdapter(sizes["width"], sizes["language_width"], sizes["layout"])
        adapter.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise UserError(
            "model.json does not describe the weights beside it.", "Copy the model folder again.", str(folder)
        ) from None
    _check_there(language_folder, "language model", folder)
    if folder_hash(language_folder) != sha256:
        raise _another("language model", language_folder)
    encoder = load_encoder(folder, device)
    language = load_language(language_folder, device, weights, quantise if device.startswith("cuda") else "none")
    network = language.model
    if trains == "lora":
        if folder_hash(folder / LORA) != lora_sha256:
            raise _another("LoRA folder", folder / LORA)
        network = load_lora(network, folder / LORA)
    model = GeneChatModel(adapter.to(device), network).requires_grad_(False).eval()
    return Trained(
        encoder=encoder,
        model=model,
        tokenizer=language.tokenizer,
        style=style,
        document=document,
        model_hash=hashlib.sha256(f"{sha256} {lora_sha256}".encode()).hexdigest(),
        adapter_hash=document["weights_sha256"],
        device=device,
    )


def load_encoder(path: Path | None = None, device: str = "cpu") -> DnaEncoder:
    """The DNA encoder of such a model alone: the language model, which may be large, is not read. Raises UserError."""
    folder = folder_of(path)
    document = read_document(folder, WORKFLOW)
    try:
        about = document["encoder"]
        place, layout, pooling, known = (about[key] for key in ("folder", "layout", "pooling", "fingerprint"))
    except (KeyError, TypeError):
        raise UserError("model.json names no DNA encoder.", "Copy the model folder again.", str(folder)) from None
    _check_there(folder / place, "DNA encoder", folder)
    encoder = DnaEncoder(load_dnabert2(folder / place, device), layout, pooling)
    if encoder.fingerprint != known:
        raise _another("DNA encoder", folder / place)
    return encoder


def folder_hash(folder: Path) -> str:
    """sha256 that tells one model folder from another: settings, tokenizer and, of each weights file, size and ends.

    Files of up to 16 MB count whole; hashing all of a large model would take longer than loading it.
    """
    digest = hashlib.sha256()
    for path in sorted(path for kind in _TELLING for path in folder.glob(kind)):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(_ENDS))
            file.seek(max(_ENDS, size - _ENDS))
            digest.update(file.read(_ENDS))
    return digest.hexdigest()


def folder_of(path: Path | None) -> Path:
    """The model folder for a path that is one or a run; the demonstration's where there is none."""
    if path is None:
        path = resource(DEMONSTRATION)
        if not path.is_dir():
            raise UserError(
                "The demonstration model is not installed.",
                "Install Genodesk again, or name a model with --model.",
                str(path),
            )
    return find_model(path)


def _check_there(folder: Path, what: str, model: Path) -> None:
    if not folder.is_dir():
        raise UserError(
            f"The {what} of this model is no longer at {folder}.",
            "Put its folder back there; only what was trained is kept with the model.",
            str(model),
        )


def _another(what: str, folder: Path) -> UserError:
    return UserError(
        f"This is not the {what} that the model was trained with.", "Put the right folder back.", str(folder)
    )


def _card(document: Mapping[str, Any]) -> str:
    """A model card in Markdown: what it is for, what it is made of, how good it is, what it must not be used for."""
    scores = {"this model": document.get("metrics", {}), **document.get("baselines", {})}
    rows = "\n".join(
        f"| {name} | {' | '.join(_cell(values.get(name)) for values in scores.values())} |"
        for name in scores["this model"]
    )
    titles = " | ".join(METHODS.get(name, name) for name in scores)
    table = f"| measured on genes held out | {titles} |\n|{' --- |' * (1 + len(scores))}\n{rows}\n" if rows else ""
    said = " ".join([*document.get("warnings", []), *document.get("remarks", [])])
    warning = "It knows generated genes only: what it says of real ones means nothing.\n\n"
    return f"""# {document["name"]}

Answers questions about a gene from its DNA.

* DNA encoder: {document["encoder"]["folder"]} ({document["encoder"]["layout"]} windows)
* language model: {document["language"]["folder"]} ({document["language"]["trained"]})
* adapter: {WEIGHTS}, layout {document["adapter"]["layout"]}

{table or "It was not judged on genes held out."}
{said}

{warning if document["demonstration"] else ""}Answers may be wrong however sure they sound. Not for clinical use.
"""


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else "-"
