"""What an open file of cells is: sizes, columns, coordinates, matrices; single parts are read when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean
from genodesk.engine.data.columns import Column, Frame, first_few, open_frame
from genodesk.engine.data.limits import located
from genodesk.engine.data.matrix import Matrix
from genodesk.engine.data.store import (
    Store,
    attribute,
    is_group,
    read_numbers,
    shape_of,
)


@dataclass(frozen=True)
class CellFile:
    """An open file of cells. `kind` is `h5ad`, `zarr`, `10x h5` or `visium`; nothing but headers has been read.

    `X` is None in a file that keeps its expression in layers only. `obsm` maps keys to shapes.
    """

    path: Path
    kind: str
    format: str
    obs: Frame
    var: Frame
    X: Matrix | None
    layers: Mapping[str, Matrix]
    obsm_nodes: Mapping[str, Any]
    uns: tuple[str, ...]
    has_raw: bool
    store: Store

    @property
    def n_obs(self) -> int:
        """Number of cells."""
        return self.obs.n

    @property
    def n_vars(self) -> int:
        """Number of genes."""
        return self.var.n

    @cached_property
    def obsm(self) -> dict[str, tuple[int, ...]]:
        """Shape of each per-cell array, e.g. {"spatial": (3316, 2)}."""
        return {key: (self.n_obs, _width(node)) for key, node in self.obsm_nodes.items()}

    def names(self) -> np.ndarray:
        """The gene names, `object` text [genes]."""
        return self.var.names

    def cell_names(self) -> np.ndarray:
        """The cell names, `object` text [cells]."""
        return self.obs.names

    def column(self, name: str) -> Column:
        """One column of obs. Raises UserError for an unknown or unreadable column."""
        return self.obs.column(name)

    def coordinates(self, key: str) -> np.ndarray:
        """float64 [cells, dimensions] of `obsm[key]`, or of columns where `key` reads `obs:x,y`.

        Raises UserError for an unknown key and for values that are no table of numbers.
        """
        if key.startswith("obs:"):
            return self._stacked([self.column(name.strip()) for name in key[4:].split(",")], "obs")
        node = self.obsm_nodes.get(key)
        if node is None:
            hint = did_you_mean(key, self.obsm_nodes, f"There are: {first_few(self.obsm_nodes)}.")
            raise UserError(f"There are no coordinates called '{key}' (obsm).", hint, self._at("obsm"))
        place = f"obsm/{key}"
        if not is_group(node):
            values = read_numbers(node, self.path, place).astype(np.float64)
            return values.reshape(self.n_obs, -1)
        if attribute(node, "encoding-type") != "dataframe":
            raise UserError(
                "These coordinates (obsm) are not a table of numbers.", "Store it as an array.", self._at(place)
            )
        frame = open_frame(self.store, place)
        if frame.n != self.n_obs:
            raise UserError(
                "This table has another number of rows than there are cells.",
                "Write the file again with anndata.",
                self._at(place),
            )
        return self._stacked([frame.column(name) for name in frame.columns], place)

    def matrix(self, layer: str | None = None) -> Matrix:
        """X, or a layer by name. Raises UserError where the file has no such matrix."""
        if layer is None and self.X is not None:
            return self.X
        found = self.layers.get(layer or "")
        if found is None:
            what = f"There is no layer '{layer}'." if layer else "The file has no expression matrix X."
            raise UserError(
                what, f"Layers in this file: {first_few(self.layers)}.", self._at("layers" if layer else "X")
            )
        return found

    def gene(
        self, gene: str | int, layer: str | None = None, between_blocks: Callable[[], None] = lambda: None
    ) -> np.ndarray:
        """One gene over all cells, float32 [cells], by name or position. Raises UserError for an unknown gene."""
        return self.matrix(layer).gene(self.gene_position(gene), between_blocks)

    def rows(self, cells: slice, layer: str | None = None) -> np.ndarray:
        """A run of cells with all genes, float32 [rows, genes]."""
        return self.matrix(layer).rows(cells)

    def gene_position(self, gene: str | int) -> int:
        """The column of a gene; names win over positions. Raises UserError for an unknown gene."""
        if isinstance(gene, str):
            position = self.var.positions.get(gene)
            if position is not None:
                return position
            hint = did_you_mean(gene, self.var.positions, f"Names look like: {first_few(self.names()[:3])}.", most=3)
            raise UserError(f"There is no gene '{gene}'.", hint, self._at("var"))
        if not 0 <= gene < self.n_vars:
            raise UserError(f"There is no gene number {gene}.", f"The file has {self.n_vars:,} genes.", self._at("var"))
        return gene

    def _stacked(self, columns: list[Column], place: str) -> np.ndarray:
        text = [column.name for column in columns if column.kind != "numeric"]
        if text or not columns:
            what = f"Column '{text[0]}' is not numeric." if text else "This table has no columns."
            raise UserError(what, "Choose columns of numbers.", self._at(place))
        return np.stack([column.values.astype(np.float64) for column in columns], axis=1)

    def _at(self, place: str) -> str:
        return located(self.path, place)


def _width(node: Any) -> int:
    if is_group(node):
        declared = attribute(node, "shape") or attribute(node, "column-order") or []
        return int(declared[1]) if attribute(node, "shape") else len(declared)
    return int(np.prod(shape_of(node)[1:], dtype=np.int64))
