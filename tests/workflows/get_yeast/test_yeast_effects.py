"""What known regions do besides their motifs: told by near conditions and by their experiment, else by the mean."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_yeast import tiny_yeast

from genodesk.workflows.get_yeast.condition_kernel import Cultures
from genodesk.workflows.get_yeast.conditions import condition_groups, typed
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.encoding import ConditionEncoder
from genodesk.workflows.get_yeast.film import Conditions
from genodesk.workflows.get_yeast.region_effects import RegionEffects, fit_region_effects


@pytest.fixture(scope="module")
def data() -> YeastData:
    return tiny_yeast()


@pytest.fixture(scope="module")
def experiments() -> YeastData:
    """Four experiments, each a control and two doses grown alike; regions differ far more between experiments."""
    rng = np.random.default_rng(0)
    data = tiny_yeast()
    number = np.arange(12) // 3
    dose = np.array([np.nan, 1e-6, 1e-5] * 4)
    frame = pd.DataFrame(
        {
            "medium": "ypd",
            "drug": ["none", "rapamycin", "rapamycin"] * 4,
            "dose_molar": dose,
            "drug_time_h": np.array([8.0, 9.0, 8.5, 9.5])[number],
            "drug_temperature_c": 30.0,
        },
        index=data.samples,
    )
    measured = 4 + rng.normal(0, 1, (4, 96))[number] + np.nan_to_num(np.log10(dose) + 7)[:, None] * 0.2
    conditions = typed(frame)
    return replace(
        data,
        conditions=conditions,
        condition_group=condition_groups(conditions),
        expression=(measured + rng.normal(0, 0.05, measured.shape)).astype(np.float32),
    )


def test_they_bring_known_regions_closer_under_conditions_left_out(data):
    left_out = data.condition_group == data.condition_group[4]  # 34 °C, between others
    effects = effects_of(data, ~left_out)
    wrong = ((told(effects, data) - data.expression)[left_out] ** 2).mean()
    assert wrong < 0.9 * ((data.expression[left_out] - data.expression[~left_out].mean(axis=0)) ** 2).mean()
    assert effects.profile.shape[1] == 16


def test_a_replicate_of_a_known_condition_is_told_nearly_as_its_mean(data):
    effects = effects_of(data, np.arange(12) != 0)
    assert np.corrcoef(told(effects, data)[0], data.expression[1])[0, 1] > 0.98


def test_a_control_is_told_by_the_treated_cultures_of_its_own_experiment(experiments):
    control = np.arange(12) == 3
    predicted = told(effects_of(experiments, ~control), experiments)[control][0]
    truth = experiments.expression[control][0]
    assert np.corrcoef(predicted, truth)[0, 1] > 0.95
    assert np.corrcoef(experiments.expression[~control].mean(axis=0), truth)[0, 1] < 0.7


def test_a_culture_of_which_nothing_is_recorded_has_the_mean_profile(data):
    conditions = data.conditions.copy()
    conditions.iloc[0] = None
    blank = replace(data, conditions=typed(conditions), condition_group=condition_groups(typed(conditions)))
    effects = effects_of(blank, np.arange(12) != 1)
    mean = data.expression[np.arange(12) != 1].mean(axis=0)
    assert np.corrcoef(told(effects, blank)[0], mean)[0, 1] > 0.9999
    assert np.corrcoef(told(effects, blank)[1], mean)[0, 1] < 0.9999


def test_far_from_all_training_conditions_the_level_remains(data):
    effects, cultures = effects_of(data), cultures_of(data)
    far = effects.of(
        data.regions.ids, cultures.design[:1] + 100, cultures.recorded[:1], torch.zeros(1, len(data.regions))
    )
    torch.testing.assert_close(far[0], effects.level)


def test_a_variant_of_a_culture_keeps_what_its_experiment_shares(experiments):
    effects, cultures = effects_of(experiments), cultures_of(experiments)
    base = cultures.design[:1]
    heat = torch.linspace(-0.1, 0.1, 21)
    column = 1 + int(np.flatnonzero((base[0, 1:] == 0).numpy())[-1])  # a number that is the same in all cultures
    variants = base.repeat(21, 1)
    variants[:, column] += heat
    torch.testing.assert_close(effects.directions(variants[10:11], base), effects.directions(base))
    # Without it the prediction would jump beside the very condition that was measured.
    jumps = [effects.directions(variants, own).diff(dim=0).abs().max() for own in (base, None)]
    assert jumps[0] < 0.05 * jumps[1]


def test_without_trust_a_known_region_follows_the_network_on_average_only(data):
    path = np.random.default_rng(0).random(data.expression.shape, dtype=np.float32)
    effects = effects_of(data, path=path, trust=0.0)
    np.testing.assert_allclose(told(effects, data, path), told(effects, data, path + 5), atol=1e-4)
    cultures = cultures_of(data)
    unknown = effects.of(np.array(["unknown"]), cultures.design, cultures.recorded, torch.ones(len(data.samples), 1))
    assert unknown.abs().max() == 0


def test_where_no_condition_is_recorded_only_levels_are_learned(data):
    conditions = typed(pd.DataFrame(index=data.conditions.index))
    blank = replace(data, conditions=conditions, condition_group=condition_groups(conditions))
    effects = effects_of(blank)
    again = RegionEffects.from_saved(effects.tensors(), effects.to_json())
    assert np.ptp(told(again, blank), axis=0).max() == 0
    np.testing.assert_allclose(told(again, blank)[0], data.expression.mean(axis=0) * 12 / 12.5, rtol=1e-4)


def effects_of(
    data: YeastData, samples: np.ndarray | None = None, path: np.ndarray | None = None, trust: float = 1.0
) -> RegionEffects:
    """Learned from these samples, where the network says nothing but `path`."""
    learned = np.ones(len(data.samples), dtype=bool) if samples is None else samples
    known = np.repeat(learned[:, None], len(data.regions), axis=1)
    path = np.zeros_like(data.expression) if path is None else path
    return fit_region_effects(
        data.expression, path, known, data.regions.ids, cultures_of(data), data.condition_group, trust
    )


def told(effects: RegionEffects, data: YeastData, path: np.ndarray | None = None) -> np.ndarray:
    path = np.zeros_like(data.expression) if path is None else path
    cultures = cultures_of(data)
    return path + effects.of(data.regions.ids, cultures.design, cultures.recorded, torch.from_numpy(path)).numpy()


def cultures_of(data: YeastData) -> Cultures:
    encoder = ConditionEncoder.fit(data.conditions)
    return Cultures.of(Conditions.of(encoder.encode(data.conditions)), encoder)
