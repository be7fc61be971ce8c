"""Small folders of language models of several kinds, as people have them: random weights, real tokenizers."""

from pathlib import Path
from typing import Any

import torch

from genodesk.workflows.genechat.small_language import byte_tokenizer

WORDS = (
    "What does this gene do?",
    "This gene encodes a protein kinase that takes part in cell division.",
    "Where in the cell does its protein work? Its protein works in the nucleus.",
)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def chat_tokenizer() -> Any:
    """A byte-level tokenizer with a chat template in which <|im_end|> ends an answer."""
    tokenizer = byte_tokenizer(WORDS * 3)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.eos_token = "<|im_end|>"
    tokenizer.chat_template = CHATML
    return tokenizer


def word_tokenizer() -> Any:
    """One in which a word begins with ▁, as in Llama's first tokenizers."""
    from tokenizers import Tokenizer, decoders, models, normalizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE(unk_token="<unk>"))
    inner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    inner.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    trainer = trainers.BpeTrainer(vocab_size=200, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False)
    inner.train_from_iterator([*WORDS, "Human: <Gene> </Gene> Assistant:"], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def language_folder(place: Path, kind: str = "llama", tokenizer: Any = None, **changes: Any) -> Path:
    """A folder of a tiny model of this kind: llama, qwen2 or gpt2."""
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    tokenizer = tokenizer or (chat_tokenizer() if kind == "qwen2" else byte_tokenizer(WORDS * 3))
    torch.manual_seed(0)
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    if kind == "gpt2":
        sizes: dict[str, Any] = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128}
        model: Any = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), **{**sizes, **ends, **changes}))
    else:
        sizes = {
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": 128,
        }
        config, network = (LlamaConfig, LlamaForCausalLM) if kind == "llama" else (Qwen2Config, Qwen2ForCausalLM)
        model = network(config(vocab_size=len(tokenizer), **{**sizes, **ends, **changes}))
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place
