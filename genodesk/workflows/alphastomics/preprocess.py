"""From files of cells to one checked store: `stage1` treats one data set, `stage2` merges, `preprocess` does both.

A store keeps raw counts, slice, place and type under fixed names, so that training needs no further settings.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

from genodesk.core.disk import write_json
from genodesk.core.errors import Stopped, UserError
from genodesk.engine.data.cells_read import read_cells
from genodesk.engine.data.cells_write import write_h5ad, write_zarr
from genodesk.engine.live_run import CallRun, Run
from genodesk.workflows.alphastomics.parquet import read_parquet, write_parquet
from genodesk.workflows.alphastomics.settings import ReadSettings, TissueSettings
from genodesk.workflows.alphastomics.settings_actions import PreprocessSettings, Stage1Settings, Stage2Settings
from genodesk.workflows.alphastomics.store import ABOUT, DATASET, FORMAT, SLICE, TYPE, about, store_kind
from genodesk.workflows.alphastomics.tissue import COORDINATES, Tissue, load_tissue


def stage1(settings: Stage1Settings, run: Run) -> dict[str, Any]:
    """One data set into a store. Returns sizes and what was left out."""
    wanted = read_gene_list(settings.genes)
    cells, dropped = _dataset(settings.data, settings.reading, wanted, settings.dataset, settings.minimum_cells, run)
    return _finish(cells, settings.out, run, {"left_out": dropped, "sources": [str(settings.data)]})


def stage2(settings: Stage2Settings, run: Run) -> dict[str, Any]:
    """Several stores into one, on the genes of the list or those that all share."""
    parts = []
    for number, path in enumerate(settings.stores):
        parts.append(_read_store(path))
        _tell(run, number + 1, len(settings.stores) + 1)
    cells = merge(parts, read_gene_list(settings.genes), [str(path) for path in settings.stores])
    return _finish(cells, settings.out, run, {"sources": [str(path) for path in settings.stores]})


def preprocess(settings: PreprocessSettings, run: Run) -> dict[str, Any]:
    """Both stages; each file becomes a data set named after it."""
    wanted = read_gene_list(settings.genes)
    names = _dataset_names(settings.files)
    parts: list[anndata.AnnData] = []
    dropped: dict[str, int] = {}
    for number, (path, name) in enumerate(zip(settings.files, names, strict=True)):
        several = name if len(names) > 1 else ""
        part, left_out = _dataset(path, settings.reading, wanted, several, settings.minimum_cells, run)
        parts.append(part)
        dropped |= left_out
        _tell(run, number + 1, len(settings.files) + 1)
    cells = merge(parts, wanted, [str(path) for path in settings.files])
    return _finish(cells, settings.out, run, {"left_out": dropped, "sources": [str(path) for path in settings.files]})


def merge(parts: Sequence[anndata.AnnData], wanted: Sequence[str] | None, sources: Sequence[str]) -> anndata.AnnData:
    """The cells of all parts on the wanted genes, or on those that all parts share in the first part's order.

    Raises UserError where fewer than 5 genes are left, where slices bear one name in two parts, where parts differ in
    the number of coordinates, or where some hold counts and others normalised values.
    """
    shared = set.intersection(*(set(part.var_names) for part in parts))
    genes = [gene for gene in (wanted or parts[0].var_names) if gene in shared]
    if len(genes) < 5:
        raise UserError(
            f"Only {len(genes)} genes are shared by all {len(parts)} data sets{' and the list' if wanted else ''}.",
            "Merge data of the same gene panel, with gene names of one kind (symbols or Ensembl ids).",
            ", ".join(sources),
        )
    seen: dict[str, str] = {}
    for part, source in zip(parts, sources, strict=True):
        for name in part.obs[SLICE].unique():
            if name in seen:
                raise UserError(
                    f"The slice name {name!r} occurs in two data sets.",
                    "Give each data set a name of its own (stage1 --dataset NAME).",
                    f"{seen[name]}, {source}",
                )
            seen[name] = source
    if len({part.obsm[COORDINATES].shape[1] for part in parts}) > 1:
        raise UserError("Some data sets have 2 coordinates and others 3.", "Merge like with like.", ", ".join(sources))
    if len({bool(part.uns[ABOUT]["already_normalised"]) for part in parts}) > 1:
        raise UserError(
            "Some data sets hold counts and others normalised values.", "Merge like with like.", ", ".join(sources)
        )
    units = sorted({str(part.uns[ABOUT]["coordinate_unit"]) for part in parts})
    if len(units) > 1:
        raise UserError(
            f"Coordinates are in {units[0]} in some data sets and in {units[1]} in others.",
            "Bring them into one unit.",
            ", ".join(sources),
        )
    if len(parts) == 1:
        return parts[0][:, genes].copy()
    merged = anndata.concat([part[:, genes] for part in parts], join="inner")
    merged.obs_names_make_unique("_")
    merged.uns[ABOUT] = parts[0].uns[ABOUT]
    return merged


def read_gene_list(path: Path | None) -> list[str] | None:
    """The genes of a text file, one a line (the first column where there are several); None without a file."""
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            "The gene list cannot be read.", "Give a UTF-8 text file, one gene a line.", str(path)
        ) from error
    genes = [line.replace("\t", ",").split(",")[0].strip() for line in lines if line.strip()]
    genes = list(dict.fromkeys(gene for gene in genes if gene and not gene.startswith("#")))
    if not genes:
        raise UserError("The gene list is empty.", "Write one gene a line.", str(path))
    return genes


def _dataset(
    path: Path, reading: ReadSettings, wanted: list[str] | None, name: str, minimum: int, run: Run
) -> tuple[anndata.AnnData, dict[str, int]]:
    """The checked cells of one file under the store's names, and the slices left out with their sizes."""
    tissue = load_tissue(TissueSettings(data=path, reading=reading), seed=0)
    for warning in tissue.warnings:
        run.warning(warning)
    cells = tissue.cells
    if wanted is not None:
        genes = [gene for gene in wanted if gene in cells.var_names]
        if len(genes) < 5:
            raise UserError(
                f"Only {len(genes)} genes of the list are in the data.", "Use the same kind of gene names.", str(path)
            )
        if len(genes) < len(wanted):
            run.warning(f"{len(wanted) - len(genes):,} genes of the list are not in {path.name}.")
        cells = cells[:, genes]
    names = cells.obs[tissue.slice_key].astype(str)
    sizes = names.value_counts()
    small = {str(slice_name): int(size) for slice_name, size in sizes.items() if size < minimum}
    if small:
        run.warning(f"{len(small)} slices have fewer than {minimum} cells and are left out: {', '.join(small)}.")
        cells = cells[~names.isin(small).to_numpy()]
        names = names[~names.isin(small)]
    if cells.n_obs == 0:
        raise UserError("Every slice is smaller than the smallest allowed.", "Lower --minimum-cells.", str(path))
    return _under_fixed_names(cells, names, tissue, name), small


def _under_fixed_names(cells: anndata.AnnData, names: pd.Series, tissue: Tissue, dataset: str) -> anndata.AnnData:
    reading = tissue.reading
    place = np.asarray(cells.obsm[COORDINATES], dtype=np.float64)
    if reading.z_spacing and place.shape[1] == 2:
        order = {name: number for number, name in enumerate(sorted(names.unique()))}
        place = np.column_stack([place, names.map(order).to_numpy(dtype=np.float64) * reading.z_spacing])
    obs = pd.DataFrame({SLICE: names.to_numpy(dtype=str)}, index=cells.obs_names.astype(str))
    if dataset:
        obs[SLICE] = f"{dataset}/" + obs[SLICE]
        obs.index = f"{dataset}/" + obs.index
    obs[DATASET] = dataset or "data"
    if tissue.label_key is not None:
        types = cells.obs[tissue.label_key]
        obs[TYPE] = types.astype(str).where(types.notna()).to_numpy(dtype=object)  # no type is no type called nan
    store = anndata.AnnData(X=sparse.csr_matrix(cells.X), obs=obs, var=pd.DataFrame(index=cells.var_names.astype(str)))
    store.obsm[COORDINATES] = place
    store.uns[ABOUT] = about(reading)
    return store


def _read_store(path: Path) -> anndata.AnnData:
    """A store of stage1. Raises UserError for anything else."""
    if path.suffix == ".parquet":
        cells = read_parquet(path)
        cells.uns.setdefault(ABOUT, about(ReadSettings()))
        return cells
    cells = read_cells(path, coordinates=COORDINATES, also=(f"uns/{ABOUT}",))
    if SLICE not in cells.obs:
        raise UserError("This is not a store made by stage1.", "Run stage1 on it first.", str(path))
    return cells


def _dataset_names(files: Sequence[Path]) -> list[str]:
    """File names without their ending; where two agree, with their folder's."""
    names = [path.stem for path in files]
    return [
        name if names.count(name) == 1 else f"{path.resolve().parent.name}_{name}"
        for name, path in zip(names, files, strict=True)
    ]


def _finish(cells: anndata.AnnData, out: Path, run: Run, about: dict[str, Any]) -> dict[str, Any]:
    """Writes the store and its manifest, and returns the manifest."""
    for key in (SLICE, TYPE, DATASET):
        if key in cells.obs:
            cells.obs[key] = cells.obs[key].astype("category")
    if run.should_stop():
        raise Stopped
    writers: dict[str, Callable[[Any, Path], object]] = {
        ".zarr": write_zarr,
        ".h5ad": write_h5ad,
        ".parquet": write_parquet,
    }
    writers[store_kind(out)](cells, out)
    sizes = cells.obs[SLICE].value_counts().sort_index()
    manifest = {
        "format": FORMAT,
        "cells": cells.n_obs,
        "genes": cells.n_vars,
        "slices": {str(name): int(size) for name, size in sizes.items()},
        "datasets": sorted(set(cells.obs[DATASET].astype(str))) if DATASET in cells.obs else [],
        "gene_names_sha256": hashlib.sha256("\n".join(cells.var_names).encode()).hexdigest(),
        **about,
    }
    write_json(out.with_name(out.name + ".manifest.json"), manifest)
    _tell(run, 1, 1)
    return {"store": str(out), **manifest}


def _tell(run: CallRun, done: int, total: int) -> None:
    run.progress(done, total, unit="steps")
