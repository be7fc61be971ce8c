"""`inspect`: what a file or folder is and what is in it, in the time of reading headers; the answer is JSON.

Chooses the reader by what lies there; it must not load weights or whole matrices, and imports no torch. Files of a
workflow's own kinds are described by that workflow.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.run import RunFolder
from genodesk.core.sequence_files import FASTA, GENBANK, PACKED
from genodesk.core.workflow import get_workflow
from genodesk.engine.data.cells import open_cells
from genodesk.engine.data.cells_summary import summarise
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.limits import in_words
from genodesk.engine.data.sequences import SequenceFile, open_sequences, sequence_kind
from genodesk.engine.data.sequences_summary import summarise_sequences
from genodesk.engine.data.store import HDF5_MAGIC, is_group, is_text, looked_up, open_store, plain_errors
from genodesk.engine.data.text_table import open_table
from genodesk.engine.data.workbook import SUFFIX as WORKBOOK
from genodesk.engine.data.workbook import glance
from genodesk.engine.described import Described, describe
from genodesk.engine.weights import PICKLED, PROGRAM, inspect_weights

CONFIG_FILES = ("config.json", "model.json")
MAX_CONFIG = 10 * 2**20
CHECKED_ROWS = 1000
SHOWN_ROWS = 5
CELLS = frozenset((".h5ad", ".h5", ".hdf5"))
TABLES = frozenset((".csv", ".tsv", ".txt"))
NEVER_SEQUENCES = frozenset((".csv", ".tsv", WORKBOOK))
OpenSequences = Callable[[Path], SequenceFile]
WEIGHTS = frozenset((".safetensors", PROGRAM, *PICKLED))


def inspect_file(path: Path | str) -> dict[str, Any]:
    """What is at `path`: always kind, title, path, size_bytes and warnings, then what that kind has to tell.

    Kinds: h5ad, zarr, 10x h5, visium, arrays (a zarr that is no AnnData), run, model, safetensors, pickled, table,
    workbook, fasta, genbank, and data, which a `workflow` describes. Raises UserError for anything unknown or damaged.
    """
    return look_into(Path(path))[0]


def look_into(
    path: Path, asked: str = "", open_file: OpenSequences = lambda path: open_sequences(path, duplicates="rename")
) -> tuple[dict[str, Any], Described | None]:
    """What `inspect_file` returns, and the description of a workflow, whose tables can be read.

    `asked` is the workflow that a person wants to use the file for: it describes whatever it can read, and its own
    check says what is dropped or wrong, so that is left out here. `open_file` opens sequences. Raises UserError.
    """
    looked_up(path)
    plain, refused = _plain(path, open_file)
    workflow, told = describe(path, plain, asked) or ("", None)
    if isinstance(told, Described):
        first = {
            "kind": "data",
            "title": told.title,
            "path": str(path),
            "size_bytes": _size(path),
            "workflow": workflow,
        }
        return {**first, **told.document(), **({"warnings": []} if asked else {})}, told
    if refused is not None:
        raise told if asked and told is not None else refused
    if told is None or asked:
        return plain, None
    sentence = f"{get_workflow(workflow).title} cannot use it as it is: {told.message} {told.hint}".strip()
    return {**plain, "workflow": workflow, "warnings": [*plain["warnings"], sentence]}, None


def _plain(path: Path, open_file: OpenSequences) -> tuple[dict[str, Any], UserError | None]:
    """What can be told of a file without knowing what it is used for; empty with the reason where that is nothing."""
    try:
        found = _reader(path, open_file)(path)
    except UserError as error:
        return {}, error
    first = {name: found.pop(name) for name in ("kind", "title")}
    return {**first, "path": str(path), "size_bytes": _size(path), "warnings": [], **found}, None


def _reader(path: Path, open_file: OpenSequences) -> Callable[[Path], dict[str, Any]]:
    with plain_errors(path, ""):
        if path.is_dir():
            return _folder_reader(path)
        with path.open("rb") as file:
            start = file.read(len(HDF5_MAGIC))
    suffix = path.suffix.lower()
    if start == HDF5_MAGIC or suffix in CELLS:
        return _cells
    if suffix in WEIGHTS:
        return _weights
    if Path(path.stem if suffix in PACKED else path.name).suffix.lower() in (*FASTA, *GENBANK) or (
        suffix not in NEVER_SEQUENCES and sequence_kind(path) is not None
    ):
        return partial(_sequences, open_file)
    if suffix in TABLES:
        return _table
    if suffix == WORKBOOK:
        return _workbook
    raise UserError(
        f"Files of the kind '{suffix or 'without ending'}' are not known here.",
        f"Known are h5ad, zarr, 10x .h5, .csv, .tsv, .xlsx, FASTA, GenBank, "
        f"{', '.join(sorted(WEIGHTS - {PROGRAM}))}, runs and models.",
        str(path),
    )


def _folder_reader(path: Path) -> Callable[[Path], dict[str, Any]]:
    if (path / "run.json").is_file():
        return _run
    if any((path / name).is_file() for name in ("zarr.json", ".zgroup", ".zarray")):
        return _zarr
    if any(path.glob("*.safetensors")):
        return _model
    spatial = any((path / name).exists() for name in ("spatial", "experiment.xenium", "binned_outputs"))
    if spatial or any(path.glob("*matrix.h5")) or any(path.glob("matrix.mtx*")):
        return _cells
    inside = sorted(item.name for item in path.iterdir())
    raise UserError(
        f"This folder is of no known kind (it holds {first_few(inside)})." if inside else "This folder is empty.",
        "Choose a zarr store, a Visium folder, a run or a model, or a single file inside.",
        str(path),
    )


def _cells(path: Path) -> dict[str, Any]:
    with open_cells(path) as cells:
        return {"kind": cells.kind, **summarise(cells)}


def _sequences(open_file: OpenSequences, path: Path) -> dict[str, Any]:
    file = open_file(path)
    return {"kind": file.kind, **summarise_sequences(file)}


def _zarr(path: Path) -> dict[str, Any]:
    with open_store(path) as store, plain_errors(path, ""):
        top = set(store.root)
        if top & {"obs", "var", "tables", "table", "shapes", "points", "images"}:
            arrays = None
        else:
            arrays = {name: store.root[name] for name in sorted(top) if not is_group(store.root[name])}
            described = {
                name: {"shape": list(a.shape), "dtype": "text" if is_text(a) else str(a.dtype)}
                for name, a in arrays.items()
            }
    if arrays is None:
        return _cells(path)
    title = f"{store.format} with {len(described)} arrays ({first_few(described)}), not AnnData"
    return {"kind": "arrays", "title": title, "format": store.format, "arrays": described}


def _run(path: Path) -> dict[str, Any]:
    run = RunFolder.open(path)
    last = run.last_exit()
    state = last.state if last else "not finished"
    return {
        "kind": "run",
        "title": f"{run.info.workflow} {run.info.action}, {state}, created {run.info.created}",
        "run": run.info.model_dump(mode="json"),
        "exit": last.model_dump(mode="json") if last else None,
        "result": run.result(),
        "checkpoints": sorted(item.name for item in run.checkpoints.glob("step-*")),
    }


def _weights(path: Path) -> dict[str, Any]:
    found = inspect_weights(path)
    return {"kind": found.pop("format"), "title": f"{found['count']:,} tensors, {found['numbers']:,} values", **found}


def _model(path: Path) -> dict[str, Any]:
    files = sorted(path.glob("*.safetensors"))
    headers = {file.name: _weights(file) for file in files}
    total = sum(header["numbers"] for header in headers.values())
    config = next((path / name for name in CONFIG_FILES if (path / name).is_file()), None)
    described = {} if config is None else _config(config)
    what = described.get("architecture") or described.get("model_type") or "model"
    return {
        "kind": "model",
        "title": f"{what}, {total:,} values in {len(files)} file{'s' if len(files) > 1 else ''}",
        "values": total,
        "config": described,
        "files": {name: {"values": h["numbers"], "tensors": h["count"]} for name, h in headers.items()},
        "warnings": [] if config else [f"There is no {' or '.join(CONFIG_FILES)}, so the architecture is not known."],
    }


def _config(file: Path) -> dict[str, Any]:
    if file.stat().st_size > MAX_CONFIG:
        raise UserError(f"This description is {in_words(file.stat().st_size)}.", "Choose another model.", str(file))
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError("This file is not readable JSON.", "Copy the model again.", str(file)) from error
    if not isinstance(document, dict):
        raise UserError("This file does not describe a model.", "Copy the model again.", str(file))
    return document


def _table(path: Path) -> dict[str, Any]:
    table = open_table(path)
    start = table.rows(0, CHECKED_ROWS)
    uneven = next((i for i, row in enumerate(start, start=2) if len(row) != len(table.columns)), None)
    repeated = sorted(name for name, times in Counter(table.columns).items() if times > 1)
    width = len(table.columns)
    warnings = list(table.notices)
    warnings += [f"Row {uneven} has {len(start[uneven - 2])} fields, the header {width}."] if uneven else []
    warnings += [f"Column names that occur more than once: {first_few(repeated)}."] if repeated else []
    return {
        "kind": "table",
        "title": f"{table.n_rows:,} rows x {width:,} columns",
        "columns": table.columns,
        "rows": table.n_rows,
        "delimiter": table.delimiter,
        "first_rows": start[:SHOWN_ROWS],
        "warnings": warnings,
    }


def _workbook(path: Path) -> dict[str, Any]:
    names, rows = glance(path, 1 + SHOWN_ROWS)
    return {
        "kind": "workbook",
        "title": f"Excel workbook, {len(names)} sheet{'s' if len(names) > 1 else ''} ({first_few(names)})",
        "sheets": names,
        "columns": rows[0] if rows else [],
        "first_rows": rows[1:],
    }


def _size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    with plain_errors(path, ""):
        if path.is_file():
            return path.stat().st_size
        return sum((Path(folder) / name).lstat().st_size for folder, _, names in os.walk(path) for name in names)
