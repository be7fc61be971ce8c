"""The action `sample`: a trained model places cells, paints expression onto positions, or makes new cells."""

from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd

from genodesk.engine.data.cells_write import write_h5ad
from genodesk.engine.live_run import Run
from genodesk.engine.run_tables import write_table
from genodesk.workflows.alphastomics import checks, pictures
from genodesk.workflows.alphastomics.parquet import write_parquet
from genodesk.workflows.alphastomics.predict import Answer, Estimator
from genodesk.workflows.alphastomics.scaling import ONLY_SLICE
from genodesk.workflows.alphastomics.settings_actions import SampleSettings
from genodesk.workflows.alphastomics.slices import Slice, SliceSet
from genodesk.workflows.alphastomics.store import ABOUT
from genodesk.workflows.alphastomics.tissue import load_tissue
from genodesk.workflows.alphastomics.trained import Trained, load_trained


def sample(settings: SampleSettings, run: Run) -> dict[str, Any]:
    """Writes `cells.h5ad` (and csv, parquet) with what the model's mode predicts; returns files and counts.

    `obsm["X_sampled"]` holds places in the data's unit, `layers["sampled"]` log-normalised expression, and
    `obs["uncertainty"]` how far the samples lie from what they agree on: in the data's unit where cells are placed, in
    standard deviations of genes where expression is painted; absent for one sample and for new cells.
    """
    trained = load_trained(settings.run, run.device.torch_name)
    slices, order = _cells(settings, trained, run)
    estimator = Estimator.of(trained, settings.asking, run, settings.runtime.seed, settings.deterministic)
    answers = {}
    for number, one in enumerate(slices):
        answers[one.name] = _answer(estimator, one, run, number, len(slices))
    cells = _as_cells(trained, slices, answers)[order].copy()
    files = _write(cells, settings, run, trained)
    first = next(iter(slices))
    if first.placed:
        run.figure(pictures.truth_beside(slices, first, answers[first.name], trained.mode))
    return {"mode": trained.mode, "cells": cells.n_obs, "slices": len(slices), "files": files}


def _cells(settings: SampleSettings, trained: Trained, run: Run) -> tuple[SliceSet, list[str]]:
    """The cells to ask about (for the joint mode empty ones), and their names in the data's order.

    Raises UserError where the mode lacks what it needs.
    """
    checks.check_new_cells(trained.mode, settings.cells)
    if settings.cells is not None:
        if settings.tissue.given:
            run.warning("A joint model makes cells from nothing; the given data are not used.")
        new = _empty(settings.cells, len(trained.scaling.genes))
        return SliceSet((new,), trained.scaling, trained.label_names), list(new.cell_names)
    placed = trained.mode == "pos_to_expr"
    tissue = load_tissue(settings.tissue, seed=settings.runtime.seed, placed=placed, sliced=False)
    slices, warnings = tissue.in_units_of(trained.scaling, trained.label_names)
    for warning in (*tissue.warnings, *warnings):
        run.warning(warning)
    return slices, list(tissue.cells.obs_names)


def _answer(estimator: Estimator, one: Slice, run: Run, number: int, slices: int) -> Answer:
    """The consensus of all samples, or the one sample where only one is asked for."""

    def follow(done: int, total: int, sample: object) -> None:
        del sample
        whole = total * estimator.samples
        made = drawn * total + done
        run.progress(number + made / whole, slices, unit="slices", text=one.name)

    answers = []
    for drawn in range(estimator.samples):
        answers.append(estimator.sample(one, drawn, follow))
    return answers[0] if len(answers) == 1 or estimator.mode == "joint" else estimator.consensus(one, answers)


def _as_cells(trained: Trained, slices: SliceSet, answers: dict[str, Answer]) -> anndata.AnnData:
    """The answers in the data's units, one row a cell in the order of the slices."""
    scaling = trained.scaling
    names = np.concatenate([one.cell_names for one in slices])
    obs = pd.DataFrame({"slice_id": np.repeat(slices.names, [len(one) for one in slices])}, index=names)
    if all(one.labels is not None for one in slices):
        obs["cell_type"] = np.concatenate([slices.names_of(one.labels) for one in slices if one.labels is not None])
    spreads = [answers[one.name].spread for one in slices]
    if all(spread is not None for spread in spreads):
        unit = scaling.coordinate_scale if trained.mode == "expr_to_pos" else 1.0
        obs["uncertainty"] = np.concatenate([spread for spread in spreads if spread is not None]) * unit
    expression = np.concatenate([scaling.to_log(answers[one.name].expression) for one in slices])
    cells = anndata.AnnData(X=expression.astype(np.float32), obs=obs, var=pd.DataFrame(index=list(scaling.genes)))
    if trained.mode != "pos_to_expr":
        places = [scaling.to_original(answers[one.name].position, one.origin) for one in slices]
        cells.obsm["X_sampled"] = np.concatenate(places)
    if trained.mode != "expr_to_pos":
        cells.layers["sampled"] = cells.X.copy()
    if trained.mode == "pos_to_expr":
        cells.obsm["spatial"] = np.concatenate([scaling.to_original(one.position, one.origin) for one in slices])
    cells.uns[ABOUT] = {
        "mode": trained.mode,
        "already_normalised": True,
        "coordinate_unit": scaling.coordinate_unit,
    }
    return cells


def _write(cells: anndata.AnnData, settings: SampleSettings, run: Run, trained: Trained) -> list[str]:
    files = []
    folder: Path = run.folder.path
    if "h5ad" in settings.formats:
        write_h5ad(cells, folder / "cells.h5ad")
        files.append("cells.h5ad")
    if "csv" in settings.formats:
        table: dict[str, Any] = {"cell": list(cells.obs_names), **{key: list(cells.obs[key]) for key in cells.obs}}
        for key in cells.obsm:
            for axis, name in zip(np.asarray(cells.obsm[key]).T, "xyz", strict=False):
                table[name] = axis.tolist()
        if trained.mode != "expr_to_pos":
            table |= {gene: cells.X[:, number].tolist() for number, gene in enumerate(cells.var_names)}
        write_table(folder / "cells.csv", table)
        files.append("cells.csv")
    if "parquet" in settings.formats:
        placed = cells.copy()
        placed.obsm["spatial"] = cells.obsm["X_sampled" if "X_sampled" in cells.obsm else "spatial"]
        write_parquet(placed, folder / "cells.parquet")
        files.append("cells.parquet")
    for file in files:
        run.artifact(file, "cells")
    return files


def _empty(cells: int, genes: int) -> Slice:
    return Slice(
        name=ONLY_SLICE,
        expression=np.zeros((cells, genes), dtype=np.float32),
        extra=np.zeros((cells, 1), dtype=np.float32),
        position=np.zeros((cells, 3), dtype=np.float32),
        origin=np.zeros(3),
        placed=False,
        labels=None,
        cell_names=np.array([f"new-{number}" for number in range(cells)]),
        counts=None,
    )
