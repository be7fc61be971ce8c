"""The settings of a training, and how files of cells are read. Light: imports nothing that computes."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from genodesk.core.errors import UserError
from genodesk.core.settings import FileKind, Settings, group, setting
from genodesk.core.source_settings import SourceSettings
from genodesk.core.training_settings import TrainingRuntimeSettings, TrainingSettings

CELLS = FileKind((".h5ad", ".zarr", ".h5", ".parquet"))
MANY_SLICES = 20
Mode = Literal["joint", "expr_to_pos", "pos_to_expr"]


class ReadSettings(Settings):
    """Where in a file of cells their slice, place and type stand, and in which form their expression is."""

    slice_key: str = setting(
        "slice_id",
        title="Slice column",
        help="Column of the cell table (obs) that says which slice a cell is in.",
        offers="slice_columns",
    )
    coordinate_key: str = setting(
        "spatial",
        title="Coordinates",
        help="Where positions stand: an array of the file (obsm), or two columns of the cell table (written obs:x,y).",
        offers="coordinates",
    )
    label_key: str | None = setting(
        "cell_type",
        title="Cell type column",
        help="Column of the cell table (obs) with cell types, for colours and scores; may be left empty.",
        offers="columns",
    )
    layer: str | None = setting(
        None,
        title="Count layer",
        advanced=True,
        help="Layer of the file with the counts; its main matrix (X) where left empty.",
        offers="layers",
    )
    already_normalised: bool = setting(
        False, title="Already normalised", advanced=True, help="Values are log-normalised already: skip that step."
    )
    coordinate_unit: str = setting("µm", title="Unit of coordinates", advanced=True, help="Printed beside distances.")
    z_spacing: float = setting(
        0.0,
        title="Slice spacing",
        ge=0,
        advanced=True,
        help="Distance between slices along z in the coordinates' unit, for a stack of flat slices; 0: none.",
    )


class TissueSettings(SourceSettings):
    """Which cells: a file, or the synthetic tissue."""

    made_up: ClassVar[str] = "a synthetic tissue"

    data: Path | None = setting(
        None, title="Data file", help="Spatial cells: h5ad, AnnData-zarr, 10x h5 or Parquet.", file=CELLS
    )
    difficulty: Literal["demo", "mid", "hard"] | None = setting(
        None, title="Synthetic tissue", help="Instead of a file, a synthetic tissue of this difficulty."
    )
    reading: ReadSettings = group(ReadSettings, title="How the file is read")


class ModelSettings(Settings):
    """The network's shape."""

    network: Literal["standard", "published"] = setting(
        "standard", title="Network", advanced=True, help="Our network, or the layer of the published program."
    )
    training_mode: Mode = setting(
        "expr_to_pos",
        title="What to learn",
        help="Positions from expression, expression from positions, or both together.",
        choice_titles={"expr_to_pos": "positions", "pos_to_expr": "expression", "joint": "both together"},
    )
    hidden_dim: int = setting(96, title="Width", ge=8, le=4096, help="Numbers that describe a cell inside the network.")
    layers: int = setting(3, title="Layers", ge=1, le=64, help="Rounds in which cells look at each other.")
    heads: int = setting(
        4, title="Attention heads", ge=1, le=64, help="Parallel looks per round; must divide the width."
    )
    ffn_dim: int = setting(192, title="Feed-forward width", ge=8, le=16384, advanced=True, help="Width inside a layer.")
    expression_hidden: int = setting(
        64, title="Expression encoder", ge=4, le=8192, advanced=True, help="Width of the first layer over genes."
    )
    expression_head: int = setting(
        128, title="Expression head", ge=4, le=8192, advanced=True, help="Width of the last layer before genes."
    )
    time_hidden: int = setting(32, title="Time encoder", ge=2, le=1024, advanced=True, help="Width inside it.")
    time_dim: int = setting(
        32, title="Time width", ge=2, le=1024, advanced=True, help="Numbers that describe the noise level."
    )
    time_ffn: int = setting(
        64, title="Time feed-forward", ge=2, le=4096, advanced=True, help="Width; published network only."
    )
    position_hidden: int = setting(32, title="Position encoder", ge=2, le=1024, advanced=True, help="Width inside it.")
    position_head: int = setting(64, title="Position head", ge=2, le=1024, advanced=True, help="Width inside it.")
    attention: Literal["softmax", "linear"] = setting(
        "softmax", title="Attention", advanced=True, help="Softmax is exact; linear costs less on very large slices."
    )
    use_gated_attention: bool = setting(
        True, title="Gated attention", advanced=True, help="A learned gate after attention (arXiv 2505.06708)."
    )
    gate_type: Literal["headwise", "elementwise"] = setting(
        "headwise", title="Gate", advanced=True, help="One gate a head, or one a number."
    )
    use_moe: bool = setting(
        False, title="Mixture of experts", help="Several feed-forward experts per layer; slower at small sizes."
    )
    num_experts: int = setting(4, title="Experts", ge=1, le=256, advanced=True, help="Experts in each layer.")
    moe_top_k: int = setting(2, title="Experts per cell", ge=1, le=256, advanced=True, help="Experts each cell uses.")
    moe_balance_weight: float = setting(
        0.01, title="Expert balance", ge=0, advanced=True, help="Weight of the loss that spreads cells over experts."
    )

    @model_validator(mode="after")
    def _shapes_fit(self) -> Self:
        if self.hidden_dim % self.heads:
            nearest = self.heads * max(1, self.hidden_dim // self.heads)
            raise UserError(
                f"hidden_dim {self.hidden_dim} is not divisible by heads {self.heads}.",
                f"Use a width that is a multiple of {self.heads}, for example {nearest}.",
                "--hidden-dim",
            )
        if self.use_moe and self.moe_top_k > self.num_experts:
            raise UserError(
                f"moe_top_k {self.moe_top_k} asks for more experts than there are ({self.num_experts}).",
                f"Give moe_top_k {self.num_experts} or less.",
                "--moe-top-k",
            )
        if self.use_moe and self.ffn_dim % self.num_experts:
            raise UserError(
                f"ffn_dim {self.ffn_dim} cannot be shared evenly by {self.num_experts} experts.",
                f"Use a multiple of {self.num_experts}.",
                "--ffn-dim",
            )
        return self


class DiffusionSettings(Settings):
    """The noise that training learns to undo."""

    timesteps: int = setting(
        1000, title="Noise levels", ge=10, le=10_000, advanced=True, help="Steps of the noise scale."
    )
    nu_expression: float = setting(
        1.0,
        title="Expression schedule",
        gt=0,
        le=10,
        advanced=True,
        help="Exponent of the cosine schedule for expression.",
    )
    nu_position: float = setting(
        1.0,
        title="Position schedule",
        gt=0,
        le=10,
        advanced=True,
        help="Exponent of the cosine schedule for positions.",
    )
    full_noise_share: float = setting(
        0.5,
        title="Pure noise",
        ge=0,
        le=1,
        advanced=True,
        help="Share of training examples that are pure noise, where a direct answer begins; the rest meet every level.",
    )


class MaskingSettings(Settings):
    """Hiding parts of the input, so that the network learns to fill them in."""

    enable_masking: bool = setting(
        False, title="Masking", advanced=True, help="Hide parts of the input while training."
    )
    mask_pattern: Literal["random", "block", "structured"] = setting(
        "random", title="Mask pattern", advanced=True,
        help="Single values, runs of neighbouring cells, or whole genes and axes.",
    )  # fmt: skip
    expression_mask_ratio: float = setting(
        0.15, title="Expression masked", ge=0, lt=1, advanced=True, help="Share of expression values hidden."
    )
    position_mask_ratio: float = setting(
        0.15, title="Positions masked", ge=0, lt=1, advanced=True, help="Share of positions hidden."
    )
    progressive_masking: bool = setting(
        False, title="Progressive masking", advanced=True, help="Let the hidden share grow from zero during training."
    )
    masked_loss_weight: float = setting(
        1.0, title="Masked loss", ge=0, advanced=True, help="Weight of the loss on hidden values."
    )


class SliceSettings(Settings):
    """How slices become batches and which are kept back to judge the model."""

    holdout: tuple[str, ...] = setting(
        (),
        title="Held-out slices",
        help="Slices kept back to judge; chosen by the seed where left empty.",
        offers="categories:slice_key",
    )
    cells_per_batch: int = setting(
        256,
        title="Cells per slice",
        ge=32,
        le=16_384,
        help="Random cells of one slice in a batch; more needs more memory.",
    )
    gene_dropout: float = setting(
        0.1, title="Genes hidden", ge=0, lt=1, help="Share of genes blanked while training; makes the model robust."
    )
    count_thinning: float = setting(
        0.2,
        title="Counts kept",
        gt=0,
        le=1,
        advanced=True,
        help="Cells are trained on with a random share of their counts, from this to all; 1 switches it off.",
    )
    rotate: bool = setting(
        True, title="Random rotation", advanced=True, help="Turn and mirror every slice at random while training."
    )
    refit: Literal["auto", "always", "never"] = setting(
        "auto",
        title="Refit on all slices",
        advanced=True,
        help=f"Train once more on all slices after the held-out ones have judged; auto: below {MANY_SLICES} slices.",
    )

    def refits(self, slices: int) -> bool:
        """Whether a training on this many slices ends with one on all of them: where each of them is dear."""
        return self.refit == "always" or (self.refit == "auto" and slices < MANY_SLICES)


class TrainSettings(Settings):
    """Train on slices of tissue."""

    tissue: TissueSettings = group(TissueSettings, title="Data")
    slices: SliceSettings = group(SliceSettings, title="Slices")
    model: ModelSettings = group(ModelSettings, title="Model")
    diffusion: DiffusionSettings = group(DiffusionSettings, title="Diffusion")
    masking: MaskingSettings = group(MaskingSettings, title="Masking")
    training: TrainingSettings = group(
        TrainingSettings,
        title="Training",
        max_steps=600,
        batch_size=4,
        learning_rate=2e-3,
        warmup_steps=50,
        ema_decay=0.99,
        evaluate_every=100,
        checkpoint_every=200,
    )
    runtime: TrainingRuntimeSettings = group(TrainingRuntimeSettings, title="Where")


PRESETS = {
    "quick": {
        "model": {"hidden_dim": 64, "layers": 2, "ffn_dim": 128},
        "slices": {"refit": "never"},
        "training": {"max_steps": 250, "batch_size": 4, "evaluate_every": 50, "checkpoint_every": 100},
    },
    "published": {
        "model": {
            "network": "published",
            "training_mode": "joint",
            "hidden_dim": 128,
            "layers": 2,
            "ffn_dim": 256,
            "attention": "linear",
            "use_gated_attention": False,
        },
        "slices": {"gene_dropout": 0.0, "refit": "never"},
        "diffusion": {"nu_position": 2.0, "full_noise_share": 0.0},
        "training": {"learning_rate": 1e-4, "ema_decay": 0.0},
    },
}
