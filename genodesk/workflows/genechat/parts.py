"""The parts of a model before its training: DNA encoder, adapter and language model, found or made as settings say."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from genodesk.core.errors import UserError
from genodesk.core.training_settings import TrainingSettings
from genodesk.engine.live_run import Run
from genodesk.engine.nn.dnabert2_folder import load_dnabert2, save_dnabert2
from genodesk.engine.training.distributed import share
from genodesk.engine.training.loop import fit
from genodesk.workflows.genechat.adapter import GeneAdapter
from genodesk.workflows.genechat.encoder import DnaEncoder
from genodesk.workflows.genechat.language import (
    Language,
    load_language,
    read_language,
    require_fit,
    weights_of,
    what_is_trained,
)
from genodesk.workflows.genechat.lora import add_lora
from genodesk.workflows.genechat.model import GeneChatModel
from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.prompt import Style
from genodesk.workflows.genechat.settings import LanguageSettings, TrainSettings
from genodesk.workflows.genechat.small_encoder import MaskedDnaTask
from genodesk.workflows.genechat.small_language import small_language
from genodesk.workflows.genechat.trained import ENCODER, Origin, Trained

ENCODER_STAGE = "encoder"
_ENCODER_RATE, _ENCODER_WARMUP = 2e-3, 20


def require_room(settings: LanguageSettings, run: Run) -> None:
    """Raises UserError where a given language model does not fit: before genes are encoded, which may take hours."""
    if settings.language is not None:
        whole = what_is_trained(settings) == "full"
        require_fit(settings.language, run.device.torch_name, weights_of(settings), settings.quantise, training=whole)


def find_encoder(settings: TrainSettings, run: Run, train: Sequence[Pair], *, is_made: bool) -> DnaEncoder:
    """The DNA encoder that is named, else a small one that learns from the training genes first.

    `is_made`: that learning is over and its encoder lies in the run's folder already.
    """
    layout, device = settings.encoder.layout, run.device.torch_name
    folder = settings.encoder.dna_encoder
    if folder is None:
        folder = run.folder.path / ENCODER
        if not is_made:
            _train_encoder(settings, run, list(dict.fromkeys(pair.sequence for pair in train)), folder)
    return DnaEncoder(load_dnabert2(folder, device), layout, layout)


def build_model(
    settings: TrainSettings,
    run: Run,
    encoder: DnaEncoder,
    train: Sequence[Pair],
    embeddings: Mapping[str, torch.Tensor],
) -> Trained:
    """An untrained model for these pairs, in which exactly what is to be trained has gradients."""
    torch.manual_seed(settings.runtime.seed)
    language, style = _language(settings, run, train)
    network = language.model
    words = network.get_input_embeddings().weight
    adapter = GeneAdapter(encoder.width, words.shape[1], settings.encoder.layout)
    adapter.standardise([embeddings[sequence] for sequence in dict.fromkeys(pair.sequence for pair in train)])
    adapter.match_norm(words)
    if settings.language.gradient_checkpointing:
        network.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    match what_is_trained(settings.language):
        case "lora":
            network = add_lora(network, settings.lora)
        case "full":
            network.requires_grad_(True)
        case "frozen":
            network.requires_grad_(False)
    model = GeneChatModel(adapter, network).to(run.device.torch_name)
    return Trained(
        encoder=encoder,
        model=model,
        tokenizer=language.tokenizer,
        style=style,
        document={},
        device=run.device.torch_name,
    )


def origin_of(settings: TrainSettings) -> Origin:
    """Where the parts of a model trained with these settings come from."""
    return Origin(
        encoder=settings.encoder.dna_encoder,
        language=settings.language.language,
        trains=what_is_trained(settings.language),
        weights=weights_of(settings.language),
        quantise=settings.language.quantise,
    )


def _train_encoder(settings: TrainSettings, run: Run, sequences: Sequence[str], folder: Path) -> None:
    """Leaves a small encoder in `folder`, trained to fill in hidden bases of these genes."""
    run.log(f"Training a small DNA encoder on {len(sequences):,} genes: hidden bases are filled in.")
    torch.manual_seed(settings.runtime.seed)
    task = MaskedDnaTask(sequences, settings.encoder.layout, settings.runtime.seed, run.device.torch_name)
    steps = settings.encoder.encoder_steps
    training = TrainingSettings(
        max_steps=steps,
        learning_rate=_ENCODER_RATE,
        warmup_steps=min(_ENCODER_WARMUP, steps - 1),
        checkpoint_every=settings.training.checkpoint_every,
        precision=settings.training.precision,
        keep=settings.training.keep,
    )
    fit(task, training, _Apart(run), seed=settings.runtime.seed, stage=ENCODER_STAGE)
    if run.rank == 0:
        save_dnabert2(folder, task.model.encoder, task.tokenizer)
    share(None, run)  # the others read what rank 0 has written


class _Apart:
    """The run while the encoder learns: its losses stand apart, since they are those of another question."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def metric(
        self, step: int, values: Mapping[str, float], *, split: str = "train", epoch: float | None = None
    ) -> None:
        """Under the name of the stage instead of its split."""
        del split
        self._run.metric(step, values, split=ENCODER_STAGE, epoch=epoch)


def _language(settings: TrainSettings, run: Run, train: Sequence[Pair]) -> tuple[Language, Style]:
    about = settings.language
    if about.language is None:
        model, tokenizer = small_language(text for pair in train for text in (pair.prompt, pair.answer))
        if about.prompt_style == "chat":
            raise UserError(
                "The small language model has no chat template.", "Use --prompt-style plain.", "--prompt-style"
            )
        return Language(model, tokenizer, run.folder.model), "plain"
    folder = read_language(about.language)
    style: Style = "chat" if about.prompt_style != "plain" and folder.has_template else "plain"
    if about.prompt_style == "chat" and style == "plain":
        raise UserError("This language model has no chat template.", "Use --prompt-style plain.", str(about.language))
    whole = what_is_trained(about) == "full"
    language = load_language(about.language, run.device.torch_name, weights_of(about), about.quantise, training=whole)
    run.log(f"Language model {about.language.name}: {folder.parameters:,} parameters, asked in {style} style.")
    return language, style
