"""A whole model that answers, of random weights: everything but the knowledge."""

import torch
from tiny_dna import tiny_encoder

from genodesk.workflows.genechat.adapter import GeneAdapter
from genodesk.workflows.genechat.model import GeneChatModel
from genodesk.workflows.genechat.small_language import byte_tokenizer
from genodesk.workflows.genechat.trained import Trained

SENTENCES = ("Predicted kinase that takes part in translation.", "What does this gene do? Where is it found?")


def tiny_trained(seed: int = 0, *, context: int = 512, demonstration: bool = True) -> Trained:
    """Two layers of 32 numbers; the adapter is loud, so that another gene gives another answer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    encoder, tokenizer = tiny_encoder(), byte_tokenizer(SENTENCES)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=context,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        initializer_range=0.5,
        **sizes,
    )
    adapter = GeneAdapter(encoder.width, 32)
    model = GeneChatModel(adapter, LlamaForCausalLM(config)).requires_grad_(False).eval()
    document = {"name": "tiny", "demonstration": demonstration, "questions": ["What does this gene do?"]}
    return Trained(encoder, model, tokenizer, "plain", document, "model-hash", "adapter-hash")
