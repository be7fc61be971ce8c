"""Writes an AnnData as h5ad or as AnnData-zarr (format 3) so that a reader sees the old file or the whole new one.

Must not change the AnnData it is given.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError

CHUNK = 2**18  # values in one zarr chunk, the unit of reading: about 1 MB before compression
SHARD = 2**23  # values in one zarr file: few enough files to copy, small enough to write from memory
ZSTD_LEVEL = 1


def write_h5ad(adata: Any, path: Path | str) -> None:
    """Write one h5ad file. Raises UserError naming the folder when it is full, missing or may not be written."""
    import h5py
    from anndata.io import write_elem

    path = Path(path)
    if path.is_dir():
        raise UserError("There is a folder of this name.", "Choose another name.", str(path))
    with _beside(path) as part:
        with h5py.File(part, "w") as file:
            write_elem(file, "/", adata)
        _sync(part)
        part.replace(path)


def write_zarr(adata: Any, path: Path | str) -> None:
    """Write one AnnData-zarr folder, format 3, large arrays in shards. Replaces a store but never another folder.

    Raises UserError naming the folder when it is full, missing or may not be written.
    """
    import zarr
    from anndata.experimental import write_dispatched

    path = Path(path)
    if path.exists() and not any((path / name).is_file() for name in ("zarr.json", ".zgroup")):
        raise UserError("There is something of this name that is no zarr store.", "Choose another name.", str(path))
    with _beside(path) as part:
        with warnings.catch_warnings():
            # anndata announces that sharding becomes its default; the sizes here are explicit.
            warnings.filterwarnings("ignore", message=".*autosharding.*")
            root = zarr.open_group(part, mode="w", zarr_format=3)
            write_dispatched(root, "/", adata, _write_element)
        _replace_folder(part, path)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A temporary path in the target's folder (renaming needs the same disk), removed whatever happens."""
    folder = path.absolute().parent
    try:
        scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    except OSError as error:
        raise _cannot_write(folder, error) from error
    try:
        yield scratch / path.name
    except UserError:
        raise
    except (OSError, RuntimeError) as error:
        # h5py reports a full disk now as OSError, now as RuntimeError, so the disk itself is asked.
        if isinstance(error, OSError) or shutil.disk_usage(folder).free < 2**20:
            raise _cannot_write(folder, error) from error
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _cannot_write(folder: Path, error: Exception) -> UserError:
    number = getattr(error, "errno", None)
    if not folder.is_dir():
        return UserError("This folder does not exist.", "Create it or choose another one.", str(folder))
    if number == errno.ENOSPC or "No space left" in str(error) or shutil.disk_usage(folder).free < 2**20:
        return UserError("The disk of this folder is full.", "Free some space or choose another folder.", str(folder))
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UserError("This folder may not be written to.", "Choose another folder.", str(folder))
    return UserError(f"Writing into this folder failed ({error}).", "Choose another folder.", str(folder))


def _write_element(
    write: Any, store: Any, name: str, element: Any, *, dataset_kwargs: dict[str, Any], iospec: Any
) -> None:
    write(store, name, element, dataset_kwargs={**dataset_kwargs, **_layout(element, iospec)})


def _layout(element: Any, iospec: Any) -> dict[str, Any]:
    """Chunks, shards and compression for numeric arrays; small ones and text are left to anndata."""
    from zarr.codecs import ZstdCodec

    compressed = {"compressors": [ZstdCodec(level=ZSTD_LEVEL)]}
    if iospec.encoding_type in ("csr_matrix", "csc_matrix") and element.nnz > CHUNK:
        return {"chunks": (CHUNK,), "shards": (SHARD,), **compressed}
    if iospec.encoding_type == "array" and getattr(element, "size", 0) > CHUNK and element.ndim in (1, 2):
        if element.ndim == 1:
            return {"chunks": (CHUNK,), "shards": (SHARD,), **compressed}
        rows = max(1, CHUNK // element.shape[1])
        return {"chunks": (rows, element.shape[1]), "shards": (rows * (SHARD // CHUNK), element.shape[1]), **compressed}
    return {}


def _replace_folder(part: Path, path: Path) -> None:
    """A folder cannot be renamed onto another, so the old one steps aside first and is removed last."""
    old = part.parent / "old"
    if path.exists():
        path.rename(old)
    try:
        part.rename(path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise


def _sync(file: Path) -> None:
    with file.open("rb") as handle:
        os.fsync(handle.fileno())
