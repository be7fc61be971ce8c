"""Weights of other programs, read safely, and put into a module with an account of what fitted.

safetensors is read as it is; pickled files first by torch's weights-only loader, else by the inert reader in a child
process (`inert_weights.py`). Nothing in a file is ever run. The mapping of names is the workflow's business.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genodesk.core.disk import sync_folder
from genodesk.core.errors import UserError
from genodesk.engine.data.safetensors_header import ITEM_BYTES, read_safetensors_header

if TYPE_CHECKING:
    import torch

PICKLED = (".pt", ".pth", ".bin", ".ckpt")
PROGRAM = ".pt2"
CHILD_SECONDS = 600


@dataclass(frozen=True)
class Coverage:
    """What of a module was filled from a file. `share`: the smaller of the shares of its tensors and of its numbers."""

    loaded: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    mismatched: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]
    share: float

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, with counts and the names that need a look."""
        return {
            "share": self.share,
            "loaded": len(self.loaded),
            "missing": list(self.missing),
            "unexpected": list(self.unexpected),
            "mismatched": [{"name": n, "file": list(f), "model": list(m)} for n, f, m in self.mismatched],
        }


def inspect_weights(path: Path) -> dict[str, Any]:
    """Names, dtypes and shapes of the tensors in a file, and totals; nothing in it is run. Raises UserError."""
    kind = _kind_of(path)
    metadata: dict[str, str] = {}
    stand_ins: list[str] = []
    tensors: list[dict[str, Any]]
    if kind == "safetensors":
        headers, metadata = read_safetensors_header(path)
        tensors = [{"name": t.name, "dtype": t.dtype, "shape": list(t.shape)} for t in headers]
    else:
        answer = _inert(path)
        tensors, stand_ins = answer["tensors"], answer["stand_ins"]
    sizes = [math.prod(tensor["shape"]) for tensor in tensors]
    return {
        "path": str(path),
        "format": kind,
        "count": len(tensors),
        "numbers": sum(sizes),
        "bytes": sum(n * ITEM_BYTES[t["dtype"]] for n, t in zip(sizes, tensors, strict=True)),
        "metadata": metadata,
        "not_run": stand_ins,
        "tensors": tensors,
    }


def convert_weights(path: Path, out: Path, between: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """Writes the tensors of a pickled file to a new safetensors file; returns what it holds. Raises UserError.

    `between` is called while it is written and may raise, which leaves nothing.
    """
    if _kind_of(path) == "safetensors":
        raise UserError("This file is safetensors already.", "Use it as it is.", str(path))
    if out.suffix != ".safetensors":
        raise UserError(f"{out.name} does not end in .safetensors.", "Name the new file OUT.safetensors.", str(out))
    if out.exists():
        raise UserError("This file exists already.", "Name a new file; none is overwritten.", str(out))
    if not out.parent.is_dir():
        raise UserError("The folder of the new file does not exist.", "Make it first, or name another.", str(out))
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as private:
        made = Path(private) / out.name
        answer = _inert(path, made, between)
        with made.open("rb+") as written:
            os.fsync(written.fileno())
        made.replace(out)
        sync_folder(out.parent)
    return inspect_weights(out) | {"container": answer["container"], "not_run": answer["stand_ins"]}


def load_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Every tensor of a weights file on the processor, by name. Raises UserError for what cannot be read safely."""
    import torch
    from safetensors.torch import load_file

    if _kind_of(path) == "safetensors":
        read_safetensors_header(path)
        return dict(load_file(path))
    os.environ.pop("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", None)  # with it, torch would run what the file says
    try:
        document = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # whatever torch's loader dislikes, the inert reader judges
        document = None
    if isinstance(document, dict) and all(isinstance(value, torch.Tensor) for value in document.values()):
        return {str(name): tensor for name, tensor in document.items()}
    with tempfile.TemporaryDirectory(prefix="genodesk-") as folder:
        _inert(path, Path(folder) / "weights.safetensors")
        return dict(load_file(Path(folder) / "weights.safetensors"))


def load_mapped(
    module: torch.nn.Module,
    tensors: Mapping[str, torch.Tensor],
    mapping: Callable[[str], str | None],
    minimum: float = 0.95,
) -> Coverage:
    """Fills `module` with `tensors`; `mapping` gives the module's name for a name in the file, None to leave it out.

    Raises UserError, with the module untouched, when less than `minimum` of it would be filled.
    """
    import torch

    own = module.state_dict()
    found: dict[str, torch.Tensor] = {}
    unexpected: list[str] = []
    mismatched: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = []
    for name, tensor in tensors.items():
        target = mapping(name)
        if target is None:
            continue
        if target not in own:
            unexpected.append(name)
        elif own[target].shape != tensor.shape:
            mismatched.append((target, tuple(tensor.shape), tuple(own[target].shape)))
        else:
            found[target] = tensor
    missing = tuple(name for name in own if name not in found)
    numbers = sum(tensor.numel() for tensor in own.values())
    shares = (len(found) / max(1, len(own)), sum(t.numel() for t in found.values()) / max(1, numbers))
    coverage = Coverage(tuple(found), missing, tuple(unexpected), tuple(mismatched), min(shares))
    if coverage.share < minimum:
        example = f" The first that is missing is {missing[0]}." if missing else ""
        raise UserError(
            f"The file fills {coverage.share:.0%} of the model; at least {minimum:.0%} is needed.{example}",
            "Choose the weights that belong to this model and size.",
            "weights",
        )
    with torch.no_grad():
        for name, tensor in found.items():
            own[name].copy_(tensor)
    return coverage


def _kind_of(path: Path) -> str:
    if not path.exists():
        raise UserError("There is no such file.", "Check the path.", str(path))
    if path.is_dir():
        raise UserError("This is a folder, not a weights file.", "Name the file inside it.", str(path))
    suffix = path.suffix.lower()
    if suffix == ".safetensors":
        return "safetensors"
    if suffix == PROGRAM:
        raise UserError(
            "A .pt2 file holds a program, which is never run.", "Ask for the weights as safetensors.", str(path)
        )
    if suffix in PICKLED:
        return "pickled"
    raise UserError(
        f"{path.name} is not a kind of weights file known here.",
        f"Known are .safetensors, {', '.join(PICKLED)}.",
        str(path),
    )


def _inert(path: Path, out: Path | None = None, between: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """The answer of the inert reader, which runs as a child with limits of memory and time."""
    command = [sys.executable, "-m", "genodesk.engine.inert_weights", str(path.absolute())]
    if out:
        command.append(str(out.absolute()))
    until = time.monotonic() + CHILD_SECONDS
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        try:
            told = None
            while told is None:
                if time.monotonic() > until:
                    raise UserError(
                        "Reading this file took too long.", "Ask its author for a safetensors file.", str(path)
                    )
                between()
                with suppress(subprocess.TimeoutExpired):
                    told, _ = child.communicate(timeout=0.2)
        finally:
            child.kill()
    try:
        answer: dict[str, Any] = json.loads(told)
    except ValueError:
        raise UserError(
            "The process that reads this file was ended by its limits of memory and time.",
            "Ask its author for a safetensors file.",
            str(path),
        ) from None
    if "error" in answer:
        raise UserError(**answer["error"])
    return answer
