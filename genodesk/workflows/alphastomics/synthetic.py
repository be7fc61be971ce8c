"""A made-up cortex whose truth is known: layered, curved tissue slices with counts, batch effects and dropout.

It writes nothing and knows neither the model nor the files a person brings.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

from genodesk.core.errors import UserError

Difficulty = Literal["demo", "mid", "hard"]
Array = np.ndarray

LAYERS = ("L1", "L2/3", "L4", "L5", "L6", "WM")
# Depth at which each layer begins, 0 = surface, 1 = white matter's lower edge.
LAYER_EDGES = (0.0, 0.09, 0.36, 0.52, 0.72, 0.90, 1.0)
# Types 0-9 live in one layer (index into LAYERS); the others are found at every depth, as glia and interneurons are.
HOME_LAYER = (0, 1, 1, 2, 2, 3, 3, 4, 4, 5, -1, -1, -1, -1, -1, -1)
WANDERING_FRACTION = 0.3
ARC_LENGTH_UM = 2400.0
THICKNESS_UM = 1000.0
STATES = 5
CELLS_AT_ONCE = 20_000


@dataclass(frozen=True)
class _Level:
    """What makes one tissue harder than another."""

    mean_counts_per_gene: float
    along_sheet: float  # amplitude of the gradients along the sheet, natural log units
    by_type: float  # how much that amplitude differs between types, as a fraction of it
    batch: float  # standard deviation of a slice's shift of a gene, natural log units
    state: float  # amplitude of cell states that ignore place, natural log units
    dropout: float  # probability that a count is lost
    dispersion: float  # median negative-binomial size over genes; smaller is noisier


_LEVELS: dict[Difficulty, _Level] = {
    "demo": _Level(1.1, 1.3, 0.85, 0.55, 0.35, 0.2, 3.0),
    "mid": _Level(0.8, 1.0, 1.35, 0.4, 0.15, 0.3, 2.5),
    "hard": _Level(0.75, 0.8, 1.8, 0.35, 0.1, 0.35, 2.0),
}


@dataclass(frozen=True)
class _Programme:
    """The tissue's laws, shared by all slices of one seed: log rates as functions of type, depth and place."""

    base: Array  # [genes]
    by_type: Array  # [types, genes]
    depth_slope: Array  # [genes]
    frequency: Array  # [genes], periods along the sheet
    phase: Array  # [genes]
    gain: Array  # [types, genes], how strongly a type follows the gradient along the sheet
    dispersion: Array  # [genes], negative-binomial size: some genes come in bursts, others steadily
    by_state: Array  # [states, genes], activity, cycle and stress, which say nothing about place


def synthetic_cortex(
    difficulty: Difficulty = "demo", seed: int = 0, slices: int = 30, cells: int = 600, genes: int = 300
) -> anndata.AnnData:
    """Tissue slices of one imagined cortex.

    X is CSR float32 holding whole counts [slices * cells, genes]; obs has slice_id, cell_type and layer;
    obsm["spatial"] is µm after a random rotation of each slice, obsm["truth"] µm before it; layers["rate"] holds
    the expected counts before dropout, batch effect and sequencing depth. The same arguments give the same tissue,
    and slices of one seed obey the same laws whatever their number. Raises UserError for an unknown difficulty.
    """
    level = _level(difficulty)
    programme = _draw_programme(level, genes, np.random.default_rng([seed, 0]))
    rng = np.random.default_rng([seed, 1])
    parts = [_draw_slice(level, programme, f"slice_{index:02d}", cells, rng) for index in range(slices)]
    tissue = anndata.concat(parts, merge="same")
    for column in ("slice_id", "cell_type", "layer"):
        tissue.obs[column] = tissue.obs[column].astype("category")
    tissue.uns["difficulty"] = difficulty
    tissue.uns["seed"] = seed
    return tissue


def synthetic_slice(
    cells: int, genes: int = 300, seed: int = 0, difficulty: Difficulty = "demo", name: str = "slice_new"
) -> anndata.AnnData:
    """One further slice of the cortex with this seed, of any size; fields as in `synthetic_cortex`.

    Its cells are drawn independently of those of `synthetic_cortex`, so that it can serve as unseen tissue.
    """
    level = _level(difficulty)
    programme = _draw_programme(level, genes, np.random.default_rng([seed, 0]))
    tissue = _draw_slice(level, programme, name, cells, np.random.default_rng([seed, 2, cells]))
    tissue.uns["difficulty"] = difficulty
    tissue.uns["seed"] = seed
    return tissue


def _level(difficulty: Difficulty) -> _Level:
    if difficulty not in _LEVELS:
        known = ", ".join(get_args(Difficulty))
        raise UserError(f"There is no synthetic tissue called {difficulty!r}.", f"Choose one of {known}.", "difficulty")
    return _LEVELS[difficulty]


def _draw_programme(level: _Level, genes: int, rng: np.random.Generator) -> _Programme:
    types = len(HOME_LAYER)
    marks = rng.random((types, genes)) < 0.12
    by_type = np.where(marks, rng.normal(0.9, 0.6, (types, genes)), 0.0)
    # Types share a gradient's direction but not its size, and some turn it round: no single linear map holds for all.
    shared = rng.choice([-1.0, 1.0], genes)
    gain = level.along_sheet * (rng.random(genes) < 0.5) * (shared + rng.normal(0.0, level.by_type, (types, genes)))
    return _Programme(
        base=rng.normal(np.log(level.mean_counts_per_gene) - 0.5, 0.9, genes),
        by_type=by_type,
        depth_slope=rng.normal(0.0, 0.5, genes) * (rng.random(genes) < 0.3),
        frequency=rng.uniform(0.5, 1.2, genes),
        phase=rng.uniform(0.0, 1.0, genes),
        gain=gain,
        dispersion=level.dispersion * np.exp(rng.normal(0.0, 1.5, genes)),
        by_state=rng.normal(0.0, level.state, (STATES, genes)),
    )


def _draw_slice(
    level: _Level, programme: _Programme, name: str, cells: int, rng: np.random.Generator
) -> anndata.AnnData:
    genes = len(programme.base)
    types, depth = _draw_types(cells, rng)
    along = rng.random(cells)
    state = rng.normal(size=(cells, STATES))
    truth = _bend(along, depth, curvature=rng.uniform(0.5, 1.3))
    angle = rng.uniform(0.0, 2.0 * np.pi)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    batch = rng.normal(0.0, level.batch, genes)
    sequencing_depth = rng.normal(0.0, 0.2) + rng.normal(0.0, 0.35, cells)

    rates = np.empty((cells, genes), dtype=np.float32)
    counts = []
    for start in range(0, cells, CELLS_AT_ONCE):
        block = slice(start, min(start + CELLS_AT_ONCE, cells))
        rates[block] = _rates(programme, types[block], depth[block], along[block], state[block])
        expected = rates[block] * np.exp(batch + sequencing_depth[block, None])
        counts.append(_draw_counts(expected, programme.dispersion, level.dropout, rng))

    labels = np.array([f"type_{code:02d}" for code in range(len(HOME_LAYER))])
    layer = np.array(LAYERS)[np.searchsorted(LAYER_EDGES[1:-1], depth, side="right")]
    obs = pd.DataFrame(
        {"slice_id": name, "cell_type": labels[types], "layer": layer},
        index=[f"{name}-{cell:06d}" for cell in range(cells)],
    )
    return anndata.AnnData(
        X=sparse.vstack(counts, format="csr"),
        obs=obs,
        var=pd.DataFrame(index=[f"gene_{gene:03d}" for gene in range(genes)]),
        obsm={"spatial": (truth - truth.mean(0)) @ rotation.T, "truth": truth},
        layers={"rate": rates},
    )


def _draw_types(cells: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Type codes [cells] and depths [cells] in 0-1."""
    depth = rng.random(cells)
    layer = np.searchsorted(LAYER_EDGES[1:-1], depth, side="right")
    home = np.array(HOME_LAYER)
    types = rng.choice(np.flatnonzero(home < 0), cells)
    settled = rng.random(cells) >= WANDERING_FRACTION
    for index in range(len(LAYERS)):
        here = np.flatnonzero(settled & (layer == index))
        types[here] = rng.choice(np.flatnonzero(home == index), len(here))
    return types, depth


def _bend(along: Array, depth: Array, curvature: float) -> Array:
    """Positions [cells, 2] in µm on a sheet bent by `curvature` radians from end to end, its middle at the top."""
    radius = ARC_LENGTH_UM / curvature
    angle = (along - 0.5) * curvature
    distance = radius - depth * THICKNESS_UM
    return np.column_stack([distance * np.sin(angle), distance * np.cos(angle) - radius])


def _rates(programme: _Programme, types: Array, depth: Array, along: Array, state: Array) -> Array:
    """Expected counts [cells, genes] of cells of average sequencing depth in a slice without batch effect."""
    wave = np.sin(2.0 * np.pi * (along[:, None] * programme.frequency + programme.phase))
    log_rate = programme.base + programme.by_type[types] + (depth[:, None] - 0.5) * programme.depth_slope
    return np.exp(log_rate + programme.gain[types] * wave + state @ programme.by_state)


def _draw_counts(expected: Array, dispersion: Array, dropout: float, rng: np.random.Generator) -> sparse.csr_matrix:
    """Negative-binomial counts of which a fraction is lost, as CSR float32."""
    noisy = expected * rng.standard_gamma(dispersion, expected.shape) / dispersion
    drawn = rng.poisson(noisy).astype(np.float32)
    drawn[rng.random(drawn.shape) < dropout] = 0.0
    return sparse.csr_matrix(drawn)
