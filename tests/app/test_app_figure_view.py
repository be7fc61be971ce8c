"""Saved figures on screen: every kind, in the conventions of print, and a calm sentence where a file is damaged."""

import asyncio
import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from genodesk.app.plots.bodies import CurveBody, TissueBody
from genodesk.app.plots.class_list import ClassList
from genodesk.app.plots.figures import FigureView
from genodesk.app.plots.hexbin import Hexagons
from genodesk.app.theme import theme
from genodesk.core.figure import Axis, ColourScale
from genodesk.core.palette import OKABE_ITO, REFERENCE
from genodesk.engine import figures

X, Y = Axis(label="Measured", unit="log CPM"), Axis(label="Predicted")
LAYERS = ColourScale(kind="category", label="Layer", categories=("upper", "middle", "deep"))
GENE = ColourScale(kind="continuous", label="Lamp5", unit="counts")
WORDS = ("this run", "nearest neighbours", "ridge regression", "cell-type centroid", "two components", "chance")


def examples():
    r = np.random.default_rng(0)
    x, y = r.normal(size=(2, 200))
    codes = r.integers(-1, 3, 200)
    places = {"Measured": np.c_[x, y], "Placed by the model": np.c_[y, x]}
    steps = np.arange(30.0)
    return {
        "line": figures.line_figure(
            "line",
            "Loss",
            Axis(label="Step"),
            Axis(label="Loss", log=True),
            {"train": (steps, 1 / (1 + steps), 0.5 / (1 + steps), 2 / (1 + steps))},
            references={"chance": 0.5},
        ),
        "scatter": figures.scatter_figure(
            "scatter", "", X, Y, {"cells": (x, y)}, values={"cells": codes}, colour=LAYERS
        ),
        "hexbin": figures.hexbin_figure("hexbin", "", X, Y, (x, y), references={"identity": ([-3, 3], [-3, 3])}),
        "bar": figures.bar_figure(
            "bar",
            "Scores",
            Axis(label="", ticks=WORDS),
            Axis(label="Spearman"),
            {"ours": [0.61, *[np.nan] * 5]},
            errors={"ours": [0.05, *[np.nan] * 5]},
            intervals={"baseline": ([np.nan, 0.4, *[np.nan] * 4], [np.nan, 0.5, *[np.nan] * 4])},
            baselines={"baseline": [np.nan, 0.48, 0.41, 0.29, 0.2, -0.01]},
        ),
        "heatmap": figures.heatmap_figure("heatmap", "", X, Y, r.normal(size=(5, 9)), colour=GENE),
        "confusion": figures.confusion_figure("confusion", "", ("a", "b", "c"), [[8, 2, 0], [1, 3, 0], [0, 0, 0]]),
        "histogram": figures.histogram_figure("histogram", "", X, {"ours": x}, references={"uniform": y}),
        "volcano": figures.volcano_figure("volcano", "", 3 * x, 10 ** -np.abs(x), genes=list(map(str, range(200)))),
        "spatial": figures.spatial_figure("spatial", "Slice 4", places, values=codes, colour=LAYERS),
    }


@pytest.fixture
def view(qapp):
    theme().apply(qapp, "light")
    made = FigureView()
    made.resize(860, 480)
    made.show()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def show(view, until, tmp_path):
    async def show(drawing, step=None):
        seen = []
        view.drawn.connect(seen.append)
        view.show_figure(figures.save_drawing(drawing, tmp_path / "图", step))
        await until(lambda: seen)
        view.drawn.disconnect(seen.append)
        return view.body

    return show


def turn_off(legend, row):
    """Hides a class by the keyboard."""
    classes = legend.findChild(ClassList)
    classes.setCurrentIndex(classes.model().index(row, 0))
    QTest.keyClick(classes, Qt.Key.Key_Space)


def colours_in(widget):
    image = widget.grab().toImage()
    return {
        image.pixelColor(a, b).name().upper() for a in range(0, image.width(), 2) for b in range(0, image.height(), 2)
    }


@pytest.mark.parametrize("kind", examples())
async def test_every_kind_is_drawn_in_both_themes(view, show, until, kind):
    body = await show(examples()[kind])
    assert view.error is None
    for name in ("light", "dark"):
        theme().set_choice(name)
        await until(lambda: len(colours_in(body.panels[0])) > 4)
    theme().set_choice("light")
    assert view.figure.kind == kind


async def test_ours_is_coloured_and_references_are_grey(show, until):
    body = await show(examples()["bar"])
    assert {OKABE_ITO[0], REFERENCE} <= colours_in(body.panels[0])
    assert body.key.names() == ["ours", "baseline"]


async def test_bars_with_many_words_lie_down_in_their_order_and_tell_their_numbers(show):
    body = await show(examples()["bar"])
    plot = body.plots[0]
    assert plot.view.frame.y.ticks == WORDS
    assert plot.view.place(0, 0).y() < plot.view.place(0, 5).y()
    plot.view.pointed.emit(QPointF(0.2, 0.0))
    assert plot.tip() == "this run · ours: 0.610 ± 0.05"
    plot.view.pointed.emit(QPointF(0.2, 1.0))
    assert plot.tip().endswith(": 0.480 [0.40, 0.50]")
    plot.view.pointed.emit(QPointF(0.2, 2.0))
    assert plot.tip() == "ridge regression · baseline: 0.410"
    plot.view.pointed.emit(QPointF(0.2, 2.49))
    assert plot.tip() == ""


async def test_a_confusion_tells_shares_and_counts_and_leaves_a_class_that_never_occurs_blank(show):
    plot = (await show(examples()["confusion"])).plots[0]
    plot.view.pointed.emit(QPointF(1, 0))
    assert plot.tip() == "a · b: 0.20 (2)"
    plot.view.pointed.emit(QPointF(0, 2))
    assert plot.tip() == "c · a: – (0)"
    image = plot.view.grab().toImage()
    assert image.pixelColor(plot.view.place(0, 2).toPoint()).name().upper() == theme().css("line")


async def test_linked_panels_share_their_view_and_keep_it_from_step_to_step(view, show, until):
    body = await show(examples()["spatial"], 100)
    assert isinstance(body, TissueBody)
    left, right = body.views
    await until(lambda: left.view[1] > left.view[0] + 0.1)
    QTest.keyClick(left, Qt.Key.Key_Plus)
    QTest.keyClick(left, Qt.Key.Key_Right)
    await until(lambda: right.view == pytest.approx(left.view))
    before = left.view
    assert await show(examples()["spatial"], 200) is body
    assert view.figure.step == 200
    assert left.view == pytest.approx(before)


async def test_a_class_hidden_in_the_legend_leaves_a_scatter_plot(show, until):
    body = await show(examples()["scatter"])
    plot = body.plots[0]
    assert OKABE_ITO[1] in colours_in(plot)
    assert body.legend.shown == {-1, 0, 1, 2}
    turn_off(body.legend, 1)
    await until(lambda: OKABE_ITO[1] not in colours_in(plot))
    assert OKABE_ITO[0] in colours_in(plot)
    assert body.legend.shown == {-1, 0, 2}


@pytest.mark.parametrize("kind", ["scatter", "spatial"])
async def test_the_next_step_of_a_figure_keeps_what_is_hidden(show, until, kind):
    body = await show(examples()[kind], step=1)
    panel = body.panels[-1]
    await until(lambda: OKABE_ITO[1] in colours_in(panel) and 1 in body.legend.shown)
    turn_off(body.legend, 1)
    await until(lambda: OKABE_ITO[1] not in colours_in(panel))
    assert await show(examples()[kind], step=2) is body
    await asyncio.sleep(0.2)
    assert OKABE_ITO[1] not in colours_in(panel)
    assert OKABE_ITO[0] in colours_in(panel)


async def test_the_next_step_of_a_plot_keeps_the_view_until_all_is_asked_for(show):
    plot = (await show(examples()["histogram"], step=1)).plots[0]
    whole = plot.view.shown_range()
    QTest.keyClick(plot.view, Qt.Key.Key_Plus)
    closer = plot.view.shown_range()
    assert closer != whole
    await show(examples()["histogram"], step=2)
    assert plot.view.shown_range() == closer
    QTest.keyClick(plot.view, Qt.Key.Key_0)
    assert plot.view.shown_range() == whole


async def test_the_named_genes_of_a_volcano_plot_are_told_at_the_pointer(show):
    drawing = figures.volcano_figure("v", "", [-2.0, 0.1, 3.0], [1e-4, 0.5, 1e-9], genes=["DAD1", "ACT1", "TDH3"])
    body = await show(drawing)
    plot = body.plots[0]
    plot.view.pointed.emit(QPointF(3.0, 9.0))
    assert plot.tip() == "TDH3: log2 fold change 3.000, −log10 p 9.000"
    assert body.key.names() == ["lower", "higher", "unchanged", "threshold"]


async def test_curves_keep_colours_bands_and_logarithmic_axes(show):
    body = await show(examples()["line"])
    assert isinstance(body, CurveBody)
    plot = body.plots[0]
    plot.fit()
    assert plot.view.frame.y.log
    assert plot.view.shown_range()[1][1] == pytest.approx(np.log10(2), abs=0.2)
    assert plot.names() == ["train", "chance"]


async def test_ten_thousand_points_are_drawn_as_pixels_of_their_colours(show, until):
    r = np.random.default_rng(0)
    x, y = r.normal(size=(2, 10_000))
    body = await show(
        figures.scatter_figure(
            "many", "", X, Y, {"cells": (x, y)}, values={"cells": r.integers(0, 3, 10_000)}, colour=LAYERS
        )
    )
    await until(lambda: set(OKABE_ITO[:3]) <= colours_in(body.plots[0]))


def test_hexagons_hold_the_numbers_of_points_that_print_holds():
    r = np.random.default_rng(2)
    x, y = r.normal(size=(2, 3000))
    ours = Hexagons(x, y, square=False)
    theirs = Figure().gca().hexbin(x, y, gridsize=(48, 26), mincnt=1)
    assert sum(ours.counts.values()) == 3000
    assert sorted(ours.counts.values()) == sorted(theirs.get_array().astype(int).tolist())


async def test_a_damaged_figure_shows_its_sentence_and_a_good_one_comes_back(view, show, until, tmp_path):
    await show(examples()["bar"])
    path = view.path
    array = next(path.parent.glob("*.npy"))
    whole = array.read_bytes()
    array.write_bytes(whole[:-9])
    view.show_figure(path)
    await until(lambda: view.error)
    assert "does not hold it" in view.error.message
    texts = [found.text() for found in view.findChildren(QLabel) if found.isVisible()]
    assert view.error.message in texts
    array.write_bytes(whole)
    view.show_figure(path)
    await until(lambda: view.error is None)
    assert view.body.isVisible()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no figure at all", "not a Genodesk figure"),
        (json.dumps({"format": 99}), "newer Genodesk"),
        (None, "no such figure"),
    ],
)
async def test_a_file_that_is_no_figure_says_so(view, until, tmp_path, text, said):
    path = tmp_path / "x.json"
    if text is not None:
        path.write_text(text)
    view.show_figure(path)
    await until(lambda: view.error)
    assert said in view.error.message
    assert view.figure is None
