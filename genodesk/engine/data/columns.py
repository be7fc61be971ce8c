"""The table of cells or of genes in a file: names and columns, read one at a time.

Understands AnnData's dataframe encodings (0.7 and newer) and plain arrays; knows nothing of expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean
from genodesk.engine.data.limits import located
from genodesk.engine.data.store import (
    Store,
    attribute,
    is_group,
    is_number,
    is_text,
    plain_errors,
    read_numbers,
    read_text,
    shape_of,
)


@dataclass(frozen=True)
class ColumnHeader:
    """What the header tells of one column: `kind` is `categorical`, `numeric`, `boolean`, `text` or `other`."""

    name: str
    kind: str
    dtype: str
    n_categories: int | None = None
    nodes: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Column:
    """The values of one column.

    For `categorical`, `values` are integer codes into `categories`, -1 where missing; otherwise numbers
    (missing integers become NaN), booleans or text.
    """

    name: str
    kind: str
    values: np.ndarray
    categories: tuple[str, ...] = ()

    def labels(self) -> np.ndarray:
        """Every value as text, `object` [n]; missing categories are empty."""
        if self.kind != "categorical":
            return self.values.astype(object) if self.kind == "text" else self.values.astype(str).astype(object)
        return np.array([*self.categories, ""], dtype=object)[self.values]

    def counts(self) -> dict[str, int]:
        """How often each category occurs, in the file's order; for text, in order of frequency."""
        if self.kind == "categorical":
            found = np.bincount(self.values[self.values >= 0], minlength=len(self.categories))
            return dict(zip(self.categories, found.tolist(), strict=True))
        labels, found = np.unique(self.labels().astype(str), return_counts=True)
        order = np.argsort(-found, kind="stable")
        return {str(labels[i]): int(found[i]) for i in order}


@dataclass(frozen=True)
class Frame:
    """A table in a file, header only: `n` rows, the node of their names, and the columns by name."""

    path: Path
    place: str
    n: int
    index: Any
    columns: Mapping[str, ColumnHeader]

    @cached_property
    def names(self) -> np.ndarray:
        """The row names, `object` text [n], read once."""
        return read_text(self.index, self.path, f"{self.place} names")

    @cached_property
    def positions(self) -> dict[str, int]:
        """Name -> row; of repeated names the first."""
        return {name: row for row, name in reversed(list(enumerate(self.names.tolist())))}

    def repeated(self) -> list[str]:
        """The names that occur more than once, in order of appearance."""
        if len(set(self.names.tolist())) == self.n:
            return []
        seen: dict[str, int] = {}
        for name in self.names.tolist():
            seen[name] = seen.get(name, 0) + 1
        return [name for name, times in seen.items() if times > 1]

    def names_of(self, part: slice) -> np.ndarray:
        """The names of a run of rows; of a large file only these are read."""
        return read_text(self.index, self.path, f"{self.place} names", part)

    def column(self, name: str, part: slice = slice(None)) -> Column:
        """Read one column, or a run of it. Raises UserError for an unknown name and for values that are neither
        numbers nor text.
        """
        header = self.columns.get(name)
        if header is None:
            hint = did_you_mean(name, self.columns, f"There are: {first_few(self.columns)}.")
            raise UserError(f"There is no column '{name}'.", hint, located(self.path, self.place))
        place = f"{self.place}/{name}"
        if header.kind == "categorical":
            categories = tuple(read_text(header.nodes["categories"], self.path, place).tolist())
            codes = read_numbers(header.nodes["codes"], self.path, place, part).astype(np.int64)
            if codes.size and (int(codes.min()) < -1 or int(codes.max()) >= len(categories)):
                raise UserError(
                    "The codes of this column point outside its categories.",
                    "The file is damaged: copy or write it again.",
                    located(self.path, place),
                )
            return Column(name, "categorical", codes, categories)
        if header.kind == "other":
            raise UserError(
                f"This column is stored as {header.dtype}, which is neither numbers nor text.",
                "Remove or convert the column and write the file again.",
                located(self.path, place),
            )
        if header.kind == "text":
            return Column(name, "text", read_text(header.nodes["values"], self.path, place, part))
        values = read_numbers(header.nodes["values"], self.path, place, part)
        if "mask" in header.nodes:
            missing = read_numbers(header.nodes["mask"], self.path, place, part).astype(bool)
            if missing.any():
                return Column(name, "numeric", np.where(missing, np.nan, values.astype(np.float64)))
        return Column(name, header.kind, values)


def open_frame(store: Store, place: str) -> Frame:
    """The header of an AnnData dataframe. Raises UserError where it is missing, old, or has no names."""
    with plain_errors(store.path, place):
        return _frame_header(store, place)


def plain_frame(path: Path, place: str, index: Any, columns: Mapping[str, Any]) -> Frame:
    """A table whose columns are plain arrays (10x files, position tables read from CSV)."""
    n = shape_of(index)[0]
    return Frame(path, place, n, index, {name: _array_header(name, node, n) for name, node in columns.items()})


def first_few(names: Any, n: int = 5) -> str:
    """`a, b, c and 12 more`, for messages."""
    names = list(names)
    more = f" and {len(names) - n:,} more" if len(names) > n else ""
    return (", ".join(str(name)[:60] for name in names[:n]) + more) or "none"


def _frame_header(store: Store, place: str) -> Frame:
    node = store.node(place)
    where = located(store.path, place)
    if node is None:
        raise UserError(f"The file has no '{place}', so it is not AnnData.", "Choose a file written by anndata.", where)
    if not is_group(node):
        raise UserError(
            "The file was written by an anndata older than 0.7.",
            "Open it with a current anndata and write it again (adata.write_h5ad).",
            where,
        )
    key = attribute(node, "_index") or "_index"
    index = store.node(f"{place}/{key}")
    if index is None or is_group(index) or len(shape_of(index)) != 1:
        who = {"var": "gene names (var_names)", "obs": "cell names (obs_names)"}.get(place, "row names")
        raise UserError(f"The file has no {who}.", "Set them in anndata and write the file again.", where)
    n = shape_of(index)[0]
    order = attribute(node, "column-order")
    listed = order if isinstance(order, list) else [name for name in node if name not in (key, "__categories")]
    columns = {}
    for name in listed:
        if name != key:
            columns[str(name)] = _header(store, place, str(name), n)
    return Frame(store.path, place, n, index, columns)


def _header(store: Store, place: str, name: str, n: int) -> ColumnHeader:
    inside = f"{place}/{name}"
    node = store.node(inside)
    if node is None:
        raise UserError(
            "The table lists this column, but it is not there.", "The file is damaged: copy or write it again.",
            located(store.path, inside),
        )  # fmt: skip
    if not is_group(node):
        categories = _old_categories(store, place, name, node)
        if categories is None:
            return _array_header(name, node, n)
        return _categorical_header(name, node, categories, n)
    encoding = attribute(node, "encoding-type")
    parts = {part: store.node(f"{inside}/{part}") for part in ("codes", "categories", "values", "mask")}
    if encoding == "categorical" and parts["codes"] is not None and parts["categories"] is not None:
        return _categorical_header(name, parts["codes"], parts["categories"], n)
    if str(encoding).startswith("nullable") and parts["values"] is not None and parts["mask"] is not None:
        plain = _array_header(name, parts["values"], n)
        whole = not is_group(parts["mask"]) and shape_of(parts["mask"]) == (n,)
        nodes = {"values": parts["values"], "mask": parts["mask"]}
        return ColumnHeader(name, plain.kind if whole else "other", plain.dtype, None, nodes)
    return ColumnHeader(name, "other", str(encoding))


def _array_header(name: str, node: Any, n: int) -> ColumnHeader:
    if is_group(node) or shape_of(node) != (n,):
        return ColumnHeader(name, "other", "a nested table" if is_group(node) else f"shape {shape_of(node)}")
    kind = "other"
    if is_text(node):
        kind = "text"
    elif is_number(node):
        kind = "boolean" if node.dtype.kind == "b" else "numeric"
    return ColumnHeader(name, kind, "text" if kind == "text" else str(node.dtype), None, {"values": node})


def _categorical_header(name: str, codes: Any, categories: Any, n: int) -> ColumnHeader:
    usable = not is_group(codes) and not is_group(categories) and shape_of(codes) == (n,) and is_number(codes)
    if not usable or len(shape_of(categories)) != 1:
        return ColumnHeader(name, "other", "a damaged categorical")
    nodes = {"codes": codes, "categories": categories}
    return ColumnHeader(name, "categorical", str(codes.dtype), shape_of(categories)[0], nodes)


def _old_categories(store: Store, place: str, name: str, node: Any) -> Any:
    """anndata 0.7 kept categories aside, in `__categories`, with a reference on the codes."""
    referenced = "categories" in node.attrs
    return store.node(f"{place}/__categories/{name}") if referenced and not isinstance(node, h5py.Group) else None
