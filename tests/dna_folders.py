"""Folders of DNA encoders as other people publish them: tensors under their names, config.json, tokenizer.json.

Written without a line of our own network, so that what we read is not what we wrote.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from torch import Tensor

SMALL = {
    "vocab_size": 64,
    "hidden_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 12,
    "intermediate_size": 32,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "hidden_dropout_prob": 0.1,
}
SPECIAL = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
_PIECES = ["AC", "GT", "TT", "AA", "CG", "ACGT", "TTAA", "CGAA"]


def published_tensors(sizes: dict = SMALL, seed: int = 0) -> dict[str, Tensor]:
    """Random weights under the names and in the shapes of the published file, those of its training included."""
    width, hidden = sizes["hidden_size"], sizes["intermediate_size"]
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int, spread: float = 0.15) -> Tensor:
        return spread * torch.randn(*shape, generator=generator)

    def norm(name: str) -> dict[str, Tensor]:
        return {f"{name}.weight": 1 + normal(width), f"{name}.bias": normal(width)}

    def linear(name: str, inputs: int, outputs: int, bias: bool = True) -> dict[str, Tensor]:
        return {f"{name}.weight": normal(outputs, inputs)} | ({f"{name}.bias": normal(outputs)} if bias else {})

    found = {
        "bert.embeddings.word_embeddings.weight": normal(sizes["vocab_size"], width),
        "bert.embeddings.token_type_embeddings.weight": normal(sizes["type_vocab_size"], width),
        **norm("bert.embeddings.LayerNorm"),
    }
    for layer in range(sizes["num_hidden_layers"]):
        prefix = f"bert.encoder.layer.{layer}"
        found |= linear(f"{prefix}.attention.self.Wqkv", width, 3 * width)
        found |= linear(f"{prefix}.attention.output.dense", width, width)
        found |= norm(f"{prefix}.attention.output.LayerNorm")
        found |= linear(f"{prefix}.mlp.gated_layers", width, 2 * hidden, bias=False)
        found |= linear(f"{prefix}.mlp.wo", hidden, width)
        found |= norm(f"{prefix}.mlp.layernorm")
    found |= linear("bert.pooler.dense", width, width)
    found |= linear("cls.predictions.transform.dense", width, width)
    found |= norm("cls.predictions.transform.LayerNorm")
    return found | linear("cls.predictions.decoder", width, sizes["vocab_size"])


def dna_tokenizer() -> Tokenizer:
    """Byte pairs of a few common words of DNA, with the special tokens of DNABERT-2 around a sequence."""
    words = [*SPECIAL, "A", "C", "G", "T", *_PIECES]
    merges = [("A", "C"), ("G", "T"), ("T", "T"), ("A", "A"), ("C", "G"), ("AC", "GT"), ("TT", "AA"), ("CG", "AA")]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return tokenizer


def write_published(
    folder: Path, tensors: dict[str, Tensor] | None = None, sizes: dict = SMALL, pickled: bool = False
) -> Path:
    """A folder as it is published; its tokenizer.json cuts and pads, which must not have any effect."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = published_tensors(sizes) if tensors is None else tensors
    if pickled:
        torch.save(tensors, folder / "pytorch_model.bin")
    else:
        save_file(tensors, folder / "model.safetensors")
    about = {
        "architectures": ["BertForMaskedLM"],
        "auto_map": {"AutoModel": "bert_layers.BertModel"},
        "alibi_starting_size": 512,
        "attention_probs_dropout_prob": 0.0,
        "hidden_act": "gelu",
        "max_position_embeddings": 512,
        "model_type": "bert",
    }
    (folder / "config.json").write_text(json.dumps(about | sizes))
    tokenizer = dna_tokenizer()
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=20, pad_id=3, pad_token="[PAD]")
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
