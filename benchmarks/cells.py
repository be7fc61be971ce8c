"""How fast a large h5ad is looked at: sizes, columns, coordinates and one gene of 300,000 cells x 300 genes.

Makes the file in a temporary folder, warms the process on it once (imports, page cache), times the look, and times
anndata.read_h5ad in the same run for the ratio. Exits with 1 when the look takes a second or more.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from genodesk.engine.data.cells import open_cells
from genodesk.engine.inspection import inspect_file

CELLS, GENES, GOAL_S = 300_000, 300, 1.0
DENSITY = 0.5  # 45 million stored values, 360 MB: a dense imaging panel


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--density", type=float, default=DENSITY, help="share of values that are not zero")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.h5ad"
        stored = write_synthetic(path, options.density)
        measured = measure(path)
    measured |= {"cells": CELLS, "genes": GENES, "stored_values": stored, "goal_s": GOAL_S}
    measured["ok"] = measured["look_s"] < GOAL_S
    if options.json:
        print(json.dumps(measured))
    else:
        for name, value in measured.items():
            print(f"{name:22} {value:.4f}" if isinstance(value, float) else f"{name:22} {value}")
    return 0 if measured["ok"] else 1


def measure(path: Path) -> dict[str, float]:
    """Seconds of each part, the median of three, and how many times longer anndata takes to read the whole file."""

    def gene() -> None:
        with open_cells(path) as cells:
            cells.gene("gene150")

    def header() -> None:
        with open_cells(path) as cells:
            assert (cells.n_obs, cells.n_vars) == (CELLS, GENES)

    def look() -> None:
        inspect_file(path)
        with open_cells(path) as cells:
            cells.coordinates("spatial")
            cells.gene("gene150")

    def whole() -> None:
        import anndata

        anndata.read_h5ad(path)

    look()
    times = {"header_s": _median(header), "inspect_s": _median(lambda: inspect_file(path)), "gene_s": _median(gene)}
    times["look_s"] = _median(look)
    whole()
    times["read_h5ad_s"] = _median(whole)
    times["read_h5ad_to_look"] = times["read_h5ad_s"] / times["look_s"]
    return times


def write_synthetic(path: Path, density: float) -> int:
    """An uncompressed CSR h5ad with names, two columns and coordinates; returns the number of stored values."""
    random = np.random.default_rng(1)
    per_cell = random.binomial(GENES, density, CELLS)
    indptr = np.concatenate([[0], np.cumsum(per_cell)])
    stored = int(indptr[-1])
    with h5py.File(path, "w") as file:
        _mark(file, "anndata", "0.1.0")
        matrix = _mark(file.create_group("X"), "csr_matrix", "0.1.0")
        matrix.attrs["shape"] = [CELLS, GENES]
        # Consecutive genes from a random start, modulo the number of genes: no repeats within a cell.
        start = np.repeat(random.integers(0, GENES, CELLS), per_cell)
        matrix["indices"] = ((np.arange(stored) - np.repeat(indptr[:-1], per_cell) + start) % GENES).astype(np.int32)
        matrix["data"] = random.integers(1, 9, stored).astype(np.float32)
        matrix["indptr"] = indptr
        _frame(file, "obs", [f"cell{i}" for i in range(CELLS)], ["slice", "area"])
        column = _mark(file.create_group("obs/slice"), "categorical", "0.2.0")
        column.attrs["ordered"] = False
        column["codes"] = random.integers(0, 20, CELLS).astype(np.int8)
        column["categories"] = [f"slice {i}" for i in range(20)]
        _mark(column["codes"], "array", "0.2.0")
        _mark(column["categories"], "string-array", "0.2.0")
        file["obs/area"] = random.random(CELLS)
        _mark(file["obs/area"], "array", "0.2.0")
        _frame(file, "var", [f"gene{i}" for i in range(GENES)], [])
        file["obsm/spatial"] = random.random((CELLS, 2)) * 10_000
        _mark(file["obsm"], "dict", "0.1.0")
        _mark(file["obsm/spatial"], "array", "0.2.0")
    return stored


def _frame(file: h5py.File, name: str, index: list[str], columns: list[str]) -> None:
    group = _mark(file.create_group(name), "dataframe", "0.2.0")
    group.attrs["_index"] = "_index"
    group.attrs["column-order"] = np.array(columns, dtype=h5py.string_dtype())
    group["_index"] = index
    _mark(group["_index"], "string-array", "0.2.0")


def _mark(node: h5py.HLObject, kind: str, version: str) -> h5py.HLObject:
    node.attrs["encoding-type"], node.attrs["encoding-version"] = kind, version
    return node


def _median(act: Callable[[], None]) -> float:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        act()
        times.append(time.perf_counter() - started)
    return sorted(times)[1]


if __name__ == "__main__":
    sys.exit(main())
