"""The settings of a training: which genes and answers, which DNA encoder, which language model. Light."""

from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import model_validator

from genodesk.core.errors import UserError
from genodesk.core.settings import FileKind, Settings, group, setting
from genodesk.core.source_settings import SourceSettings
from genodesk.core.training_settings import TrainingRuntimeSettings, TrainingSettings
from genodesk.workflows.genechat.windows import Layout

Weights = Literal["auto", "float32", "bfloat16", "float16"]
Quantise = Literal["none", "8bit", "4bit"]
Trains = Literal["lora", "full", "frozen"]

PAIRS = FileKind(folder=True)
MODEL_FOLDER = FileKind(role="weights", folder=True)
RUN = FileKind(role="run", folder=True)

LAYOUT_TITLES = {"paper": "as in the paper", "released": "as in the published checkpoints"}


class GenesSettings(SourceSettings):
    """Which genes, questions and answers: a prepared folder, or made-up gene families."""

    made_up: ClassVar[str] = "generated genes"
    named: ClassVar[str] = "a prepared folder with --data FOLDER"

    data: Path | None = setting(
        None, title="Prepared genes", help="Folder of genes, questions and answers that prepare wrote.", file=PAIRS
    )
    difficulty: Literal["demo", "mid", "hard"] | None = setting(
        None, title="Generated genes", help="Instead of a folder, made-up gene families whose functions are known."
    )


class EncoderSettings(Settings):
    """What turns DNA into numbers."""

    dna_encoder: Path | None = setting(
        None,
        title="DNA encoder",
        help="Optional: folder of a DNABERT-2 model (Download gets one from Hugging Face); where empty, a small one is "
        "trained on the training genes first.",
        file=MODEL_FOLDER,
    )
    layout: Layout = setting(
        "paper",
        title="Windows and adapter",
        help="How genes are cut into windows and brought to the language model.",
        advanced=True,
        choice_titles=LAYOUT_TITLES,
    )
    encoder_steps: int = setting(
        150,
        title="Encoder steps",
        unit="steps",
        ge=1,
        le=1_000_000,
        advanced=True,
        help="Updates of the small DNA encoder, in which hidden bases are filled in; unused where one is given.",
    )


class LanguageSettings(Settings):
    """What turns numbers into words."""

    language: Path | None = setting(
        None,
        title="Language model",
        help="Optional: folder of a causal language model (Download gets one from Hugging Face); where empty, a small "
        "one is trained from nothing.",
        file=MODEL_FOLDER,
    )
    language_model: Trains | None = setting(
        None,
        title="Train in it",
        choice_titles={
            "": "automatic",
            "lora": "small additions (LoRA)",
            "full": "all of its weights",
            "frozen": "nothing",
        },
        help="Small additions (LoRA), all of its weights, or nothing; automatic: LoRA for a given model, else all of "
        "its weights.",
    )
    prompt_style: Literal["auto", "plain", "chat"] = setting(
        "auto",
        title="Prompt",
        advanced=True,
        help="Plain Human and Assistant, or the model's own chat template; auto takes the template if there is one.",
    )
    weights: Weights = setting(
        "auto",
        title="Number format",
        advanced=True,
        help="In which the language model's own weights are held; auto takes 16 bits on a GPU unless all are trained.",
    )
    quantise: Quantise = setting(
        "none", title="Compress", advanced=True, help="Hold a given language model in 8 or 4 bits; needs an NVIDIA GPU."
    )
    gradient_checkpointing: bool = setting(
        False,
        title="Save memory",
        advanced=True,
        help="Compute the language model's layers a second time instead of keeping their results.",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.language is None and self.language_model not in (None, "full"):
            raise UserError(
                "A small language model that starts from nothing must be trained in full.",
                "Give --language, or leave --language-model away.",
                "--language-model",
            )
        if self.quantise != "none" and (self.language is None or self.language_model == "full"):
            raise UserError(
                "A language model held in 8 or 4 bits cannot be trained in full.",
                "Use --language-model lora, or --quantise none.",
                "--quantise",
            )
        return self


class LoraSettings(Settings):
    """Training few weights beside a frozen language model."""

    lora_rank: int = setting(8, title="Rank", ge=1, le=512, advanced=True, help="Width of the additions.")
    lora_alpha: float = setting(
        16.0, title="Alpha", gt=0, advanced=True, help="Weight of the additions, divided by the rank."
    )
    lora_dropout: float = setting(
        0.05, title="Dropout", ge=0, lt=1, advanced=True, help="Share of the additions' inputs left out at random."
    )
    lora_targets: tuple[str, ...] = setting(
        ("q_proj", "v_proj"), title="Layers", advanced=True, help="Names of the linear layers that get an addition."
    )


class TrainSettings(Settings):
    """Teach a language model to answer questions about genes from their DNA."""

    genes: GenesSettings = group(GenesSettings, title="Genes")
    encoder: EncoderSettings = group(EncoderSettings, title="DNA encoder")
    language: LanguageSettings = group(LanguageSettings, title="Language model")
    lora: LoraSettings = group(LoraSettings, title="LoRA")
    follow_ups: float = setting(
        0.3,
        title="Follow-up questions",
        ge=0,
        le=1,
        advanced=True,
        help="Share of questions asked after another one about the same gene, where the data have several.",
    )
    training: TrainingSettings = group(
        TrainingSettings,
        title="Training",
        epochs=12,
        batch_size=16,
        learning_rate=2e-3,
        weight_decay=0.05,
        warmup_steps=50,
        evaluate_every=100,
        early_stop_patience=10,
        checkpoint_every=300,
    )
    runtime: TrainingRuntimeSettings = group(TrainingRuntimeSettings, title="Where")


PRESETS: dict[str, dict[str, Any]] = {
    "quick": {"training": {"max_steps": 600, "batch_size": 12, "evaluate_every": 150}},
    "published": {
        "language": {"gradient_checkpointing": True},
        "training": {
            "epochs": 10,
            "batch_size": 1,
            "accumulate": 8,
            "learning_rate": 1e-4,
            "warmup_steps": 2000,
            "precision": "bfloat16",
        },
    },
}
