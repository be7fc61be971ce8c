"""The header of a safetensors file: which tensors it holds, checked against the file's size; no weight is read.

Source of the layout: the safetensors format description (8-byte length, JSON, one contiguous buffer).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from genodesk.core.errors import UserError

MAX_HEADER = 100_000_000
ITEM_BYTES = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 1),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 2),
    **dict.fromkeys(("U32", "I32", "F32"), 4),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 8),
}


@dataclass(frozen=True)
class TensorHeader:
    """One tensor: its name, its safetensors dtype such as `F32`, and its shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def n_values(self) -> int:
        """Number of elements; 1 for a scalar."""
        return math.prod(self.shape)


def read_safetensors_header(path: Path) -> tuple[list[TensorHeader], dict[str, str]]:
    """(tensors in the order of the file, metadata). Raises UserError for a cut, lying or foreign file."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(MAX_HEADER, size - 8):
                raise _refused(path, "This is no safetensors file, or it is cut short in its header.")
            header = json.loads(file.read(length))
    except OSError as error:
        raise UserError(
            f"The file cannot be read ({error.strerror}).", "Check its name and permissions.", str(path)
        ) from error
    except (ValueError, RecursionError) as error:
        raise _refused(path, "The header of this safetensors file cannot be read.") from error
    try:
        metadata = header.pop("__metadata__", {})
        spans = sorted((*map(int, entry["data_offsets"]), name) for name, entry in header.items())
        tensors = {name: TensorHeader(name, entry["dtype"], _shape(entry["shape"])) for name, entry in header.items()}
        plain = {str(key): str(value) for key, value in metadata.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _refused(path, "The header of this safetensors file is not of the known form.") from error
    expected = 0
    for start, stop, name in spans:
        tensor = tensors[name]
        n_bytes = ITEM_BYTES.get(tensor.dtype, -1) * tensor.n_values
        if tensor.dtype not in ITEM_BYTES:
            raise _refused(path, f"The tensor '{name}' is of the unknown type {tensor.dtype}.")
        if start != expected or stop - start != n_bytes:
            raise _refused(path, f"The place given for the tensor '{name}' contradicts its shape.")
        expected = stop
    if 8 + length + expected != size:
        raise _refused(path, f"The file is cut short: {size:,} of {8 + length + expected:,} bytes are there.")
    return [tensors[name] for _, _, name in spans], plain


def _shape(declared: list[int]) -> tuple[int, ...]:
    shape = tuple(int(n) for n in declared)
    if any(n < 0 for n in shape):
        raise ValueError("a negative extent")
    return shape


def _refused(path: Path, message: str) -> UserError:
    return UserError(message, "Copy or download it again.", str(path))
