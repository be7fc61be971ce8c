"""What a store of `preprocess` is called inside and tells about itself. Light: headers only, no matrix.

A store says in uns/genodesk in which form its values and coordinates are, so that nobody has to say it again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.engine.data.cell_file import CellFile
from genodesk.engine.data.store import plain_errors
from genodesk.workflows.alphastomics.settings import ReadSettings

FORMAT = 1
SLICE, TYPE, DATASET = "slice_id", "cell_type", "dataset"
ABOUT = "genodesk"  # in uns
KINDS = (".zarr", ".h5ad", ".parquet")


def about(reading: ReadSettings) -> dict[str, Any]:
    """What a store of cells that were read like this tells."""
    return {
        "format": FORMAT,
        "already_normalised": reading.already_normalised,
        "coordinate_unit": reading.coordinate_unit,
    }


def told_by(file: CellFile) -> dict[str, Any]:
    """What an open file tells about itself; nothing if it is no store."""
    told = {}
    for name in about(ReadSettings()):
        place = f"uns/{ABOUT}/{name}"
        node = file.store.node(place)
        if node is None:
            continue
        with plain_errors(file.path, place):
            value = node[()]
        value = value.item() if hasattr(value, "item") else value
        told[name] = value.decode() if isinstance(value, bytes) else value
    return told


def completed(reading: ReadSettings, told: Mapping[str, Any]) -> ReadSettings:
    """The reading a person asked for, with what the file tells about itself where nothing else was asked."""
    unit = reading.coordinate_unit
    if unit == ReadSettings().coordinate_unit:
        unit = str(told.get("coordinate_unit", unit))
    normalised = reading.already_normalised or bool(told.get("already_normalised", False))
    return reading.model_copy(update={"coordinate_unit": unit, "already_normalised": normalised})


def store_kind(out: Path) -> str:
    """The ending that says which kind of store to write. Raises UserError for another one."""
    if out.suffix not in KINDS:
        raise UserError(f"{out.name} does not say which kind of store.", "End it in .zarr, .h5ad or .parquet.", "--out")
    return out.suffix
