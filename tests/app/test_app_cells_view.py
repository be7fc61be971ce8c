"""CellsView and Legend as a person meets them: by mouse, keyboard and what stands on the screen."""

import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from genodesk.app.plots.cells import CellsView
from genodesk.app.plots.class_list import ClassList
from genodesk.app.plots.colour_bar import ColourBar
from genodesk.app.plots.legend import Legend
from genodesk.app.plots.raster_thread import raster_thread
from genodesk.app.theme import theme
from genodesk.core.figure import ColourScale
from genodesk.core.figure_files import problem_with

REGIONS = ColourScale(kind="category", label="region", categories=("upper", "lower", "absent"))
GENE = ColourScale(kind="continuous", label="Rorb", unit="counts")


@pytest.fixture
def shown(qapp, until):
    """Shows a widget until the test ends."""
    made: list[QWidget] = []

    async def shown(widget, width=600, height=400):
        made.append(widget)
        widget.resize(width, height)
        widget.show()
        for view in [widget, *widget.findChildren(CellsView)]:
            if isinstance(view, CellsView):
                await drawn(view, until)
        return widget

    theme().apply(QApplication.instance(), "light")
    yield shown
    for widget in made:
        widget.close()
        widget.deleteLater()


async def drawn(view, until):
    """Waits for the picture of the view as it is now."""
    await until(lambda: view._picture is not None and view._picture.scene is view._scene)
    await until(lambda: view._picture.target == view._target())


def some_cells():
    """100 x 60 cells, 10 µm apart; the upper half and the lower half are classes; ten are not known."""
    x, y = np.meshgrid(np.arange(100) * 10.0, np.arange(60) * 10.0)
    codes = (y.ravel() < 300).astype(np.int32)
    codes[:10] = -1
    return np.stack([x.ravel(), y.ravel()], 1).astype(np.float32), codes


def view_of_some_cells():
    view = CellsView()
    positions, codes = some_cells()
    view.set_cells(positions)
    view.set_colours(codes, REGIONS)
    return view


def at(view, cell):
    return view._gestures.to_widget(*view._scene.places.positions[cell].tolist()).toPoint()


def test_the_view_needs_no_other_plotting_library():
    code = (
        "import sys, genodesk.app.plots.legend; print(sorted({'pyqtgraph', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


async def test_all_cells_are_fitted_into_the_view_and_counted(shown):
    view = await shown(view_of_some_cells())
    assert view.status() == view.accessibleDescription() == "6,000 of 6,000 cells"
    left, right, bottom, top = view.view
    assert left < 0 < 990 < right
    assert bottom < 0 < 590 < top
    assert (right - left) / (top - bottom) == pytest.approx(600 / 400)
    assert min(right - left - 990, top - bottom - 590) < 70  # small margins on the tighter side
    image = view.grab().toImage()
    panel = theme().colour("panel").rgb()
    for cell in (20, 5999, 3333):
        assert image.pixel(at(view, cell)) != panel
    assert image.pixel(3, 3) == panel


async def test_y_points_up_and_classes_have_their_colours(shown):
    view = await shown(view_of_some_cells())
    image = view.grab().toImage()
    assert image.pixelColor(at(view, 5950)).name() == "#0072b2"
    assert image.pixelColor(at(view, 1050)).name() == "#e69f00"
    assert at(view, 5950).y() < at(view, 1050).y()


async def test_keys_move_zoom_and_fit(shown):
    view = await shown(view_of_some_cells())
    fitted = view.view
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert view.view[0] > fitted[0]
    assert view.view[2] > fitted[2]
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.view[1] - view.view[0] < fitted[1] - fitted[0]
    QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.view[1] - view.view[0] == pytest.approx(fitted[1] - fitted[0])
    for key in (Qt.Key.Key_0, Qt.Key.Key_Home):
        QTest.keyClick(view, Qt.Key.Key_Left)
        QTest.keyClick(view, key)
        assert view.view == pytest.approx(fitted)


async def test_the_wheel_zooms_about_the_pointer_and_a_double_click_fits(shown):
    view = await shown(view_of_some_cells())
    fitted, point = view.view, QPointF(100, 50)
    before = view._gestures.to_plane(point)
    wheel = QWheelEvent(
        point, view.mapToGlobal(point), QPoint(), QPoint(0, 480), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, wheel)
    assert view._gestures.to_plane(point) == pytest.approx(before)
    assert view.view[1] - view.view[0] < 0.6 * (fitted[1] - fitted[0])
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    assert view.view == pytest.approx(fitted)


async def test_dragging_takes_the_cells_along_at_once(shown, until):
    view = await shown(view_of_some_cells())
    place = at(view, 3050)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseMove(view, place + QPoint(40, -25))
    old = view._picture
    assert at(view, 3050) == place + QPoint(40, -25)
    image = view.grab().toImage()
    assert view._picture is old  # the new one is still to come
    assert image.pixel(place + QPoint(40, -25)) != theme().colour("panel").rgb()
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=place + QPoint(40, -25))
    await drawn(view, until)
    assert view._picture is not old


async def test_a_resized_view_stays_fitted_until_a_person_moves_it(shown, until):
    view = await shown(view_of_some_cells())
    view.resize(900, 300)
    await drawn(view, until)
    assert view.view[3] - view.view[2] < 700
    QTest.keyClick(view, Qt.Key.Key_Plus)
    scale = (view.view[1] - view.view[0]) / 900
    view.resize(500, 500)
    assert (view.view[1] - view.view[0]) / 500 == pytest.approx(scale)


async def test_the_cell_under_the_pointer_is_told_and_ringed(shown):
    view = await shown(view_of_some_cells())
    picked = []
    view.picked.connect(picked.append)
    QTest.mouseMove(view, at(view, 2040))
    before = view.grab().toImage()
    QTest.mouseMove(view, at(view, 2050))
    QTest.mouseMove(view, QPoint(2, 2))
    assert picked == [2040, 2050, -1]
    assert before != view.grab().toImage()


async def test_hidden_cells_are_not_picked(shown, until):
    view = await shown(view_of_some_cells())
    view.set_shown(np.arange(6000) < 3000)
    await drawn(view, until)
    assert view.status() == "3,000 of 6,000 cells"
    picked = []
    view.picked.connect(picked.append)
    QTest.mouseMove(view, at(view, 4040))
    QTest.mouseMove(view, at(view, 1040))
    assert picked == [1040]
    view.set_shown(None)
    await drawn(view, until)
    assert view.status() == "6,000 of 6,000 cells"


async def test_a_lasso_selects_what_it_surrounds_and_escape_takes_it_back(shown, until):
    view = await shown(view_of_some_cells())
    masks = []
    view.lassoed.connect(masks.append)
    view.set_lasso(True)
    seen, corners = view.view, [at(view, cell) for cell in (1010, 1050, 4050, 4010)]
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=corners[0] + QPoint(-2, 2))
    for corner, step in zip(corners[1:], ((2, 2), (2, -2), (-2, -2)), strict=True):
        QTest.mouseMove(view, corner + QPoint(*step))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=corners[3])
    await until(lambda: masks)
    x, y = some_cells()[0].T
    assert (masks[0] == ((x >= 100) & (x <= 500) & (y >= 100) & (y <= 400))).all()
    assert view.view == seen
    QTest.keyClick(view, Qt.Key.Key_Escape)
    await until(lambda: len(masks) == 2)
    assert not masks[1].any()
    QTest.keyClick(view, Qt.Key.Key_Return)  # all in view, without a mouse
    await until(lambda: len(masks) == 3)
    assert masks[2].all()


async def test_linked_views_show_the_same_place_at_the_same_scale(shown, until):
    whole = QWidget()
    one, other = view_of_some_cells(), view_of_some_cells()
    other.set_cells(some_cells()[0] + np.float32([500, 0]))
    for view, x in ((one, 0), (other, 300)):
        view.setParent(whole)
        view.setGeometry(x, 0, 300, 300)
    one.link(other)
    await shown(whole)
    assert one.view == pytest.approx(other.view)
    assert one.view[0] < 0 < 1490 < one.view[1]
    QTest.keyClick(other, Qt.Key.Key_Plus)
    QTest.keyClick(one, Qt.Key.Key_Left)
    await drawn(one, until)
    assert one.view == pytest.approx(other.view)
    other.setParent(None)
    other.deleteLater()
    QTest.keyClick(one, Qt.Key.Key_0)


async def test_a_new_sample_of_the_same_cells_keeps_colours_and_view(shown, until):
    view = await shown(view_of_some_cells())
    QTest.keyClick(view, Qt.Key.Key_Plus)
    seen = view.view
    view.set_cells(some_cells()[0] * np.float32(0.9))
    await drawn(view, until)
    assert view.view == seen
    assert view.key.counts == (3000, 2990, 0)


async def test_the_legend_counts_classes_and_hides_them_by_click_and_key(shown, until):
    view, legend = await shown(view_of_some_cells()), Legend()
    legend.follow(view)
    await shown(legend, 240, 200)
    rows = legend.findChild(ClassList)
    texts = [rows.model().index(i, 0).data(Qt.ItemDataRole.AccessibleTextRole) for i in range(rows.model().rowCount())]
    assert texts == ["upper, 3,000", "lower, 2,990", "not known, 10"]  # a class without cells is left out
    told = []
    legend.shown_changed.connect(told.append)
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualRect(rows.model().index(1, 0)).center())
    await drawn(view, until)
    assert told == [{0, -1}]
    row = rows.visualRect(rows.model().index(1, 0))
    assert rows.viewport().grab(row).toImage().pixelColor(13, 13).name() != "#e69f00"  # hollow
    assert view.status() == "3,010 of 6,000 cells"
    rows.setCurrentIndex(rows.model().index(2, 0))
    QTest.keyClick(rows, Qt.Key.Key_Space)
    assert told[-1] == legend.shown == {0}
    QTest.keyClick(rows, Qt.Key.Key_Return)
    assert told[-1] == {-1}
    QTest.keyClick(rows, Qt.Key.Key_Return)
    assert told[-1] == {0, 1, -1}
    QTest.mouseDClick(
        rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualRect(rows.model().index(0, 0)).center()
    )
    await drawn(view, until)
    assert legend.shown == {0}
    assert view.status() == "3,000 of 6,000 cells"


async def test_hidden_classes_stay_hidden_in_another_slice_and_come_back_with_other_colours(shown, until):
    view, legend = await shown(view_of_some_cells()), Legend()
    legend.follow(view)
    await shown(legend, 240, 200)
    QTest.keyClick(legend.findChild(ClassList), Qt.Key.Key_Space)
    view.set_shown(np.arange(6000) >= 2500)
    await drawn(view, until)
    assert view.key.counts == (3000, 500, 0)
    assert legend.shown == {1, -1}
    assert view.status() == "500 of 6,000 cells"
    view.set_colours(np.arange(6000, dtype=np.float32), GENE)
    await drawn(view, until)
    assert view.status() == "3,500 of 6,000 cells"
    bar = legend.findChild(ColourBar)
    assert bar.isVisible()
    assert bar.accessibleName() == "Rorb [counts]"
    assert bar.accessibleDescription() == "Colours from ≤ 60 to ≥ 5,940"


async def test_many_classes_scroll_and_long_names_are_cut(shown):
    names = tuple(f"a very long name of a cell type, number {i}" for i in range(100))
    view, legend = CellsView(), Legend()
    view.set_cells(some_cells()[0])
    view.set_colours(
        np.arange(6000, dtype=np.int32) % 100, ColourScale(kind="category", label="type", categories=names)
    )
    legend.follow(view)
    await shown(view)
    await shown(legend, 200, 300)
    rows = legend.findChild(ClassList)
    assert rows.verticalScrollBar().maximum() > 0
    assert not rows.horizontalScrollBar().isVisible()
    assert names[0] in rows.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert names[0] in rows.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    drawn_names = [rows.viewport().grab(rows.visualRect(rows.model().index(i, 0))).toImage() for i in (0, 6)]
    rooms = [picture.copy(28, 0, picture.width() - 60, picture.height()) for picture in drawn_names]
    assert rooms[0] != rooms[1], "names that differ at their end are told apart"


async def test_the_figure_holds_what_is_shown(shown, until):
    view = await shown(view_of_some_cells())
    view.set_hidden({1})
    figure, arrays = view.to_figure("cells", "Regions")
    assert problem_with(figure, arrays) is None
    assert (figure.kind, figure.colour, figure.panels[0].x.unit) == ("spatial", REGIONS, "µm")
    by_role = {role: arrays[file] for role, file in figure.panels[0].series[0].data.items()}
    assert by_role["x"].shape == (3010,)
    assert sorted(np.unique(by_role["value"])) == [-1, 0]
    view.set_colours(None, None)
    figure, arrays = view.to_figure("cells", "Cells")
    assert problem_with(figure, arrays) is None
    assert figure.colour is None


async def test_the_image_is_what_is_seen(shown):
    view = await shown(view_of_some_cells())
    image, seen = view.image(), view.grab().toImage()
    assert image.size() == seen.size()
    assert image.pixel(at(view, 3333)) == seen.pixel(at(view, 3333))


async def test_a_dark_window_has_a_dark_picture(shown, until):
    view = await shown(view_of_some_cells())
    theme().set_choice("dark")
    await until(lambda: view.grab().toImage().pixelColor(10, 10) == theme().colour("panel"))
    theme().set_choice("light")


async def test_the_focus_is_seen_when_it_comes_by_keyboard(shown):
    view = await shown(view_of_some_cells())
    view.clearFocus()
    view.setFocus(Qt.FocusReason.MouseFocusReason)
    without = view.grab().toImage()
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert view.grab().toImage().pixelColor(1, 200) == theme().colour("accent")
    assert without.pixelColor(1, 200) == theme().colour("panel")


@pytest.mark.parametrize(("unit", "there"), [("µm", True), ("", False)])
async def test_a_scale_bar_needs_a_unit(shown, unit, there):
    view = CellsView()
    view.set_cells(np.array([[0, 0], [1000, 0]], np.float32), unit)
    await shown(view)
    image = view.grab().toImage()
    ink = [image.pixelColor(x, y) == theme().colour("text") for x in range(420, 600) for y in range(380, 388)]
    assert any(ink) == there


async def test_cells_of_the_wrong_number_are_refused(shown):
    view = await shown(view_of_some_cells())
    with pytest.raises(ValueError, match="3 values for 6000 cells"):
        view.set_colours(np.zeros(3), GENE)
    with pytest.raises(ValueError, match="3 values for 6000 cells"):
        view.set_shown(np.ones(3, dtype=bool))


async def test_a_view_may_go_while_it_is_being_drawn(qapp, until):
    view = CellsView()
    view.set_cells(np.random.default_rng(0).random((200_000, 2)).astype(np.float32))
    view.show()
    qapp.processEvents()
    view.deleteLater()
    await until(lambda: raster_thread()._thread is None)


async def test_a_million_cells_are_panned_without_a_standstill(shown, until, gap):
    rng = np.random.default_rng(0)
    view = CellsView()
    view.set_cells((rng.random((1_000_000, 2)) * [4000, 3000]).astype(np.float32))
    view.set_colours(
        rng.integers(0, 12, 1_000_000), ColourScale(kind="category", label="type", categories=tuple("abcdefghijkl"))
    )
    await shown(view, 1000, 750)
    assert view.status() == "1,000,000 of 1,000,000 cells"
    await until(lambda: view._picture.target == view._target())
    pictures = []
    raster_thread().answered.connect(lambda key, answer: pictures.append(answer))
    gap.start()
    for number in range(1, 51):
        view._camera.move(3, 1)
        view._camera.move(3, 1)
        await until(lambda number=number: len(pictures) >= number)
    assert gap.stop() < 0.2
