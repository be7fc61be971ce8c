"""Reads the numbers out of a pickled weights file without running anything the file says.

Run as a child process with limits: `python -m genodesk.engine.inert_weights FILE [OUT.safetensors]` prints one JSON
document. Source of the layouts: torch's zip archive, its older stream of pickles, and the safetensors description.
"""

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.engine.data.safetensors_header import ITEM_BYTES
from genodesk.engine.inert_pickle import (
    DTYPES,
    InertUnpickler,
    NumpyArray,
    StandIn,
    Storage,
    TensorNote,
    row_major,
)

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
CPU_SECONDS = 300
MEMORY_BYTES = 4 << 30
CONTAINERS = ("state_dict", "model_state_dict", "model", "module", "net", "params")
MODULE_PARTS = frozenset(("_parameters", "_buffers", "_modules"))


class WeightsPickle:
    """A weights file read inertly: `tensors` by dotted name, `stand_ins` the classes that were not run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[str, tuple[int, int]] = {}  # key -> (byte offset in the file, bytes)
        self._file = path.open("rb")
        self._cached: tuple[str, bytes] = ("", b"")
        document, names = self._read_zip() if zipfile.is_zipfile(path) else self._read_stream()
        self.stand_ins = sorted(name for name in names if name.removeprefix("torch.") not in DTYPES)
        self.container, inner = _weights_part(document)
        self.tensors: dict[str, TensorNote] = {}
        for name, note in _tensors_in(inner):
            if name in self.tensors:
                raise ValueError(f"two tensors are called {name}")
            self.tensors[name] = note
        total, most = sum(note.n_bytes for note in self.tensors.values()), 4 * path.stat().st_size + (64 << 20)
        if total > most:
            raise ValueError(f"it declares {total:,} bytes of tensors, far more than it holds")

    def read(self, note: TensorNote) -> bytes:
        """The numbers of a tensor in row-major order, little-endian. Raises ValueError where they lie outside."""
        width = ITEM_BYTES[note.dtype]
        raw = note.source if isinstance(note.source, bytes) else self._storage(note.source)
        if len(note.strides) != len(note.shape):
            raise ValueError("a tensor whose strides contradict its shape")
        if 0 in note.shape:
            return b""
        last = note.offset + sum((n - 1) * step for n, step in zip(note.shape, note.strides, strict=True))
        if (last + 1) * width > len(raw):
            raise ValueError("a tensor that lies outside its storage")
        if note.strides == row_major(note.shape):
            return raw[note.offset * width : note.offset * width + note.n_bytes]
        import numpy as np

        numbers = np.frombuffer(raw, dtype=f"V{width}")[note.offset :]
        steps = [step * width for step in note.strides]
        return np.lib.stride_tricks.as_strided(numbers, note.shape, steps, writeable=False).tobytes()

    def _read_zip(self) -> tuple[Any, list[str]]:
        with zipfile.ZipFile(self._file) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            pickles = [name for name in entries if name.rpartition("/")[2] == "data.pkl"]
            if len(pickles) != 1 or any(name.endswith("constants.pkl") for name in entries):
                raise ValueError("an archive that holds a program, not only weights")
            prefix = pickles[0].removesuffix("data.pkl")
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries.values()):
                raise ValueError("a compressed archive, which torch does not write")
            order = entries.get(f"{prefix}byteorder")
            if order is not None and archive.read(order) != b"little":
                raise ValueError("weights of a big-endian computer")
            for name, entry in entries.items():
                if name.startswith(f"{prefix}data/"):
                    self._places[name.removeprefix(f"{prefix}data/")] = (self._start_of(entry), entry.file_size)
            with archive.open(pickles[0]) as file:
                unpickler = InertUnpickler(file)
                return unpickler.load(), list(unpickler.stand_ins)

    def _read_stream(self) -> tuple[Any, list[str]]:
        """A bare pickle, or torch's older form: magic, protocol, system, object, keys, then the storages."""
        unpickler = InertUnpickler(self._file)
        document = unpickler.load()
        if document != LEGACY_MAGIC:
            return document, list(unpickler.stand_ins)
        widths: dict[str, int] = {}

        class Recording(InertUnpickler):
            def persistent_load(self, identity: Any) -> Storage:
                storage = super().persistent_load(identity)
                widths[storage.key] = ITEM_BYTES[storage.dtype]
                return storage

        for _ in ("protocol", "system"):
            InertUnpickler(self._file).load()
        reader = Recording(self._file)
        document = reader.load()
        for key in InertUnpickler(self._file).load():
            numbers = int.from_bytes(self._file.read(8), "little")
            n_bytes = numbers * widths.get(str(key), 1)
            self._places[str(key)] = (self._file.tell(), n_bytes)
            self._file.seek(n_bytes, 1)
        return document, list(reader.stand_ins)

    def _start_of(self, entry: zipfile.ZipInfo) -> int:
        """Where an entry's bytes begin: after its local header, whose name and extra field have their own lengths."""
        self._file.seek(entry.header_offset + 26)
        name, extra = self._file.read(2), self._file.read(2)
        return entry.header_offset + 30 + int.from_bytes(name, "little") + int.from_bytes(extra, "little")

    def _storage(self, storage: Storage) -> bytes:
        if self._cached[0] != storage.key:
            start, n_bytes = self._places.get(storage.key, (0, -1))
            if n_bytes < 0 or start + n_bytes > self.path.stat().st_size:
                raise ValueError("a tensor whose numbers are not in the file")
            self._file.seek(start)
            self._cached = (storage.key, self._file.read(n_bytes))
        return self._cached[1]


def write_safetensors(weights: WeightsPickle, out: Path) -> None:
    """Writes the tensors one after the other, so that memory holds one storage at a time."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}  # without it, transformers refuses the file
    position = 0
    for name, note in weights.tensors.items():
        header[name] = {
            "dtype": note.dtype,
            "shape": list(note.shape),
            "data_offsets": [position, position + note.n_bytes],
        }
        position += note.n_bytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with out.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for note in weights.tensors.values():
            file.write(weights.read(note))


def _weights_part(document: Any) -> tuple[str, Any]:
    """The part of a checkpoint that holds the model, beside optimiser states and settings."""
    contents = _contents(document)
    for name in CONTAINERS:
        part = contents.get(name)
        if part is not None and next(_tensors_in(part), None) is not None:
            return name, part
    return "", document


def _contents(value: Any) -> dict[Any, Any]:
    if isinstance(value, StandIn):
        return dict(value.contents)
    if isinstance(value, list | tuple):
        return dict(enumerate(value))
    return value if isinstance(value, dict) else {}


def _tensors_in(document: Any) -> Iterator[tuple[str, TensorNote]]:
    """Every tensor with its dotted name, each container once, however deep or circular the document is."""
    seen: set[int] = set()
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, TensorNote):
            yield path or "tensor", value
            continue
        if isinstance(value, NumpyArray):
            value = value.contents.get("array")
            if isinstance(value, TensorNote):
                yield path or "tensor", value
            continue
        if id(value) in seen:
            continue
        seen.add(id(value))
        inner = []
        for key, item in _contents(value).items():
            if isinstance(key, str | int):
                inner.append((path if key in MODULE_PARTS else f"{path}.{key}".lstrip("."), item))
        pending.extend(reversed(inner))


def _limit(writes: bool) -> None:
    """Bounds this process, where the system can: memory, processor time, and no writing to files unless it converts."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    if not writes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main(arguments: list[str]) -> int:
    """Prints the names, dtypes and shapes of the tensors; with a second argument also writes them there."""
    path = Path(arguments[0])
    _limit(writes=len(arguments) > 1)
    try:
        weights = WeightsPickle(path)
        if len(arguments) > 1:
            write_safetensors(weights, Path(arguments[1]))
        answer: dict[str, Any] = {
            "container": weights.container,
            "stand_ins": weights.stand_ins,
            "tensors": [{"name": n, "dtype": t.dtype, "shape": list(t.shape)} for n, t in weights.tensors.items()],
        }
    except OSError as error:
        answer = {
            "error": UserError(
                f"The file cannot be read or written ({error.strerror}).",
                "Check its permissions and the space on the disk.",
                str(path),
            ).as_dict()
        }
    except MemoryError:
        message = "Reading this file takes more memory than is allowed."
        answer = {"error": UserError(message, "Ask its author for a safetensors file.", str(path)).as_dict()}
    except Exception as error:  # a foreign pickle can fail in every way; each is the same finding
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        message = f"This file cannot be read as weights: {why}."
        hint = "Ask its author for a safetensors file, or save only the state_dict."
        answer = {"error": UserError(message, hint, str(path)).as_dict()}
    json.dump(answer, sys.stdout)
    return 2 if "error" in answer else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
