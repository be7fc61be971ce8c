"""What a training will take: parameters counted without making them, memory worked out, time from this processor."""

import time
from collections.abc import Mapping
from typing import Any

import psutil
import torch

from genodesk.workflows.genechat.adapter import GeneAdapter
from genodesk.workflows.genechat.language import TRAINED, held_bytes, language_on_meta, weights_of, what_is_trained
from genodesk.workflows.genechat.lora import add_lora
from genodesk.workflows.genechat.model import GeneChatModel, count_parameters
from genodesk.workflows.genechat.pairs import PairsHeader, read_header
from genodesk.workflows.genechat.settings import TrainSettings
from genodesk.workflows.genechat.small_encoder import WIDTH as SMALL_WIDTH
from genodesk.workflows.genechat.small_language import HEADS, HIDDEN, LAYERS, WIDTH
from genodesk.workflows.genechat.windows import cut

GENERATED_PAIRS, GENERATED_GENES = 1920, 600
USUAL_BASES = 1500  # of a gene, where the set does not tell
SMALL_TOKENS = 600  # of a tokenizer made of few texts
TOKENS = 64  # of a question, its windows and its answer
BASE_BYTES = 600_000_000
SMALL_SECONDS = 25.0  # that a small DNA encoder takes to be trained and to read its genes


def estimate(settings: TrainSettings) -> dict[str, Any]:
    """{"parameters", "trained_parameters", "memory_bytes", "memory_available_bytes", "seconds_per_step", "seconds"}.

    Memory holds the model, the numbers that training keeps of it and the windows of all genes. Seconds are those of
    this computer's processor; what a given DNA encoder takes to read the genes is not in them.
    """
    model = _on_meta(settings)
    every, trained = count_parameters(model)
    memory = BASE_BYTES + _model_bytes(settings, every, trained)
    examples = settings.training.batch_size * settings.training.accumulate
    header = None if settings.genes.data is None else read_header(settings.genes.data)
    pairs = GENERATED_PAIRS if header is None else header.counts["train"]
    planned = settings.training.max_steps or -(-(settings.training.epochs or 0) * pairs // examples)
    # Forwards takes 2 operations a weight and token, backwards 2 more for what lies before, 2 for what is trained.
    step = (4 * every + 2 * trained) * examples * TOKENS / _operations_per_second()
    small = settings.encoder.dna_encoder is None
    return {
        "parameters": every,
        "trained_parameters": trained,
        "memory_bytes": int(memory + _windows_bytes(settings, model.adapter.mean.numel(), header)),
        "memory_available_bytes": psutil.virtual_memory().available,
        "seconds_per_step": step,
        "seconds": step * planned + (SMALL_SECONDS * settings.encoder.encoder_steps / 150 if small else 0),
    }


def _model_bytes(settings: TrainSettings, every: int, trained: int) -> float:
    """Weights, what training holds of those that it changes, and a tenth for the layers' results of a given model."""
    held = held_bytes("cpu", weights_of(settings.language), settings.language.quantise)
    changed = TRAINED * (held if what_is_trained(settings.language) == "full" else 4.0)
    results = 0 if settings.language.language is None else 4 * every // 10
    return held * (every - trained) + changed * trained + results


def _windows_bytes(settings: TrainSettings, width: int, header: PairsHeader | None) -> int:
    """The windows of all genes, so many numbers each, which stay in memory; genes are taken to be of median length."""
    told = {} if header is None else header.report
    genes, bases = told.get("genes"), told.get("bases")
    if not isinstance(genes, int):
        genes = GENERATED_GENES if header is None else sum(header.counts.values())
    median = bases.get("median") if isinstance(bases, Mapping) else None
    length = int(median) if isinstance(median, int | float) else USUAL_BASES
    return 4 * width * genes * len(cut(length, settings.encoder.layout))


def _on_meta(settings: TrainSettings) -> GeneChatModel:
    """The model that would be trained, without memory for its weights."""
    from transformers import AutoModelForCausalLM, LlamaConfig

    width = SMALL_WIDTH
    if settings.encoder.dna_encoder is not None:
        from genodesk.engine.nn.dnabert2_config import read_config

        width = read_config(settings.encoder.dna_encoder).hidden_size
    with torch.device("meta"):
        if settings.language.language is not None:
            language = language_on_meta(settings.language.language)
        else:
            language = AutoModelForCausalLM.from_config(
                LlamaConfig(
                    vocab_size=SMALL_TOKENS, hidden_size=WIDTH, intermediate_size=HIDDEN, num_hidden_layers=LAYERS,
                    num_attention_heads=HEADS, tie_word_embeddings=True,
                )
            )  # fmt: skip
        adapter = GeneAdapter(width, language.get_input_embeddings().weight.shape[1], settings.encoder.layout)
        language.requires_grad_(what_is_trained(settings.language) == "full")
        if what_is_trained(settings.language) == "lora":
            language = add_lora(language, settings.lora)
    return GeneChatModel(adapter, language)


def _operations_per_second() -> float:
    """What this processor does in a matrix product of the size of a small network's."""
    left, right = torch.randn(1024, 256), torch.randn(256, 256)
    durations = []
    for _ in range(5):
        start = time.perf_counter()
        left @ right
        durations.append(time.perf_counter() - start)
    return float(2 * left.numel() * right.shape[1] / min(durations)) / 2  # half of it reaches a whole network
