"""One answer, word by word: what the language model says to a prompt, and how sure it was of it.

Answers to many questions at once are `answering.py`'s business.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList, TextStreamer

from genodesk.workflows.genechat.prompt import Prompt
from genodesk.workflows.genechat.settings_chat import SpeakingSettings
from genodesk.workflows.genechat.trained import Trained


@dataclass(frozen=True)
class Spoken:
    """An answer. `mean_log_probability` is that of its tokens (natural logarithm), 0 where there are none.

    `ending`: "end" where the model ended it, "length" where the room was used up, "stopped" where somebody said so.
    """

    text: str
    tokens: int
    mean_log_probability: float
    ending: str

    @property
    def confidence(self) -> float:
        """The geometric mean of the tokens' probabilities, 0-1: how sure of its words, not how right."""
        return math.exp(self.mean_log_probability)


@torch.no_grad()
def speak(
    trained: Trained,
    prompt: Prompt,
    embeddings: Sequence[Tensor],
    manner: SpeakingSettings,
    seed: int,
    *,
    on_text: Callable[[str], object] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Spoken:
    """Says the answer; `on_text` hears every whole word as soon as it is known, `should_stop` is asked at every token.

    `embeddings` are float32 [W, d], one tensor a gene in the prompt's order. The same seed and settings give the same
    answer on one device.
    """
    tokenizer, language = trained.tokenizer, trained.model.eval().language
    inputs = trained.model.inputs([prompt], [torch.cat(list(embeddings))])
    stopper = _Stopper(should_stop)
    with torch.random.fork_rng(devices=_devices(trained.model.device)):
        torch.manual_seed(seed)
        made = language.generate(
            inputs_embeds=inputs.embeds,
            attention_mask=inputs.mask,
            generation_config=_config(manner, tokenizer),
            stopping_criteria=StoppingCriteriaList([stopper]),
            streamer=_Streamer(tokenizer, on_text),
        )
    ids = made.sequences[0]
    ended = bool(len(ids)) and int(ids[-1]) == tokenizer.eos_token_id
    return Spoken(
        text=tokenizer.decode(ids, skip_special_tokens=True).strip(),
        tokens=len(ids) - ended,
        mean_log_probability=_mean_log_probability(made.logits, ids),
        ending="end" if ended else "stopped" if stopper.stopped else "length",
    )


@torch.no_grad()
def log_likelihood(trained: Trained, prompt: Prompt, embeddings: Sequence[Tensor]) -> float:
    """How likely the answer in the prompt is with these windows: the natural logarithm, over all of its tokens."""
    told = sum(label >= 0 for label in prompt.labels)
    mean = trained.model.eval().mean_losses([prompt], [torch.cat(list(embeddings))])
    return -float(mean[0]) * told


class _Stopper(StoppingCriteria):
    """Ends the answer at the token at which somebody wants no more of it."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        self._should_stop = should_stop
        self.stopped = False

    def __call__(self, input_ids: Tensor, *_: Any, **__: Any) -> Tensor:
        self.stopped = self.stopped or self._should_stop()
        return torch.full((input_ids.shape[0],), self.stopped, device=input_ids.device)


class _Streamer(TextStreamer):
    """Hands on what transformers has of the answer, cut between words."""

    def __init__(self, tokenizer: Any, on_text: Callable[[str], object]) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self._on_text = on_text
        self._begun = False

    def on_finalized_text(self, text: str, *_: Any, **__: Any) -> None:
        if not self._begun:
            text = text.lstrip()
        if text:
            self._begun = True
            self._on_text(text)


def _config(manner: SpeakingSettings, tokenizer: Any) -> GenerationConfig:
    """The person's settings alone: what is left open would be taken from the language model's folder."""
    drawn = {"temperature": manner.temperature, "top_p": manner.top_p, "top_k": 0, "min_p": 0.0, "typical_p": 1.0}
    return GenerationConfig(
        max_new_tokens=manner.most_tokens,
        do_sample=manner.temperature > 0,
        num_beams=1,
        no_repeat_ngram_size=0,
        repetition_penalty=manner.repetition_penalty,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
        return_dict_in_generate=True,
        output_logits=True,
        **(drawn if manner.temperature > 0 else {}),
    )


def _mean_log_probability(logits: Sequence[Tensor], ids: Tensor) -> float:
    """Of the tokens that were chosen, as the model itself saw them, before temperature and penalties."""
    if not logits:
        return 0.0
    each = F.log_softmax(torch.cat(list(logits)).float(), dim=-1)
    return float(each.gather(1, ids[: len(logits), None].to(each.device)).mean())


def _devices(device: torch.device) -> list[torch.device]:
    return [device] if device.type == "cuda" else []
