"""The folder a finished training leaves and people share: weights as safetensors, everything else as JSON, and a card.

Knows no model: a workflow says what its document holds. torch is imported when weights are read or written, so that a
check before a run may ask for the document alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genodesk import __version__
from genodesk.core.disk import write_atomically, write_json
from genodesk.core.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
WEIGHTS, DOCUMENT, CARD = "model.safetensors", "model.json", "README.md"


def write_model(
    folder: Path, workflow: str, tensors: Mapping[str, Tensor], document: Mapping[str, Any], card: str
) -> None:
    """Writes weights, document and card; the document gets the format, the workflow and the weights' sha256.

    Each file appears whole; the document comes last, so a folder with one is complete. Raises OSError.
    """
    from safetensors.torch import save

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    weights = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    write_atomically(folder / WEIGHTS, weights)
    write_atomically(folder / CARD, card.encode())
    head = {
        "format": FORMAT,
        "workflow": workflow,
        "engine_version": __version__,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }
    write_json(folder / DOCUMENT, {**head, **document})


def find_model(path: Path) -> Path:
    """The model folder for a path that is one, or a run folder that holds one. Raises UserError."""
    if (path / DOCUMENT).is_file():
        return path
    if (path / "model" / DOCUMENT).is_file():
        return path / "model"
    if (path / "run.json").is_file():
        raise UserError(
            "This run has no finished model.",
            f"Let the training finish, for example with `genodesk-engine runs resume {path}`.",
            str(path),
        )
    raise UserError("This is neither a run nor a model folder.", "Name the folder of a finished training.", str(path))


def read_document(path: Path, workflow: str) -> dict[str, Any]:
    """model.json of a run or model folder, without touching the weights. Raises UserError."""
    folder = find_model(path)
    try:
        document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
        made_by, version = document["workflow"], int(document["format"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise UserError(
            "model.json in this folder cannot be read.", "Copy the model folder again.", str(folder)
        ) from None
    if version > FORMAT:
        raise UserError("This model was made by a newer Genodesk.", "Update Genodesk to use it.", str(folder))
    if made_by != workflow:
        raise UserError(f"This is a model of {made_by}, not of {workflow}.", f"Use it with `{made_by}`.", str(folder))
    return dict(document)


def read_model(path: Path, workflow: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """(document, weights on the CPU), the weights checked against their sha256. Raises UserError."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    folder = find_model(path)
    document = read_document(folder, workflow)
    try:
        content = (folder / WEIGHTS).read_bytes()
    except OSError:
        raise UserError(
            "The model's weights are missing.", "Copy the model folder again.", str(folder / WEIGHTS)
        ) from None
    if hashlib.sha256(content).hexdigest() != document.get("weights_sha256"):
        raise UserError(
            "The model's weights are damaged: they do not match the checksum in model.json.",
            "Copy the model folder again.",
            str(folder / WEIGHTS),
        )
    try:
        return document, load(content)
    except SafetensorError:
        raise UserError(
            "The weights are not a safetensors file.", "Copy the model folder again.", str(folder)
        ) from None
