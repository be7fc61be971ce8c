"""Batches are functions of seed, epoch and number; groups are held out whole; ranks share a batch evenly."""

import numpy as np
import pytest

from genodesk.core.errors import UserError
from genodesk.engine.training.sampling import batch_rng, epoch_order, holdout_groups, shard, torch_seeds


def test_a_batch_depends_on_seed_epoch_and_number_only():
    first = batch_rng(1, 2, 3).random(4)
    assert (batch_rng(1, 2, 3).random(4) == first).all()
    others = [batch_rng(*key).random(4) for key in ((0, 2, 3), (1, 3, 3), (1, 2, 4), (1, 3, 2))]
    assert all((other != first).all() for other in others)


def test_the_batches_numbers_are_fixed_for_all_versions():
    assert batch_rng(0, 0, 0).integers(0, 1000, 4).tolist() == [522, 889, 992, 557]
    assert epoch_order(6, 0, 0).tolist() == [5, 2, 0, 1, 4, 3]
    assert torch_seeds(0, 0, 0, 0) == (1001541652813893466, 5559848314062367548)


def test_an_epoch_is_a_permutation_and_the_next_another():
    first, second = epoch_order(1000, 5, 0), epoch_order(1000, 5, 1)
    assert sorted(first) == sorted(second) == list(range(1000))
    assert (first != second).mean() > 0.9
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


def test_torch_seeds_differ_between_ranks_batches_and_the_two_uses():
    seeds = {s for epoch in range(3) for k in range(20) for rank in range(4) for s in torch_seeds(9, epoch, k, rank)}
    assert len(seeds) == 2 * 3 * 20 * 4
    assert max(seeds) < 2**63


@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_ranks_share_a_batch_without_gap_or_repeat(world_size):
    rows = np.arange(8) * 10
    parts = [shard(rows, rank, world_size) for rank in range(world_size)]
    assert sorted(np.concatenate(parts)) == rows.tolist()


def test_a_batch_that_cannot_be_divided_gives_every_rank_equally_many():
    parts = [shard(np.arange(7), rank, 3) for rank in range(3)]
    assert [part.tolist() for part in parts] == [[0, 3, 6], [1, 4, 0], [2, 5, 1]]
    assert [shard(np.arange(2), rank, 3).tolist() for rank in range(3)] == [[0], [1], [0]]


def test_groups_are_held_out_whole():
    groups = np.repeat([f"slice {k}" for k in range(10)], 37)
    held_out = holdout_groups(groups, 0.2, np.random.default_rng(0))
    assert held_out.sum() == 2 * 37
    assert not set(groups[held_out]) & set(groups[~held_out])
    assert holdout_groups(groups, 3, np.random.default_rng(0)).sum() == 3 * 37
    assert holdout_groups(groups, 0.01, np.random.default_rng(0)).sum() == 37
    again = holdout_groups(list(groups), 0.2, np.random.default_rng(0))
    assert (again == held_out).all()


@pytest.mark.parametrize(("names", "held_out"), [(["a"], 0.5), (["a", "b"], 2), (["a", "b", "c"], 0.9)])
def test_holding_out_every_group_is_refused(names, held_out):
    with pytest.raises(UserError, match="none to train on"):
        holdout_groups(names, held_out, np.random.default_rng(0))
