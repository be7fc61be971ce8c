"""What a training will take: parameters counted without making them, memory worked out, time from this processor."""

import time
from typing import Any

import psutil
import torch

from genodesk.workflows.genechat.adapter import GeneAdapter
from genodesk.workflows.genechat.language import number_format, read_language, what_is_trained
from genodesk.workflows.genechat.lora import add_lora
from genodesk.workflows.genechat.model import GeneChatModel, count_parameters
from genodesk.workflows.genechat.pairs import read_header
from genodesk.workflows.genechat.settings import TrainSettings
from genodesk.workflows.genechat.small_encoder import WIDTH as SMALL_WIDTH
from genodesk.workflows.genechat.small_language import HEADS, HIDDEN, LAYERS, WIDTH

GENERATED_PAIRS = 1920
SMALL_TOKENS = 600  # of a tokenizer made of few texts
TOKENS = 64  # of a question, its windows and its answer
BASE_BYTES = 600_000_000
SMALL_SECONDS = 25.0  # that a small DNA encoder takes to be trained and to read its genes


def estimate(settings: TrainSettings) -> dict[str, Any]:
    """{"parameters", "active_parameters", "memory_bytes", "memory_available_bytes", "seconds_per_step", "seconds"}.

    `active_parameters` are those that are trained. Seconds are those of this computer's processor; what a given DNA
    encoder takes to read the genes is not in them.
    """
    model = _on_meta(settings)
    every, trained = count_parameters(model)
    own = settings.language.language is None
    held = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0}[
        "float32" if what_is_trained(settings.language) == "full" else number_format("cpu", settings.language.weights)
    ]
    examples = settings.training.batch_size * settings.training.accumulate
    pairs = GENERATED_PAIRS if settings.genes.data is None else read_header(settings.genes.data).counts["train"]
    planned = settings.training.max_steps or -(-(settings.training.epochs or 0) * pairs // examples)
    # Forwards takes 2 operations a weight and token, backwards 2 more for what lies before, 2 for what is trained.
    step = (4 * every + 2 * trained) * examples * TOKENS / _operations_per_second()
    small = settings.encoder.dna_encoder is None
    return {
        "parameters": every,
        "active_parameters": trained,
        "memory_bytes": int(BASE_BYTES + held * every + 16 * trained + (0 if own else 4 * every // 10)),
        "memory_available_bytes": psutil.virtual_memory().available,
        "seconds_per_step": step,
        "seconds": step * planned + (SMALL_SECONDS * settings.encoder.encoder_steps / 150 if small else 0),
    }


def _on_meta(settings: TrainSettings) -> GeneChatModel:
    """The model that would be trained, without memory for its weights."""
    from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig

    folder = settings.language.language
    if folder is None:
        config: Any = LlamaConfig(
            vocab_size=SMALL_TOKENS, hidden_size=WIDTH, intermediate_size=HIDDEN, num_hidden_layers=LAYERS,
            num_attention_heads=HEADS, tie_word_embeddings=True,
        )  # fmt: skip
    else:
        read_language(folder)
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    width = SMALL_WIDTH
    if settings.encoder.dna_encoder is not None:
        from genodesk.engine.nn.dnabert2_folder import read_config

        width = read_config(settings.encoder.dna_encoder).hidden_size
    with torch.device("meta"):
        language: Any = AutoModelForCausalLM.from_config(config)
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
