"""The packed zarr: one array regions x samples x [motifs, accessibility, condition one-hots, label], with its names.

Columns are found by the name arrays beside it. A block of regions is in memory at a time, never the whole array.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.engine.data.limits import located
from genodesk.engine.data.store import Store, open_store, plain_errors, read_text, shape_of
from genodesk.workflows.get_yeast.data import place_of_ids
from genodesk.workflows.get_yeast.found import Found, words_of_one_hots
from genodesk.workflows.get_yeast.headers import read_one_hot

MATRIX = "matrix"
REGIONS, SAMPLES, MOTIFS, ONE_HOTS = "peak_ids", "sample_ids", "motif_names", "condition_onehot_names"
ACCESSIBILITY = "accessibility"
VALUES_AT_ONCE = 4_000_000


def is_packed(store: Store) -> bool:
    """Whether an open container is of this form rather than an AnnData."""
    return store.node(MATRIX) is not None and store.node("obs") is None


def read_packed(path: Path) -> Found:
    """Regions, samples, raw motif scores, accessibility, label and conditions as words. Raises UserError."""
    with open_store(path) as store:
        regions, samples, motifs = (_names(store, name) for name in (REGIONS, SAMPLES, MOTIFS))
        one_hots = _names(store, ONE_HOTS) if store.node(ONE_HOTS) is not None else []
        columns = _columns(store, motifs, one_hots, (len(regions), len(samples)))
        return _read(store, columns, regions, samples, one_hots)


def _names(store: Store, name: str) -> list[str]:
    node = store.node(name)
    if node is None:
        raise UserError(
            f"The packed data lack the names {name}.",
            f"Write {REGIONS}, {SAMPLES} and {MOTIFS} beside the matrix.",
            str(store.path),
        )
    return [str(value) for value in read_text(node, store.path, name)]


def _columns(store: Store, motifs: list[str], one_hots: list[str], sizes: tuple[int, int]) -> list[str]:
    """What each column of the matrix is called: a motif, `accessibility`, a one-hot, and `` for the label."""
    named = [*motifs, *([] if ACCESSIBILITY in motifs else [ACCESSIBILITY]), *one_hots]
    shape = shape_of(store.node(MATRIX))
    if len(shape) != 3 or shape[:2] != sizes or shape[2] != len(named) + 1:
        raise UserError(
            f"The matrix has shape {shape} where its names ask for {(*sizes, len(named) + 1)}.",
            "Write one name for each region, sample and column; the label comes last and has none.",
            located(store.path, MATRIX),
        )
    strange = [name for name in one_hots if read_one_hot(name) is None]
    if strange:
        raise UserError(
            f"{strange[0]!r} does not name a condition and its value.",
            "Name such columns field=value, for instance medium=YPD.",
            located(store.path, ONE_HOTS),
        )
    return [*named, ""]


def _read(store: Store, columns: list[str], regions: list[str], samples: list[str], one_hots: list[str]) -> Found:
    place = {name: number for number, name in enumerate(columns)}
    names = columns[: len(columns) - 1 - len(one_hots)]
    motif_names = [name for name in names if name != ACCESSIBILITY]
    which = [place[name] for name in motif_names]
    hots = list(range(len(columns) - 1 - len(one_hots), len(columns) - 1))
    motifs = np.empty((len(regions), len(which)), dtype=np.float32)
    accessible = np.empty((len(samples), len(regions)), dtype=np.float32)
    label = np.empty((len(samples), len(regions)), dtype=np.float32)
    conditions = np.zeros((len(samples), len(hots)), dtype=np.float32)
    where = located(store.path, MATRIX)
    for start, block in _blocks(store, len(samples) * len(columns)):
        rows = slice(start, start + len(block))
        motifs[rows] = block[:, 0, which]
        _same_in_all_samples(block[:, :, which], motifs[rows], regions[rows], motif_names, where)
        accessible[:, rows] = block[:, :, place[ACCESSIBILITY]].T
        label[:, rows] = block[:, :, -1].T
        conditions = block[0][:, hots]
    shared = (accessible == accessible[:1]).all()
    return Found(
        regions=place_of_ids(np.array(regions, dtype=object)),
        motifs=motifs,
        motif_names=motif_names,
        accessibility=accessible[0].copy() if shared else accessible,
        expression=label,
        samples=np.array(samples, dtype=object),
        sheet=_sheet(conditions, one_hots, store) if one_hots else None,
    )


def _sheet(conditions: np.ndarray, one_hots: list[str], store: Store) -> pd.DataFrame:
    sheet = words_of_one_hots(conditions, one_hots, located(store.path, ONE_HOTS))
    return sheet.set_axis(pd.RangeIndex(1, len(sheet) + 1), axis=0)


def _blocks(store: Store, values_a_region: int) -> Any:
    """Runs of regions, a whole number of chunks each where chunks are small."""
    node: Any = store.node(MATRIX)
    chunk = int(node.chunks[0]) if getattr(node, "chunks", None) else 1
    step = max(1, VALUES_AT_ONCE // max(1, values_a_region) // chunk) * chunk
    for start in range(0, shape_of(node)[0], step):
        with plain_errors(store.path, MATRIX):
            yield start, np.asarray(node[start : start + step], dtype=np.float32)


def _same_in_all_samples(
    block: np.ndarray, first: np.ndarray, regions: list[str], names: list[str], where: str
) -> None:
    """Motifs belong to regions, so scores that differ between samples mean that columns are mixed up."""
    differs = (block != first[:, None, :]) & ~(np.isnan(block) & np.isnan(first[:, None, :]))
    if differs.any():
        region, _, motif = np.argwhere(differs)[0]
        raise UserError(
            f"The score of motif {names[motif]} at region {regions[region]} differs between samples.",
            "Check that the names fit the columns of the matrix.",
            where,
        )
