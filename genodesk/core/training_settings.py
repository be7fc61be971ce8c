"""The groups of settings that mean the same in every workflow: how to train, and where and how repeatably to run."""

from typing import Literal

from genodesk.core.settings import Settings, setting


class TrainingSettings(Settings):
    """How long and how a network is trained. Lengths are given in steps or in epochs; steps win where both are set."""

    epochs: int | None = setting(
        None, title="Epochs", ge=1, le=100_000, help="How often every training example is seen, on average."
    )
    max_steps: int | None = setting(
        None, title="Steps", ge=1, le=10_000_000, help="Number of updates of the weights; overrides epochs."
    )
    batch_size: int = setting(8, title="Batch size", ge=1, le=65_536, help="Examples that make up one update.")
    learning_rate: float = setting(
        1e-3, title="Learning rate", gt=0, le=1, help="Size of an update; too large diverges."
    )
    weight_decay: float = setting(
        0.01, title="Weight decay", ge=0, le=1, advanced=True, help="Pull of the weights towards zero (AdamW)."
    )
    warmup_steps: int = setting(
        0,
        title="Warm-up",
        unit="steps",
        ge=0,
        advanced=True,
        help="Updates over which the learning rate rises from zero.",
    )
    schedule: Literal["constant", "cosine", "linear"] = setting(
        "cosine", title="Schedule", advanced=True, help="How the learning rate falls after the warm-up."
    )
    accumulate: int = setting(
        1, title="Accumulate", ge=1, le=4096, advanced=True, help="Batches whose gradients are summed before an update."
    )
    clip_norm: float = setting(
        1.0, title="Gradient clipping", ge=0, advanced=True, help="Largest allowed gradient norm; 0 switches it off."
    )
    precision: Literal["float32", "bfloat16", "float16"] = setting(
        "float32", title="Precision", advanced=True, help="Number format of the computation; the weights stay float32."
    )
    ema_decay: float = setting(
        0.0,
        title="Weight averaging",
        ge=0,
        lt=1,
        advanced=True,
        help="Decay of the running average of the weights that is used for results; 0 switches it off.",
    )
    evaluate_every: int = setting(
        100, title="Evaluate every", unit="steps", ge=1, advanced=True, help="Steps between two looks at held-out data."
    )
    early_stop_patience: int = setting(
        0,
        title="Patience",
        unit="evaluations",
        ge=0,
        advanced=True,
        help="Evaluations without improvement after which training ends; 0 trains to the end.",
    )
    checkpoint_every: int = setting(
        200, title="Checkpoint every", unit="steps", ge=1, advanced=True, help="Steps between two saved states."
    )
    keep: int = setting(
        2, title="Checkpoints kept", ge=1, le=100, advanced=True, help="Newest saved states to keep besides the best."
    )
    log_every: int = setting(
        10, title="Log every", unit="steps", ge=1, advanced=True, help="Steps between two points of the loss curve."
    )


class RuntimeSettings(Settings):
    """Where and how repeatably a run computes."""

    device: Literal["auto", "cpu", "cuda", "mps", "npu"] = setting(
        "auto", title="Device", help="What computes; auto takes the fastest that is ready and says why."
    )
    threads: int = setting(
        0,
        title="Threads",
        ge=0,
        le=1024,
        advanced=True,
        help="Processor threads per process; 0 takes OMP_NUM_THREADS or one fewer than the cores.",
    )
    seed: int = setting(0, title="Random seed", ge=0, le=2**32 - 1, help="The same seed and data give the same result.")


class TrainingRuntimeSettings(RuntimeSettings):
    """The same for training, which several processes can share."""

    processes: int = setting(
        1, title="Processes", ge=1, le=1024, advanced=True, help="Processes that train side by side, one per device."
    )
