"""Saved states of a training: complete and verified, or absent. Safetensors and JSON only; knows nothing of models.

checkpoints/step-00001200/   GROUP.safetensors ..., state.json, MANIFEST.json (size and sha256 of each)
checkpoints/last, best       files that name one of the folders
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from genodesk.core.disk import is_disk_full, sync_folder, write_atomically
from genodesk.core.errors import UserError

FORMAT = 1
FAILURES_ALLOWED = 2  # a full disk is often a passing one; the third failure in a row ends the run
_UNFINISHED = (".writing-", ".removing-")


@dataclass(frozen=True)
class Saved:
    """One complete state whose files were found to be what was written."""

    step: int
    path: Path
    document: dict[str, Any]

    def tensors(self, group: str) -> dict[str, Tensor]:
        """The tensors saved under `group`, on the CPU; empty where none were."""
        file = self.path / f"{group}.safetensors"
        return load_file(file) if file.exists() else {}


class CheckpointStore:
    """The states in one folder: the newest `keep` of them and the best.

    `on_saved` is told each new state's folder; `warn` gets sentences for people.
    """

    def __init__(
        self,
        folder: Path,
        keep: int = 2,
        on_saved: Callable[[Path], None] | None = None,
        *,
        warn: Callable[[str], None],
    ) -> None:
        self.folder = folder
        self.keep = keep
        self._on_saved = on_saved
        self._warn = warn
        self._failures = 0

    def save(self, step: int, tensors: Mapping[str, Mapping[str, Tensor]], document: Mapping[str, Any]) -> Path | None:
        """Writes the state of `step`: tensors by group and name, and a JSON document. Returns its folder.

        On a full disk it warns and returns None, so that training goes on and the next state is tried; the third time
        in a row it raises UserError. Older states stay as they are.
        """
        try:
            path = self._write(step, tensors, document)
        except (OSError, RuntimeError, SafetensorError) as error:
            if not _is_disk_full(error, self.folder):
                raise
            self._failures += 1
            if self._failures > FAILURES_ALLOWED:
                raise UserError(
                    f"The disk is full: the state of step {step} could not be saved, the third time in a row.",
                    "Free space, then resume the run; it continues from its last saved state.",
                    str(self.folder),
                ) from error
            self._warn(
                f"The disk is full, so the state of step {step} was not saved; training goes on and tries again."
            )
            return None
        self._failures = 0
        self.prune()
        if self._on_saved is not None:
            self._on_saved(path)
        return path

    def mark_best(self, step: int) -> None:
        """Names the state of `step` the best; the one named before may be pruned."""
        try:
            write_atomically(self.folder / "best", f"{_name(step)}\n".encode())
        except OSError as error:
            if not _is_disk_full(error, self.folder):
                raise
            self._warn(f"The disk is full, so step {step} could not be noted as the best.")
        self.prune()

    def newest(self) -> Saved | None:
        """The newest state that is whole, or None. Warns about each damaged one that it passes over.

        Raises UserError for a state in another format.
        """
        steps = self.steps()
        for step in reversed(steps):
            saved = self.at(step)
            if saved is not None:
                return saved
        if steps:
            self._warn("No saved state is whole; the training starts from the beginning.")
        return None

    def best(self) -> Saved | None:
        """The state named the best, or None where there is none or it is damaged (which is warned about)."""
        step = self._best_step()
        return None if step is None else self.at(step)

    def at(self, step: int) -> Saved | None:
        """The state of `step`, or None with a warning where it is damaged. Raises UserError for another format."""
        path = self.folder / _name(step)
        try:
            _verify(path, step)
            document = json.loads((path / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = str(error) if isinstance(error, _Damaged) else "a file is missing or unreadable"
            self._warn(f"The saved state {path.name} is damaged ({reason}) and is passed over.")
            return None
        return Saved(step, path, document)

    def steps(self) -> list[int]:
        """The steps of which there is a state, in order."""
        if not self.folder.is_dir():
            return []
        found = (re.fullmatch(r"step-(\d{8,})", entry.name) for entry in self.folder.iterdir())
        return sorted(int(match[1]) for match in found if match)

    def discard_after(self, step: int) -> None:
        """Removes the states of later steps and everything half-written. -1 removes all."""
        for later in self.steps():
            if later > step:
                self._remove(self.folder / _name(later))
        if self.folder.is_dir():
            for entry in self.folder.iterdir():
                if entry.name.startswith(_UNFINISHED):
                    shutil.rmtree(entry, ignore_errors=True)
        best = self._best_step()
        if best is not None and best > step:
            (self.folder / "best").unlink()

    def prune(self) -> None:
        """Removes all but the newest `keep` states and the best."""
        for step in self.steps()[: -self.keep]:
            if step != self._best_step():
                self._remove(self.folder / _name(step))

    def _write(self, step: int, tensors: Mapping[str, Mapping[str, Tensor]], document: Mapping[str, Any]) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / _name(step)
        temporary = Path(tempfile.mkdtemp(prefix=_UNFINISHED[0], dir=self.folder))
        try:
            for group, named in tensors.items():
                if named:
                    save_file(_apart(named), temporary / f"{group}.safetensors")
            (temporary / "state.json").write_text(json.dumps(document), encoding="utf-8")
            files = {file.name: _seal(file) for file in sorted(temporary.iterdir())}
            manifest = temporary / "MANIFEST.json"
            manifest.write_text(
                json.dumps({"format": FORMAT, "step": step, "files": files}, indent=1), encoding="utf-8"
            )
            _seal(manifest)
            sync_folder(temporary)
            if path.exists():
                self._remove(path)
            temporary.rename(path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        sync_folder(self.folder)
        write_atomically(self.folder / "last", f"{path.name}\n".encode())
        return path

    def _remove(self, path: Path) -> None:
        """Removes a folder so that nobody meets it half removed."""
        out_of_sight = path.with_name(f"{_UNFINISHED[1]}{path.name}")
        shutil.rmtree(out_of_sight, ignore_errors=True)
        path.rename(out_of_sight)
        shutil.rmtree(out_of_sight, ignore_errors=True)

    def _best_step(self) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            name = (self.folder / "best").read_text(encoding="utf-8").strip()
            return int(name.removeprefix("step-"))
        return None


class _Damaged(ValueError):
    """Why a state is not what was written."""


def _name(step: int) -> str:
    return f"step-{step:08d}"


def _apart(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors on the CPU, each with memory of its own: safetensors refuses tied weights that share it."""
    apart: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in named.items():
        copy = tensor.detach().cpu().contiguous()
        place = copy.untyped_storage().data_ptr()
        apart[name] = copy.clone() if place in seen or copy.untyped_storage().nbytes() != copy.nbytes else copy
        seen.add(place)
    return apart


def _seal(file: Path) -> dict[str, Any]:
    """Brings a file to the disk; returns its size and sha256."""
    file.chmod(0o600)
    with file.open("rb+") as opened:
        if sys.platform == "darwin":
            import fcntl

            fcntl.fcntl(opened, fcntl.F_FULLFSYNC)  # fsync alone leaves the data in the drive's cache there
        else:
            os.fsync(opened.fileno())
        return {"size": file.stat().st_size, "sha256": hashlib.file_digest(opened, "sha256").hexdigest()}


def _verify(path: Path, step: int) -> None:
    manifest = json.loads((path / "MANIFEST.json").read_text(encoding="utf-8"))
    if manifest["format"] != FORMAT:
        raise UserError(
            f"This saved state has format {manifest['format']}; this Genodesk continues format {FORMAT} only.",
            "Continue the run with the version that began it, or start a new run.",
            str(path),
        )
    if manifest["step"] != step or "state.json" not in manifest["files"]:
        raise _Damaged("its manifest belongs to another state")
    for name, expected in manifest["files"].items():
        file = path / name
        if file.stat().st_size != expected["size"]:
            raise _Damaged(f"{name} has another size")
        with file.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() != expected["sha256"]:
                raise _Damaged(f"{name} has another sha256")
    unknown = {file.name for file in path.glob("*.safetensors")} - manifest["files"].keys()
    if unknown:
        raise _Damaged(f"{min(unknown)} is not in its manifest")


def _is_disk_full(error: BaseException, folder: Path) -> bool:
    """Whether an error means that no space is left; serializers hide the system's error number in their own errors."""
    if isinstance(error, OSError) and error.errno is not None:
        return is_disk_full(error)
    if re.search(r"no space left|os error (28|122|112)\b|quota", str(error), re.IGNORECASE):
        return True
    return isinstance(error, RuntimeError) and shutil.disk_usage(folder).free < 1_000_000
