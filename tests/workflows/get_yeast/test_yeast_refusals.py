"""Trainings that cannot work end before they begin: exit 2, one sentence, its place and a remedy, nothing written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pytest
import torch
from tiny_yeast import SHAPE, tiny_yeast
from yeast_tables import flat

from genodesk.workflows.get_yeast.data import write_yeast
from genodesk.workflows.get_yeast.model import GetSizes, RegionModel

Change = Callable[[anndata.AnnData], Any]


def with_value(column: str, value: object, part: str = "obs") -> Change:
    return lambda cultures: getattr(cultures, part).__setitem__(column, value)


def motifs(change: Callable[[Any], Any]) -> Change:
    return lambda cultures: cultures.varm.update(motif=change(cultures.varm["motif"]))


def repeated_samples(cultures: anndata.AnnData) -> None:
    cultures.obs_names = ["sample0", *cultures.obs_names[:-1]]


def negative(cultures: anndata.AnnData) -> None:
    cultures.X[3, 5] = -0.5


def closed(cultures: anndata.AnnData) -> None:
    cultures.var["accessibility"] -= 2


def unmeasured(cultures: anndata.AnnData) -> None:
    cultures.X[:] = np.nan


PREPARED: dict[str, tuple[Change, str]] = {
    "80 degrees": (with_value("drug_temperature_c", 80.0), "sample0 has a temperature of 80 °C"),
    "an OD of 50": (with_value("drug_od600", 50.0), "sample0 has an OD600 of 50"),
    "a dose below 0": (with_value("dose_molar", -1.0), "a dose of -1 M"),
    "samples twice": (repeated_samples, "1 sample id occurs more than once: sample0"),
    "words for a temperature": (with_value("drug_temperature_c", "warm"), "'warm' of sample0 is not a number"),
    "words for a place": (with_value("start", "here", "var"), "'here' of r0 is not a number"),
    "no motifs": (lambda cultures: cultures.varm.pop("motif"), "no motif scores of regions (varm/motif)"),
    "motifs without names": (motifs(lambda scores: scores.to_numpy()), "have no names"),
    "raw motif scores": (motifs(lambda scores: scores * 7), "instead of 0 to 1"),
    "only empty motifs": (motifs(lambda scores: scores * 0), "All 10 motif columns are zero"),
    "negative expression": (negative, "1 expression value is negative, the first in sample sample3 at region r5"),
    "negative accessibility": (closed, "Accessibility holds negative"),
    "nothing measured": (unmeasured, "no measured expression"),
}


@pytest.mark.filterwarnings("ignore:Observation names are not unique")
@pytest.mark.parametrize("what", PREPARED)
def test_a_prepared_file_that_was_changed_by_hand_is_refused(refused, tmp_path, what):
    change, message = PREPARED[what]
    path = tmp_path / "some yeast.h5ad"
    write_yeast(tiny_yeast(), path)
    cultures = anndata.read_h5ad(path)
    change(cultures)
    cultures.write_h5ad(path)
    refused("train", message, str(path), data=path)


def test_a_table_that_prepare_refuses_is_refused_for_a_training_too(refused, tmp_path):
    flat().rename(columns={"dose (nM)": "dose"}).to_csv(tmp_path / "flat.csv", index=False)
    refused("train", "has no unit", "column dose", data=tmp_path / "flat.csv")


SPLITS: dict[str, tuple[dict[str, Any], str, str]] = {
    "every chromosome held out": (
        {"split": "regions", "holdout": ["chr1", "chr2", "chr3", "chr4"]}, "nothing is left to train on", "--holdout"
    ),
    "a chromosome where nothing was measured": (
        {"split": "regions", "holdout": "chr2"}, "no measured expression to judge with", "--holdout"
    ),
    "a chromosome that is not there": ({"split": "regions", "holdout": "chr9"}, "no chromosome 'chr9'", "--holdout"),
    "replicates of conditions measured once": (
        {"split": "replicates"}, "No condition was measured more than once", "--split"
    ),
    "a column that is not there": ({"split": "column:batch"}, "no column 'batch'", "--split"),
    "a split that is none": ({"split": "genes"}, "no split called genes", "--split"),
}  # fmt: skip


@pytest.mark.parametrize("what", SPLITS)
def test_a_split_that_leaves_nothing_to_judge_with_is_refused(refused, tmp_path, what):
    settings, message, place = SPLITS[what]
    data = tiny_yeast().take(samples=np.arange(0, 12, 2))
    assert data.expression is not None
    data.expression[:, data.regions.chrom == "chr2"] = np.nan
    write_yeast(data, tmp_path / "yeast.h5ad")
    refused("train", message, place, data=tmp_path / "yeast.h5ad", **settings)


def test_a_split_of_made_up_yeast_is_looked_at_as_well(refused):
    refused("train", "no chromosome 'chr99'", "--holdout", difficulty="demo", split="regions", holdout="chr99")


def test_too_few_regions_to_watch_some_while_training_are_refused(refused, tmp_path):
    write_yeast(tiny_yeast().take(regions=np.array([0])), tmp_path / "one.h5ad")
    refused("train", "too few regions", "--data", data=tmp_path / "one.h5ad", split="conditions")


def test_heads_that_cannot_share_the_width_are_refused_for_every_network(refused, wide_yeast):
    for action in ("train", "pretrain"):
        error = refused(action, "width 10 is not divisible by 4", "--width", data=wide_yeast, width=10)
        assert "for example 8" in error["hint"]
        refused(action, "width 64 is not divisible by 5", "--heads", data=wide_yeast, heads=5)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A checkpoint for 283 inputs in the form of the published ones, as wide and deep as TINY."""
    torch.manual_seed(0)
    model = RegionModel(GetSizes(inputs=283, width=16, layers=2, heads=2, hidden=32, outputs=2))
    torch.save({"model": model.state_dict()}, tmp_path / "published.pth")
    return tmp_path / "published.pth"


@pytest.fixture
def wide_yeast(tmp_path: Path) -> Path:
    """Data with 235 motifs."""
    write_yeast(tiny_yeast(motifs=235), tmp_path / "yeast.h5ad")
    return tmp_path / "yeast.h5ad"


def test_a_checkpoint_for_283_inputs_is_refused_for_235_motifs(refused, published, wide_yeast):
    given = {"data": wide_yeast, "checkpoint": published, "checkpoint_parts": "whole", **SHAPE}
    error = refused("train", "283 inputs per region; these data have 239", str(published), **given)
    assert "--checkpoint-parts encoder" in error["hint"]


def test_a_checkpoint_that_fills_less_than_95_percent_is_refused(refused, published, wide_yeast):
    weights = torch.load(published)["model"]
    torch.save({"model": {name: t for name, t in weights.items() if "blocks.1." not in name}}, published)
    given = {"data": wide_yeast, "checkpoint": published, **SHAPE}
    error = refused("train", "at least 95% is needed", str(published), **given)
    assert "blocks.1." in error["message"]


def test_a_checkpoint_of_another_width_is_refused_with_the_network_it_is_for(refused, published, wide_yeast):
    error = refused("train", "16 wide; this one is 64 wide", str(published), data=wide_yeast, checkpoint=published)
    assert "--network get-base" in error["hint"]


def test_what_is_no_checkpoint_is_refused(refused, tmp_path, wide_yeast):
    other = tmp_path / "other.pth"
    torch.save({"embedding.weight": torch.zeros(3, 3)}, other)
    refused("train", "not those of a GET network", str(other), data=wide_yeast, checkpoint=other)
    other.write_bytes(b"no weights at all")
    refused("train", "", str(other), data=wide_yeast, checkpoint=other)
    refused("train", "no such checkpoint", "none.pth", data=wide_yeast, checkpoint=tmp_path / "none.pth")


def test_lora_without_a_network_to_keep_and_data_of_two_kinds_are_refused(refused, wide_yeast):
    refused("train", "none is given", "--lora", data=wide_yeast, lora=True)
    refused("train", "Both", "--data", data=wide_yeast, difficulty="demo")
    refused("train", "No data are given", "--data")


def test_saying_how_a_file_is_read_without_naming_it_is_refused(refused, wide_yeast, tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("sample,medium\nsample0,ypd\n")
    error = refused("train", "no file is named", "--conditions", difficulty="demo", conditions=sheet)
    assert "--data" in error["hint"]
    refused("pretrain", "no file is named", "--motif-file", difficulty="demo", motif_file=sheet)
