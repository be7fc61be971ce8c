"""The table of configurations, counted on real modules."""

from dataclasses import replace

import pytest

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics.compare import PUBLISHED_SIZES, StepTiming, compare_configurations


def test_the_six_configurations_have_exactly_the_published_numbers():
    rows = compare_configurations()["configurations"]
    assert [(row["total"], row["active"]) for row in rows] == [
        (707_508, 707_508),
        (444_988, 444_988),
        (476_980, 476_980),
        (710_324, 644_020),
        (713_396, 613_172),
        (447_804, 381_500),
    ]
    assert [round(100 * rows[row]["activation_rate"], 2) for row in (0, 3, 4)] == [100.0, 90.67, 85.95]


def test_other_sizes_are_counted_too():
    rows = compare_configurations(replace(PUBLISHED_SIZES, hidden_dim=256, heads=8, layers=6))["configurations"]
    ungated = compare_configurations(replace(PUBLISHED_SIZES, hidden_dim=256, heads=8, layers=5))["configurations"]
    assert rows[0]["total"] > ungated[0]["total"]
    # Going from a headwise to an elementwise gate adds (256 - 8) outputs of 257 weights in each of six layers.
    assert rows[2]["total"] - rows[1]["total"] == 6 * (256 - 8) * 257


def test_steps_are_timed_on_request():
    small = replace(PUBLISHED_SIZES, hidden_dim=32)
    rows = compare_configurations(small, StepTiming(cells=20, repeats=1))["configurations"]
    assert all(row["step_ms"] > 0 for row in rows)


def test_impossible_sizes_are_refused():
    with pytest.raises(UserError, match="not divisible"):
        compare_configurations(replace(PUBLISHED_SIZES, heads=3))
