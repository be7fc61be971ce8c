"""One expression matrix in a file: single genes and blocks of cells without loading the whole.

Works on h5py and zarr nodes alike; knows no gene names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.limits import check_fits, located
from genodesk.engine.data.store import attribute, is_group, is_number, plain_errors, read_numbers, shape_of

BLOCK = 4 * 2**20  # stored values read at a time: 16-32 MB, large enough that per-call cost vanishes
SAMPLE = 65_536


@dataclass(frozen=True)
class Matrix:
    """[cells, genes] values at `place`: `encoding` is `csr`, `csc` or `dense`; `nnz` counts stored values."""

    path: Path
    place: str
    encoding: str
    shape: tuple[int, int]
    dtype: np.dtype
    nnz: int
    nodes: dict[str, Any]

    def gene(self, index: int, between_blocks: Callable[[], None] = lambda: None) -> np.ndarray:
        """One gene over all cells, float32 [cells]. `between_blocks` may raise to give up. Raises UserError for a
        damaged matrix.
        """
        if self.encoding == "dense":
            return self._dense_gene(index, between_blocks)
        out = np.zeros(self.shape[0], dtype=np.float32)
        if self.encoding == "csc":
            start, stop = self._bounds(index, index + 1)
            np.add.at(out, self._indices(start, stop), self._data(start, stop))
            return out
        pointers = self._pointers()
        for start, indices in self._index_blocks():
            between_blocks()
            hits = np.flatnonzero(indices == index)
            if hits.size:
                values = self._data(start + int(hits[0]), start + int(hits[-1]) + 1)[hits - hits[0]]
                np.add.at(out, np.searchsorted(pointers, hits + start, side="right") - 1, values)
        return out

    def sparse_rows(self, cells: slice) -> Any:
        """A run of cells with all genes as a scipy CSR matrix of float32; for a matrix stored by cells.

        Raises UserError for a damaged matrix.
        """
        from scipy.sparse import csr_matrix

        if self.encoding == "csc":
            raise ValueError("a matrix stored by genes would be read whole for every run")
        if self.encoding == "dense":
            return csr_matrix(self.rows(cells))
        first, last, _ = cells.indices(self.shape[0])
        pointers = self._pointers(first, last)
        start, stop = int(pointers[0]), int(pointers[-1])
        parts = (self._data(start, stop).astype(np.float32), self._indices(start, stop), pointers - start)
        found = csr_matrix(parts, shape=(last - first, self.shape[1]))
        found.sum_duplicates()
        return found

    def rows(self, cells: slice) -> np.ndarray:
        """A run of cells with all genes, float32 [rows, genes]. Raises UserError when it cannot fit into memory."""
        first, last, step = cells.indices(self.shape[0])
        if step != 1:
            raise ValueError("rows are read as one run, step 1")
        last = max(first, last)
        check_fits((last - first) * self.shape[1] * 8, self.path, self.place, "Ask for fewer cells at a time.")
        if self.encoding == "dense":
            return read_numbers(self.nodes["values"], self.path, self.place, np.s_[first:last, :]).astype(np.float32)
        out = np.zeros((last - first, self.shape[1]), dtype=np.float32)
        if first == last:
            return out
        if self.encoding == "csr":
            start, stop = self._bounds(first, last)
            pointers = self._pointers(first, last)
            row = np.repeat(np.arange(last - first), np.diff(pointers))
            np.add.at(out, (row, self._indices(start, stop)), self._data(start, stop))
            return out
        pointers = self._pointers()
        for start, indices in self._index_blocks():
            hits = np.flatnonzero((indices >= first) & (indices < last))
            if hits.size:
                gene = np.searchsorted(pointers, hits + start, side="right") - 1
                values = self._data(start, start + indices.size)[hits]
                np.add.at(out, (indices[hits].astype(np.int64) - first, gene), values)
        return out

    def read(self) -> Any:
        """The whole matrix: a NumPy array, or a scipy CSR or CSC matrix, in the stored type.

        Raises UserError when it does not fit into memory or its structure is damaged.
        """
        hint = "Keep fewer cells or genes, or train on a computer with more memory."
        if self.encoding == "dense":
            check_fits(self.nnz * self.dtype.itemsize, self.path, self.place, hint)
            return read_numbers(self.nodes["values"], self.path, self.place)
        from scipy.sparse import csc_matrix, csr_matrix

        check_fits(self.nnz * (self.dtype.itemsize + 8), self.path, self.place, hint)
        parts = (self._data(0, self.nnz), self._indices(0, self.nnz), self._pointers())
        kind = csr_matrix if self.encoding == "csr" else csc_matrix
        try:
            matrix = kind(parts, shape=self.shape)
            matrix.check_format(full_check=True)
        except ValueError as error:
            raise self._damaged() from error
        return matrix

    def sample(self) -> np.ndarray:
        """Up to three times 65,536 stored values from the beginning, the middle and the end, float64."""
        if self.encoding == "dense":
            rows = max(1, SAMPLE // max(self.shape[1], 1))
            starts = sorted({0, max(0, self.shape[0] // 2 - rows // 2), max(0, self.shape[0] - rows)})
            node = self.nodes["values"]
            parts = [read_numbers(node, self.path, self.place, np.s_[start : start + rows, :]) for start in starts]
        else:
            starts = sorted({0, max(0, (self.nnz - SAMPLE) // 2), max(0, self.nnz - SAMPLE)})
            parts = [self._data(start, min(start + SAMPLE, self.nnz)) for start in starts]
        return np.concatenate([part.ravel() for part in parts]).astype(np.float64)

    def _dense_gene(self, index: int, between_blocks: Callable[[], None]) -> np.ndarray:
        out = np.empty(self.shape[0], dtype=np.float32)
        node = self.nodes["values"]
        if getattr(node, "chunks", None) is not None and node.chunks[1] < self.shape[1]:
            out[:] = read_numbers(node, self.path, self.place, np.s_[:, index])
            return out
        # Rows lie whole on the disk: reading them in runs is faster than picking single values out of each.
        step = max(1, BLOCK // self.shape[1])
        for start in range(0, self.shape[0], step):
            between_blocks()
            block = read_numbers(node, self.path, self.place, np.s_[start : start + step, :])
            out[start : start + step] = block[:, index]
        return out

    def _index_blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """(position of the first, minor indices) over all stored values; the array is overwritten by the next block."""
        node = self.nodes["indices"]
        if not isinstance(node, h5py.Dataset):
            for start in range(0, self.nnz, BLOCK):
                yield start, self._indices(start, min(start + BLOCK, self.nnz))
            return
        buffer = np.empty(min(BLOCK, self.nnz), dtype=node.dtype)
        for start in range(0, self.nnz, BLOCK):
            stop = min(start + BLOCK, self.nnz)
            with plain_errors(self.path, f"{self.place}/indices"):
                node.read_direct(buffer, np.s_[start:stop], np.s_[: stop - start])
            yield start, buffer[: stop - start]

    def _pointers(self, first: int = 0, last: int | None = None) -> np.ndarray:
        major = self.shape[0] if self.encoding == "csr" else self.shape[1]
        last = major if last is None else last
        node = self.nodes["indptr"]
        values = read_numbers(node, self.path, f"{self.place}/indptr", np.s_[first : last + 1]).astype(np.int64)
        whole = first == 0 and last == major
        if values[0] < 0 or values[-1] > self.nnz or np.any(np.diff(values) < 0) or (whole and values[-1] != self.nnz):
            raise self._damaged()
        return values

    def _bounds(self, first: int, last: int) -> tuple[int, int]:
        pointers = self._pointers(first, last)
        return int(pointers[0]), int(pointers[-1])

    def _indices(self, start: int, stop: int) -> np.ndarray:
        found = read_numbers(self.nodes["indices"], self.path, f"{self.place}/indices", np.s_[start:stop])
        minor = self.shape[1] if self.encoding == "csr" else self.shape[0]
        if found.size and (int(found.min()) < 0 or int(found.max()) >= minor):
            raise self._damaged()
        return found

    def _data(self, start: int, stop: int) -> np.ndarray:
        return read_numbers(self.nodes["data"], self.path, f"{self.place}/data", np.s_[start:stop])

    def _damaged(self) -> UserError:
        return UserError(
            "The sparse matrix contradicts itself: its row pointers or indices are out of range.",
            "The file is damaged: copy or write it again.",
            located(self.path, self.place),
        )


def open_matrix(node: Any, path: Path, place: str, shape: tuple[int, int]) -> Matrix:
    """The header of the AnnData element `node`, which must be of `shape` [cells, genes]. Raises UserError."""
    if not is_group(node):
        if len(shape_of(node)) != 2 or not is_number(node):
            raise UserError(
                f"The matrix is stored as {node.dtype} of shape {shape_of(node)}, not as a table of numbers.",
                "Write it as a float32 or integer matrix.",
                located(path, place),
            )
        _check_shape(shape_of(node), shape, path, place)
        return Matrix(path, place, "dense", shape, np.dtype(node.dtype), shape[0] * shape[1], {"values": node})
    encoding = {"csr_matrix": "csr", "csc_matrix": "csc"}.get(str(attribute(node, "encoding-type")))
    declared = attribute(node, "shape")
    if encoding is None or not isinstance(declared, list) or len(declared) != 2:
        old = attribute(node, "h5sparse_format") is not None
        raise UserError(
            "The matrix was written by an anndata older than 0.7." if old else "The matrix is of an unknown kind.",
            "Open it with a current anndata and write it again.",
            located(path, place),
        )
    _check_shape((int(declared[0]), int(declared[1])), shape, path, place)
    return sparse_matrix(node, path, place, encoding, shape)


def sparse_matrix(node: Any, path: Path, place: str, encoding: str, shape: tuple[int, int]) -> Matrix:
    """The header of a group with `data`, `indices` and `indptr` (AnnData and 10x alike). Raises UserError."""
    nodes = {}
    for name in ("data", "indices", "indptr"):
        with plain_errors(path, f"{place}/{name}"):
            part = node[name] if name in list(node) else None
        if part is None or is_group(part) or len(shape_of(part)) != 1 or not is_number(part):
            raise UserError(
                f"The sparse matrix has no usable '{name}'.", "Write the file again.", located(path, f"{place}/{name}")
            )
        nodes[name] = part
    major = shape[0] if encoding == "csr" else shape[1]
    n_values = int(nodes["data"].shape[0])
    if int(nodes["indices"].shape[0]) != n_values or int(nodes["indptr"].shape[0]) != major + 1:
        raise UserError(
            "The parts of the sparse matrix differ in length.",
            "The file is damaged: copy or write it again.",
            located(path, place),
        )
    return Matrix(path, place, encoding, shape, np.dtype(nodes["data"].dtype), n_values, nodes)


def _check_shape(found: tuple[int, ...], expected: tuple[int, int], path: Path, place: str) -> None:
    if found != expected:
        raise UserError(
            f"The matrix is {found[0]:,} x {found[1]:,}, there are {expected[0]:,} cells and {expected[1]:,} genes.",
            "Write the file again with anndata.",
            located(path, place),
        )
