"""What the pages take from the answer of `inspect`: its kind, where cells lie, slices, the layer to read."""

from typing import Any

from PySide6.QtCore import QCoreApplication

from genodesk.core.errors import UserError

_CELLS = frozenset(("h5ad", "zarr", "10x h5", "visium"))
_MANY_LABELS = 60
_TELLING = ("cell_type", "celltype", "type", "cluster", "leiden", "louvain", "annotation", "label", "region", "layer")


def is_cells(found: dict[str, Any]) -> bool:
    """Whether the file holds cells and genes."""
    return found["kind"] in _CELLS


def is_sequences(found: dict[str, Any]) -> bool:
    """Whether the file holds DNA sequences."""
    return found["kind"] in ("fasta", "genbank")


def is_described(found: dict[str, Any]) -> bool:
    """Whether the file is of a workflow's own kind, which that workflow has described."""
    return found["kind"] == "data"


def slice_sizes(found: dict[str, Any]) -> dict[str, int]:
    """Name of each slice -> cells, for the column that most likely tells slices; empty where it is not listed."""
    column = slice_column(found)
    return {} if column is None else dict(column.get("categories", {}))


def slice_column(found: dict[str, Any]) -> dict[str, Any] | None:
    """What `inspect` tells of the column that most likely tells slices."""
    names = found.get("slice_columns") or []
    return next((column for column in found.get("columns", []) if names and column["name"] == names[0]), None)


def places_in(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Where the cells lie, best first: `space`, or `embedding` with at least two dimensions."""
    return [place for place in found.get("coordinates", []) if place["kind"] == kind and place["dimensions"] >= 2]


def place_name(place: dict[str, Any]) -> str:
    """A place's name, dimensions and unit: "spatial (2D) · µm", "columns x, y (2D)".

    The unit is left out where the file does not tell it.
    """
    key, columns = place["key"].removeprefix("obs:"), place["key"].startswith("obs:")
    name = QCoreApplication.translate("DataFile", "columns {names}") if columns else "{names}"
    told = f"{name} ({place['dimensions']}D)".format(names=key.replace(",", ", "))
    return " · ".join(filter(None, (told, place["unit"])))


def telling_column(found: dict[str, Any]) -> str:
    """The labels that tell most of cells: cell types before clusters before anything else; empty without labels."""
    labels = [
        column["name"]
        for column in found["columns"]
        if column["kind"] == "categorical"
        and column["n_categories"] <= _MANY_LABELS
        and column["name"] not in found["slice_columns"]
    ]
    rank = {name: next((i for i, word in enumerate(_TELLING) if word in name.lower()), 99) for name in labels}
    return min(labels, key=rank.__getitem__, default="")


def layer_of(found: dict[str, Any]) -> str | None:
    """The layer that stands for the expression matrix where the file has none; None for the matrix itself."""
    return next(iter(found["layers"]), None) if found["matrix"] is None else None


def refuse_other(n_now: int, n_cells: int) -> None:
    """Raises UserError where an answer is about another number of cells than the file had when it was opened."""
    if n_now != n_cells:
        raise UserError(
            QCoreApplication.translate("DataFile", "The file has changed on the disk since it was opened."),
            QCoreApplication.translate("DataFile", "Load it again."),
        )
