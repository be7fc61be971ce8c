"""The settings of every action but training: using a model, preparing data, and what answers at once. Light as well."""

from pathlib import Path
from typing import Literal

from genodesk.core.settings import FileKind, Settings, group, setting
from genodesk.core.training_settings import RuntimeSettings
from genodesk.workflows.alphastomics.settings import CELLS, ReadSettings, TissueSettings

RUN = FileKind(role="run", folder=True)
GENES = FileKind((".txt", ".csv"))
OUTPUT = FileKind((".zarr", ".parquet", ".h5ad", ".yaml"), "output")


class EstimateSettings(Settings):
    """How the trained network is asked."""

    steps: int = setting(30, title="Sampling steps", ge=1, le=10_000, help="Steps from noise to a sample.")
    samples: int = setting(
        8, title="Samples", ge=1, le=1000, help="Samples whose agreement gives the consensus and its uncertainty."
    )


class TestSettings(Settings):
    """Score a trained model on cells whose positions are known."""

    run: Path = setting(title="Model", help="Folder of a finished training, or its model folder.", file=RUN)
    tissue: TissueSettings = group(TissueSettings, title="Data")
    estimate: Literal["one_step", "sample", "consensus"] = setting(
        "one_step", title="Point estimate", help="Which answer the metrics judge: direct, one sample, or a consensus."
    )
    asking: EstimateSettings = group(EstimateSettings, title="Sampling")
    runtime: RuntimeSettings = group(RuntimeSettings, title="Where")


class SampleSettings(Settings):
    """Place cells, paint expression onto positions, or make new cells."""

    run: Path = setting(title="Model", help="Folder of a finished training, or its model folder.", file=RUN)
    tissue: TissueSettings = group(TissueSettings, title="Data")
    cells: int | None = setting(
        None, title="New cells", ge=2, le=1_000_000, help="Cells to make from nothing, for models of the joint mode."
    )
    asking: EstimateSettings = group(EstimateSettings, title="Sampling")
    deterministic: bool = setting(
        False, title="Deterministic", advanced=True, help="No fresh noise between steps: one start, one sample."
    )
    formats: tuple[Literal["h5ad", "csv", "parquet"], ...] = setting(
        ("h5ad", "csv"), title="Files", help="Kinds of files to write."
    )
    runtime: RuntimeSettings = group(RuntimeSettings, title="Where")


class ExtractSettings(Settings):
    """Write the network's inner view of cells as embeddings."""

    run: Path = setting(title="Model", help="Folder of a finished training, or its model folder.", file=RUN)
    tissue: TissueSettings = group(TissueSettings, title="Data")
    depth: Literal["encoder", "transformer", "all"] = setting(
        "transformer", title="Layers", help="After the encoder, after the last layer, or after each."
    )
    cells_at_once: int = setting(
        4000, title="Cells at once", ge=32, le=100_000, advanced=True, help="Cells of a slice that see each other."
    )
    runtime: RuntimeSettings = group(RuntimeSettings, title="Where")


class Stage1Settings(Settings):
    """Check one data set and bring it into a store with counts, slices, coordinates and cell types."""

    data: Path = setting(title="Data file", help="Spatial cells: h5ad, AnnData-zarr, 10x h5 or Parquet.", file=CELLS)
    reading: ReadSettings = group(ReadSettings, title="How the file is read")
    genes: Path | None = setting(None, title="Gene list", help="Text file with one gene a line to keep.", file=GENES)
    dataset: str = setting("", title="Data set name", help="Put before slice names, so that data sets can be merged.")
    minimum_cells: int = setting(
        2, title="Smallest slice", unit="cells", ge=2, advanced=True, help="Slices with fewer cells are left out."
    )
    out: Path = setting(title="Store", help="Folder ending in .zarr, or file ending in .parquet.", file=OUTPUT)


class Stage2Settings(Settings):
    """Merge stores of several data sets into one, on the genes they share or a list."""

    stores: tuple[Path, ...] = setting(title="Stores", help="Stores of single data sets, made by stage1.", file=CELLS)
    genes: Path | None = setting(None, title="Gene list", help="Text file with one gene a line to keep.", file=GENES)
    out: Path = setting(title="Merged store", help="Folder ending in .zarr, or file ending in .parquet.", file=OUTPUT)


class PreprocessSettings(Settings):
    """Both stages at once: check files and merge them into one store."""

    files: tuple[Path, ...] = setting(title="Files", help="Files of cells; each becomes a data set.", file=CELLS)
    reading: ReadSettings = group(ReadSettings, title="How the files are read")
    genes: Path | None = setting(None, title="Gene list", help="Text file with one gene a line to keep.", file=GENES)
    minimum_cells: int = setting(
        2, title="Smallest slice", unit="cells", ge=2, advanced=True, help="Slices with fewer cells are left out."
    )
    out: Path = setting(title="Store", help="Folder ending in .zarr, or file ending in .parquet.", file=OUTPUT)


class CompareSettings(Settings):
    """Sizes for which the published configurations are compared."""

    genes: int = setting(100, title="Genes", ge=5, le=100_000, help="Measured genes.")
    hidden_dim: int = setting(128, title="Width", ge=8, le=8192, help="Numbers that describe a cell.")
    layers: int = setting(2, title="Layers", ge=1, le=96, help="Rounds of attention.")
    heads: int = setting(4, title="Attention heads", ge=1, le=128, help="Must divide the width.")
    ffn_dim: int = setting(256, title="Feed-forward width", ge=8, le=32768, help="Width inside a layer.")
    expression_hidden: int = setting(
        64, title="Expression encoder", ge=4, le=8192, advanced=True, help="Its first width."
    )
    time_dim: int = setting(32, title="Time width", ge=2, le=1024, advanced=True, help="Numbers for the noise level.")
    measure: bool = setting(False, title="Measure time", help="Also time a training step of each, which takes seconds.")


class UploadSettings(Settings):
    """Make a data set folder as Hugging Face expects it, and push it when asked."""

    store: Path = setting(title="Store", help="A store or Parquet file made by preprocess.", file=CELLS)
    repository: str = setting(title="Repository", help="Name on the hub, as USER/NAME.")
    out: Path = setting(title="Folder", help="Where the data set folder is written.", file=OUTPUT)
    push: bool = setting(False, title="Push", help="Send the folder to the hub, with the token kept in the keyring.")


class DemoDataSettings(Settings):
    """Write the synthetic tissue as a file to look at and train on."""

    difficulty: Literal["demo", "mid", "hard"] = setting("demo", title="Difficulty", help="How noisy the tissue is.")
    number_of_slices: int = setting(30, title="Slices", ge=2, le=1000, help="Slices of tissue.")
    cells_per_slice: int = setting(600, title="Cells per slice", ge=20, le=1_000_000, help="Cells in each slice.")
    genes: int = setting(300, title="Genes", ge=20, le=20_000, help="Measured genes.")
    out: Path = setting(title="File", help="h5ad file to write.", file=OUTPUT)
    seed: int = setting(0, title="Random seed", ge=0, le=2**32 - 1, help="Another seed makes another tissue.")


class ImportConfigSettings(Settings):
    """Turn a config.yaml of the earlier program into settings, with a report of what never had an effect."""

    old: Path = setting(
        title="Old config", help="The earlier program's config.yaml.", file=FileKind((".yaml", ".yml"), "settings")
    )
    out: Path = setting(title="New settings", help="YAML file to write.", file=OUTPUT)
