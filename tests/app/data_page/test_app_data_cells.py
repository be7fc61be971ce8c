"""Cells of a file on the Data page: coloured, selected, cut into slices, turned, mapped by their expression."""

from pathlib import Path

import anndata
import numpy as np
import pytest
from data_files import N_CELLS
from on_screen import all_text
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from genodesk.app.plots.export import ExportPanel


async def test_cells_are_coloured_by_what_is_typed(page, opened, tissue, until):
    tab = await opened(tissue, "spatial")
    cells = tab.cells
    await until(lambda: cells.scale is not None)
    assert cells.scale.label == "cell_type", "labels of cell types are shown first"
    await until(lambda: cells.status.text() == "300 of 300 cells · x, y, unit not stated")
    cells.chooser.setFocus()
    cells.chooser.selectAll()
    QTest.keyClicks(cells.chooser, "gad1")
    await until(lambda: cells.chooser.offered() == ["Gad1", "Gad10", "Gad11"])
    QTest.keyClick(cells.chooser, Qt.Key.Key_Return)
    await until(lambda: cells.scale.label == "Gad1")
    np.testing.assert_array_equal(cells.values, anndata.read_h5ad(tissue)[:, "Gad1"].X.toarray().ravel())
    assert cells.chooser.text() == "Gad1"


async def test_a_click_into_the_colour_line_starts_a_new_search(page, opened, tissue, until):
    cells = (await opened(tissue, "spatial")).cells
    await until(lambda: cells.scale is not None)
    line = cells.chooser
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(30, line.height() // 2))
    await until(lambda: line.offered()[:2] == ["One colour", "cell_type"] and "Gad11" in line.offered())
    assert (line.text(), line.selectedText()) == ("cell_type", "cell_type")
    popup = QApplication.activePopupWidget()
    QTest.keyClicks(popup, "ad7")
    assert line.text() == "ad7"
    QTest.keyClick(popup, Qt.Key.Key_Return)  # before the engine has answered
    await until(lambda: cells.scale.label == "Gad7")
    assert not popup.isVisible()
    QTest.keyClicks(line, "Area")
    QTest.keyClick(popup, Qt.Key.Key_Return)
    await until(lambda: cells.scale.label == "area")
    QTest.keyClicks(line, "Vip")
    await until(lambda: popup.isVisible() and popup.model().index(0, 0).data() == "Nothing is called “Vip”")
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert (line.text(), popup.isVisible(), cells.scale.label) == ("Vip", True, "area")
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    assert (line.text(), popup.isVisible()) == ("area", False)
    cells.view.setFocus()
    line.setFocus(Qt.FocusReason.TabFocusReason)
    assert line.selectedText() == "area"
    QTest.keyClick(line, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Down)
    assert line.text() == "area", "passing over a line of the list writes nothing"
    QTest.keyClick(popup, Qt.Key.Key_Return)
    await until(lambda: cells.scale is None)
    assert line.text() == "One colour"


async def test_choosing_a_slice_fits_the_view_to_its_cells(page, opened, tissue, until, tmp_path):
    data = anndata.read_h5ad(tissue)
    apart = data.obs["slice_id"].cat.codes.to_numpy() * 10_000.0
    data.obsm["spatial"][:, 0] += apart
    path = tmp_path / "apart.h5ad"
    data.write_h5ad(path)
    tab = await opened(path, "spatial")
    view = tab.cells.view
    await until(lambda: tab.slices.slice.count() == 4 and view.view[1] - view.view[0] > 20_000)
    tab.slices.step(1)
    tab.slices.step(1)
    # All slices, the first and the second follow each other as fast as the machine draws them.
    await until(lambda: 5000 < view.view[0] < 10_000 < 11_000 < view.view[1] < 15_000)
    left, right, bottom, top = view.view
    assert bottom < 0 < 1000 < top
    QTest.keyClick(view, Qt.Key.Key_Plus)
    QTest.keyClick(view, Qt.Key.Key_Right)
    view.fit()
    assert view.view == pytest.approx((left, right, bottom, top))


async def test_the_unit_that_training_takes_is_told_where_the_file_says_none(page, opened, tissue, until):
    tab = await opened(tissue, "spatial")
    taken = "A training takes the coordinates as µm unless you change that under Advanced."
    assert f"The file does not say in which unit the coordinates are. {taken}" in all_text(
        page.file.show_tab("summary")
    )
    page.file.show_tab("spatial")
    await until(lambda: tab.unit_taken.isVisibleTo(tab) and tab.unit_taken.text() == taken)
    tab.unit.setCurrentIndex(tab.unit.findText("µm"))
    assert not tab.unit_taken.isVisibleTo(tab)
    tab.unit.setCurrentIndex(0)


async def test_the_unit_that_is_chosen_goes_with_the_file_into_a_training(page, opened, tissue, desk):
    wanted = []
    desk.page_wanted.connect(lambda _name, arguments: wanted.append(arguments["values"]))
    tab = await opened(tissue, "spatial")
    tab.unit.setCurrentIndex(tab.unit.findText("mm"))
    train = next(action for action in page.using.menu().actions() if action.text() == "Train AlphaSTomics…")
    train.trigger()
    reading = {"coordinate_key": "spatial", "coordinate_unit": "mm"}
    assert wanted == [{"tissue": {"data": str(tissue), "reading": reading}}]


async def test_the_pointer_reads_a_cell_and_a_lasso_counts_its_classes(page, opened, tissue, until):
    tab = await opened(tissue, "spatial")
    cells = tab.cells
    await until(lambda: cells.values is not None and cells.status.text().startswith("300 of 300"))
    cells.view.picked.emit(5)
    assert cells.readout.text() == "cell_type: neuron"
    await until(lambda: cells.readout.text() == "cell5 · cell_type: neuron")
    cells.lasso.click()
    QGuiApplication.clipboard().clear()
    corners = [
        QPoint(1, 1),
        QPoint(cells.view.width() - 2, 1),
        QPoint(cells.view.width() // 2, cells.view.height() - 2),
    ]
    QTest.mousePress(cells.view, Qt.MouseButton.LeftButton, pos=corners[0])
    for corner in [*corners[1:], corners[0]]:
        QTest.mouseMove(cells.view, corner)
    QTest.mouseRelease(cells.view, Qt.MouseButton.LeftButton, pos=corners[0])
    await until(lambda: cells.selection.mask is not None)
    n = int(cells.selection.mask.sum())
    assert 0 < n < N_CELLS
    assert cells.selection.heading.text() == f"{n} cells selected"
    assert sum(int(value) for _, value in cells.selection.facts.rows()) == n
    cells.selection.copying.click()
    await until(lambda: QGuiApplication.clipboard().text().startswith("cell"))
    assert len(QGuiApplication.clipboard().text().split("\n")) == n
    cells.selection.clearing.click()
    assert not cells.selection.isVisible()
    cells.exporting.click()
    (panel,) = [window for window in QApplication.topLevelWidgets() if isinstance(window, ExportPanel)]
    assert panel.windowTitle() == "Export cell_type"
    panel.close()


async def test_one_slice_at_a_time_and_any_two_axes(page, opened, tissue, until, desk):
    tab = await opened(tissue, "spatial")
    await until(lambda: tab.slices.slice.count() == 4)
    tab.slices.after.click()
    await until(lambda: tab.cells.status.text().startswith("140 of 300 cells"))
    assert tab.slices.number.text() == "1 of 3"
    tab.slices.before.click()
    await until(lambda: tab.cells.status.text().startswith("20 of 300 cells"))
    tab.axes.setCurrentIndex(tab.axes.findText("x – z"))
    tab.unit.setCurrentIndex(tab.unit.findText("µm"))
    await until(lambda: tab.cells.status.text() == "20 of 300 cells · x, z in µm")
    figure, arrays = tab.cells.figure()
    assert figure.title == "cell_type, c"
    assert (figure.panels[0].x.label, figure.panels[0].y.label) == ("x", "z")
    z = arrays[figure.panels[0].series[0].data["y"]]
    np.testing.assert_allclose(z, anndata.read_h5ad(tissue).obsm["spatial"][280:, 2], rtol=1e-5)
    assert figure.panels[0].x.unit == "µm"


async def test_an_embedding_is_shown_and_components_are_computed_when_asked(page, opened, tissue, until):
    tab = await opened(tissue, "embedding")
    await until(lambda: tab.cells.status.text() == "300 of 300 cells · umap 1, umap 2")
    tab.up.setCurrentIndex(3)
    await until(lambda: tab.cells.status.text().endswith("umap 1, umap 4"))
    tab.computing.click()
    await until(lambda: tab.components is not None, seconds=30)
    assert tab.cells.note.text().startswith("Principal components of log-normalised counts in X: 12 genes, all cells")
    assert "PC 1 (" in tab.cells.status.text()
    assert tab.cells.figure()[0].panels[0].y.label.startswith("PC 2 (")
    assert not tab.computing.isVisibleTo(tab)


async def test_a_file_without_a_matrix_is_coloured_by_its_first_layer(page, opened, tissue, until, tmp_path):
    cells = anndata.read_h5ad(tissue)
    cells.layers["counts"], cells.X = cells.X, None
    path = tmp_path / "layers.h5ad"
    cells.write_h5ad(path)
    tab = await opened(path, "spatial")
    tab.cells.colour_by({"gene": "Gad3"})
    await until(lambda: tab.cells.scale is not None and tab.cells.scale.label == "Gad3")
    np.testing.assert_array_equal(tab.cells.values, cells[:, "Gad3"].layers["counts"].toarray().ravel())


async def test_names_are_copied_however_many_are_selected(page, opened, tissue, until, monkeypatch):
    monkeypatch.setattr("genodesk.app.pages.data.coloured_cells._NAMES_AT_ONCE", 70)
    tab = await opened(tissue, "spatial")
    await until(lambda: tab.cells.values is not None)
    tab.cells.view.lassoed.emit(np.ones(N_CELLS, bool))
    tab.cells.selection.copying.click()
    await until(lambda: len(QGuiApplication.clipboard().text().split("\n")) == N_CELLS)
    assert QGuiApplication.clipboard().text().endswith("\ncell299")


@pytest.mark.real_data
async def test_the_measured_cortex_shows_its_six_strips(page, opened, until):
    path = Path(__file__).resolve().parents[4] / "shared" / "data" / "spatial" / "osmfish_cortex.h5ad"
    if not path.exists():
        pytest.skip("the measured data set is not beside the checkout")
    tab = await opened(path, "spatial")
    assert page.line.text() == "3,316 cells · 33 genes · 6 slices · raw counts · 319 kB"
    await until(lambda: tab.slices.slice.count() == 7)
    await until(lambda: tab.cells.status.text() == "3,316 of 3,316 cells · x, y, unit not stated")
