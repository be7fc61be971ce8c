"""From a person's file to a prediction nothing is lost, mistaken for something else, or silently left out."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import zarr
from attempts import Made
from safetensors.numpy import load_file
from tiny_yeast import TINY, made, settings_of, tiny_yeast
from yeast_tables import SHEET, flat, packed, sheet

from genodesk.workflows.get_yeast.conditions import CONDITION_COLUMNS, DOSES, NUMBERS, condition_groups
from genodesk.workflows.get_yeast.data import YeastData, read_yeast, write_yeast
from genodesk.workflows.get_yeast.encoding import ConditionEncoder
from genodesk.workflows.get_yeast.model import GetSizes, RegionModel
from genodesk.workflows.get_yeast.settings_reading import ReadSettings
from genodesk.workflows.get_yeast.trained import Trained, load_trained

ALL_KNOWN = {
    "medium": ("ypd", "sc"),
    "carbon_source": ("glucose", "galactose"),
    "nitrogen_source": ("urea", "proline"),
    "preculture_time_h": (5.0, 20.0),
    "preculture_temperature_c": (25.0, 30.0),
    "preculture_od600": (0.3, 0.9),
    "drug": ("rapamycin", "caffeine"),
    "dose_molar": (1e-7, 1e-5),
    "dose_g_per_l": (1e-3, 1e-1),
    "drug_time_h": (1.0, 9.0),
    "drug_temperature_c": (30.0, 37.0),
    "drug_od600": (0.5, 2.0),
}


@pytest.fixture(scope="module")
def data() -> YeastData:
    """Every field of the conditions is recorded and takes two values, each in another half of the samples."""
    yeast, rng = tiny_yeast(), np.random.default_rng(0)
    number = len(yeast.samples)
    conditions = pd.DataFrame(
        {
            name: rng.permutation(np.repeat(np.array(pair, dtype=object), number // 2))
            for name, pair in ALL_KNOWN.items()
        },
        index=yeast.conditions.index,
    ).astype(dict.fromkeys(NUMBERS, float))
    return replace(yeast, conditions=conditions, condition_group=condition_groups(conditions))


@pytest.fixture(scope="module")
def trained(data: YeastData, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    place = tmp_path_factory.mktemp("promises")
    write_yeast(data, place / "yeast.h5ad")
    flat_settings = {**TINY, "max_steps": 20, "learning_rate": 5e-3, "refit": False}
    settings = settings_of("train", **flat_settings, data=place / "yeast.h5ad", split="regions", holdout=["chr4"])
    run = made(place / "run", "train", settings)
    run.call(settings)
    return load_trained(run.path)


@pytest.mark.parametrize("field", CONDITION_COLUMNS)
def test_every_field_of_the_conditions_reaches_the_prediction_of_every_region(trained, data, field):
    one = data.take(samples=np.array([0]))
    said, other = data.conditions[field].iloc[0], set(ALL_KNOWN[field]) - {data.conditions[field].iloc[0]}
    told = []
    for value in (said, other.pop(), None if field not in NUMBERS else np.nan):
        conditions = one.conditions.copy()
        conditions[field] = [value]
        told.append(trained.predict(one, conditions=conditions)[0])
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert (np.abs(told[first] - told[second]) > 1e-6).mean() > 0.9, (first, second)


def test_every_motif_and_the_accessibility_of_a_region_reach_its_prediction(trained, data):
    before = trained.predict(data)
    for number, name in enumerate(data.motif_names):
        motifs = data.motifs.copy()
        motifs[:, number] = 0
        changed = np.abs(trained.predict(replace(data, motifs=motifs)) - before).max(axis=0)
        assert (changed[data.motifs[:, number] > 0.1] > 1e-6).mean() > 0.9, name
    closed = np.abs(trained.predict(replace(data, accessibility=np.zeros(len(data.regions), np.float32))) - before)
    assert (closed.max(axis=0) > 1e-6).mean() > 0.9


def test_missing_is_not_thirty_degrees_although_both_are_zero_inside(trained, data):
    one = data.take(samples=np.array([0]))
    conditions = one.conditions.assign(drug_temperature_c=[30.0])
    numbers = trained.encoder.encode(conditions).numbers[0]
    assert numbers[NUMBERS.index("drug_temperature_c")] == 0
    warm = trained.predict(one, conditions=conditions)
    unknown = trained.predict(one, conditions=conditions.assign(drug_temperature_c=[np.nan]))
    assert np.abs(warm - unknown).max() > 1e-4


def test_predicting_twice_gives_the_same_and_scales_nothing_again(trained, data):
    copies = data.motifs.copy(), data.accessibility.copy(), data.conditions.copy()
    first = trained.predict(data)
    assert np.array_equal(trained.predict(data), first)
    assert np.array_equal(data.motifs, copies[0])
    assert np.array_equal(data.accessibility, copies[1])
    assert data.conditions.equals(copies[2])


def test_packed_columns_are_found_by_their_names_in_whatever_order_they_stand(tmp_path):
    path = packed(tmp_path)
    expected = read_yeast(path)
    root = zarr.open_group(path, mode="a")
    matrix, rng = np.asarray(root["matrix"]), np.random.default_rng(1)
    names = [str(name) for name in root["motif_names"][:]]
    hots = [str(name) for name in root["condition_onehot_names"][:]]
    for group, first, stored in ((names, 0, "motif_names"), (hots, len(names), "condition_onehot_names")):
        order = rng.permutation(len(group))
        matrix[:, :, first : first + len(group)] = matrix[:, :, first + order]
        root[stored][:] = np.array([group[number] for number in order], dtype="T")
    root["matrix"][:] = matrix
    assert_same(read_yeast(path), expected)


def test_columns_of_tables_are_found_by_their_names_in_whatever_order_they_stand(tmp_path):
    flat().to_csv(tmp_path / "a.csv", index=False)
    flat().iloc[:, ::-1].to_csv(tmp_path / "b.csv", index=False)
    assert_same(read_yeast(tmp_path / "b.csv"), read_yeast(tmp_path / "a.csv"))
    turned = "\n".join(",".join(line.split(",")[::-1]) for line in SHEET.splitlines())
    data = packed(tmp_path)
    expected = read_yeast(data, ReadSettings(conditions=sheet(tmp_path)))
    assert_same(read_yeast(data, ReadSettings(conditions=sheet(tmp_path, turned, "turned.csv"))), expected)


def test_a_dose_and_a_gap_survive_the_way_from_the_sheet_through_the_prepared_file_to_the_network(tmp_path):
    write_yeast(read_yeast(packed(tmp_path), ReadSettings(conditions=sheet(tmp_path))), tmp_path / "y.h5ad")
    conditions = read_yeast(tmp_path / "y.h5ad").conditions
    assert conditions.loc["S2", "dose_molar"] == 5e-6
    assert conditions.loc["S3", "dose_g_per_l"] == 1e-3
    known = ConditionEncoder.fit(conditions).encode(conditions).mask
    recorded = pd.DataFrame(known, index=conditions.index, columns=list(NUMBERS))
    assert list(recorded.loc["S2", list(DOSES)]) == [1, 0]
    assert list(recorded.loc["S3", list(DOSES)]) == [0, 1]
    assert not recorded.loc[["S2", "S3"], "preculture_temperature_c"].any()  # a 0 in the sheet, never 0 °C
    assert recorded.loc["S1", "preculture_temperature_c"] == 1


@pytest.fixture(scope="module")
def adapted(yeast_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, dict[str, torch.Tensor]]:
    """A training with adapters beside a published encoder, and that encoder's weights."""
    place = tmp_path_factory.mktemp("adapted")
    torch.manual_seed(1)
    model = RegionModel(GetSizes(inputs=283, width=16, layers=2, heads=2, hidden=32, outputs=2))
    torch.save({"model": model.state_dict()}, place / "published.pth")
    settings = settings_of(
        "train", **{**TINY, "refit": False, "split": "regions"},
        data=yeast_file, checkpoint=place / "published.pth", lora=True, lora_rank=3, lora_alpha=6.0,
    )  # fmt: skip
    run = made(place / "run", "train", settings)
    run.call(settings)
    return run, model.state_dict()


def test_a_training_says_what_of_a_checkpoint_it_took_and_what_it_trains(adapted):
    said = adapted[0].said
    (account,) = [line for line in said if line.startswith("Weights of layout fine-tune")]
    assert "matched (100.0%), 0 missing, 0 unexpected, 0 of another shape" in account
    assert account.endswith("The first layer starts fresh.")
    assert any(line.startswith("LoRA: ") and "parameters are trained" in line for line in said)
    assert any("not for commercial use" in warning for warning in adapted[0].warnings)


def test_the_layers_of_a_checkpoint_are_in_the_trained_model_and_only_the_adapters_changed_them(adapted):
    run, published = adapted
    model, adapters = (load_file(run.path / "model" / f"{name}.safetensors") for name in ("model", "adapter_model"))
    adapted_layers = ("attn.qkv.weight", "attn.proj.weight", "mlp.fc1.weight", "mlp.fc2.weight")
    for name, tensor in published.items():
        if name.startswith(("region_embed", "head")):
            continue
        change = model[f"network.region.{name}"] - tensor.numpy()
        if name.endswith(adapted_layers):
            down, up = (
                adapters[f"base_model.model.region.{name.removesuffix('weight')}lora_{side}.weight"] for side in "AB"
            )
            assert down.shape[0] == 3
            np.testing.assert_allclose(change, 6.0 / 3 * up @ down, atol=1e-5)
            assert np.abs(change).max() > 0, name
        else:
            assert not change.any(), name


def test_peft_puts_the_adapters_of_a_run_beside_the_published_layers_again(adapted):
    from peft import PeftModel

    run, published = adapted
    merged = load_trained(run.path).network
    plain = copy.deepcopy(merged)
    kept = {name: tensor for name, tensor in published.items() if not name.startswith(("region_embed", "head"))}
    plain.region.load_state_dict(kept, strict=False)
    asked = torch.rand(2, 5, 14, generator=torch.Generator().manual_seed(0))
    told = merged.region(asked)
    assert not torch.allclose(plain.region(asked), told, atol=1e-5)
    again = PeftModel.from_pretrained(plain, str(run.path / "model")).get_base_model()
    torch.testing.assert_close(again.region(asked), told, rtol=1e-4, atol=1e-6)


def assert_same(one: YeastData, other: YeastData) -> None:
    """The same data but for the order of motifs."""
    pd.testing.assert_frame_equal(one.conditions, other.conditions)
    assert np.array_equal(one.aligned_motifs(other.motif_names), other.motifs)
    assert np.array_equal(one.accessibility, other.accessibility)
    assert np.array_equal(one.expression, other.expression)
    assert list(one.samples) == list(other.samples)
