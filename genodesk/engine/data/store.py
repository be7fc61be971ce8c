"""Opens an HDF5 file or a zarr folder as one tree of groups and arrays, and turns what can go wrong into one sentence.

Knows no cells: it hands out nodes, values and text. zarr is imported only when a folder is opened.
"""

from __future__ import annotations

import errno
import math
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.limits import check_fits, check_hdf5, check_text_lengths, check_zarr, in_words, located

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class Store:
    """An open container. `root` is an h5py.File or a zarr.Group; `format` is `HDF5`, `zarr v2` or `zarr v3`."""

    path: Path
    root: Any
    format: str

    def node(self, place: str) -> Any:
        """The group or array at `place`, or None where the file has none."""
        with plain_errors(self.path, place):
            if place not in self.root:
                return None
            return self.root[place]


@contextmanager
def open_store(path: Path) -> Iterator[Store]:
    """Open for reading after the checks of limits.py. Raises UserError for whatever cannot be opened."""
    path = Path(path)
    if stat.S_ISDIR(looked_up(path).st_mode):
        yield _open_zarr(path)
        return
    file = _open_hdf5(path)
    try:
        with plain_errors(path, ""):
            check_hdf5(file, path)
        yield Store(path, file, "HDF5")
    finally:
        file.close()


def looked_up(path: Path) -> os.stat_result:
    """What the disk tells of a file or folder. Raises UserError where nothing is there, or something to wait for."""
    with plain_errors(path, ""):
        try:
            found = path.stat()
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG):
                raise
            raise UserError(
                "There is no such file.", "Check the name, and that the disk it lies on is connected.", str(path)
            ) from error
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):  # a pipe keeps its reader waiting
        raise UserError("This is neither a file nor a folder.", "Choose a file or a folder.", str(path))
    return found


@contextmanager
def plain_errors(path: Path, place: str) -> Iterator[None]:
    """Around calls into h5py and zarr only: whatever they raise on a bad file becomes a UserError naming the place."""
    try:
        yield
    except UserError:
        raise
    except MemoryError as error:
        raise UserError(
            "There is not enough memory to read this part.",
            "Close other programs or use a smaller file.",
            located(path, place),
        ) from error
    except PermissionError as error:
        raise UserError(
            "The file may not be read.", "Change its permissions or copy it.", located(path, place)
        ) from error
    except FileNotFoundError as error:
        raise UserError(
            "The file is not there any more.", "Check whether it was moved or its disk was taken out.", str(path)
        ) from error
    except Exception as error:  # h5py, zarr and a dozen codecs share no base class for "this file is damaged"
        if isinstance(error, OSError) and error.errno in (errno.ENOTCONN, errno.ESTALE, errno.EIO):
            hint = "The disk or network folder stopped answering: reconnect it and try again."
        else:
            hint = "The file is damaged or incomplete: copy or download it again."
        raise UserError("This part cannot be read.", hint, located(path, place)) from error


def is_group(node: Any) -> bool:
    """Whether a node holds other nodes; arrays have a shape."""
    return not hasattr(node, "shape")


def attribute(node: Any, key: str) -> Any:
    """An attribute as plain text, number or list, or None where it is absent."""
    try:
        value = node.attrs.get(key)
    except TypeError:  # an attribute of a type that the library cannot represent
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list):
        return [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in value]
    return value


def shape_of(node: Any) -> tuple[int, ...]:
    """The shape of an array; () for a scalar or an HDF5 dataset without any extent."""
    return tuple(int(n) for n in node.shape or ())


def is_text(node: Any) -> bool:
    """Whether an array holds text of any storage: HDF5 or zarr strings, fixed-length bytes."""
    dtype = node.dtype
    if isinstance(node, h5py.Dataset):
        return h5py.check_string_dtype(dtype) is not None
    return dtype.kind in "SUT" or (dtype.kind == "O" and not isinstance(node, np.ndarray))


def is_number(node: Any) -> bool:
    """Whether an array holds integers, floats or booleans."""
    return node.dtype.kind in "iufb"


def read_numbers(node: Any, path: Path, place: str, part: Any = slice(None)) -> np.ndarray:
    """The values of one part of an array. Raises UserError for text, objects and unreadable bytes."""
    if is_group(node) or not is_number(node):
        raise UserError(
            "Numbers were expected here.", "Write the file again with a current anndata.", located(path, place)
        )
    if isinstance(part, slice) and part == slice(None):
        check_fits(math.prod(shape_of(node)) * node.dtype.itemsize, path, place)
    with plain_errors(path, place):
        return np.asarray(node[part])


def read_text(node: Any, path: Path, place: str, part: slice = slice(None)) -> np.ndarray:
    """A one-dimensional array of text, or a run of it, as `object` strings. Raises UserError for anything else."""
    if is_group(node) or len(shape_of(node)) != 1 or not (is_text(node) or is_number(node)):
        raise UserError(
            "A list of text was expected here.", "Write the file again with a current anndata.", located(path, place)
        )
    check_fits(len(range(*part.indices(shape_of(node)[0]))) * 80, path, place)
    with plain_errors(path, place):
        if isinstance(node, h5py.Dataset) and is_text(node):
            if node.dtype.kind == "O":
                check_text_lengths(node, Path(node.file.filename), place)
            try:
                # Twice as fast as one Python string at a time, but strict about UTF-8.
                return np.array(node.astype("T")[part].tolist(), dtype=object)
            except (UnicodeDecodeError, ValueError):
                return node.asstr("utf-8", errors="replace")[part]
        values = np.asarray(node[part])
        if values.dtype.kind == "S":
            return np.array([value.decode("utf-8", "replace") for value in values.tolist()], dtype=object)
        return np.array([str(value) for value in values.tolist()], dtype=object)


def _open_hdf5(path: Path) -> h5py.File:
    with plain_errors(path, ""):
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(512)
    if not h5py.is_hdf5(path):
        raise UserError(_what_it_is(start, size), *_remedy(start), str(path))
    try:
        _refuse_half_written(path)
        # A lock would make the program fail that saves the file anew while it is on show here, and leave it empty.
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        cut = re.search(r"eof = (\d+).*stored_eof = (\d+)", str(error))
        if cut:
            there, whole = int(cut[1]), int(cut[2])
            raise UserError(
                f"The file is cut short: {in_words(there)} of {in_words(whole)} are there.",
                "Copy or download it again.",
                str(path),
            ) from error
        if "unable to lock file" in str(error):
            raise UserError(
                "The file is open for writing in another program.", "Close it there and try again.", str(path)
            ) from error
        raise UserError(
            "The file starts like HDF5 but cannot be opened: it is damaged.", "Copy or download it again.", str(path)
        ) from error


def _refuse_half_written(path: Path) -> None:
    """Raises OSError where another program has the file open for writing."""
    try:
        h5py.File(path, "r").close()
    except OSError as error:
        if "locking flag" not in str(error):  # else it is open here already, without a lock
            raise


def _what_it_is(start: bytes, size: int) -> str:
    if size == 0:
        return "The file is empty."
    if start.startswith(b"\x1f\x8b"):
        return "The file is compressed with gzip."
    if start.startswith(b"PK"):
        return "The file is a zip archive."
    if HDF5_MAGIC.startswith(start[:8]):
        return "The file is cut short: not even its first bytes are complete."
    if b"\0" not in start:
        return "The file is text, not an h5ad (HDF5) file, whatever its name says."
    return "The file is not an h5ad (HDF5) file: its first bytes are not those of HDF5."


def _remedy(start: bytes) -> tuple[str]:
    if start.startswith((b"\x1f\x8b", b"PK")):
        return ("Unpack it first and choose what comes out.",)
    return ("Choose a file written by adata.write_h5ad, or copy it again.",)


def _open_zarr(path: Path) -> Store:
    with plain_errors(path, ""):
        found = [version for version, name in ((3, "zarr.json"), (2, ".zgroup")) if (path / name).is_file()]
    if not found:
        if (path / ".zarray").is_file():
            raise UserError("This zarr folder is a single array.", "Choose the folder above it.", str(path))
        raise UserError(
            "This folder is no zarr store: it has no zarr.json or .zgroup.", "Choose another folder.", str(path)
        )
    with plain_errors(path, ""):
        check_zarr(path)
    import zarr
    from zarr.storage import LocalStore

    with plain_errors(path, ""):
        # Consolidated metadata is a second copy that the checks have not seen.
        root = zarr.open(store=LocalStore(path, read_only=True), mode="r", zarr_format=found[0], use_consolidated=False)
    if not isinstance(root, zarr.Group):
        raise UserError("This zarr folder is a single array.", "Choose the folder above it.", str(path))
    return Store(path, root, f"zarr v{found[0]}")
