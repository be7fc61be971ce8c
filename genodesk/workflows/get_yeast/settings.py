"""The settings of a training: which data, what is kept back, which network. Light: imports nothing that computes."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from genodesk.core.errors import UserError
from genodesk.core.settings import FileKind, Settings, group, setting
from genodesk.core.source_settings import SourceSettings
from genodesk.core.training_settings import TrainingRuntimeSettings, TrainingSettings
from genodesk.workflows.get_yeast.settings_reading import YEAST, ReadSettings

SPLITS = ("regions", "conditions", "both", "replicates", "random")
NETWORKS = {"get-mini": (64, 3, 4, 2), "get-base": (768, 12, 12, 4)}  # width, layers, heads, hidden per width
CHECKPOINT = FileKind((".pth", ".pt", ".ckpt", ".bin", ".safetensors"), "weights")


class YeastSettings(SourceSettings):
    """Which regions and cultures: a file, or made-up yeast."""

    made_up: ClassVar[str] = "synthetic yeast"

    data: Path | None = setting(
        None, title="Data file", help="Prepared yeast data, or anything that prepare reads.", file=YEAST
    )
    difficulty: Literal["demo", "mid", "hard"] | None = setting(
        None, title="Synthetic yeast", help="Instead of a file, made-up yeast whose regulation is known."
    )
    reading: ReadSettings = group(ReadSettings, title="How the file is read")


class SplitSettings(Settings):
    """What is kept back to judge the model."""

    split: str = setting(
        "regions",
        title="Keep back",
        help="What the test is about: regions, conditions, both, replicates, random, or column:NAME of the samples.",
        offers="splits",
    )
    holdout: tuple[str, ...] = setting(
        (),
        title="Held out",
        help="Chromosomes or condition groups for the test; chosen by the seed where left empty.",
        offers="categories:split",
    )
    refit: bool = setting(
        True,
        title="Refit on everything",
        help="Train once more on all data after the held-out part has judged; the scores stay those from before.",
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.split not in SPLITS and not (self.split.startswith("column:") and len(self.split) > len("column:")):
            raise UserError(
                f"There is no split called {self.split}.",
                f"Use {', '.join(SPLITS)}, or column:NAME for a column of the samples.",
                "--split",
            )
        return self


class ModelShape(Settings):
    """The size of the network over regions."""

    network: Literal["get-mini", "get-base"] = setting(
        "get-mini",
        title="Network",
        help="get-mini trains from nothing on a laptop; get-base is as large as the published model.",
    )
    width: int | None = setting(
        None, title="Width", ge=8, le=4096, advanced=True, help="Numbers that describe a region; empty: the network's."
    )
    layers: int | None = setting(
        None, title="Layers", ge=1, le=64, advanced=True, help="Rounds in which neighbours look at each other."
    )
    heads: int | None = setting(
        None, title="Attention heads", ge=1, le=64, advanced=True, help="Parallel looks per round; divides the width."
    )
    window: int = setting(
        16, title="Neighbour window", unit="regions", ge=1, le=4096, help="Neighbours on a chromosome seen together."
    )

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Width, layers, heads and hidden width of the network."""
        width, layers, heads, times = NETWORKS[self.network]
        width = self.width or width
        return width, self.layers or layers, self.heads or heads, times * width

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        width, _, heads, _ = self.sizes
        if width % heads:
            raise UserError(
                f"The width {width} is not divisible by {heads} attention heads.",
                f"Use a width that is a multiple of {heads}, for example {heads * max(1, width // heads)}.",
                "--width" if self.width is not None else "--heads",
            )
        return self


class ModelSettings(ModelShape):
    """The network."""

    use_conditions: bool = setting(
        True, title="Use conditions", advanced=True, help="Switched off, every culture is taken as unknown."
    )
    condition_width: int = setting(
        48, title="Condition width", ge=4, le=1024, advanced=True, help="Numbers that describe a culture inside."
    )
    bilinear_rank: int = setting(
        24,
        title="Motif activities",
        ge=1,
        le=512,
        advanced=True,
        help="Combinations of motifs whose activity depends on the culture.",
    )
    region_effects: bool = setting(
        True,
        title="Region effects",
        advanced=True,
        help="Let every region seen in training keep what its motifs do not explain.",
    )
    drop_path: float = setting(
        0.0, title="Drop path", ge=0, lt=1, advanced=True, help="Share of layers skipped at random while training."
    )
    checkpoint: Path | None = setting(
        None, title="Pretrained weights", help="A published GET file, or a run or model of pretrain.", file=CHECKPOINT
    )
    checkpoint_parts: Literal["encoder", "whole"] | None = setting(
        None,
        title="Parts to take",
        choice_titles={"": "automatic"},
        advanced=True,
        help="Only the encoder, which fits any motifs, or also the first layer, which needs the same inputs; if left "
        "empty, the first layer of a pretrain run with the same motifs and places, of other files only the encoder.",
    )
    minimum_match: float = setting(
        0.95,
        title="Least match",
        ge=0,
        le=1,
        advanced=True,
        help="Share of the encoder that the file must fill; below it the training refuses to start.",
    )


class LoraSettings(Settings):
    """Training few weights beside a frozen network."""

    lora: bool = setting(False, title="LoRA", help="Keep the pretrained layers as they are and train small additions.")
    lora_rank: int = setting(8, title="Rank", ge=1, le=512, advanced=True, help="Width of the additions.")
    lora_alpha: float = setting(
        16.0, title="Alpha", gt=0, advanced=True, help="Weight of the additions, divided by the rank."
    )


class TrainSettings(Settings):
    """Train on yeast regions and cultures."""

    yeast: YeastSettings = group(YeastSettings, title="Data")
    split: SplitSettings = group(SplitSettings, title="Test")
    model: ModelSettings = group(ModelSettings, title="Model")
    lora: LoraSettings = group(LoraSettings, title="LoRA")
    samples_per_batch: int = setting(
        16, title="Cultures per batch", ge=1, le=4096, advanced=True, help="Cultures shown to each window in an update."
    )
    training: TrainingSettings = group(
        TrainingSettings,
        title="Training",
        epochs=4,
        batch_size=8,
        learning_rate=2e-3,
        weight_decay=0.05,
        warmup_steps=20,
        evaluate_every=50,
        checkpoint_every=200,
    )
    runtime: TrainingRuntimeSettings = group(TrainingRuntimeSettings, title="Where")

    @model_validator(mode="after")
    def _lora_needs_a_base(self) -> Self:
        if self.lora.lora and self.model.checkpoint is None:
            raise UserError(
                "LoRA keeps a pretrained network as it is, but none is given.",
                "Give --checkpoint, or switch --lora off.",
                "--lora",
            )
        return self


PRESETS = {
    "quick": {"split": {"refit": False}, "training": {"epochs": 3}},
    "published": {
        "model": {"network": "get-base", "window": 200},
        "samples_per_batch": 4,
        "training": {"epochs": 30, "batch_size": 2, "learning_rate": 1e-4, "warmup_steps": 100},
    },
}
