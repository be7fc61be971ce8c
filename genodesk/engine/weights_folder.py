"""A folder of a model whose weights are pickled, in one file or in many, written anew with safetensors.

Nothing in a file is ever run: each goes through the inert reader. The names are those that transformers looks for.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.json_text import to_json_line
from genodesk.engine.weights import convert_weights, inspect_weights

INDEX = "pytorch_model.bin.index.json"
WHOLE = "pytorch_model.bin"
SAFE_INDEX = "model.safetensors.index.json"
SAFE_WHOLE = "model.safetensors"
NUMBERED = re.compile(r"pytorch_model-(\d{1,6}-of-\d{1,6})\.bin")
BESIDE = re.compile(  # settings, tokenizer, licence and card
    r"(config|[\w-]+_config|tokenizer|special_tokens_map|added_tokens|vocab|chat_template)\.json"
    r"|(merges|vocab)\.txt|(tokenizer|spiece)\.model|chat_template\.jinja"
    r"|(LICEN[CS]E|NOTICE|USE_POLICY)[\w.-]*|README\.md",
    re.ASCII,
)


def convert_folder(folder: Path, out: Path) -> dict[str, Any]:
    """Writes a new folder with the tensors as safetensors, their index where they are in several files, and copies of
    the settings and the tokenizer; whole or not at all. Returns what it holds. Raises UserError.
    """
    files = _files(folder)
    if out.exists():
        raise UserError("Something has this name already.", "Name a new folder; none is overwritten.", str(out))
    if not out.parent.is_dir():
        raise UserError("The folder above the new one does not exist.", "Make it first, or name another.", str(out))
    private = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    made = private / out.name  # which others may read, as any folder that is made here
    try:
        made.mkdir()
        found = [convert_weights(file, made / safetensors_name(file.name)) for file in files]
        for beside in sorted(folder.iterdir()):
            if BESIDE.fullmatch(beside.name) and beside.is_file():
                shutil.copyfile(beside, made / beside.name)
        if len(files) > 1:
            write_index(made, [safetensors_name(file.name) for file in files])
        made.rename(out)
    except OSError as error:
        raise UserError(
            f"The folder cannot be written ({error.strerror}).", "Free some space on this disk.", str(out)
        ) from error
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return {
        "folder": str(out),
        "files": len(files),
        "tensors": sum(len(one["tensors"]) for one in found),
        "bytes": sum(one["bytes"] for one in found),
        "not_run": sorted({name for one in found for name in one["not_run"]}),
    }


def safetensors_name(pickled: str) -> str:
    """Under which name the tensors of a pickled file are looked for."""
    number = NUMBERED.fullmatch(pickled)
    return f"model-{number[1]}.safetensors" if number else SAFE_WHOLE


def write_index(folder: Path, names: Sequence[str]) -> None:
    """Writes the index of a folder's safetensors files. Raises UserError where two of them hold one tensor, OSError."""
    places: dict[str, str] = {}
    size = 0
    for name in names:
        found = inspect_weights(folder / name)
        size += found["bytes"]
        for tensor in found["tensors"]:
            if tensor["name"] in places:
                raise UserError(
                    f"The tensor {tensor['name']} stands in two files.", "Get the folder again.", str(folder)
                )
            places[tensor["name"]] = name
    index = {"metadata": {"total_size": size}, "weight_map": places}
    (folder / SAFE_INDEX).write_text(to_json_line(index) + "\n", encoding="utf-8")


def _files(folder: Path) -> list[Path]:
    """The weights files that belong together. Raises UserError where there are none, or one of them is missing."""
    if (folder / INDEX).is_file():
        try:
            named = {
                str(name) for name in json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            named = set()
        if not named:
            raise UserError(f"{INDEX} cannot be read.", "Copy the folder again.", str(folder / INDEX))
        for name in sorted(named):
            if not NUMBERED.fullmatch(name):
                raise UserError(
                    f"{INDEX} names {name[:60]}, which is no such file.", "Copy it again.", str(folder / INDEX)
                )
            if not (folder / name).is_file():
                raise UserError(f"The file {name} is missing.", "Copy the folder again, whole.", str(folder))
        return [folder / name for name in sorted(named)]
    if (folder / WHOLE).is_file():
        return [folder / WHOLE]
    raise UserError(
        f"This folder holds no {WHOLE} and no {INDEX}.", "Name a folder of a model with pickled weights.", str(folder)
    )
