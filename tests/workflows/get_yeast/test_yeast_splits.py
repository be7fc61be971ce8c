"""What is held out is held out whole: chromosomes, conditions with all their replicates, and what a column names."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tiny_yeast import tiny_yeast

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.conditions import condition_groups, empty_conditions
from genodesk.workflows.get_yeast.data import Regions
from genodesk.workflows.get_yeast.settings import SplitSettings
from genodesk.workflows.get_yeast.splits import make_split
from genodesk.workflows.get_yeast.synthetic import make_yeast
from genodesk.workflows.get_yeast.watched import not_refitted, watched_entries

KINDS = ["regions", "conditions", "both", "replicates", "random"]


@pytest.fixture(scope="module")
def data():
    return tiny_yeast()


@pytest.fixture(scope="module")
def triple():
    """Three samples of every condition."""
    data = tiny_yeast(samples=12)
    rows = np.sort(np.concatenate([np.arange(12), np.arange(0, 12, 2)]))
    again = data.take(samples=rows)
    return replace(again, samples=np.array([f"s{number}" for number in range(18)], dtype=object))


def split_of(data, kind, *holdout, seed=0):
    return make_split(data, SplitSettings(split=kind, holdout=holdout), seed)


@pytest.mark.parametrize("kind", KINDS)
def test_no_entry_is_in_two_parts_and_training_test_and_validation_all_have_some(triple, kind):
    split = split_of(triple, kind)
    assert not (split.train & split.test).any()
    assert not (split.train & split.validation).any()
    assert not (split.validation & split.test).any()
    assert split.train.any()
    assert split.test.any()
    assert split.validation.any()


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides_what_is_held_out(triple, kind):
    assert np.array_equal(split_of(triple, kind, seed=5).test, split_of(triple, kind, seed=5).test)
    assert any(
        not np.array_equal(split_of(triple, kind).test, split_of(triple, kind, seed=s).test) for s in range(1, 9)
    )


def test_regions_are_held_out_by_whole_chromosomes(data):
    split = split_of(data, "regions")
    assert split.held_out[0] in set(data.regions.chrom)
    assert np.array_equal(split.test, np.broadcast_to(data.regions.chrom == split.held_out[0], split.test.shape))
    for name in ("chr3", "3", "CHR3"):
        assert split_of(data, "regions", name).held_out == ["chr3"]


def test_where_nothing_is_named_one_chromosome_or_condition_judges_and_another_one_chooses():
    many, _ = make_yeast(genes=480, conditions=40)  # 15 chromosomes
    for kind, names in (("regions", many.regions.chrom), ("conditions", many.condition_group)):
        split = split_of(many, kind)
        axis = 0 if kind == "regions" else 1
        test, chosen_by = (set(names[part.any(axis=axis)]) for part in (split.test, split.validation))
        assert test == set(split.held_out)
        assert len(test) == len(chosen_by) == 1
        assert not test & chosen_by
    split = split_of(many, "both")
    assert len(split.held_out) == 2
    for part in (split.test, split.validation):
        assert len(set(many.regions.chrom[part.any(axis=0)])) == 1
        assert len(set(many.condition_group[part.any(axis=1)])) == 1
    named = split_of(many, "regions", "chrI", "chrII")
    assert named.held_out == ["chrI", "chrII"]
    assert len(set(many.regions.chrom[named.validation.any(axis=0)])) == 1


def test_replicates_of_one_condition_never_straddle_a_split_by_conditions(data):
    for seed in range(6):
        split = split_of(data, "conditions", seed=seed)
        test, train = split.test.any(axis=1), split.train.any(axis=1)
        assert not set(data.condition_group[test]) & set(data.condition_group[train])
        assert split.test[test].all()


def test_a_condition_group_can_be_named_by_one_of_its_samples(data):
    split = split_of(data, "conditions", "sample4")
    assert split.held_out == [data.condition_group[4]]
    assert np.flatnonzero(split.test.any(axis=1)).tolist() == [4, 5]


def test_held_out_by_both_the_test_shares_neither_region_nor_condition_with_training(data):
    split = split_of(data, "both", "chr2", str(data.condition_group[0]))
    assert split.test.sum() == 2 * (data.regions.chrom == "chr2").sum()
    assert not (split.train.any(axis=0) & split.test.any(axis=0)).any()
    assert not (split.train.any(axis=1) & split.test.any(axis=1)).any()


def test_samples_of_which_nothing_is_known_stay_in_training(data):
    conditions = data.conditions.copy()
    conditions.iloc[:2] = empty_conditions(conditions.index[:2])
    unknown = replace(data, conditions=conditions, condition_group=condition_groups(conditions))
    for kind in ("conditions", "both", "replicates"):
        for seed in range(5):
            split = split_of(unknown, kind, seed=seed)
            assert split.train[:2].any(axis=1).all()
            assert not split.test[:2].any()


def test_of_replicates_one_of_each_condition_is_held_out_and_the_others_stay(triple):
    split = split_of(triple, "replicates")
    test = split.test.any(axis=1)
    groups, held = np.unique(triple.condition_group[test], return_counts=True)
    assert len(groups) == 6
    assert set(held) == {1}
    assert set(triple.condition_group[split.train.any(axis=1)]) == set(groups)


def test_a_random_split_calls_itself_optimistic(data):
    split = split_of(data, "random")
    assert "optimistic" in split.described
    assert split.test.mean() == pytest.approx(0.1, abs=0.03)


def test_a_column_splits_by_its_values_or_says_itself_what_each_sample_is_for(data):
    batches = pd.DataFrame({"batch": ["a", "b", "c"] * 4, "part": ["train"] * 8 + ["val"] * 2 + ["Test"] * 2})
    labelled = replace(data, labels=batches.set_axis(data.conditions.index))
    split = split_of(labelled, "column:batch", "b")
    assert np.flatnonzero(split.test.any(axis=1)).tolist() == [1, 4, 7, 10]
    assert "are in training as well" in split.described  # the replicates of its conditions
    split = split_of(labelled, "column:part")
    assert np.flatnonzero(split.test.any(axis=1)).tolist() == [10, 11]
    assert np.flatnonzero(split.validation.any(axis=1)).tolist() == [8, 9]
    split = split_of(data, "column:drug", "rapamycin")
    assert (data.conditions["drug"].to_numpy()[split.test.any(axis=1)] == "rapamycin").all()


def test_regions_without_places_are_held_out_by_stretches_of_the_file(data):
    nowhere = replace(data, regions=Regions(data.regions.ids))
    split = split_of(nowhere, "regions", "block 2")
    held = np.flatnonzero(split.test[0])
    assert np.array_equal(held, np.arange(held[0], held[-1] + 1))
    assert 0.05 < split.test.mean() < 0.2


@pytest.mark.parametrize(
    ("kind", "holdout", "says"),
    [
        ("regions", ("chr9",), "no chromosome 'chr9'"),
        ("conditions", ("ypd 99C",), "no condition group 'ypd 99C'"),
        ("regions", ("chr1", "chr2", "chr3", "chr4"), "nothing is left to train on"),
        ("replicates", ("nobody",), "no sample 'nobody'"),
        ("random", ("chr1",), "no named part"),
        ("column:colour", (), "no column 'colour'"),
    ],
)
def test_what_cannot_be_held_out_is_said_in_a_sentence(data, kind, holdout, says):
    with pytest.raises(UserError, match=says) as error:
        split_of(data, kind, *holdout)
    assert error.value.hint


def test_a_split_that_leaves_nothing_measured_to_judge_with_is_refused(data):
    holes = data.expression.copy()
    holes[:, data.regions.chrom == "chr2"] = np.nan
    with pytest.raises(UserError, match="no measured expression to judge with"):
        split_of(replace(data, expression=holes), "regions", "chr2")


def test_conditions_measured_once_have_no_replicate_to_hold_out(data):
    with pytest.raises(UserError, match="No condition was measured more than once"):
        split_of(data.take(samples=np.arange(0, 12, 2)), "replicates")
    with pytest.raises(UserError, match="so none can be held out"):
        split_of(data.take(samples=np.arange(2)), "conditions")


@pytest.mark.parametrize(
    ("kind", "aside"),
    [("regions", "chromosome "), ("conditions", "condition group ypd"), ("both", " in condition group ypd"),
     ("replicates", "samples s"), ("random", "another random tenth"), ("column:batch", "all samples whose batch is ")],
)  # fmt: skip
def test_what_is_kept_aside_for_validation_is_named(triple, kind, aside):
    named = replace(triple, labels=pd.DataFrame({"batch": np.arange(18) // 6}, index=triple.conditions.index))
    split = split_of(named, kind)
    assert aside in split.aside
    assert "chr" not in split.aside.replace("chromosome ", "")
    assert f"Kept aside for validation: {split.aside}. " in not_refitted(named, split, 0)


def test_where_nothing_is_kept_aside_for_validation_nothing_is_named(data):
    split = split_of(data, "replicates")
    assert not split.validation.any()
    assert not_refitted(data, split, 0) == (
        "24 of 96 regions choose the length of training and how much of the network is used. Without a refit the saved "
        "model is not fitted to the test; what it reads from motifs and conditions is not fitted to these 24 regions "
        "either."
    )


@pytest.mark.parametrize("kind", ["regions", "both"])
def test_a_validation_of_whole_regions_is_what_chooses(data, kind):
    split = split_of(data, kind)
    assert (watched_entries(data, split, 0) == split.validation).all()
    told = not_refitted(data, split, 0)
    assert "That chooses the length of training" in told
    assert "neither to it nor to the test" in told
    if kind == "both":
        assert not split.train[split.validation.any(axis=1)].any()
        assert "Nor is it fitted to anything else in these regions or these conditions." in told


def test_where_conditions_are_held_out_the_regions_that_choose_are_counted(data):
    split = split_of(data, "conditions")
    watched = watched_entries(data, split, 0)
    assert (split.validation & ~watched).any(), "most of the validation is never looked at"
    number = int(watched.any(axis=0).sum())
    told = not_refitted(data, split, 0)
    assert f"{number} of 96 regions choose the length of training and how much of the network is used." in told
    assert f"is not fitted to these {number} regions either" in told
    assert "neither to the validation nor to the test" in told


def test_one_kept_aside_region_or_condition_alone_is_no_validation_and_is_learned(data):
    groups = sorted(set(data.condition_group))
    asked = [*data.samples[data.condition_group != groups[0]][::2].tolist(), "chr1"]
    split = split_of(data, "both", *asked)
    assert not split.validation.any()
    assert split.aside == ""
    learned = split.train[data.condition_group == groups[0]]
    assert learned[:, data.regions.chrom != "chr1"].all()


def test_a_chromosome_is_called_so_once(data):
    told = split_of(data, "regions", "chr2").described
    assert told == "New regions: all of chromosome 2 is held out."
    assert split_of(data, "regions", "chr2", "3").described == "New regions: all of chromosomes 2, 3 is held out."
