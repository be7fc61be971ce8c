"""The loss curve comes from the numbers that the training wrote."""

import numpy as np

from genodesk.engine.run_tables import MetricsTable
from genodesk.engine.training.curves import loss_figure


def test_the_loss_of_every_split_becomes_a_curve_over_steps(tmp_path):
    table = MetricsTable(tmp_path / "metrics.csv", continued=False)
    for step, loss in ((10, 3.0), (20, 2.5)):
        table.add(step, None, "train", {"loss": loss, "learning_rate": 0.1})
    table.add(20, None, "validation", {"loss": 2.75})

    drawing = loss_figure(tmp_path / "metrics.csv")

    assert drawing is not None
    curves = {series.name: series.data for series in drawing.figure.panels[0].series}
    assert set(curves) == {"training", "held-out data"}
    np.testing.assert_array_equal(drawing.arrays[curves["training"]["x"]], [10, 20])
    np.testing.assert_array_equal(drawing.arrays[curves["training"]["y"]], [3.0, 2.5])
    np.testing.assert_array_equal(drawing.arrays[curves["held-out data"]["y"]], [2.75])


def test_there_is_no_curve_before_there_is_a_loss(tmp_path):
    assert loss_figure(tmp_path / "metrics.csv") is None
    MetricsTable(tmp_path / "metrics.csv", continued=False).add(1, None, "train", {"learning_rate": 0.1})
    assert loss_figure(tmp_path / "metrics.csv") is None
