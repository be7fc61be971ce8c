"""The quick look before a run: headers and a few columns of the files, no matrix, no torch; under a second.

Each function raises UserError for what cannot work and returns notices for what a person may want to know.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.core.workflow import Notice
from genodesk.engine.data.cell_file import CellFile
from genodesk.engine.data.cells import open_cells
from genodesk.engine.data.cells_read import unique_gene_names
from genodesk.engine.data.columns import first_few
from genodesk.engine.data.destination import check_destination
from genodesk.workflows.alphastomics import checks
from genodesk.workflows.alphastomics.holdout import choose_holdout
from genodesk.workflows.alphastomics.settings import ReadSettings, TissueSettings, TrainSettings
from genodesk.workflows.alphastomics.settings_actions import (
    DemoDataSettings,
    ExtractSettings,
    PreprocessSettings,
    SampleSettings,
    Stage1Settings,
    Stage2Settings,
    TestSettings,
)
from genodesk.workflows.alphastomics.store import completed, store_kind, told_by

VALUES_LOOKED_AT = 2_000_000


def check_train(settings: TrainSettings) -> list[Notice]:
    """Data, slices and the held-out ones among them."""
    notices, sizes = check_tissue(settings.tissue)
    if sizes is not None:
        asked, seed = settings.slices.holdout, settings.runtime.seed
        held_out = choose_holdout(sorted(sizes), sizes, asked, seed, str(settings.tissue.data))
        told = first_few([f"{name} ({sizes[name]:,} cells)" for name in held_out], 4)
        notices.append(Notice(f"Held out to judge the model by: {told}.", setting="holdout", calm=True))
    if settings.training.max_steps is None and settings.training.epochs is None:
        raise UserError("The training has no length.", "Set --max-steps or --epochs.", "training")
    return notices


def check_test(settings: TestSettings) -> list[Notice]:
    """The model, and the data where some are given."""
    genes = model_genes(settings.run)
    checks.check_consensus(settings.estimate, settings.asking.samples)
    if not settings.tissue.given:
        if not (settings.run / "checkpoints" / "best").is_file():
            raise checks.nothing_held_out(str(settings.run))
        return []
    return check_tissue(settings.tissue, genes=genes, sliced=False)[0]


def check_sample(settings: SampleSettings) -> list[Notice]:
    """The model, and what its mode needs."""
    genes, mode = model_genes(settings.run), str(_model(settings.run)["training_mode"])
    checks.check_new_cells(mode, settings.cells)
    if mode == "joint":
        return []
    return check_tissue(settings.tissue, genes=genes, sliced=False, placed=mode == "pos_to_expr")[0]


def check_extract(settings: ExtractSettings) -> list[Notice]:
    """The model and the data."""
    placed = _model(settings.run)["training_mode"] != "expr_to_pos"
    return check_tissue(settings.tissue, genes=model_genes(settings.run), sliced=False, placed=placed)[0]


def check_stage1(settings: Stage1Settings) -> list[Notice]:
    """The file and the place of the store."""
    _check_store(settings.out, (settings.data, settings.genes))
    return _check_file(settings.data, settings.reading)[0]


def check_stage2(settings: Stage2Settings) -> list[Notice]:
    """The stores and the place of the merged one."""
    _check_store(settings.out, (*settings.stores, settings.genes))
    return [notice for path in settings.stores for notice in _check_file(path, ReadSettings())[0]]


def check_preprocess(settings: PreprocessSettings) -> list[Notice]:
    """Every file and the place of the store."""
    _check_store(settings.out, (*settings.files, settings.genes))
    return [notice for path in settings.files for notice in _check_file(path, settings.reading)[0]]


def check_demo_data(settings: DemoDataSettings) -> list[Notice]:
    """The place of the file."""
    if settings.out.suffix != ".h5ad":
        raise UserError(f"{settings.out.name} does not end in .h5ad.", "Name an h5ad file.", "--out")
    check_destination(settings.out)
    return []


def check_tissue(
    tissue: TissueSettings, *, genes: tuple[str, ...] | None = None, sliced: bool = True, placed: bool = True
) -> tuple[list[Notice], dict[str, int] | None]:
    """Notices about the cells, and how many each slice has (None for synthetic tissue and single slices)."""
    if tissue.data is None:
        if tissue.difficulty is None:
            raise tissue.missing()
        return [], None
    return _check_file(tissue.data, tissue.reading, genes=genes, sliced=sliced, placed=placed)


def model_genes(path: Path) -> tuple[str, ...]:
    """The genes of a trained model, from its JSON alone."""
    return tuple(_model(path)["scaling"]["genes"])


def _check_file(
    path: Path,
    reading: ReadSettings,
    *,
    genes: tuple[str, ...] | None = None,
    sliced: bool = True,
    placed: bool = True,
) -> tuple[list[Notice], dict[str, int] | None]:
    where = str(path)
    if path.suffix == ".parquet":
        from genodesk.workflows.alphastomics.parquet import parquet_header, parquet_slices

        cells, names = parquet_header(path)
        notices = [Notice(warning, setting="data") for warning in checks.check_size(cells, len(names), where)]
        return notices + _check_genes(set(names), genes, where), parquet_slices(path)
    with open_cells(path) as file:
        told = told_by(file)
        given = "coordinate_unit" in told or reading.coordinate_unit != ReadSettings().coordinate_unit
        reading = completed(reading, told)
        notices = [Notice(warning, setting="data") for warning in checks.check_size(file.n_obs, file.n_vars, where)]
        names_of_genes = unique_gene_names(file)
        checks.check_unique(file.cell_names(), "cell", where)
        if placed:
            _check_places(file, reading.coordinate_key, where)
            if not given and genes is None:
                unit = f"The file does not say in which unit its coordinates are; {reading.coordinate_unit} is taken."
                notices.append(Notice(unit, "Set another if that is wrong.", "coordinate_unit", calm=True))
        values = file.rows(slice(0, max(1, VALUES_LOOKED_AT // file.n_vars)), reading.layer)
        checks.check_finite(values, file.cell_names(), "Expression values", where)
        if not reading.already_normalised:
            checks.check_counts(values, where)
        notices += _check_genes(set(names_of_genes), genes, where)
        sizes: dict[str, int] | None = None
        columns = list(file.obs.columns)
        if sliced or reading.slice_key in columns:
            checks.check_column(reading.slice_key, columns, where, "--slice-key")
            sizes = dict(Counter(map(str, file.column(reading.slice_key).labels())))
            checks.check_slice_column(len(sizes), file.n_obs, reading.slice_key, where)
        else:
            checks.check_asked(ReadSettings, "slice_key", reading.slice_key, columns, where)
        if reading.label_key is not None and reading.label_key not in columns:
            checks.check_asked(ReadSettings, "label_key", reading.label_key, columns, where)
            notices.append(
                Notice(
                    f"There is no column {reading.label_key!r}; cells are shown and scored without types.",
                    "Name the column of cell types if there is one.",
                    "label_key",
                )
            )
    return notices, sizes


def _check_places(file: CellFile, key: str, where: str) -> None:
    if not key.startswith("obs:"):
        checks.check_coordinate_key(key, list(file.obsm), where)
    places = file.coordinates(key)
    checks.check_coordinate_shape(places.shape, file.n_obs, where)
    checks.check_finite(places, file.cell_names(), "Coordinates", where)


def _check_genes(known: set[str], genes: tuple[str, ...] | None, where: str) -> list[Notice]:
    """What is to be said about a model's genes, if a model is to use the data."""
    absent = [gene for gene in genes or () if gene not in known]
    return [Notice(warning, setting="data") for warning in checks.check_model_genes(absent, len(genes or ()), where)]


def _model(path: Path) -> dict[str, Any]:
    from genodesk.engine.model_folder import read_document

    return read_document(path, "alphastomics")


def _check_store(out: Path, read: Sequence[Path | None]) -> None:
    store_kind(out)
    check_destination(out, read)
