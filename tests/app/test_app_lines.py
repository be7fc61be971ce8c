"""Curves: a million points in a few milliseconds, honest smoothing, a crosshair that tells what is drawn."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from genodesk.app.plots.decimate import MovingAverage, columns
from genodesk.app.plots.lines import LinePlot
from genodesk.app.plots.load import load, save
from genodesk.app.plots.ticks import linear_ticks, log_ticks, tick_words
from genodesk.app.theme import theme


@pytest.fixture
def plot(qapp):
    theme().apply(qapp, "light")
    made = LinePlot("Loss")
    made.set_labels("Step", "Loss")
    made.resize(700, 400)
    made.show()
    qapp.processEvents()
    yield made
    made.close()
    made.deleteLater()
    qapp.processEvents()


def drawn(plot):
    plot.fit()
    QApplication.processEvents()
    return plot.grab().toImage()


def test_every_pixel_column_keeps_its_lowest_and_highest_point():
    r = np.random.default_rng(0)
    x, y = np.arange(100_000.0), r.normal(size=100_000)
    y[54_321] = 40.0
    edges = np.linspace(0, 100_000, 501)
    few_x, few_y = columns(x, y, edges)
    assert few_x.size <= 1004
    for i in (0, 137, 271, 499):
        inside = (x >= edges[i]) & (x < edges[i + 1])
        kept = (few_x >= edges[i]) & (few_x < edges[i + 1])
        assert few_y[kept].min() == y[inside].min()
        assert few_y[kept].max() == y[inside].max()
    assert few_y.max() == 40.0


def test_a_few_points_stay_as_they_are_and_the_curve_runs_on_to_the_rim():
    x = np.arange(100.0)
    few_x, few_y = columns(x, x * 2, np.linspace(10.5, 20.5, 50))
    assert few_x[0] == 10.0
    assert few_x[-1] == 21.0
    np.testing.assert_array_equal(few_y, few_x * 2)


@pytest.mark.parametrize("weight", [0.05, 0.6, 0.9, 0.999])
def test_the_moving_average_is_that_of_its_definition_however_it_is_cut(weight):
    y = np.random.default_rng(1).normal(size=6000)
    expected, s = [], 0.0
    for i, value in enumerate(y):
        s = weight * s + (1 - weight) * value
        expected.append(s / (1 - weight ** (i + 1)))
    np.testing.assert_allclose(MovingAverage(weight).take(y), expected, rtol=1e-9)
    growing = MovingAverage(weight)
    np.testing.assert_allclose(np.concatenate([growing.take(part) for part in np.split(y, [1, 7, 5000])]), expected)


def test_a_million_points_are_redrawn_in_less_than_thirty_milliseconds(plot):
    n = 1_000_000
    plot.set_line("training", np.arange(n), 0.3 * np.random.default_rng(0).normal(size=n) ** 2 + 1)
    drawn(plot)
    spent = []
    for weight in (0.0, 0.9, 0.99, 0.0, 0.6):
        # The thread's own time: what others do on this machine meanwhile is not the plot's.
        before = time.thread_time()
        plot.set_smoothing(weight)
        plot.fit()
        plot.view.grab()
        spent.append(time.thread_time() - before)
    assert sorted(spent)[2] < 0.030
    assert max(spent) < 0.090


def test_smoothing_shows_the_average_in_front_and_the_numbers_faint_behind(plot):
    x = np.arange(400)
    plot.set_line("training", x, np.where(x % 2, 1.0, 3.0), colour="#FF0000")
    plain = drawn(plot)
    plot.set_smoothing(0.95)
    smooth = drawn(plot)

    def reds(image):
        pixels = [image.pixelColor(a, b) for a in range(200, 600, 3) for b in range(60, 330)]
        strong = sum(c.red() > 200 and c.green() < 90 for c in pixels)
        faint = sum(c.red() > 200 and 130 < c.green() < 235 for c in pixels)
        return strong, faint

    assert reds(plain)[0] > 10 * reds(smooth)[0] > 0
    assert reds(smooth)[1] > 1000


def test_a_curve_of_few_points_is_not_smoothed_out_of_its_place_beside_a_dense_one(plot):
    steps = np.arange(1000)
    plot.set_line("training", steps, np.exp(-steps / 200))
    plot.set_line("held-out data", steps[::100], np.exp(-steps[::100] / 200))
    plot.set_smoothing(0.9)
    drawn(plot)
    plot.view.pointed.emit(QPointF(500, 0))
    told = {reading.name: float(reading.value) for reading in plot.readings().curves}
    assert told["held-out data"] == pytest.approx(np.exp(-2.5), abs=2e-3)
    assert told["training"] == pytest.approx(np.exp(-2.5), rel=0.06)


def test_the_crosshair_tells_every_curve_at_the_pointer_and_follows_the_keyboard(plot):
    plot.set_line("training", [0, 10, 20], [3.0, 2.0, 1.0])
    plot.set_line("held-out data", [0, 20], [4.0, 2.5])
    plot.set_line("chance", [0, 20], [3.5, 3.5], dashed=True)
    drawn(plot)
    plot.view.pointed.emit(QPointF(9.2, 1.0))
    readings = plot.readings()
    assert readings.heading == "Step 10"
    assert [(r.name, float(r.value)) for r in readings.curves] == [
        ("training", 2.0),
        ("held-out data", 4.0),
        ("chance", 3.5),
    ]
    assert "training 2.0" in plot.view.accessibleDescription()
    QTest.keyClick(plot.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert plot.readings().heading == "Step 10"
    QTest.keyClick(plot.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert plot.readings().heading == "Step 20"
    plot.view.pointed.emit(None)
    assert plot.readings() is None
    assert plot.view.accessibleDescription() == ""


def test_growing_curves_are_followed_until_somebody_looks_closer_and_fitted_again_on_wish(plot):
    plot.append("training", [0, 1], [1.0, 0.5])
    drawn(plot)
    plot.append("training", [2, 100], [0.4, 0.2])
    drawn(plot)
    assert plot.view.shown_range()[0] == pytest.approx((0, 100))
    QTest.keyClick(plot.view, Qt.Key.Key_Plus)
    closer = plot.view.shown_range()[0]
    assert closer[1] - closer[0] == pytest.approx(80)
    plot.append("training", [1000], [0.1])
    plot._refresh()
    assert plot.view.shown_range()[0] == pytest.approx(closer)
    QTest.keyClick(plot.view, Qt.Key.Key_0)
    assert plot.view.shown_range()[0] == pytest.approx((0, 1000))


def test_steps_repeated_after_a_resume_go_where_they_belong(plot):
    plot.set_line("training", np.arange(10), np.zeros(10))
    plot.append("training", [6, 7, 8, 9, 10], np.ones(5))
    x, y = plot.points("training")
    assert np.all(np.diff(x) >= 0)
    assert x.size == 15
    assert y[x == 10] == [1.0]


def test_a_logarithmic_axis_leaves_out_what_has_no_logarithm(plot):
    plot.set_line("training", [1, 2, 3, 4], [0.0, 1.0, 10.0, np.nan])
    plot.set_log(y=True)
    drawn(plot)
    low, high = plot.view.shown_range()[1]
    assert -0.1 < low < 0 < 1 < high < 1.1
    assert plot.points("training")[0].size == 3  # what is no number at all is never kept


def test_a_name_in_the_key_switches_its_curve_off_and_all_off_says_so(plot):
    plot.set_line("a", [0, 1], [0.0, 1.0])
    plot.set_line("b", [0, 5], [0.0, 9.0])
    drawn(plot)
    button = plot.key.button("b")
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    drawn(plot)
    assert plot.view.shown_range()[0] == pytest.approx((0, 1))
    figure, _ = plot.to_figure("curves", "Curves")
    assert [series.name for series in figure.panels[0].series] == ["a"]
    plot.append("b", [6], [3.0])
    assert not plot.key.button("b").isChecked()


def test_curves_become_a_figure_that_can_be_saved_and_read_again(plot, tmp_path):
    plot.set_labels("Step", "Loss", y_unit="nats")
    plot.set_line("training", [0, 1, 2], [3.0, 2.0, 1.0], band=([2.5, 1.5, 0.5], [3.5, 2.5, 1.5]))
    plot.set_line("chance", [0, 2], [2.0, 2.0], dashed=True)
    figure, arrays = load(save(*plot.to_figure("loss", "Loss"), tmp_path / "图"))
    ours, chance = figure.panels[0].series
    assert (ours.name, ours.reference, chance.reference) == ("training", False, True)
    assert set(ours.data) == {"x", "y", "low", "high"}
    assert arrays[ours.data["y"]].tolist() == [3.0, 2.0, 1.0]
    assert figure.panels[0].y.unit == "nats"


def test_ticks_are_round_few_and_written_with_equal_decimals():
    assert tick_words(linear_ticks(0, 1, 5), log=False) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert tick_words(linear_ticks(-1200, 2600, 4), log=False) == ["−1,000", "0", "1,000", "2,000"]
    assert (
        tick_words(linear_ticks(0, 1e-4, 4), log=False)[-1].endswith("×10⁻⁵")
        or "10⁻" in tick_words(linear_ticks(0, 1e-4, 4), log=False)[-1]
    )
    assert tick_words(log_ticks(-2, 4, 4), log=True) == ["0.01", "1", "100", "10,000"]
    assert tick_words(log_ticks(0.1, 1.2, 5), log=True) == ["2", "5", "10"]
