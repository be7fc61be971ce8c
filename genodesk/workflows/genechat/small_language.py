"""A small language model that starts from nothing, and a tokenizer made of the words it shall learn."""

from collections.abc import Iterable
from typing import Any

WIDTH, LAYERS, HEADS, HIDDEN = 128, 3, 4, 256
CONTEXT = 2048
MOST_TOKENS = 4096
BEGIN, END = "<s>", "</s>"


def small_language(texts: Iterable[str]) -> tuple[Any, Any]:
    """(LlamaForCausalLM with random weights, its tokenizer), for texts like these.

    The tokenizer works on bytes, so no word is unknown to it; the weights come from torch's own random state.
    """
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = byte_tokenizer(texts)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config), tokenizer


def byte_tokenizer(texts: Iterable[str], most_tokens: int = MOST_TOKENS) -> Any:
    """A byte-level BPE tokenizer trained on the texts and the words of the prompt around them."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=most_tokens,
        min_frequency=3,
        special_tokens=[BEGIN, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    frame = ["Human: <Gene> GeneHere </Gene> Assistant:"] * trainer.min_frequency
    inner.train_from_iterator([*frame, *texts], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=inner, bos_token=BEGIN, eos_token=END, model_max_length=CONTEXT)
