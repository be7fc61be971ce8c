"""Bounds on what a foreign HDF5 or zarr file may make us read: declared sizes, links that leave the file, codecs.

Knows containers only; what the arrays mean is the business of the readers that call it.
"""

from __future__ import annotations

import json
import math
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import psutil

from genodesk.core.errors import UserError

# Deflate, the densest codec in everyday h5ad files, reaches 1032:1. More than this on a large array is an
# array that was declared but never written.
MAX_EXPANSION = 4000
FREELY_DECLARED = 256 * 2**20
MAX_CHUNK = 2**30
MAX_OBJECTS = 200_000
MAX_FOLDER_DEPTH = 64
MAX_METADATA = 64 * 2**20

# How HDF5 stores a string of variable length: its size, and where in the file's heap it lies.
TEXT_REFERENCE = np.dtype([("length", "<u4"), ("heap", "<u8"), ("index", "<u4")])

LAYOUTS = ("bytes", "transpose", "sharding_indexed", "vlen-utf8", "vlen-bytes", "packbits", "astype")
COMPRESSORS = ("blosc", "gzip", "zlib", "zstd", "lz4", "bz2", "lzma")
FILTERS = ("crc32", "crc32c", "adler32", "fletcher32", "delta", "shuffle", "fixedscaleoffset", "quantize", "bitround")
CODECS = frozenset((*LAYOUTS, *COMPRESSORS, *FILTERS))


def limit_address_space(n_bytes: int) -> bool:
    """Cap this process's address space, so that a lying file ends in a MemoryError instead of a swapping computer.

    Returns whether the system enforces it (Linux); elsewhere the checks of declared sizes stand alone.
    """
    if not sys.platform.startswith("linux"):
        return False
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = n_bytes if hard == resource.RLIM_INFINITY else min(n_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    return True


def memory_budget() -> int:
    """Bytes that one read may take: half of what the computer and this process's own limit leave free."""
    free = int(psutil.virtual_memory().available)
    if sys.platform.startswith("linux"):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            free = min(free, max(soft - int(psutil.Process().memory_info().vms), 0))
    return free // 2


def check_fits(
    n_bytes: int, path: Path, place: str, hint: str = "Use a smaller selection or a larger computer."
) -> None:
    """Raise UserError when reading `n_bytes` at once would not fit into memory."""
    budget = memory_budget()
    if n_bytes > budget:
        raise UserError(
            f"Reading this part takes {in_words(n_bytes)}, but only {in_words(budget)} of memory can be spared.",
            hint,
            located(path, place),
        )


def check_hdf5(file: h5py.File, path: Path) -> None:
    """Refuse links and storage outside the file, and arrays that declare far more than the file holds.

    Only headers are read. Raises UserError naming the first offending place.
    """
    seen = 0

    # An exception must not pass through the C library's walk, so what was found is returned, which ends the walk.
    def look_at_link(name: str, link: object) -> UserError | None:
        nonlocal seen
        seen += 1
        if isinstance(link, h5py.ExternalLink):
            return _leaves_the_file(path, name, f"links to another file ({link.filename})")
        if seen <= MAX_OBJECTS:
            return None
        return UserError(
            f"The file holds more than {MAX_OBJECTS:,} objects, which no cell matrix needs.",
            "Write the cells to a fresh h5ad file.",
            str(path),
        )

    def look_at_object(name: str, item: h5py.Group | h5py.Dataset) -> UserError | None:
        return _dataset_error(item, path, name) if isinstance(item, h5py.Dataset) else None

    error = file.visititems_links(look_at_link) or file.visititems(look_at_object)
    if error is not None:
        raise error


def check_text_lengths(dataset: h5py.Dataset, path: Path, place: str) -> None:
    """Refuse strings of variable length that together claim more bytes than the file has, before HDF5 makes room.

    One flipped byte in a length otherwise costs up to 4 GB. Text stored plainly or with gzip alone is looked at, as
    anndata writes it; for other filters the process's address-space limit stands alone.
    """
    claimed = sum(int(part["length"].sum(dtype=np.int64)) for part in _text_references(dataset, path))
    if claimed > path.stat().st_size:
        raise _lying(path, place, f"claims {in_words(claimed)} of text, more than the whole file")


def check_zarr(root: Path) -> None:
    """Refuse symbolic links out of the folder, things that are no files, unknown codecs and lying sizes.

    Metadata is read as JSON and chunk files are only looked at by name and size. Raises UserError.
    """
    _bytes_below(root, root, root.resolve(), 0)


def located(path: Path, place: str) -> str:
    """The `where` of an error: the file and, inside it, the element."""
    return f"{path}: {place}" if place else str(path)


def in_words(n_bytes: int) -> str:
    """A size for people, as `1.4 KB` or `400 GB` (decimal units)."""
    size = float(n_bytes)
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} TB" if size < 1000 else f"{size:,.0f} TB"


def _dataset_error(dataset: h5py.Dataset, path: Path, name: str) -> UserError | None:
    if dataset.external or dataset.is_virtual:
        return _leaves_the_file(path, name, "keeps its values in another file")
    item = dataset.dtype.itemsize
    if dataset.chunks and math.prod(dataset.chunks) * item > MAX_CHUNK:
        return _lying(path, name, f"is stored in blocks of {in_words(math.prod(dataset.chunks) * item)}")
    declared = math.prod(dataset.shape or ()) * item
    return _declared_error(declared, int(dataset.id.get_storage_size()), path, name)


def _declared_error(declared: int, stored: int, path: Path, name: str) -> UserError | None:
    if declared > FREELY_DECLARED and declared > MAX_EXPANSION * stored:
        return _lying(path, name, f"declares {in_words(declared)} but holds {in_words(stored)}")
    return None


def _text_references(dataset: h5py.Dataset, path: Path) -> Iterator[np.ndarray]:
    n_bytes = math.prod(dataset.shape) * TEXT_REFERENCE.itemsize
    offset = dataset.id.get_offset()
    if offset is not None and dataset.id.get_storage_size() == n_bytes and not dataset.file.userblock_size:
        yield np.fromfile(path, TEXT_REFERENCE, math.prod(dataset.shape), offset=offset)
    properties = dataset.id.get_create_plist()
    filters = [properties.get_filter(i)[0] for i in range(properties.get_nfilters())]
    if dataset.chunks is None or filters not in ([], [h5py.h5z.FILTER_DEFLATE]):
        return
    n_bytes = math.prod(dataset.chunks) * TEXT_REFERENCE.itemsize
    for i in range(dataset.id.get_num_chunks()):
        skipped, raw = dataset.id.read_direct_chunk(dataset.id.get_chunk_info(i).chunk_offset)
        if filters and not skipped:
            raw = zlib.decompressobj().decompress(raw, n_bytes)
        if len(raw) == n_bytes:
            yield np.frombuffer(raw, TEXT_REFERENCE)


def _lying(path: Path, place: str, what: str) -> UserError:
    return UserError(
        f"This array {what}, so the file is damaged or was made to exhaust the computer.",
        "Get the file again from where it came.",
        located(path, place),
    )


def _leaves_the_file(path: Path, place: str, what: str) -> UserError:
    return UserError(
        f"This element {what}, and only self-contained files are read.",
        "Copy the data into one file (adata.write_h5ad) and use that.",
        located(path, place),
    )


def _bytes_below(folder: Path, root: Path, real_root: Path, depth: int) -> int:
    place = folder.relative_to(root).as_posix() if folder != root else ""
    if depth > MAX_FOLDER_DEPTH:
        raise UserError(
            f"The folders are nested more than {MAX_FOLDER_DEPTH} deep.",
            "Write the store afresh.",
            located(root, place),
        )
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(real_root):
                raise _leaves_the_file(root, f"{place}/{entry.name}".lstrip("/"), "is a link out of the folder")
            if entry.is_dir():
                total += _bytes_below(Path(entry.path), root, real_root, depth + 1)
                continue
            info = entry.stat()
            if not stat.S_ISREG(info.st_mode):
                raise _leaves_the_file(root, f"{place}/{entry.name}".lstrip("/"), "is not a plain file")
            total += info.st_size
    for name in ("zarr.json", ".zarray"):
        if (folder / name).is_file():
            _check_array_metadata(folder / name, total, root, place)
    return total


def _check_array_metadata(file: Path, stored: int, root: Path, place: str) -> None:
    if file.stat().st_size > MAX_METADATA:
        raise _lying(root, place, f"has a description of {in_words(file.stat().st_size)}")
    try:
        described = json.loads(file.read_bytes())
        if described.get("node_type", "array") != "array":
            return
        codecs = _codecs(described)
        kind = described.get("data_type", described.get("dtype"))
        shape = [int(n) for n in described["shape"]]
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise UserError(
            f"The description {file.name} of this array cannot be read.",
            "The store is damaged: get or write it again.",
            located(root, place),
        ) from error
    for codec in codecs:
        if codec.removeprefix("numcodecs.") not in CODECS:
            raise UserError(
                f"This array is stored with the codec '{codec}', which is not known or not safe to read.",
                "Write the store again with anndata's default compression.",
                located(root, place),
            )
    if kind == "|O" and not {"vlen-utf8", "vlen-bytes"} & set(codecs):
        raise UserError(
            "This array holds Python objects, which are never loaded.",
            "Write it as numbers or text.",
            located(root, place),
        )
    lie = _declared_error(math.prod(shape) * _item_size(kind), stored, root, place)
    if lie is not None:
        raise lie


def _codecs(described: dict[str, Any]) -> list[str]:
    """Every codec name of an array's metadata, those inside shards included (zarr formats 2 and 3)."""
    names: list[str] = []
    pending = [*(described.get("codecs") or []), *(described.get("filters") or []), described.get("compressor")]
    while pending:
        codec = pending.pop()
        if codec is None:
            continue
        if isinstance(codec, str):
            names.append(codec)
            continue
        names.append(str(codec.get("name") or codec.get("id")))
        inner = codec.get("configuration") or {}
        pending += [*inner.get("codecs", []), *inner.get("index_codecs", [])]
    return names


def _item_size(kind: object) -> int:
    try:
        return np.dtype(kind).itemsize if isinstance(kind, str) else 1
    except TypeError:
        return 1
