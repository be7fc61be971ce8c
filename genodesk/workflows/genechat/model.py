"""The network that answers: a gene's windows pass the adapter and stand among the words a language model reads.

What of it is trained is what is saved: a frozen language model stays in its own folder and out of every checkpoint.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genodesk.core.errors import Stopped
from genodesk.workflows.genechat.adapter import GeneAdapter
from genodesk.workflows.genechat.prompt import NO_LABEL, Prompt

Pad = Literal["right", "left"]


class Inputs(NamedTuple):
    """What the language model is given: embeddings [B, L, H], mask and labels [B, L]."""

    embeds: Tensor
    mask: Tensor
    labels: Tensor


class GeneChatModel(nn.Module):
    """`adapter` and a causal `language` model of transformers (bare, or with LoRA around it)."""

    language: Any

    def __init__(self, adapter: GeneAdapter, language: nn.Module) -> None:
        super().__init__()
        self.adapter = adapter
        self.language = language

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.adapter.parameters()).device

    def inputs(self, prompts: Sequence[Prompt], embeddings: Sequence[Tensor], pad: Pad = "right") -> Inputs:
        """The prompts as one batch; `embeddings[i]` [W, d] are the windows of prompt i's genes, in their order."""
        for prompt, windows in zip(prompts, embeddings, strict=True):
            if len(prompt.slots) != len(windows):
                raise ValueError(f"{len(windows)} windows for {len(prompt.slots)} places in the prompt")
        length = max(len(prompt.ids) for prompt in prompts)
        ids = torch.zeros(len(prompts), length, dtype=torch.long)
        labels = torch.full_like(ids, NO_LABEL)
        mask = torch.zeros_like(ids)
        rows: list[int] = []
        places: list[int] = []
        for row, prompt in enumerate(prompts):
            start = length - len(prompt.ids) if pad == "left" else 0
            span = slice(start, start + len(prompt.ids))
            ids[row, span] = torch.tensor(prompt.ids)
            labels[row, span] = torch.tensor(prompt.labels)
            mask[row, span] = 1
            rows += [row] * len(prompt.slots)
            places += [start + slot for slot in prompt.slots]
        embeds = self.language.get_input_embeddings()(ids.to(self.device))
        if places:
            genes = self.adapter(torch.cat(list(embeddings)).to(self.device))
            at = torch.tensor(rows, device=self.device), torch.tensor(places, device=self.device)
            embeds = embeds.index_put(at, genes.to(embeds.dtype))
        return Inputs(embeds, mask.to(self.device), labels.to(self.device))

    def forward(self, prompts: Sequence[Prompt], embeddings: Sequence[Tensor]) -> Tensor:
        """The mean loss over all tokens of the answers and their ends."""
        losses, known = self._losses(prompts, embeddings)
        return losses.sum() / known.sum().clamp_min(1)

    def mean_losses(self, prompts: Sequence[Prompt], embeddings: Sequence[Tensor]) -> Tensor:
        """The mean loss of each prompt's answer, [B]."""
        losses, known = self._losses(prompts, embeddings)
        return losses.sum(dim=1) / known.sum(dim=1).clamp_min(1)

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """The adapter whole, and of the language model what is trained."""
        every = super().state_dict(*args, **kwargs)
        kept = {name for name, parameter in self.named_parameters() if parameter.requires_grad}
        return {name: tensor for name, tensor in every.items() if name.startswith("adapter.") or name in kept}

    def load_state_dict(self, state_dict: Mapping[str, Tensor], strict: bool = True, assign: bool = False) -> Any:
        """Puts back what `state_dict` gave. Raises RuntimeError where anything of it is missing or unknown."""
        if strict and set(state_dict) != set(self.state_dict()):
            raise RuntimeError("These are not the weights of this model.")
        return super().load_state_dict(state_dict, strict=False, assign=assign)

    def _losses(self, prompts: Sequence[Prompt], embeddings: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Cross-entropy where an answer's token is foretold, 0 elsewhere, and which places those are; both [B, P]."""
        embeds, mask, labels = self.inputs(prompts, embeddings)
        told = labels[:, 1:]
        places = torch.nonzero((told != NO_LABEL).any(dim=0)).flatten()
        kept = {"logits_to_keep": places} if self._keeps_logits else {}
        logits = self.language(inputs_embeds=embeds, attention_mask=mask, use_cache=False, **kept).logits
        if logits.shape[1] != len(places):
            logits = logits[:, places]
        told = told[:, places]
        losses = F.cross_entropy(logits.float().flatten(0, 1), told.flatten(), reduction="none", ignore_index=NO_LABEL)
        return losses.view(told.shape), told != NO_LABEL

    @property
    def _keeps_logits(self) -> bool:
        """Whether the language model computes its large last layer only where it is asked to."""
        bare = self.language.get_base_model() if hasattr(self.language, "get_base_model") else self.language
        return "logits_to_keep" in inspect.signature(bare.forward).parameters


@torch.no_grad()
def answer_losses(
    model: GeneChatModel,
    prompts: Sequence[Prompt],
    embeddings: Sequence[Tensor],
    *,
    batch_size: int = 16,
    should_stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """The mean loss of each answer, float64 [N]: how unlikely the model finds it. Raises Stopped."""
    was_training = model.training
    model.eval()
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i].ids))  # neighbours of like length: little padding
    losses = np.zeros(len(prompts))
    for first in range(0, len(order), batch_size):
        if should_stop():
            raise Stopped
        part = order[first : first + batch_size]
        told = model.mean_losses([prompts[i] for i in part], [embeddings[i] for i in part])
        losses[part] = told.double().cpu().numpy()
    model.train(was_training)
    return losses


def count_parameters(module: nn.Module) -> tuple[int, int]:
    """(all parameters, those that are trained)."""
    every = [(parameter.numel(), parameter.requires_grad) for parameter in module.parameters()]
    return sum(number for number, _ in every), sum(number for number, trained in every if trained)
