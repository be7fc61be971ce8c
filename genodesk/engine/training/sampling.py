"""Which examples make up batch k of an epoch, and which are held out: pure functions of the seed and the place.

Nothing here remembers what was drawn before, so a resumed run, another number of processes or another evaluation
schedule meets exactly the same batches.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from genodesk.core.errors import UserError

_BATCH, _ORDER, _TORCH = 1, 2, 3  # keep the three streams of random numbers apart


def batch_rng(seed: int, epoch: int, k: int) -> np.random.Generator:
    """The generator for batch `k` of `epoch`; the same on every rank, so that each can draw the whole batch."""
    return np.random.default_rng([seed, _BATCH, epoch, k])


@lru_cache(maxsize=4)
def epoch_order(n: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order of `n` examples in `epoch`: a permutation, int64 [n], not writable."""
    order = np.random.default_rng([seed, _ORDER, epoch]).permutation(n)
    order.flags.writeable = False
    return order


def torch_seeds(seed: int, epoch: int, k: int, rank: int) -> tuple[int, int]:
    """Two seeds for batch `k` on `rank`: for torch's own random numbers (dropout) and for a task's generator."""
    first, second = np.random.SeedSequence([seed, _TORCH, epoch, k, rank]).generate_state(2, np.uint64)
    return int(first) >> 1, int(second) >> 1  # torch takes seeds below 2**63 on every device


def shard(rows: NDArray, rank: int, world_size: int) -> NDArray:
    """The part of a batch that `rank` computes: rows rank, rank + world_size, ...

    Every rank gets equally many, so that the mean over ranks is the mean over rows; where `world_size` does not divide
    the batch, its first rows are taken twice.
    """
    if world_size == 1 or len(rows) == 0:
        return rows
    per_rank = -(-len(rows) // world_size)
    return np.take(rows, np.arange(rank, per_rank * world_size, world_size), axis=0, mode="wrap")


def holdout_groups(groups: Sequence | NDArray, held_out: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which examples are held out when whole groups (slices, animals, chromosomes) are: bool [examples].

    `groups` names the group of every example. `held_out` below 1 is a share of the groups (at least one is taken), from
    1 on their number. Raises UserError where no group would remain for training.
    """
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    number = max(1, round(held_out * len(names))) if held_out < 1 else int(held_out)
    if number >= len(names):
        raise UserError(
            f"{number} of {len(names)} groups would be held out, which leaves none to train on.",
            "Hold out fewer groups, or give data with more of them.",
            "held-out groups",
        )
    chosen = rng.permutation(len(names))[:number]
    return np.isin(group_of.ravel(), chosen)
