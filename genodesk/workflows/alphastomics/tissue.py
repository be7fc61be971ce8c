"""From the data settings to tissue in memory: read (or make) the cells, check them, and choose the held-out slices."""

from dataclasses import dataclass
from pathlib import Path

import anndata
import numpy as np
from scipy import sparse

from genodesk.core.errors import UserError
from genodesk.engine.data.cells import open_cells
from genodesk.engine.data.cells_read import read_cells
from genodesk.workflows.alphastomics import checks
from genodesk.workflows.alphastomics.parquet import read_parquet
from genodesk.workflows.alphastomics.scaling import Scaling, fit_scaling, slice_names
from genodesk.workflows.alphastomics.settings import ReadSettings, TissueSettings
from genodesk.workflows.alphastomics.slices import SliceSet, align_genes, make_slices
from genodesk.workflows.alphastomics.store import ABOUT, completed, told_by
from genodesk.workflows.alphastomics.synthetic import synthetic_cortex

COORDINATES = "spatial"  # where every reader puts the coordinates, whatever the file calls them


@dataclass(frozen=True)
class Tissue:
    """Checked cells with raw counts or normalised values (`reading` says which), and what their columns are called."""

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
        if self.placed and self.cells.obsm[COORDINATES].shape[1] != scaling.dims:
            raise UserError(
                f"The data have {self.cells.obsm[COORDINATES].shape[1]} coordinates and the model {scaling.dims}.",
                "Give data of as many coordinates as the model was trained on.",
                self.where,
            )
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
    if not settings.given:
        raise settings.missing()
    if settings.data is None:
        cells, reading = synthetic_cortex(settings.difficulty or "demo", seed), settings.reading
        where = f"synthetic tissue ({settings.difficulty})"
    else:
        cells, reading = _read(settings.data, settings.reading, placed)
        where = str(settings.data)
    slice_key: str | None = reading.slice_key
    if slice_key is not None and not sliced and slice_key not in cells.obs:
        checks.check_asked(ReadSettings, "slice_key", slice_key, list(cells.obs.columns), where)
        slice_key = None
    warnings = check_cells(
        cells, slice_key=slice_key, placed=placed, already_normalised=reading.already_normalised, where=where
    )
    label_key = reading.label_key
    if label_key is not None and label_key not in cells.obs:
        checks.check_asked(ReadSettings, "label_key", label_key, list(cells.obs.columns), where)
        label_key = None
    return Tissue(cells, slice_key, label_key, placed, reading, where, tuple(warnings))


def check_cells(
    cells: anndata.AnnData, *, slice_key: str | None, placed: bool, already_normalised: bool, where: str
) -> list[str]:
    """Warning sentences about cells in memory; raises UserError at the first thing that makes them unusable."""
    warnings = checks.check_size(cells.n_obs, cells.n_vars, where)
    if slice_key is not None:
        checks.check_column(slice_key, list(cells.obs.columns), where)
        checks.check_slice_column(cells.obs[slice_key].nunique(), cells.n_obs, slice_key, where)
        nameless = int(cells.obs[slice_key].isna().sum())
        if nameless:
            raise UserError(
                f"{nameless} cells have no slice in column {slice_key!r}.", "Fill the column or remove them.", where
            )
    checks.check_unique(cells.obs_names, "cell", where)
    checks.check_unique(cells.var_names, "gene", where)
    if placed:
        coordinates = np.asarray(cells.obsm[COORDINATES])
        checks.check_coordinate_shape(coordinates.shape, cells.n_obs, where)
        checks.check_finite(coordinates, cells.obs_names, "Coordinates", where)
    matrix = cells.X.tocsr() if sparse.issparse(cells.X) else np.asarray(cells.X)
    values = np.asarray(matrix.data if sparse.issparse(matrix) else matrix)
    checks.check_finite(values, cells.obs_names, "Expression values", where, indptr=getattr(matrix, "indptr", None))
    if not already_normalised:
        checks.check_counts(values, where)
    return warnings


def _read(path: Path, reading: ReadSettings, placed: bool) -> tuple[anndata.AnnData, ReadSettings]:
    """The cells, and in which form they are: as the person says, or as a store tells."""
    if path.suffix == ".parquet":
        cells = read_parquet(path)
        return cells, completed(reading, cells.uns.get(ABOUT, {}))
    with open_cells(path) as file:
        reading = completed(reading, told_by(file))
    return read_cells(path, layer=reading.layer, coordinates=reading.coordinate_key if placed else None), reading
