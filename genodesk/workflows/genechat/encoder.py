"""The DNA encoder: sequences in, one vector a window out. Windows of all sequences go through it in batches.

Whatever goes wrong here is raised: a sequence that was not encoded must never look like one that was.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cached_property

import torch
from tokenizers import Encoding
from torch import Tensor

from genodesk.core.errors import UserError
from genodesk.engine.nn.dnabert2_folder import LoadedDnabert2
from genodesk.workflows.genechat.windows import GAP, Layout, prepared, windows

CPU_BATCH, ACCELERATOR_BATCH = 8, 64
_MEANING = 1  # of an embedding; another number here makes every cached one unknown


class DnaEncoder:
    """A frozen DNABERT-2 with the way sequences are cut into windows and tokens averaged.

    `layout` is that of the windows, `pooling` that of the mean over a window's tokens: paper leaves special and unknown
    tokens out, released takes all.
    """

    def __init__(self, loaded: LoadedDnabert2, layout: Layout = "paper", pooling: Layout = "paper") -> None:
        self.loaded = loaded
        loaded.network.eval().requires_grad_(False)
        self.layout: Layout = layout
        self.pooling: Layout = pooling

    @property
    def width(self) -> int:
        """How many numbers describe a window."""
        return self.loaded.config.hidden_size

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of everything an embedding depends on besides the sequence: weights, tokenizer, sizes, windows."""
        rules = {"meaning": _MEANING, "gap": GAP, "layout": self.layout, "pooling": self.pooling}
        digest = hashlib.sha256(json.dumps({**rules, **asdict(self.loaded.config)}, sort_keys=True).encode())
        digest.update(self.loaded.tokenizer_text.encode())
        for name, tensor in self.loaded.network.state_dict().items():
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy())
        return digest.hexdigest()

    def count_windows(self, sequence: str) -> int:
        """How many windows a sequence has. Raises UserError where it holds no base."""
        return len(windows(prepared(sequence), self.layout))

    def encode(
        self,
        sequences: Sequence[str],
        *,
        should_stop: Callable[[], bool] | None = None,
        progress: Callable[[int, int], object] = lambda _done, _total: None,
        batch_size: int | None = None,
    ) -> list[Tensor]:
        """float32 [windows, width] on the processor for each sequence, in order.

        `progress` hears how many windows are done, of how many. Raises Stopped between two layers once `should_stop`
        says so, and UserError for a sequence or a tokenizer that yields nothing to read.
        """
        texts: list[str] = []
        counts: list[int] = []
        for sequence in sequences:
            ready = prepared(sequence)
            spans = windows(ready, self.layout)
            texts += [ready.sequence[start:end] for start, end in spans]
            counts.append(len(spans))
        # One by one: the tokenizer's own threads would gain milliseconds and complain when a process is started later.
        tokens = [self.loaded.tokenizer.encode(text) for text in texts]
        size = batch_size or self._usual_batch()
        # Windows of like length share a batch, so that little of it is padding; the longest come first, so that the
        # time told is not too short and memory runs out at the beginning or never.
        order = sorted(range(len(tokens)), key=lambda i: -len(tokens[i]))
        found = torch.empty(len(tokens), self.width)
        progress(0, len(tokens))
        for first in range(0, len(order), size):
            chosen = order[first : first + size]
            found[chosen] = self._through([tokens[i] for i in chosen], should_stop).cpu()
            progress(first + len(chosen), len(tokens))
        return list(found.split(counts))

    @torch.inference_mode()
    def _through(self, batch: Sequence[Encoding], should_stop: Callable[[], bool] | None) -> Tensor:
        """float32 [batch, width]: the mean over each window's tokens."""
        device = self.loaded.network.words.weight.device
        longest = max(len(window) for window in batch)
        ids = torch.zeros(len(batch), longest, dtype=torch.int64)
        real = torch.zeros(len(batch), longest, dtype=torch.bool)
        for row, window in enumerate(batch):
            ids[row, : len(window)] = torch.tensor(window.ids)
            real[row, : len(window)] = True
        counted = real if self.pooling == "released" else real & self._is_dna(batch, longest)
        if not counted.any(dim=1).all():
            raise UserError(
                "The tokenizer of the DNA encoder knows no token of a window of this sequence.",
                "Use the tokenizer that belongs to the encoder.",
                "DNA encoder",
            )
        ids, real, counted = ids.to(device), real.to(device), counted.to(device)
        mask = None if bool(real.all()) else real
        out = self.loaded.network(ids, mask, should_stop).float()
        share = counted / counted.sum(dim=1, keepdim=True)
        mean = (out * share.unsqueeze(-1)).sum(dim=1)
        if not bool(mean.isfinite().all()):
            raise UserError(
                "The DNA encoder gives values that are not finite.", "Its weights are damaged.", "DNA encoder"
            )
        return mean

    def _is_dna(self, batch: Sequence[Encoding], longest: int) -> Tensor:
        """bool [batch, longest]: neither special nor unknown."""
        unknown = self.loaded.tokenizer.token_to_id("[UNK]")
        rows = [
            [not special and token != unknown for token, special in zip(w.ids, w.special_tokens_mask, strict=True)]
            for w in batch
        ]
        return torch.tensor([row + [False] * (longest - len(row)) for row in rows])

    def _usual_batch(self) -> int:
        return CPU_BATCH if self.loaded.network.words.weight.device.type == "cpu" else ACCELERATOR_BATCH
