"""Answers to many questions at once, each token the likeliest, to judge a model; talking is done by generate.py."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from genodesk.core.errors import Stopped
from genodesk.workflows.genechat.prompt import Prompt

if TYPE_CHECKING:
    from genodesk.workflows.genechat.trained import Trained


@torch.no_grad()
def answers(
    trained: "Trained",
    prompts: Sequence[Prompt],
    embeddings: Sequence[Tensor],
    *,
    most_tokens: int = 64,
    batch_size: int = 16,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[str]:
    """The greedy answer to each prompt (built without an answer), in words. Raises Stopped between batches.

    Penalties that a language model's folder asks for count for nothing: the likeliest tokens are judged.
    """
    from transformers import GenerationConfig

    tokenizer, model = trained.tokenizer, trained.model.eval()
    config = GenerationConfig(
        max_new_tokens=most_tokens,
        do_sample=False,
        num_beams=1,
        repetition_penalty=1.0,
        no_repeat_ngram_size=0,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i].ids))
    made = [""] * len(prompts)
    for first in range(0, len(order), batch_size):
        if should_stop():
            raise Stopped
        part = order[first : first + batch_size]
        inputs = model.inputs([prompts[i] for i in part], [embeddings[i] for i in part], pad="left")
        told = model.language.generate(
            inputs_embeds=inputs.embeds, attention_mask=inputs.mask, generation_config=config
        )
        for i, ids in zip(part, told, strict=True):
            made[i] = tokenizer.decode(ids, skip_special_tokens=True).strip()
    return made
