"""The Data page with a real engine: files of every kind are shown in plain words, bad ones tell what is wrong."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from left_behind import clear_deferred
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget
from scipy import sparse

from genodesk.app.pages.data.page import DataPage
from genodesk.app.plots.export import ExportPanel

N = 300


@pytest.fixture(scope="module")
def tissue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 cells in three slices of which one is small, two cell types, places in three dimensions, a map of 4 axes."""
    random = np.random.default_rng(1)
    kind = np.arange(N) % 2
    cells = anndata.AnnData(
        sparse.csr_matrix(random.poisson(1 + 3 * kind[:, None], (N, 12)).astype(np.float32)),
        obs=pd.DataFrame(
            {
                "cell_type": pd.Categorical.from_codes(kind, ["glia", "neuron"]),
                "slice_id": pd.Categorical(["a"] * 140 + ["b"] * 140 + ["c"] * 20),
                "area": np.linspace(1, 9, N),
            },
            index=[f"cell{i}" for i in range(N)],
        ),
        var=pd.DataFrame(index=[f"Gad{i}" for i in range(12)]),
        obsm={"spatial": random.uniform(0, 1000, (N, 3)), "X_umap": random.normal(size=(N, 4))},
    )
    path = tmp_path_factory.mktemp("cells") / "组织 1.h5ad"
    cells.write_h5ad(path)
    return path


@pytest.fixture(scope="module")
def store(tissue: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a zarr store."""
    path = tmp_path_factory.mktemp("store") / "cells.zarr"
    anndata.read_h5ad(tissue).write_zarr(path)
    return path


@pytest.fixture
def page(desk: Any) -> Iterator[DataPage]:
    made = DataPage(desk)
    made.resize(1264, 860)
    made.show()
    yield made
    made.shut()
    made.close()
    made.deleteLater()
    clear_deferred()


@pytest.fixture
def opened(page: DataPage, until: Any) -> Any:
    async def opened(path: Path, tab: str = "") -> QWidget | None:
        page.take(path=str(path), tab=tab)
        await until(lambda: page.file is not None or page.content.error is not None, seconds=30)
        return page.file.show_tab(tab) if page.file is not None and tab else None

    return opened


def texts(widget: QWidget) -> str:
    return "\n".join(found.text() for found in widget.findChildren(QLabel) if found.isVisibleTo(widget))


async def test_a_file_of_cells_is_told_in_plain_words(page, opened, tissue):
    await opened(tissue)
    assert page.heading.text() == "组织 1.h5ad"
    assert page.line.text().startswith("300 cells · 12 genes · 3 slices · raw counts · ")
    told = texts(page.file)
    assert "300 cells with the expression of 12 genes, as raw counts." in told
    assert "3 slices found in the column slice_id." in told
    assert "Every cell and every gene has a name of its own." in told
    assert "The slice c has only 20 cells" in told
    assert "matrix" not in told.lower(), "no jargon"
    assert [page.file.tabs.tabText(i) for i in range(4)] == ["Summary", "Table", "Spatial", "Embedding"]


async def test_the_table_shows_cells_and_genes_and_copies_what_is_selected(page, opened, tissue, until):
    tab = await opened(tissue, "table")
    await until(lambda: tab.model is not None)
    assert tab.told.text() == "300 rows, 3 columns"
    await until(lambda: tab.model.index(299, 0).data() == "cell299")
    assert tab.copying.toolTip() == "Select cells of the table first."
    tab.goto.setValue(8)
    assert tab.view.currentIndex().row() == 7
    tab.copying.click()
    await until(lambda: QGuiApplication.clipboard().text().startswith("Cell\tcell_type"))
    assert "cell7\tneuron\ta\t1.18729" in QGuiApplication.clipboard().text()
    QTest.mouseClick(tab.which.chip("var"), Qt.MouseButton.LeftButton)
    await until(lambda: tab.model.total == 12)
    assert tab.model.index(11, 0).data() == "Gad11"


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
    await until(lambda: 1000 < view.view[1] - view.view[0] < 4000)
    left, right, bottom, top = view.view
    assert left < 10_000 < 11_000 < right
    assert bottom < 0 < 1000 < top
    QTest.keyClick(view, Qt.Key.Key_Plus)
    QTest.keyClick(view, Qt.Key.Key_Right)
    view.fit()
    assert view.view == pytest.approx((left, right, bottom, top))


async def test_the_unit_that_training_takes_is_told_where_the_file_says_none(page, opened, tissue, until):
    tab = await opened(tissue, "spatial")
    taken = "A training takes the coordinates as µm unless you change that under Advanced."
    assert f"The file does not say in which unit the coordinates are. {taken}" in texts(page.file.show_tab("summary"))
    page.file.show_tab("spatial")
    await until(lambda: tab.unit_taken.isVisibleTo(tab) and tab.unit_taken.text() == taken)
    tab.unit.setCurrentIndex(tab.unit.findText("µm"))
    assert not tab.unit_taken.isVisibleTo(tab)
    tab.unit.setCurrentIndex(0)


async def test_after_a_broken_file_the_last_good_one_comes_back(page, opened, tissue, until, tmp_path):
    broken = tmp_path / "broken.h5ad"
    cut(tissue, broken)
    await opened(tissue)
    page.take(path=str(broken))
    await until(lambda: page.content.error is not None)
    assert page.state()["path"] == str(tissue)
    page.restore(page.state())
    await until(lambda: page.path == tissue and page.file is not None)


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
    assert 0 < n < N
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


async def test_a_file_comes_back_as_it_was_left(page, opened, tissue, until, tmp_path, desk):
    other = tmp_path / "sheet.csv"
    other.write_text("gene,score\nGad1,2\n")
    tab = await opened(tissue, "spatial")
    await until(lambda: tab.slices.slice.count() == 4)
    tab.slices.step(1)
    tab.cells.colour_by({"gene": "Gad3"})
    await until(lambda: tab.cells.scale is not None and tab.cells.scale.label == "Gad3")
    await opened(other)
    await until(lambda: page.path == other and page.file is not None)
    assert desk.settings.recent_files == [other, tissue]
    state = page.state()
    page.take(path=str(tissue))
    await until(lambda: page.file is not None and page.file.current == "spatial")
    tab = page.file.show_tab("spatial")
    await until(lambda: tab.cells.scale is not None and tab.slices.slice.currentText().startswith("a"))
    assert tab.cells.scale.label == "Gad3"
    page.restore(state)
    await until(lambda: page.path == other and page.file is not None)


async def test_a_file_that_changed_on_the_disk_is_offered_again(page, opened, tissue, tmp_path, until):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("gene,score\nGad1,2\n")
    await opened(sheet)
    assert page.line.text().startswith("1 rows x 2 columns")
    assert not page.stale.isVisibleTo(page)
    sheet.write_text("gene,score\nGad1,2\nGad2,3\n")
    await until(lambda: page.stale.isVisibleTo(page))
    page.reload()
    await until(lambda: page.line.text().startswith("2 rows x 2 columns"))
    assert not page.stale.isVisibleTo(page)


async def test_a_file_leads_on_to_the_actions_that_take_it(page, opened, tissue, desk):
    wanted: list[tuple[str, dict[str, Any]]] = []
    desk.page_wanted.connect(lambda name, arguments: wanted.append((name, arguments)))
    assert page.using.toolTip() == "Open a file first."
    await opened(tissue)
    actions = {action.text(): action for action in page.using.menu().actions()}
    actions["Train AlphaSTomics…"].trigger()
    values = {"tissue": {"data": str(tissue)}}
    assert wanted == [("train", {"workflow": "alphastomics", "action": "train", "values": values})]
    listed = [action.text() for action in page.using.menu().actions()]
    assert listed.index("Train AlphaSTomics…") < listed.index("") < listed.index("Test a model on it…")
    assert listed[0].startswith("Train "), "no line above the first"
    assert not any("Compare" in text for text in listed)
    page.choose(folder=False)
    dialog = page.findChild(QFileDialog)
    dialog.fileSelected.emit("/data/other.h5ad")
    dialog.close()
    assert wanted[-1] == ("data", {"path": "/data/other.h5ad"})


def cut(tissue: Path, path: Path) -> None:
    path.write_bytes(tissue.read_bytes()[: tissue.stat().st_size // 2])


def some(tissue: Path, path: Path, n: int) -> None:
    anndata.read_h5ad(tissue)[:n].copy().write_h5ad(path)


def plain_hdf5(_: Path, path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)


def places_in_words(tissue: Path, path: Path) -> None:
    cells = anndata.read_h5ad(tissue)
    cells.obsm["spatial"] = pd.DataFrame({"x": np.arange(N), "y": ["left"] * N}, index=cells.obs_names)
    cells.write_h5ad(path)


BAD = {
    "half of a file": ("cut.h5ad", cut, "cut short"),
    "text called h5ad": ("a.h5ad", lambda _, path: path.write_text("cell,gene\n1,2\n"), "The file is text"),
    "an empty file": ("empty.h5ad", lambda _, path: path.write_bytes(b""), "The file is empty"),
    "nothing at all": ("absent.h5ad", lambda _, path: None, "There is no such file"),
    "a picture": ("photo.jpg", lambda _, path: path.write_bytes(b"\xff\xd8\xff"), "not known here"),
    "a sequence": ("genes.fasta", lambda _, path: path.write_text(">a\nACGT\n"), "not known here"),
    "a folder without anything": ("folder", lambda _, path: path.mkdir(), "This folder is empty"),
    "a folder of anything": ("pictures", lambda _, path: (path / "trip").mkdir(parents=True), "of no known kind"),
    "a pipe": ("pipe.csv", lambda _, path: os.mkfifo(path), "neither a file nor a folder"),
    "a name too long for any disk": ("x" * 300, lambda _, path: None, "There is no such file"),
    "an HDF5 file without cells": ("plain.h5", plain_hdf5, "not AnnData"),
    "a matrix without cells": ("bare.h5ad", lambda tissue, path: some(tissue, path, 0), "0 cells and 12 genes"),
    "places that are words": ("words.h5ad", places_in_words, "'y' is not numeric"),
    "a quotation mark that stays open": (
        "open.csv",
        lambda _, path: path.write_text('a,b\n"1' + "x" * 200_000),
        "never closed",
    ),
    "a table with zeros in it": ("zeros.csv", lambda _, path: path.write_bytes(b"a,b\0\n"), "is not text"),
    "a table without rows": ("blank.csv", lambda _, path: path.write_text("\n\n"), "is empty"),
}


async def test_bad_files_tell_what_is_wrong_and_the_next_good_one_opens(page, tissue, tmp_path, until):
    for what, (name, make, words) in BAD.items():
        path = tmp_path / name
        make(tissue, path)
        page.take(path=str(path))
        await until(lambda: page.content.error is not None, seconds=30)
        assert words in page.content.error.message, what
        shown = texts(page.content)
        assert words in shown, what
        assert str(path) in shown, what
        assert page.content.error.hint in shown, what
        assert page.using.toolTip() == "The file could not be opened.", what
        assert page.file is None
    page.take(path=str(tissue))
    await until(lambda: page.file is not None)


async def test_other_kinds_are_told_too(page, opened, store, tmp_path, until):
    await opened(store)
    assert page.line.text().startswith("300 cells · 12 genes")
    sheet = tmp_path / "sheet.tsv"
    rows = "".join(f"g{i}\t{i}\n" for i in range(1199))
    sheet.write_text(f"gene\tscore\n{rows}a gene of a long name\t3\n")
    page.close_file()
    await opened(sheet)
    tab = page.file.show_tab("table")
    assert page.file.current == "table", "rows are what a table is opened for"
    await until(lambda: tab.told.text() == "1,200 rows, 2 columns")
    tab.goto.setValue(1200)
    await until(lambda: tab.model.index(1199, 0).data() == "a gene of a long name")
    assert tab.view.columnWidth(0) > tab.view.fontMetrics().horizontalAdvance("a gene of a long name")
    assert "Rows" in texts(page.file.show_tab("summary"))


async def test_a_table_of_very_many_columns_shows_the_first_and_says_so(page, opened, tmp_path, until, gap):
    sheet = tmp_path / "wide.csv"
    names = ",".join(f"gene {i}" for i in range(20_000))
    sheet.write_text("\n".join([names, *[",".join(["0.25"] * 20_000)] * 3]))
    gap.start()
    await opened(sheet)
    tab = page.file.show_tab("table")
    await until(lambda: tab.told.text() == "3 rows, the first 1,000 of 20,000 columns")
    assert gap.stop() < 0.5
    assert tab.model.index(2, 999).data() == "0.25"


async def test_a_file_that_became_another_is_not_mixed_with_the_one_on_show(page, opened, tissue, until, tmp_path):
    path = tmp_path / "notebook.h5ad"
    some(tissue, path, N)
    tab = await opened(path, "spatial")
    await until(lambda: tab.cells.values is not None)
    some(tissue, path, 40)
    await until(lambda: page.stale.isVisibleTo(page))
    tab.cells.colour_by({"gene": "Gad2"})
    await until(lambda: tab.cells.trouble.isVisibleTo(tab))
    assert "The file has changed on the disk" in tab.cells.trouble.text()
    tab.load()
    await until(lambda: tab.cells.content.error is not None)
    page.reload()
    await until(lambda: page.file is not None and page.line.text().startswith("40 cells"))
    path.unlink()
    await until(lambda: "not there any more" in texts(page.stale))


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
    tab.cells.view.lassoed.emit(np.ones(N, bool))
    tab.cells.selection.copying.click()
    await until(lambda: len(QGuiApplication.clipboard().text().split("\n")) == N)
    assert QGuiApplication.clipboard().text().endswith("\ncell299")


async def test_opening_can_be_called_off(page, tissue):
    page.take(path=str(tissue))
    assert "Looking into 组织 1.h5ad" in texts(page.content)
    page.close_file()
    assert page.file is None
    assert page.heading.text() == "Data"
    assert "Drop a file here" in texts(page.content)


@pytest.mark.real_data
async def test_the_measured_cortex_shows_its_six_strips(page, opened, until):
    path = Path(__file__).resolve().parents[3] / "shared" / "data" / "spatial" / "osmfish_cortex.h5ad"
    if not path.exists():
        pytest.skip("the measured data set is not beside the checkout")
    tab = await opened(path, "spatial")
    assert page.line.text() == "3,316 cells · 33 genes · 6 slices · raw counts · 319 kB"
    await until(lambda: tab.slices.slice.count() == 7)
    await until(lambda: tab.cells.status.text() == "3,316 of 3,316 cells · x, y, unit not stated")
