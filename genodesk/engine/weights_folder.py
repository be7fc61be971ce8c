"""A folder of a model whose weights are pickled, in one file or in many, written anew with safetensors.

Nothing in a file is ever run: each goes through the inert reader. The names are those that transformers looks for.
"""

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.json_text import to_json_line
from genodesk.engine.weights import convert_weights

INDEX = "pytorch_model.bin.index.json"
WHOLE = "pytorch_model.bin"
_BESIDE = ("*.json", "*.jinja", "*.txt", "LICENSE*", "tokenizer.model", "spiece.model")  # settings, tokenizer, licence
_NUMBERED = re.compile(r"pytorch_model-(\d{1,6}-of-\d{1,6})\.bin")


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
        places: dict[str, str] = {}
        not_run: set[str] = set()
        size = 0
        for file in files:
            number = _NUMBERED.fullmatch(file.name)
            name = f"model-{number[1]}.safetensors" if number else "model.safetensors"
            found = convert_weights(file, made / name)
            twice = next((tensor["name"] for tensor in found["tensors"] if tensor["name"] in places), None)
            if twice is not None:
                raise UserError(f"The tensor {twice} stands in two files.", "Get the folder again.", str(folder))
            places |= {tensor["name"]: name for tensor in found["tensors"]}
            not_run |= set(found["not_run"])
            size += found["bytes"]
        for beside in sorted({path for pattern in _BESIDE for path in folder.glob(pattern)}):
            if beside.is_file() and not beside.name.endswith(".index.json"):  # those tell of other weights
                shutil.copyfile(beside, made / beside.name)
        if len(files) > 1:
            index = {"metadata": {"total_size": size}, "weight_map": places}
            (made / "model.safetensors.index.json").write_text(to_json_line(index) + "\n", encoding="utf-8")
        made.rename(out)
    except OSError as error:
        raise UserError(
            f"The folder cannot be written ({error.strerror}).", "Free some space on this disk.", str(out)
        ) from error
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return {"folder": str(out), "files": len(files), "tensors": len(places), "bytes": size, "not_run": sorted(not_run)}


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
            if not _NUMBERED.fullmatch(name):
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
