"""The raster of cells: every cell is drawn, where it lies, in its colour, whatever the order of the file."""

import asyncio
import threading
import time

import numpy as np
import pytest

from genodesk.app.plots.cell_index import index_cells
from genodesk.app.plots.colouring import UNKNOWN, Colouring, missing_on, rgb, viridis
from genodesk.app.plots.raster import Target, disc_diameter, draw, layer_of
from genodesk.app.plots.raster_thread import RasterThread
from genodesk.app.plots.scene import Places, Scene
from genodesk.core.figure import ColourScale
from genodesk.core.palette import MISSING, OKABE_ITO, THIRTY, class_colours

WHITE = (255, 255, 255)
RED, BLUE = (200, 0, 0), (0, 0, 200)
TWO = ColourScale(kind="category", label="class", categories=("red", "blue"))


def picture(positions, target, paint=None, ground=WHITE):
    """Pixels [height, width, 3] of cells painted 0 (white on white, never drawn), 1 red, 2 blue."""
    index = index_cells(np.asarray(positions, np.float32))
    paint = np.ones(len(positions), np.uint8) if paint is None else np.asarray(paint, np.uint8)
    colours = np.zeros((256, 3))
    colours[1:3] = RED, BLUE
    pixels = draw(index, *layers(index, paint[index.cells]), target, colours, ground)
    return pixels.view(np.uint8).reshape(*pixels.shape, 4)[..., 2::-1].astype(int)


def layers(index, paint):
    """All cells in the upper layer."""
    return layer_of(index, paint, np.zeros(len(paint), dtype=bool)), layer_of(
        index, paint, np.ones(len(paint), dtype=bool)
    )


def around(x, y, scale, size=100):
    """A square of pixels about a place."""
    return Target(x - size / 2 / scale, y + size / 2 / scale, scale, size, size)


def grid_of_cells(side, step=10.0):
    return np.stack(np.meshgrid(np.arange(side) * step, np.arange(side) * step), axis=-1).reshape(-1, 2)


def test_every_cell_is_drawn():
    cells = grid_of_cells(40)
    pixels = picture(cells, Target(-5.0, 395.0, 1.0, 400, 400))
    red = (pixels == RED).all(axis=2)
    centres = red[(394.99 - cells[:, 1]).astype(int), (cells[:, 0] + 5).astype(int)]
    assert centres.all()


def test_a_million_cells_all_leave_a_trace_and_cost_little():
    rng = np.random.default_rng(0)
    cells = (rng.random((1_000_000, 2)) * [1000, 800]).astype(np.float32)
    index = index_cells(cells)
    both = layers(index, np.ones(len(cells), np.uint8))
    began = time.thread_time()
    pixels = draw(index, *both, Target(0.0, 800.0, 1.0, 1000, 800), np.zeros((256, 3)), WHITE)
    assert time.thread_time() - began < 0.2
    hit = np.zeros((800, 1000), dtype=bool)
    hit[np.minimum((800 - cells[:, 1]).astype(int), 799), np.minimum(cells[:, 0].astype(int), 999)] = True
    differing = (pixels != 0xFFFFFFFF) != hit
    assert differing.mean() < 1e-4  # a cell on the line between two pixels may be rounded to either


def test_y_points_up():
    pixels = picture([(0, 0), (0, 30)], around(0, 0, 1.0), paint=[1, 2])
    red, blue = (np.argwhere((pixels == colour).all(axis=2))[:, 0].mean() for colour in (RED, BLUE))
    assert blue == pytest.approx(red - 30, abs=1)


@pytest.mark.parametrize("scale", [1.0, 3.0, 12.0])
def test_a_cell_is_a_round_disc_with_a_soft_edge(scale):
    cells = grid_of_cells(60)
    diameter = disc_diameter(index_cells(cells.astype(np.float32)).spacing, scale)
    share = 1 - picture(cells, around(300, 300, scale, round(10 * scale)))[..., 1] / 255
    assert share.sum() == pytest.approx(np.pi * diameter**2 / 4, rel=0.06)
    assert share.max() == 1.0
    assert ((share > 0.1) & (share < 0.9)).sum() > 4
    assert share[0, 0] == 0.0


def test_discs_grow_with_the_zoom_but_stay_apart_and_small():
    sizes = [disc_diameter(10.0, scale) for scale in (0.01, 0.1, 0.3, 1.0, 3.0, 100.0)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 1.0
    assert sizes[3] < 10.0
    assert sizes[-1] <= 16.0
    assert disc_diameter(10.0, 2.0, ratio=2.0) == pytest.approx(2 * disc_diameter(10.0, 1.0))


@pytest.mark.parametrize("cells", [40, 4000])
def test_where_discs_overlap_the_nearest_cell_wins_whatever_the_order(cells):
    rng = np.random.default_rng(1)
    places = rng.random((cells, 2)) * 100
    paint = rng.integers(1, 3, cells)
    target = around(50, 50, 6.0, 500)
    there = picture(places, target, paint)
    back = picture(places[::-1], target, paint[::-1])
    assert (there != back).any(axis=2).mean() < 0.005


def test_more_cells_in_a_pixel_make_it_darker():
    rng = np.random.default_rng(2)
    sparse, dense = rng.random((20_000, 2)) * [50, 100], rng.random((200_000, 2)) * [50, 100] + [50, 0]
    pixels = picture(np.concatenate([sparse, dense]), Target(0.0, 100.0, 1.0, 100, 100))
    assert pixels[:, :50, 1].mean() > pixels[:, 50:, 1].mean() + 20


def test_the_unknown_lies_beneath():
    places = np.repeat([(0.0, 0.0), (40.0, 0.0)], 2, axis=0)
    scene = Scene(Places(places.astype(np.float32)), Colouring(np.array([1, -1, -1, 1], np.int32), TWO))
    pixels = scene.draw(around(20, 0, 2.0), WHITE).pixels
    blue = int(OKABE_ITO[1][1:], 16) | 0xFF000000
    assert pixels[50, 10] == blue
    assert pixels[50, 90] == blue


def test_discs_at_the_edge_are_cut_and_not_left_out():
    cells = grid_of_cells(5, 30.0)
    whole = picture(cells, Target(-20.0, 140.0, 1.0, 160, 160))
    part = picture(cells, Target(2.0, 140.0, 1.0, 138, 160))
    assert (whole[:, 22:] == part).all(axis=2).mean() > 0.999
    assert (part[:, 0] != WHITE).any()


def test_a_part_of_the_plane_is_drawn_as_in_the_whole():
    rng = np.random.default_rng(3)
    cells = rng.random((50_000, 2)) * 1000
    whole, part = (
        picture(cells, Target(0.0, 1000.0, 1.0, 1000, 1000)),
        picture(cells, Target(300.0, 700.0, 1.0, 200, 200)),
    )
    assert (whole[300:500, 300:500] == part).all(axis=2).mean() > 0.999


def test_cells_without_a_position_are_left_out():
    places = np.array([(0, 0), (np.nan, 1), (5, np.inf), (9, 9)], np.float32)
    assert sorted(index_cells(places).cells.tolist()) == [0, 3]
    assert Scene(Places(places), Colouring()).draw(around(0, 0, 1.0), WHITE).drawn == 2


@pytest.mark.parametrize(
    "places", [np.zeros((0, 2)), np.zeros((1, 2)), np.full((9, 2), 7.0), np.stack([np.arange(50.0), np.zeros(50)], 1)]
)
def test_no_cell_one_cell_and_cells_on_a_line_are_drawn(places):
    scene = Scene(Places(places.astype(np.float32)), Colouring())
    drawn = scene.draw(around(7.0 if len(places) == 9 else 0.0, 7.0 if len(places) == 9 else 0.0, 1.0), WHITE)
    assert drawn.drawn == len(places)
    assert (drawn.pixels != 0xFFFFFFFF).any() == (len(places) > 0)


def test_the_nearest_shown_cell_is_found():
    rng = np.random.default_rng(4)
    cells = (rng.random((5000, 2)) * [300, 100] + 1e5).astype(np.float32)
    shown = rng.random(5000) < 0.5
    index = index_cells(cells)
    for x, y in rng.random((50, 2)) * [320, 120] + 1e5 - 10:
        far = np.where(shown, np.hypot(cells[:, 0] - x, cells[:, 1] - y), np.inf)
        expected = int(np.argmin(far)) if far.min() <= 6 else -1
        assert index.nearest(x, y, 6.0, shown) == expected


def test_a_lasso_holds_what_lies_inside_by_the_even_odd_rule():
    rng = np.random.default_rng(5)
    cells = rng.random((20_000, 2)).astype(np.float32) * 100
    star = np.array([(50, 5), (75, 95), (5, 35), (95, 36), (25, 94)], float)
    found = index_cells(cells).inside(star, len(cells))
    odd = np.zeros(len(cells), dtype=bool)
    x, y = cells.T
    for (x1, y1), (x2, y2) in zip(star, np.roll(star, -1, axis=0), strict=True):
        odd ^= ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    assert (found != odd).sum() <= 2
    assert not found[np.hypot(*(cells - 50).T) < 8].any()  # the middle of a star is outside


def test_quantities_span_their_inner_percentiles():
    values = np.concatenate([np.arange(1001.0), [1e9, np.nan]]).astype(np.float32)
    colouring = Colouring(values, ColourScale(kind="continuous", label="gene"))
    low, high = colouring.limits
    assert low == pytest.approx(10, abs=1)
    assert high == pytest.approx(991, abs=1)
    assert colouring.numbers[[0, 500, 1000, 1001, 1002]].tolist() == [1, 128, 255, 255, 0]
    key = colouring.key(None)
    assert key.beyond == (True, True)
    assert key.missing == (1, 1)


def test_a_gene_that_nearly_no_cell_has_still_shows_those_cells():
    values = np.zeros(1000, np.float32)
    values[:3] = 2, 4, 8
    assert Colouring(values, ColourScale(kind="continuous", label="gene")).limits == (0.0, 8.0)


def test_classes_keep_their_colours_when_cells_are_hidden():
    codes = np.array([0, 0, 1, 2, UNKNOWN, 7], np.int32)
    scale = ColourScale(kind="category", label="class", categories=("a", "b", "c", "d"))
    colouring = Colouring(codes, scale)
    assert colouring.key(None).counts == (2, 1, 1, 0)
    some = colouring.key(np.array([True, False, False, True, True, True]))
    assert some.counts == (1, 0, 1, 0)
    assert some.colours == OKABE_ITO[:4]
    assert some.missing == (2, 2)
    table = colouring.table(WHITE)
    assert [tuple(table[n]) for n in colouring.numbers[:4]] == [rgb(OKABE_ITO[i]) for i in (0, 0, 1, 2)]
    assert tuple(table[colouring.numbers[4]]) == rgb(MISSING)


def test_of_many_classes_the_thirty_most_frequent_are_coloured():
    counts = list(range(1, 301))
    codes = np.repeat(np.arange(300), counts)
    scale = ColourScale(kind="category", label="cluster", categories=tuple(map(str, range(300))))
    colouring = Colouring(codes, scale)
    assert colouring.key(None).colours == class_colours(counts)
    assert np.unique(colouring.numbers).size == len(THIRTY) + 1
    assert (colouring.numbers[codes < 270] == 0).all()


def test_viridis_is_viridis():
    assert [tuple(viridis()[i].round()) for i in (0, 128, 255)] == [(68, 1, 84), (33, 145, 140), (253, 231, 37)]


def test_the_unknown_is_dimmed_on_a_dark_ground():
    assert missing_on(WHITE) == MISSING
    assert sum(rgb(missing_on((28, 33, 39)))) < 0.6 * sum(rgb(MISSING))


async def test_the_newest_question_of_a_view_is_answered_and_no_view_waits_for_ever(until):
    thread, answers = RasterThread(), []
    thread.answered.connect(lambda key, answer: answers.append((key, answer, threading.current_thread())))
    thread.ask("busy", lambda: time.sleep(0.1))
    for number in range(5):
        thread.ask("a", lambda number=number: number)
        thread.ask("b", lambda number=number: -number)
    await until(lambda: len(answers) == 3)
    assert [answer[:2] for answer in answers] == [("busy", None), ("a", 4), ("b", -4)]
    assert {answer[2] for answer in answers} == {threading.main_thread()}


async def test_a_failing_question_is_written_down_and_the_next_is_answered(until, caplog):
    thread, answers = RasterThread(), []
    thread.answered.connect(lambda key, answer: answers.append(answer))
    thread.ask("a", lambda: 1 // 0)
    thread.ask("b", lambda: 7)
    await until(lambda: len(answers) == 2)
    assert answers == [None, 7]
    assert "ZeroDivisionError" in caplog.text


async def test_the_thread_ends_by_itself_and_starts_again(until):
    thread, answers = RasterThread(), []
    thread.answered.connect(lambda key, answer: answers.append(answer))
    for number in (1, 2):
        thread.ask("a", lambda number=number: number)
        await until(lambda number=number: answers[-1:] == [number])
        await until(lambda: not any(one.name == "raster" for one in threading.enumerate()))
        await asyncio.sleep(0)
