"""From the data settings to tissue in memory: read (or make) the cells, check them, and choose the held-out slices."""

from dataclasses import dataclass
from pathlib import Path

import anndata
import numpy as np

from genodesk.core.errors import UserError
from genodesk.engine.data.cells_read import read_cells
from genodesk.workflows.alphastomics import checks
from genodesk.workflows.alphastomics.parquet import read_parquet
from genodesk.workflows.alphastomics.settings import ReadSettings, TissueSettings
from genodesk.workflows.alphastomics.slices import (
    Scaling,
    SliceSet,
    align_genes,
    check_tissue,
    fit_scaling,
    make_slices,
    slice_names,
)
from genodesk.workflows.alphastomics.synthetic import synthetic_cortex

COORDINATES = "spatial"  # where every reader puts the coordinates, whatever the file calls them


@dataclass(frozen=True)
class Tissue:
    """Checked cells with raw counts, and what their columns are called."""

    cells: anndata.AnnData
    slice_key: str | None
    label_key: str | None
    placed: bool
    reading: ReadSettings
    where: str
    warnings: tuple[str, ...]

    @property
    def slices(self) -> tuple[str, ...]:
        """Names of the slices, sorted."""
        return tuple(slice_names(self.cells, self.slice_key, self.where))

    def fit_scaling(self, train_slices: tuple[str, ...]) -> Scaling:
        """Statistics of these slices only."""
        return fit_scaling(
            self.cells,
            train_slices,
            slice_key=self.slice_key,
            coordinate_key=COORDINATES,
            already_normalised=self.reading.already_normalised,
            coordinate_unit=self.reading.coordinate_unit,
            z_spacing=self.reading.z_spacing or None,
        )

    def in_units_of(
        self, scaling: Scaling, label_names: tuple[str, ...] | None = None, *, keep_counts: bool = False
    ) -> tuple[SliceSet, list[str]]:
        """All slices in a model's units, its genes in its order, and warning sentences. Raises UserError."""
        aligned, warnings = align_genes(self.cells, scaling.genes, self.where)
        slices = make_slices(
            aligned,
            scaling,
            slice_key=self.slice_key,
            coordinate_key=COORDINATES if self.placed else None,
            label_key=self.label_key,
            label_names=label_names,
            keep_counts=keep_counts and not self.reading.already_normalised,
            where=self.where,
        )
        return slices, warnings


def load_tissue(settings: TissueSettings, *, seed: int, placed: bool = True, sliced: bool = True) -> Tissue:
    """The cells the settings name, checked. Raises UserError.

    `placed`: coordinates are needed; else they are not read. `sliced`: the slice column must exist; else a missing one
    means that all cells are one slice.
    """
    if settings.data is None and settings.difficulty is None:
        raise no_data()
    if settings.data is None:
        cells = synthetic_cortex(settings.difficulty or "demo", seed)
        where = f"synthetic tissue ({settings.difficulty})"
    else:
        where = str(settings.data)
        cells = _read(settings.reading, settings.data, placed)
    reading = settings.reading
    slice_key: str | None = reading.slice_key
    if not sliced and slice_key not in cells.obs:
        slice_key = None
    warnings = check_tissue(
        cells,
        slice_key=slice_key,
        coordinate_key=COORDINATES if placed else None,
        already_normalised=reading.already_normalised,
        where=where,
    )
    label_key = reading.label_key
    if label_key is not None and label_key not in cells.obs:
        if label_key != ReadSettings.model_fields["label_key"].default:
            checks.check_column(label_key, list(cells.obs.columns), where)
        label_key = None
    return Tissue(cells, slice_key, label_key, placed, reading, where, tuple(warnings))


def choose_holdout(
    names: tuple[str, ...], sizes: dict[str, int], asked: tuple[str, ...], seed: int, where: str
) -> tuple[str, ...]:
    """The slices kept back to judge: those asked for, else a tenth (at least one) drawn among slices of usual size.

    A sliver of tissue judges badly, so slices under half the median number of cells are not drawn.
    Raises UserError for a name that is no slice, for one slice only, and when nothing would be left to train on.
    """
    checks.check_slices_for_split(names, where)
    unknown = [name for name in asked if name not in names]
    if unknown:
        raise UserError(
            f"There is no slice called {unknown[0]!r} to hold out.", f"The slices are {', '.join(names[:12])}.", where
        )
    if set(asked) == set(names):
        raise checks.nothing_to_train_on(where)
    if asked:
        return tuple(sorted(set(asked)))
    median = float(np.median([sizes[name] for name in names]))
    fair = [name for name in names if sizes[name] >= median / 2]
    number = min(max(1, round(len(names) / 10)), len(names) - 1)
    drawn = np.random.default_rng([seed, 7]).choice(fair, size=number, replace=False)
    return tuple(sorted(str(name) for name in drawn))


def no_data() -> UserError:
    """Neither a file nor a synthetic tissue was given."""
    return UserError(
        "No data are given.",
        "Name a file with --data FILE, or try the synthetic tissue with --difficulty demo.",
        "--data",
    )


def _read(reading: ReadSettings, path: Path, placed: bool) -> anndata.AnnData:
    if path.suffix == ".parquet":
        return read_parquet(path)
    return read_cells(path, layer=reading.layer, coordinates=reading.coordinate_key if placed else None)
