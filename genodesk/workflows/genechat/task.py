"""What the training loop asks of GeneChat: which questions make a batch, and how unlikely their answers are."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from genodesk.core.errors import UserError
from genodesk.engine.training.sampling import batch_rng, epoch_order, shard
from genodesk.workflows.genechat.model import answer_losses
from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.prompt import PlacedGene, Prompt, Turn
from genodesk.workflows.genechat.trained import Trained


class ChatTask:
    """Questions about genes whose windows are known: every pair is in one batch of an epoch, none is left out.

    `embeddings` hold the windows [W, d] of every sequence. A share of the questions, `follow_ups`, is asked after
    another one about the same gene was answered, so that the model learns to go on talking. `should_stop` is asked
    between batches of the validation, which then raises Stopped.
    """

    def __init__(
        self,
        trained: Trained,
        train: Sequence[Pair],
        validation: Sequence[Pair],
        embeddings: Mapping[str, Tensor],
        *,
        batch_size: int,
        follow_ups: float,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.model = trained.model
        self._trained = trained
        self._pairs, self._validation = train, validation
        self._embeddings = embeddings
        self._batch_size, self._follow_ups, self._seed = batch_size, follow_ups, seed
        self._should_stop = should_stop
        self._of_gene: dict[str, list[int]] = {}
        for number, pair in enumerate(train):
            self._of_gene.setdefault(pair.sequence, []).append(number)
        # Built once, and before the training, so that a pair which does not fit is named at its beginning.
        self._prompts, self._asked = ([self._named(pair) for pair in pairs] for pairs in (train, validation))

    @property
    def steps_per_epoch(self) -> int:
        """Batches in a pass over the pairs."""
        return -(-len(self._pairs) // self._batch_size)

    def loss(
        self, model: nn.Module, epoch: int, index: int, rank: int, world_size: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float | Tensor]]:
        """The mean loss over the tokens of the answers in batch `index` of `epoch`."""
        del generator
        prompts, windows = self.batch(epoch, index, rank, world_size)
        return model(prompts, windows), {}

    def batch(self, epoch: int, index: int, rank: int = 0, world_size: int = 1) -> tuple[list[Prompt], list[Tensor]]:
        """Prompts with their answers, and the windows of their genes."""
        first = index * self._batch_size
        chosen = epoch_order(len(self._pairs), self._seed, epoch)[first : first + self._batch_size]
        rng = batch_rng(self._seed, epoch, index)
        before = {int(number): self._earlier(int(number), rng.random(2).tolist()) for number in chosen}
        mine = [int(number) for number in shard(chosen, rank, world_size)]
        prompts = [self._continued(number, before[number]) for number in mine]
        return prompts, [self._embeddings[self._pairs[number].sequence] for number in mine]

    def evaluate(self, model: nn.Module, step: int) -> dict[str, float]:
        """The mean loss of the answers about genes kept for validation."""
        del model, step
        windows = [self._embeddings[pair.sequence] for pair in self._validation]
        losses = answer_losses(
            self.model, self._asked, windows, batch_size=self._batch_size, should_stop=self._should_stop
        )
        return {"loss": float(losses.mean())}

    def _earlier(self, number: int, drawn: Sequence[float]) -> int | None:
        """Which other question about the gene was asked before, or None."""
        others = [other for other in self._of_gene[self._pairs[number].sequence] if other != number]
        return others[int(drawn[1] * len(others))] if others and drawn[0] < self._follow_ups else None

    def _continued(self, number: int, earlier: int | None) -> Prompt:
        if earlier is None:
            return self._prompts[number]
        try:
            return self._prompt(self._pairs[number], self._pairs[earlier])
        except UserError:  # both do not fit together, so the question stands alone
            return self._prompts[number]

    def _named(self, pair: Pair) -> Prompt:
        """The prompt of a pair alone. Raises UserError that names it where it does not fit."""
        try:
            return self._prompt(pair)
        except UserError as error:
            raise UserError(error.message, error.hint, f"pair {pair.id}") from None

    def _prompt(self, pair: Pair, earlier: Pair | None = None) -> Prompt:
        before = [] if earlier is None else [Turn(earlier.prompt, earlier.answer)]
        gene = PlacedGene(pair.gene, len(self._embeddings[pair.sequence]))
        return self._trained.prompt([*before, Turn(pair.prompt)], [gene], pair.answer)
