"""The settings of every action but training. Light as well."""

from pathlib import Path
from typing import Literal

from genodesk.core.settings import FileKind, Settings, group, setting
from genodesk.core.training_settings import RuntimeSettings, TrainingRuntimeSettings, TrainingSettings
from genodesk.workflows.get_yeast.settings import ModelShape, YeastSettings
from genodesk.workflows.get_yeast.settings_reading import TABLE, YEAST, ReadSettings

RUN = FileKind(role="run", folder=True)
OUTPUT = FileKind((".h5ad", ".zarr"), "output")


class PrepareSettings(Settings):
    """Read regions, cultures and expression of any kind, check them, and write one file to train from."""

    data: Path = setting(
        title="Data file", help="Packed zarr, table of regions, flat table, sequences (FASTA), or AnnData.", file=YEAST
    )
    reading: ReadSettings = group(ReadSettings, title="How the file is read")
    out: Path = setting(
        title="Prepared file",
        help="File ending in .h5ad or .zarr; an earlier prepared file of that name is replaced.",
        file=OUTPUT,
    )


class PretrainSettings(Settings):
    """Learn how motifs go together, from regions alone: hidden regions are filled in."""

    yeast: YeastSettings = group(YeastSettings, title="Data")
    shape: ModelShape = group(ModelShape, title="Model")
    mask_ratio: float = setting(0.5, title="Regions hidden", gt=0, lt=1, help="Share of regions hidden in an example.")
    training: TrainingSettings = group(
        TrainingSettings, title="Training", epochs=40, batch_size=16, learning_rate=1e-3, warmup_steps=20,
        evaluate_every=100,
    )  # fmt: skip
    runtime: TrainingRuntimeSettings = group(TrainingRuntimeSettings, title="Where")


class EvaluateSettings(Settings):
    """Score a trained model: on measured data, or, where none are given, on what its training held out."""

    run: Path = setting(title="Model", help="Folder of a finished training, or its model folder.", file=RUN)
    yeast: YeastSettings = group(YeastSettings, title="Data")
    runtime: RuntimeSettings = group(RuntimeSettings, title="Where")


class PredictSettings(Settings):
    """Predict expression of regions in cultures; both are those of the training where none are given."""

    run: Path = setting(title="Model", help="Folder of a finished training, or its model folder.", file=RUN)
    yeast: YeastSettings = group(YeastSettings, title="Data")
    cultures: Path | None = setting(
        None,
        title="Cultures",
        help="Table of cultures to predict, one a row, instead of those of the data. Columns: sample, medium, carbon "
        "source, nitrogen source, drug, dose, and time, temperature and OD600 of culture and preculture.",
        file=TABLE,
    )
    runtime: RuntimeSettings = group(RuntimeSettings, title="Where")


class ExplainSettings(Settings):
    """Which motifs and conditions matter to a model, and what losing or changing one would do."""

    run: Path = setting(title="Model", help="Folder of a finished training, or its model folder.", file=RUN)
    yeast: YeastSettings = group(YeastSettings, title="Data")
    knock_out: tuple[str, ...] = setting(
        (), title="Motifs to lose", help="Motifs to knock out; the most important ones where left empty."
    )
    most_knock_outs: int = setting(
        40,
        title="Most knock-outs",
        ge=1,
        le=10_000,
        advanced=True,
        help="How many motifs to lose where none are named.",
    )
    sweep: tuple[str, ...] = setting(
        (),
        title="Conditions to vary",
        help="For example drug_temperature_c; all that varied in training if left empty.",
    )
    culture: str | None = setting(
        None, title="Culture to vary", help="Sample whose other conditions stay; one with the condition if left empty."
    )
    regions: tuple[str, ...] = setting(
        (), title="Regions to show", help="Regions in the plots of varied conditions; the most changed if left empty."
    )
    most_cultures: int = setting(
        8, title="Most cultures", ge=1, le=10_000, advanced=True, help="Conditions over which motifs are averaged."
    )
    runtime: RuntimeSettings = group(RuntimeSettings, title="Where")


class DemoDataSettings(Settings):
    """Write made-up yeast as a prepared file, with the truth behind it beside."""

    difficulty: Literal["demo", "mid", "hard"] = setting("demo", title="Difficulty", help="How noisy the yeast is.")
    genes: int = setting(2400, title="Regions", ge=16, le=1_000_000, help="Regions, in windows of 16 neighbours.")
    number_of_conditions: int = setting(64, title="Conditions", ge=2, le=2_000, help="Different cultures.")
    replicates: int = setting(1, title="Replicates", ge=1, le=100, help="Samples of each culture.")
    out: Path = setting(
        title="File", help="File to write, ending in .h5ad or .zarr; a prepared file there is replaced.", file=OUTPUT
    )
    seed: int = setting(0, title="Random seed", ge=0, le=2**32 - 1, help="Another seed makes other yeast.")
