"""A small DNA encoder that learns from the training genes alone: hidden tokens of their windows are filled in."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, models, processors, trainers
from torch import Tensor, nn

from genodesk.engine.nn.dnabert2 import Dnabert2, Dnabert2MaskedHead
from genodesk.engine.nn.dnabert2_config import Dnabert2Config
from genodesk.engine.training.sampling import batch_rng, shard
from genodesk.workflows.genechat.windows import Layout, prepared, windows

WIDTH, LAYERS, HEADS, HIDDEN = 128, 3, 4, 256
MOST_TOKENS = 512
SPECIAL = ("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]")  # in the order of the published tokenizer
HIDDEN_SHARE = 0.15
WINDOWS_PER_BATCH = 8


def dna_tokenizer(sequences: Sequence[str], most_tokens: int = MOST_TOKENS) -> Tokenizer:
    """A BPE tokenizer of frequent pieces of these sequences, with the special tokens of DNABERT-2."""
    tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[0]))
    trainer = trainers.BpeTrainer(
        vocab_size=most_tokens, special_tokens=list(SPECIAL), initial_alphabet=list("ACGT"), show_progress=False
    )
    tokenizer.train_from_iterator([prepared(sequence).sequence for sequence in sequences], trainer)
    begin, end = ((name, _id(tokenizer, name)) for name in ("[CLS]", "[SEP]"))
    tokenizer.post_processor = processors.BertProcessing(end, begin)
    return tokenizer


def _id(tokenizer: Tokenizer, special: str) -> int:
    number = tokenizer.token_to_id(special)
    assert number is not None
    return number


class MaskedDna(nn.Module):
    """The encoder with the head that tells hidden tokens."""

    def __init__(self, config: Dnabert2Config) -> None:
        super().__init__()
        self.encoder = Dnabert2(config)
        self.head = Dnabert2MaskedHead(config)

    def forward(self, ids: Tensor, mask: Tensor, hidden: Tensor) -> Tensor:
        """Logits [hidden places, words]."""
        return self.head(self.encoder(ids, mask)[hidden], self.encoder.words.weight)


class MaskedDnaTask:
    """What the training loop asks: batches of windows of the genes, some of their tokens hidden."""

    def __init__(self, sequences: Sequence[str], layout: Layout, seed: int, device: str) -> None:
        self.tokenizer = dna_tokenizer(sequences)
        self.model = MaskedDna(
            Dnabert2Config(
                vocab_size=self.tokenizer.get_vocab_size(),
                hidden_size=WIDTH,
                num_hidden_layers=LAYERS,
                num_attention_heads=HEADS,
                intermediate_size=HIDDEN,
            )
        )
        self._seed, self._device = seed, device
        texts = [
            ready.sequence[start:end] for ready in map(prepared, sequences) for start, end in windows(ready, layout)
        ]
        self._windows = [self.tokenizer.encode(text).ids for text in texts]
        self._mask_token, self._pad_token = (_id(self.tokenizer, name) for name in ("[MASK]", "[PAD]"))

    @property
    def steps_per_epoch(self) -> int:
        """Batches in a pass over the windows."""
        return -(-len(self._windows) // WINDOWS_PER_BATCH)

    def loss(
        self, model: nn.Module, epoch: int, index: int, rank: int, world_size: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float | Tensor]]:
        """Cross-entropy of the hidden tokens of one batch."""
        del generator
        rng = batch_rng(self._seed, epoch, index)
        chosen = rng.permutation(len(self._windows))[:WINDOWS_PER_BATCH]
        ids, mask, hidden = self._batch([self._windows[i] for i in shard(chosen, rank, world_size)], rng)
        truth = ids[hidden]
        shown = ids.masked_fill(hidden, self._mask_token)
        return F.cross_entropy(model(shown, mask, hidden).float(), truth), {}

    def evaluate(self, model: nn.Module, step: int) -> dict[str, float]:
        """Nothing: the answers will tell what the encoder is worth."""
        del model, step
        return {}

    def _batch(self, chosen: list[list[int]], rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """ids, which are real, and which are hidden: all [batch, tokens]; every window hides at least one."""
        longest = max(map(len, chosen))
        ids = torch.full((len(chosen), longest), self._pad_token)
        mask = torch.zeros(len(chosen), longest, dtype=torch.bool)
        hidden = torch.zeros(len(chosen), longest, dtype=torch.bool)
        for row, window in enumerate(chosen):
            ids[row, : len(window)] = torch.tensor(window)
            mask[row, : len(window)] = True
            number = max(1, round(HIDDEN_SHARE * (len(window) - 2)))
            hidden[row, torch.from_numpy(1 + rng.permutation(len(window) - 2)[:number])] = True
        return ids.to(self._device), mask.to(self._device), hidden.to(self._device)
