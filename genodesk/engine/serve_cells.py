"""Answers about cells and tables: rows of a table, places and colours of all cells, names of genes, components.

Arrays travel as .npy files in the session's folder. Only the parts that are asked for are read, never a whole matrix.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.components import principal_components
from genodesk.engine.data.cell_file import CellFile
from genodesk.engine.data.columns import Column, first_few
from genodesk.engine.data.limits import located
from genodesk.engine.data.matrix import BLOCK
from genodesk.engine.data.store import is_group, read_numbers
from genodesk.engine.data.workbook import SUFFIX as WORKBOOK
from genodesk.engine.serve_session import Question

MOST_ROWS = 1000
MOST_COLUMNS = 1000
MOST_CATEGORIES = 2000
MOST_GENES = 200
MOST_NAMES = 50_000
# Columns of genes that hold another name of the same gene: CELLxGENE names genes by id and keeps the symbol aside.
OTHER_NAMES = (
    "feature_name",
    "gene_name",
    "gene_names",
    "gene_symbol",
    "gene_symbols",
    "symbol",
    "name",
    "gene_short_name",
)
OTHER_IDS = ("id", "gene_id", "gene_ids", "ensembl_id", "ensembl")


def preview(question: Question) -> dict[str, Any]:
    """{path, kind: "table", of?: "obs" | "var" | "rows", start?, rows?, columns?} -> {columns, rows, total, width};
    {path, kind: "table", of: a table that a workflow describes, workflow, start?, rows?} -> the same;
    {path, kind: "spatial", coordinates, axes?, column? or gene?, layer?, labels?} -> .npy files of places
    [cells, axes] and colours; {path, kind: "colour", column or gene, layer?, labels?} -> {cells, colour} alone.

    `of: "rows"` is for tables in text (csv) and the first sheet of a workbook. Unless columns are named, the first
    1,000 of `width` are told. `labels: true` makes categories of any column, numbers too.
    """
    kind = question.text("kind")
    if kind not in _PREVIEWS:
        raise UserError(f"There is no preview called {kind}.", f"Ask for {', '.join(_PREVIEWS)}.", "kind")
    if kind == "table" and question.params.get("of") == "rows":
        return _rows_of_text(question)
    if kind == "table" and "workflow" in question.params:
        return _rows_of_description(question)
    with question.session.cells(Path(question.text("path"))) as cells:
        return _PREVIEWS[kind](cells, question)


def genes(question: Question) -> dict[str, Any]:
    """{path, containing?, most?} -> {names, also, matches}: genes whose name or other name contains a text, any case.

    Names that are the text come first, then those that begin with it. `also` holds the other name of each ("" where
    there is none), `matches` counts all.
    """
    containing, most = question.params.get("containing", ""), question.number("most", MOST_GENES)
    if not isinstance(containing, str) or most < 1:
        raise UserError("containing must be text and most at least 1.", "Mend the request.", "containing")
    sought = containing.strip().lower()
    with question.session.cells(Path(question.text("path"))) as cells:
        names = cells.names().tolist()
        others = _other_names(cells)
    found = []
    for position, (name, other) in enumerate(zip(names, others, strict=True)):
        rank = min(_rank(sought, name), _rank(sought, other)) if other else _rank(sought, name)
        if rank < 3:
            found.append((rank, position))
    chosen = [position for _, position in sorted(found)[: min(most, MOST_ROWS)]]
    return {"names": [names[i] for i in chosen], "also": [others[i] for i in chosen], "matches": len(found)}


def names(question: Question) -> dict[str, Any]:
    """{path, cells: [numbers]} -> {names} of these cells, at most 50,000."""
    cells_asked = question.params.get("cells")
    if not isinstance(cells_asked, list) or not all(type(i) is int and i >= 0 for i in cells_asked):
        raise UserError("cells must be a list of whole numbers.", "Mend the request.", "cells")
    if len(cells_asked) > MOST_NAMES:
        raise UserError(f"{len(cells_asked):,} names are too many.", f"Ask for at most {MOST_NAMES:,}.", "cells")
    with question.session.cells(Path(question.text("path"))) as cells:
        if cells_asked and max(cells_asked) >= cells.n_obs:
            raise UserError(f"The file has {cells.n_obs:,} cells.", "Ask for smaller numbers.", "cells")
        return {"names": cells.cell_names()[np.array(cells_asked, np.int64)].tolist()}


def components(question: Question) -> dict[str, Any]:
    """{path, layer?} -> {cells, coordinates: .npy [cells, components], explained, text}: principal components of
    log-normalised expression, and a sentence that says what was done.
    """
    layer = question.params.get("layer")
    found = principal_components(Path(question.text("path")), layer, question.raise_if_cancelled)
    return {
        "cells": len(found.places),
        "coordinates": question.session.save(found.places),
        "explained": found.explained,
        "text": found.text,
    }


def _rows_of_text(question: Question) -> dict[str, Any]:
    part, path = _part(question), Path(question.text("path"))
    if path.suffix.lower() == WORKBOOK:
        names, *below = question.session.workbook(path) or [[]]
        columns = names[:MOST_COLUMNS]
        rows = [row[:MOST_COLUMNS] for row in below[part]]
        return {"columns": columns, "rows": rows, "total": len(below), "width": len(names)}
    table = question.session.table(path, question.raise_if_cancelled)
    columns = table.columns[:MOST_COLUMNS]
    rows = [
        (row + [""] * (len(columns) - len(row)))[: len(columns)]
        for row in table.rows(part.start, part.stop - part.start)
    ]
    return {"columns": columns, "rows": rows, "total": table.n_rows, "width": len(table.columns)}


def _rows_of_description(question: Question) -> dict[str, Any]:
    part, name = _part(question), question.text("of")
    _, told = question.session.look(Path(question.text("path")), question.asked())
    if told is None or name not in told.tables:
        raise UserError(f"There is no table {name!r} in this file any more.", "Load the file again.", "of")
    table = told.tables[name]
    rows = [row[:MOST_COLUMNS] for row in table.read(slice(part.start, min(part.stop, table.total)))]
    columns = list(table.columns[:MOST_COLUMNS])
    return {"columns": columns, "rows": rows, "total": table.total, "width": len(table.columns)}


def _table(cells: CellFile, question: Question) -> dict[str, Any]:
    part = _part(question)
    of, names = question.params.get("of", "obs"), question.params.get("columns")
    if of not in ("obs", "var"):
        raise UserError(f"There is no table {of!r}.", "Ask for obs, var or rows.", "of")
    frame = cells.obs if of == "obs" else cells.var
    readable = [name for name, header in frame.columns.items() if header.kind != "other"]
    names = readable[:MOST_COLUMNS] if names is None else names
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError("columns must be a list of names.", "Mend the request.", "columns")
    values = [frame.names_of(part).tolist()]
    for name in names:
        question.raise_if_cancelled()
        values.append(_plain_values(frame.column(name, part)))
    rows = [list(row) for row in zip(*values, strict=True)]
    return {"columns": ["", *names], "rows": rows, "total": frame.n, "width": len(readable)}


def _part(question: Question) -> slice:
    """The rows asked for, at most 1,000."""
    start, number = question.number("start", 0), min(question.number("rows", 100), MOST_ROWS)
    if start < 0 or number < 1:
        raise UserError("start must be at least 0 and rows at least 1.", "Mend the request.", "request")
    return slice(start, start + number)


def _plain_values(column: Column) -> list[Any]:
    """Numbers as numbers, everything else as text; a number in four bytes is told as it was written, 0.3 not
    0.30000001192092896.
    """
    if column.kind == "categorical":
        return column.labels().tolist()
    if column.values.dtype.kind == "f" and column.values.dtype.itemsize < 8:
        return [float(str(value)) for value in column.values]
    return column.values.tolist()


def _spatial(cells: CellFile, question: Question) -> dict[str, Any]:
    places = _places(cells, question.text("coordinates"), question.params.get("axes"))
    question.raise_if_cancelled()
    colour = _colour(cells, question)
    question.raise_if_cancelled()
    return {"cells": cells.n_obs, "coordinates": question.session.save(places), "colour": colour}


def _places(cells: CellFile, key: str, axes: Any) -> np.ndarray:
    """float32 [cells, axes]; of a wide array only the axes asked for are kept."""
    if axes is None:
        return cells.coordinates(key).astype(np.float32)
    node = cells.obsm_nodes.get(key)
    width = cells.obsm[key][1] if node is not None else key.count(",") + 1
    if not isinstance(axes, list) or not axes or not all(isinstance(i, int) and 0 <= i < width for i in axes):
        raise UserError(f"'{key}' has {width} axes.", f"Ask for some of 0 to {width - 1}.", "axes")
    if node is None or is_group(node):
        return cells.coordinates(key)[:, axes].astype(np.float32)
    places = np.empty((cells.n_obs, len(axes)), np.float32)
    step = max(1, BLOCK // width)
    for start in range(0, cells.n_obs, step):  # rows lie together on the disk: every block is read once for all axes
        block = read_numbers(node, cells.path, f"obsm/{key}", np.s_[start : start + step])
        places[start : start + step] = block.reshape(len(block), width)[:, axes]
    return places


def _colour_alone(cells: CellFile, question: Question) -> dict[str, Any]:
    return {"cells": cells.n_obs, "colour": _colour(cells, question)}


def _colour(cells: CellFile, question: Question) -> dict[str, Any] | None:
    if question.params.get("gene") is not None:
        gene = question.text("gene")
        expressed = cells.gene(gene, question.params.get("layer"), question.raise_if_cancelled)
        return {"kind": "continuous", "label": gene, "values": question.session.save(expressed)}
    if question.params.get("column") is None:
        return None
    column = cells.column(question.text("column"))
    if column.kind in ("numeric", "boolean") and not question.params.get("labels"):
        measured = column.values.astype(np.float32)
        return {"kind": "continuous", "label": column.name, "values": question.session.save(measured)}
    codes, categories = _classes(column)
    if len(categories) > MOST_CATEGORIES:
        raise UserError(
            f"Column '{column.name}' holds {len(categories):,} different values ({first_few(categories, 3)}).",
            f"Choose a column with at most {MOST_CATEGORIES:,}.",
            located(cells.path, f"obs/{column.name}"),
        )
    values = question.session.save(codes.astype(np.int32))
    return {"kind": "category", "label": column.name, "values": values, "categories": categories}


def _classes(column: Column) -> tuple[np.ndarray, list[str]]:
    """Codes into the categories that follow, -1 for what is missing; numbers keep their order."""
    if column.kind == "categorical":
        return column.values, list(column.categories)
    if column.kind == "text":  # a dictionary is ten times faster than sorting a million strings
        labels = column.values.tolist()
        categories = sorted(set(labels) - {""})
        position = {"": -1, **{label: code for code, label in enumerate(categories)}}
        return np.fromiter((position[label] for label in labels), np.int32, len(labels)), categories
    found, codes = np.unique(column.values, return_inverse=True)
    known = found[~np.isnan(found)]  # NaN comes last
    codes = np.where(codes < len(known), codes, -1)
    return codes, [f"{value:g}" if isinstance(value, float) else str(value) for value in known.tolist()]


def _other_names(cells: CellFile) -> list[str]:
    """The other name of each gene, "" where the file has none."""
    by_name = {
        name.lower(): name for name, header in cells.var.columns.items() if header.kind in ("text", "categorical")
    }
    chosen = next((by_name[name] for name in (*OTHER_NAMES, *OTHER_IDS) if name in by_name), None)
    return [""] * cells.n_vars if chosen is None else cells.var.column(chosen).labels().tolist()


def _rank(sought: str, name: str) -> int:
    """0 where the name is what is sought, 1 where it begins with it, 2 where it contains it, else 3."""
    lower = name.lower()
    place = lower.find(sought)
    return 3 if place < 0 else 2 if place else 0 if lower == sought else 1


_PREVIEWS: dict[str, Callable[[CellFile, Question], dict[str, Any]]] = {
    "table": _table,
    "spatial": _spatial,
    "colour": _colour_alone,
}
