"""Expression of regions in cultures: the data that every action works on, and the AnnData in which they are kept.

Knows no network and no split; the readers of other kinds of files are in assemble.py and what it calls.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genodesk.core.errors import UserError
from genodesk.engine.data.store import Store, open_store, plain_errors
from genodesk.workflows.get_yeast.checks import (
    check_accessibility,
    check_any_motif,
    check_expression,
    check_unique,
    numbers_of,
)
from genodesk.workflows.get_yeast.conditions import (
    CATEGORIES,
    CONDITION_COLUMNS,
    GROUP,
    NUMBERS,
    check_ranges,
    condition_groups,
    empty_conditions,
    typed,
)
from genodesk.workflows.get_yeast.settings_reading import ReadSettings
from genodesk.workflows.get_yeast.vocabulary import class_name

if TYPE_CHECKING:
    import anndata

FORMAT = 1
ABOUT = "genodesk"  # in uns
PREDICTED = "predicted_by"  # in uns, within ABOUT
MOTIF = "motif"  # in varm
ACCESSIBILITY = "accessibility"  # in var, or in layers where it varies by sample


@dataclass(frozen=True)
class Regions:
    """R regions of the genome: `ids` text [R]; `chrom` text, `start` and `end` int64 [R] in bp, or None."""

    ids: np.ndarray
    chrom: np.ndarray | None = None
    start: np.ndarray | None = None
    end: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: np.ndarray) -> "Regions":
        """These regions, in this order."""
        places = (None if part is None else part[rows] for part in (self.chrom, self.start, self.end))
        return Regions(self.ids[rows], *places)


@dataclass(frozen=True)
class YeastData:
    """S samples and R regions with M motifs.

    `motifs` float32 [R, M] from 0 to 1: raw scores divided by `motif_scale` [M], the columns' maxima (None: unknown).
    `accessibility` float32 [R], or [S, R] where it varies by sample. `expression` float32 [S, R], NaN = missing, never
    changed in place. `conditions` typed, one row a sample; `condition_group` names equal conditions equally, "" where
    nothing is known. `labels`: what else is said of the samples, as text (strain, batch). `scaled`: somebody scaled the
    numbers of the conditions. `predicted_by`: the model that predicted the expression, "" where it was measured.
    `notices` say what reading met, `dropped_motifs` names columns that were zero everywhere.
    """

    regions: Regions
    motifs: np.ndarray
    motif_names: list[str]
    accessibility: np.ndarray | None
    expression: np.ndarray | None
    samples: np.ndarray
    conditions: pd.DataFrame
    condition_group: np.ndarray
    labels: pd.DataFrame | None = None
    motif_scale: np.ndarray | None = None
    scaled: bool = False
    predicted_by: str = ""
    notices: list[str] = field(default_factory=list)
    dropped_motifs: list[str] = field(default_factory=list)

    def take(self, samples: np.ndarray | None = None, regions: np.ndarray | None = None) -> "YeastData":
        """Only these samples and regions (indices or masks), in this order; None keeps all."""
        rows = np.arange(len(self.samples)) if samples is None else _indices(samples)
        columns = np.arange(len(self.regions)) if regions is None else _indices(regions)
        open_to = self.accessibility
        if open_to is not None:
            open_to = open_to[columns] if open_to.ndim == 1 else open_to[np.ix_(rows, columns)]
        return replace(
            self,
            regions=self.regions.take(columns),
            motifs=self.motifs[columns],
            accessibility=open_to,
            expression=None if self.expression is None else self.expression[np.ix_(rows, columns)],
            samples=self.samples[rows],
            conditions=self.conditions.iloc[rows],
            condition_group=self.condition_group[rows],
            labels=None if self.labels is None else self.labels.iloc[rows],
        )

    def aligned_motifs(self, names: list[str], scale: np.ndarray | None = None) -> np.ndarray:
        """float32 [R, len(names)]: motifs by name in the order of `names`, 0 where these data lack one.

        Where both scales are known, scores are brought to `scale`, the maxima by which a model's motifs were divided.
        """
        place = {name: index for index, name in enumerate(self.motif_names)}
        aligned = np.zeros((len(self.regions), len(names)), dtype=np.float32)
        there = [index for index, name in enumerate(names) if name in place]
        source = [place[names[index]] for index in there]
        aligned[:, there] = self.motifs[:, source]
        if scale is not None and self.motif_scale is not None:
            aligned[:, there] *= self.motif_scale[source] / np.asarray(scale, dtype=np.float32)[there]
        return aligned


def read_yeast(path: Path, reading: ReadSettings | None = None) -> YeastData:
    """The data of a prepared file (h5ad or AnnData-zarr), or of anything else that `prepare` takes. Raises UserError.

    A condition sheet named in `reading` replaces the conditions that the file itself holds.
    """
    from genodesk.workflows.get_yeast.assemble import read_any

    return read_any(Path(path), reading or ReadSettings())


def to_anndata(data: YeastData) -> "anndata.AnnData":
    """X expression [S, R]; obs conditions and their group; var place and accessibility; varm["motif"] with names."""
    import anndata

    names = pd.Index(data.regions.ids.astype(object))
    obs = data.conditions.set_axis(pd.Index(data.samples.astype(object)), axis=0)
    obs = obs.assign(**{name: pd.Categorical(obs[name]) for name in CATEGORIES})
    obs[GROUP] = pd.Categorical(data.condition_group)
    if data.labels is not None:
        obs = obs.join(_labels(data.labels).set_axis(obs.index, axis=0))
    var = pd.DataFrame(index=names)
    if data.regions.chrom is not None:
        var["chrom"] = pd.Categorical(data.regions.chrom)
        var["start"], var["end"] = data.regions.start, data.regions.end
    made = anndata.AnnData(X=data.expression, obs=obs, var=var)
    made.varm[MOTIF] = pd.DataFrame(data.motifs, index=names, columns=data.motif_names)
    if data.accessibility is not None and data.accessibility.ndim == 1:
        made.var[ACCESSIBILITY] = data.accessibility
    elif data.accessibility is not None:
        made.layers[ACCESSIBILITY] = data.accessibility
    about: dict[str, Any] = {"format": FORMAT, "conditions_scaled": data.scaled}
    if data.motif_scale is not None:
        about["motif_scale"] = data.motif_scale
    if data.predicted_by:
        about[PREDICTED] = data.predicted_by
    if data.dropped_motifs:
        about["dropped_motifs"] = np.array(data.dropped_motifs, dtype=object)
    made.uns[ABOUT] = about
    return made


def write_yeast(data: YeastData, path: Path) -> None:
    """Writes a prepared file: AnnData-zarr where it is called so, else h5ad. Raises UserError."""
    from genodesk.engine.data.cells_write import write_h5ad, write_zarr

    (write_zarr if path.suffix == ".zarr" else write_h5ad)(to_anndata(data), path)


def read_prepared(path: Path) -> YeastData:
    """What `write_yeast` wrote, or an AnnData of the same form. Raises UserError naming what is missing or wrong."""
    with open_store(path) as store:
        _refuse_other_data(store)
        obs, var = _element(store, "obs"), _element(store, "var")
        motifs = _element(store, f"varm/{MOTIF}")
        expression = _element(store, "X", needed=False)
        layered = _element(store, f"layers/{ACCESSIBILITY}", needed=False)
        about = _element(store, f"uns/{ABOUT}", needed=False) or {}
    where = str(path)
    if not isinstance(motifs, pd.DataFrame):
        raise UserError("The motif scores have no names.", "Store them as a DataFrame.", f"{where}, varm/{MOTIF}")
    conditions = _own_conditions(obs, where)
    scaled = bool(about.get("conditions_scaled", False))
    notices = [] if scaled else check_ranges(conditions, where)
    predicted_by = str(about.get(PREDICTED, ""))
    if predicted_by:
        notices.insert(0, f"The expression in {path.name} is no measurement: the model {predicted_by} predicted it.")
    scale = about.get("motif_scale")
    data = YeastData(
        regions=_regions(var, where),
        motifs=motifs.to_numpy(dtype=np.float32),
        motif_names=[str(name) for name in motifs.columns],
        accessibility=_dense(layered) if layered is not None else _accessibility(var, where),
        expression=None if expression is None else _dense(expression),
        samples=np.array([str(name) for name in obs.index], dtype=object),
        conditions=conditions,
        condition_group=condition_groups(conditions),
        labels=_labels(obs.drop(columns=[name for name in (*CONDITION_COLUMNS, GROUP) if name in obs])),
        motif_scale=None if scale is None or len(scale) != motifs.shape[1] else np.asarray(scale, dtype=np.float32),
        scaled=scaled,
        predicted_by=predicted_by,
        notices=notices,
        dropped_motifs=[str(name) for name in about.get("dropped_motifs", ())],
    )
    check(data, where)
    return data


def check(data: YeastData, where: str) -> None:
    """Raises UserError for repeated names, negative or infinite values, and motif scores that are not 0 to 1."""
    for names, what in ((data.samples, "sample"), (data.regions.ids, "region"), (data.motif_names, "motif")):
        check_unique(names, what, where)
    if data.expression is not None:
        check_expression(data.expression, data.samples, data.regions.ids, where)
    if data.accessibility is not None:
        check_accessibility(data.accessibility, where)
    check_any_motif(data.motifs, f"{where}, varm/{MOTIF}")
    if not (data.motifs.min() >= 0 and data.motifs.max() <= 1.0001):
        raise UserError(
            f"Motif scores go from {data.motifs.min():g} to {data.motifs.max():g} instead of 0 to 1.",
            "Let get-yeast prepare divide each motif by its maximum.",
            f"{where}, varm/{MOTIF}",
        )


def _indices(chosen: np.ndarray) -> np.ndarray:
    chosen = np.asarray(chosen)
    return np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)


def _refuse_other_data(store: Store) -> None:
    """Raises UserError for an AnnData without motif scores of regions, naming what it is where that can be told."""
    if store.node(f"varm/{MOTIF}") is not None:
        return
    if store.node("obsm/spatial") is not None:
        raise UserError(
            "This is tissue: cells with places (obsm/spatial) and no motif scores of regions, so no yeast data.",
            "Use it with alphastomics, or choose data of regions with motif scores.",
            str(store.path),
        )
    raise UserError(
        f"This AnnData holds no motif scores of regions (varm/{MOTIF}), so it is no yeast data.",
        "Choose a table of regions with motif scores (CSV, TSV or XLSX), packed zarr, or FASTA with --motif-file.",
        str(store.path),
    )


def _element(store: Store, place: str, needed: bool = True) -> Any:
    from anndata.io import read_elem

    node = store.node(place)
    if node is None:
        if not needed:
            return None
        raise UserError(
            f"This AnnData holds no {place}, which yeast data need.",
            "Export it again as AnnData, or give the regions as a table.",
            str(store.path),
        )
    with plain_errors(store.path, place):
        return read_elem(node)


def _own_conditions(obs: pd.DataFrame, where: str) -> pd.DataFrame:
    if not any(name in obs for name in CONDITION_COLUMNS):
        return empty_conditions(obs.index)
    values = {name: numbers_of(obs[name], f"{where}, obs column {name}") for name in NUMBERS if name in obs}
    values |= {name: _classes(obs[name], name) for name in CATEGORIES if name in obs}
    return typed(obs.assign(**values).set_axis(pd.Index(obs.index.astype(str), dtype=object), axis=0))


def _classes(column: pd.Series, field: str) -> np.ndarray:
    """Classes under the names that mean the same everywhere, whoever wrote the file."""
    return np.array([None if pd.isna(value) else class_name(field, value) for value in column], dtype=object)


def _labels(frame: pd.DataFrame) -> pd.DataFrame:
    """Other columns of samples as categories of text, under names that an AnnData can hold, without clashes."""
    named = {str(name).replace("/", "-"): frame[name] for name in frame.columns}
    return pd.DataFrame(
        {
            name: pd.Categorical(values.astype(object).where(values.notna()).map(str, na_action="ignore"))
            for name, values in named.items()
            if name not in (*CONDITION_COLUMNS, GROUP, "_index")
        },
        index=frame.index,
    )


def _regions(var: pd.DataFrame, where: str) -> Regions:
    ids = np.array([str(name) for name in var.index], dtype=object)
    if not {"chrom", "start", "end"} <= set(var.columns):
        return place_of_ids(ids)
    start, end = (numbers_of(var[name], f"{where}, var column {name}", whole=True) for name in ("start", "end"))
    return Regions(ids, var["chrom"].astype(str).to_numpy(dtype=object), start, end)


def place_of_ids(ids: np.ndarray) -> Regions:
    """Regions whose ids read chrom_start_end (or chrom:start-end); without places where any id reads otherwise."""
    parts = pd.Series(ids, dtype=object).astype(str).str.extract(r"^(.+?)[_:](\d+)[_-](\d+)$")
    if not len(parts) or parts.isna().to_numpy().any():
        return Regions(ids)
    return Regions(
        ids, parts[0].to_numpy(dtype=object), parts[1].to_numpy(dtype=np.int64), parts[2].to_numpy(dtype=np.int64)
    )


def _accessibility(var: pd.DataFrame, where: str) -> np.ndarray | None:
    if ACCESSIBILITY not in var:
        return None
    return numbers_of(var[ACCESSIBILITY], f"{where}, var column {ACCESSIBILITY}").astype(np.float32)


def _dense(matrix: Any) -> np.ndarray:
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix, dtype=np.float32)
