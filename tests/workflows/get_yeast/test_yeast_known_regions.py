"""A few regions are predicted as among all of them: with their gaps and in their windows, or it is told what lacks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_yeast import TINY, made, settings_of, tiny_yeast

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.inputs import RegionInputs
from genodesk.workflows.get_yeast.known_regions import KnownRegions
from genodesk.workflows.get_yeast.trained import load_trained
from genodesk.workflows.get_yeast.windows import neighbour_windows

CHR2 = np.arange(24, 48)  # in three windows of 8


@pytest.fixture(scope="module")
def data():
    return tiny_yeast()


@pytest.fixture(scope="module")
def trained(yeast_file, tmp_path_factory):
    settings = settings_of(
        "train", **{**TINY, "max_steps": 20, "learning_rate": 1e-2}, data=yeast_file, split="regions", refit=False
    )
    run = made(tmp_path_factory.mktemp("known") / "run", "train", settings)
    run.call(settings)
    return load_trained(run.path)


def test_whole_windows_are_predicted_alone_as_among_all_regions(trained, data):
    among_all = trained.predict(data)
    for rows in (CHR2[8:16], CHR2[[*range(8), *range(16, 24)]], CHR2[::-1][8:16]):
        few = data.take(regions=rows)
        np.testing.assert_allclose(trained.predict(few), among_all[:, rows], atol=1e-5)
        assert trained.lost_neighbours(few) == []
    cut = CHR2[:12]  # shared out anew these would be two windows of six
    np.testing.assert_allclose(trained.predict(data.take(regions=cut))[:, :8], among_all[:, cut[:8]], atol=1e-5)


def test_regions_without_their_neighbours_and_new_ones_are_told(trained, data):
    assert trained.lost_neighbours(data) == []
    (said,) = trained.lost_neighbours(data.take(regions=CHR2[:12]))
    assert said.startswith("4 of 12 regions are here without some of their neighbours of training")
    names = data.regions.ids.copy()
    names[CHR2[:3]] = ["new1", "new2", "new3"]
    said = trained.lost_neighbours(replace(data, regions=replace(data.regions, ids=names)))
    assert said[0].startswith("3 of 96 regions are not where training knew any")
    moved = replace(data, regions=replace(data.regions, start=data.regions.start + 1))
    assert trained.lost_neighbours(moved)[0].startswith("96 of 96")


def test_gaps_are_those_among_all_regions_also_where_the_data_hold_no_places(data):
    inputs = RegionInputs.fit(data, np.ones(96, dtype=bool))
    all_places = inputs.tensors(data).place
    rows = np.array([3, 30, 90])
    few = data.take(regions=rows)
    assert torch.equal(inputs.tensors(few).place, all_places[rows])
    nameless = replace(few, regions=replace(few.regions, chrom=None, start=None, end=None))
    assert torch.equal(inputs.tensors(nameless).place, all_places[rows])
    new = replace(few, regions=replace(few.regions, ids=np.array(["a", "b", "c"], dtype=object)))
    assert not torch.equal(inputs.tensors(new).place, all_places[rows])


def test_regions_without_places_keep_their_windows_by_their_ids(data):
    nameless = replace(data.regions, chrom=None, start=None, end=None)
    known = KnownRegions.of(nameless)
    windows = neighbour_windows(nameless, 10)
    few = nameless.take(windows[3][windows[3] >= 0])
    assert len(set(known.windows_of(few, 10))) == 1
    assert known.alone(few, 10) == 0
    assert known.alone(few.take(np.arange(4)), 10) == 4


def test_a_model_saved_without_places_still_reads_and_says_so(data):
    inputs = RegionInputs.fit(data, np.ones(96, dtype=bool))
    document = inputs.to_json()
    del document["regions"]
    older = RegionInputs.from_json(document)
    assert torch.equal(older.tensors(data).place, inputs.tensors(data).place)
    assert np.array_equal(older.windows(data, 8), inputs.windows(data, 8))
    assert "holds no places" in older.lost_neighbours(data, 8)[0]
    with pytest.raises(UserError, match="damaged"):
        RegionInputs.from_json(document | {"regions": {"ids": ["r1"]}})
