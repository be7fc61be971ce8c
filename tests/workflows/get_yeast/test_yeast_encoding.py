"""Conditions as numbers: what is missing, unknown or outside the range of training; nothing leaks into a fit."""

import json

import numpy as np
import pytest

from genodesk.core.errors import UserError
from genodesk.workflows.get_yeast.conditions import CATEGORIES, NUMBERS, empty_conditions
from genodesk.workflows.get_yeast.encoding import ConditionEncoder


@pytest.fixture
def conditions():
    """Two drugs at known doses, no drug at 37 °C, and a sample of which nothing is known."""
    frame = empty_conditions(["low", "high", "hot", "blank"])
    frame["medium"] = ["ypd", "ypd", "sc", None]
    frame["drug"] = ["rapamycin", "rapamycin", "none", None]
    frame["dose_molar"] = [1e-7, 1e-5, np.nan, np.nan]
    frame["drug_temperature_c"] = [30.0, 30.0, 37.5, np.nan]
    frame["drug_time_h"] = [1.0, 2.0, 3.0, np.nan]
    return frame


def column(batch, name):
    return batch.numbers[:, NUMBERS.index(name)]


def test_numbers_stand_on_the_declared_scales(conditions):
    batch = ConditionEncoder.fit(conditions).encode(conditions)
    assert batch.categories.dtype == np.int64
    assert batch.numbers.dtype == batch.mask.dtype == np.float32
    assert (batch.categories.shape, batch.numbers.shape) == ((4, 4), (4, 8))
    assert column(batch, "drug_temperature_c")[:3] == pytest.approx([0, 0, 1])
    assert column(batch, "drug_time_h")[:3] == pytest.approx(np.log1p([1, 2, 3]))
    assert column(batch, "dose_molar")[:2] == pytest.approx([-1, 1])


def test_missing_is_masked_and_neither_zero_degrees_nor_no_drug(conditions):
    batch = ConditionEncoder.fit(conditions).encode(conditions)
    assert not batch.mask[3].any()
    assert not batch.numbers[3].any()
    assert batch.mask[2, NUMBERS.index("drug_temperature_c")] == 1
    drugs = batch.categories[:, CATEGORIES.index("drug")]
    assert drugs[3] == 0
    assert drugs[2] == 1
    assert drugs[0] > 1


def test_only_training_rows_make_vocabulary_scale_and_range(conditions):
    encoder = ConditionEncoder.fit(conditions.iloc[:2])
    changed = conditions.copy()
    changed.loc["hot", "drug_temperature_c"] = 55.0
    assert ConditionEncoder.fit(changed.iloc[:2]) == encoder
    assert "sc" not in encoder.vocabularies["medium"]


def test_an_unseen_class_is_unknown_and_said_never_an_error(conditions):
    encoder = ConditionEncoder.fit(conditions.iloc[:2])
    batch = encoder.encode(conditions)
    assert batch.categories[2, CATEGORIES.index("medium")] == 0
    assert batch.categories.max() < max(encoder.sizes)
    assert encoder.outside(conditions)[2].startswith("medium sc was not in training")


def test_a_culture_without_drug_is_unlike_a_training_where_all_had_one(conditions):
    encoder = ConditionEncoder.fit(conditions.iloc[:2])
    assert "every culture of training had a drug" in encoder.outside(conditions)[2]
    assert encoder.encode(conditions).categories[2, CATEGORIES.index("drug")] == 0


def test_capitals_do_not_make_another_drug(conditions):
    other = conditions.assign(drug=["RAPAMYCIN", "Rapamycin", "none", None])
    encoder = ConditionEncoder.fit(conditions)
    assert np.array_equal(encoder.encode(other).categories, encoder.encode(conditions).categories)


def test_what_lies_outside_the_training_range_is_said_in_words(conditions):
    encoder = ConditionEncoder.fit(conditions)
    asked = conditions.copy()
    asked.loc["low", "dose_molar"] = 1e-3
    asked.loc["high", "drug_temperature_c"] = 42.0
    asked.loc["hot", "preculture_od600"] = 0.5
    low, high, hot, blank = encoder.outside(asked)
    assert low == "dose 1 mM of rapamycin is outside 100 nM to 10 uM of training"
    assert high == "culture temperature 42 °C is outside 30 to 37.5 °C of training"
    assert hot == "preculture OD600 was never recorded in training"
    assert blank == ""
    assert encoder.outside(conditions) == [""] * 4


@pytest.fixture
def two_drugs():
    """Fluconazole by weight and moles, a hundred times as much as rapamycin; caffeine once with and once without."""
    frame = empty_conditions(["f1", "f2", "f3", "r1", "r2", "c1", "c2", "n"])
    frame["drug"] = ["fluconazole"] * 3 + ["Rapamycin"] * 2 + ["caffeine"] * 2 + ["none"]
    frame["dose_molar"] = [2e-6, 2e-4, np.nan, 1e-8, 1e-6, 1e-3, np.nan, np.nan]
    frame["dose_g_per_l"] = [np.nan, np.nan, 0.05, *[np.nan] * 5]
    return frame


def asked_of(encoder, drug, **dose):
    frame = empty_conditions(["asked"])
    frame["drug"] = [drug]
    return encoder.outside(frame.assign(**dose))[0]


def test_a_dose_is_judged_by_those_of_its_own_drug(two_drugs):
    encoder = ConditionEncoder.fit(two_drugs)
    assert encoder.outside(two_drugs) == [""] * 8
    assert asked_of(encoder, "fluconazole", dose_molar=1e-4) == ""
    assert asked_of(encoder, "rapamycin", dose_molar=1e-4) == (
        "dose 100 uM of rapamycin is outside 10 nM to 1 uM of training"
    )
    assert asked_of(encoder, "rapamycin", dose_g_per_l=0.05) == "a dose of rapamycin in g/L was not in training"
    assert asked_of(encoder, "rapamycin") == "rapamycin without a dose was not in training"
    assert asked_of(encoder, "caffeine") == ""
    assert asked_of(encoder, None, dose_molar=1e-6) == "a dose is given but no drug"
    assert asked_of(encoder, "borrelidin", dose_molar=1e-6) == "drug borrelidin was not in training"
    assert encoder.dose_range("RAPAMYCIN", "dose_molar") == (1e-8, 1e-6)
    assert encoder.dose_range("rapamycin", "dose_g_per_l") is None
    assert not set(encoder.ranges) & {"dose_molar", "dose_g_per_l"}


def test_a_model_that_kept_no_doses_of_single_drugs_judges_by_those_of_all(two_drugs):
    document = ConditionEncoder.fit(two_drugs).to_json()
    del document["doses"], document["undosed"]
    document["ranges"]["dose_molar"] = [1e-8, 1e-3]
    encoder = ConditionEncoder.from_json(document)
    assert asked_of(encoder, "rapamycin", dose_molar=1e-4) == ""
    assert asked_of(encoder, "rapamycin", dose_molar=1e-2).startswith("dose 10 mM of rapamycin is outside")
    assert asked_of(encoder, "rapamycin") == ""
    assert encoder.dose_range(None, "dose_molar") == encoder.dose_range("caffeine", "dose_molar") == (1e-8, 1e-3)
    assert encoder.dose_range("none", "dose_molar") is None
    assert encoder.dose_range("<unknown>", "dose_molar") is None
    assert encoder.ranges == {}


def test_classes_stay_as_training_mostly_spells_them(two_drugs):
    drugs = ["PeAfpA", "peafpa", "PeAfpA", "Rapamycin", "rapamycin", "rapamycin", "none", None]
    encoder = ConditionEncoder.fit(two_drugs.assign(drug=drugs))
    assert encoder.vocabularies["drug"] == ("<unknown>", "none", "PeAfpA", "rapamycin")
    assert encoder.encode(two_drugs.assign(drug=drugs)).categories[:, 3].tolist() == [2, 2, 2, 3, 3, 3, 1, 0]


def test_an_encoder_is_the_same_after_its_json(conditions):
    encoder = ConditionEncoder.fit(conditions)
    again = ConditionEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert again == encoder
    with pytest.raises(UserError, match="damaged"):
        ConditionEncoder.from_json({"vocabularies": {}})


def test_a_training_without_any_condition_still_encodes(conditions):
    encoder = ConditionEncoder.fit(empty_conditions(["a"]))
    assert np.isfinite(encoder.encode(conditions).numbers).all()
    assert encoder.sizes == (1, 1, 1, 1)
