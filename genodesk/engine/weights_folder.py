"""A folder of a model whose weights are pickled, in one file or in many, written anew with safetensors.

Nothing in a file is ever run: each goes through the inert reader. The names are those that transformers looks for.
"""

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from genodesk.core.disk import write_json
from genodesk.core.errors import UserError
from genodesk.engine.weights import convert_weights

INDEX = "pytorch_model.bin.index.json"
_WHOLE = "pytorch_model.bin"
_BESIDE = ("*.json", "*.jinja", "*.txt", "tokenizer.model", "spiece.model")  # settings, tokenizer, licence
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
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
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
        if len(files) > 1:
            write_json(made / "model.safetensors.index.json", {"metadata": {"total_size": size}, "weight_map": places})
        for beside in sorted({path for pattern in _BESIDE for path in folder.glob(pattern)}):
            if beside.is_file() and beside.name != INDEX:
                shutil.copyfile(beside, made / beside.name)
        made.chmod(0o755)
        made.rename(out)
    except OSError as error:
        raise UserError(
            f"The folder cannot be written ({error.strerror}).", "Free some space on this disk.", str(out)
        ) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return {"folder": str(out), "files": len(files), "tensors": len(places), "bytes": size, "not_run": sorted(not_run)}


def _files(folder: Path) -> list[Path]:
    """The weights files that belong together. Raises UserError where there are none, or one of them is missing."""
    if (folder / INDEX).is_file():
        try:
            named = {
                str(name) for name in json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UserError(f"{INDEX} cannot be read.", "Copy the folder again.", str(folder / INDEX)) from None
        for name in sorted(named):
            if not _NUMBERED.fullmatch(name):
                raise UserError(
                    f"{INDEX} names {name[:60]}, which is no such file.", "Copy it again.", str(folder / INDEX)
                )
            if not (folder / name).is_file():
                raise UserError(f"The file {name} is missing.", "Copy the folder again, whole.", str(folder))
        return [folder / name for name in sorted(named)]
    if (folder / _WHOLE).is_file():
        return [folder / _WHOLE]
    raise UserError(
        f"This folder holds no {_WHOLE} and no {INDEX}.", "Name a folder of a model with pickled weights.", str(folder)
    )
