"""Files of every kind on the Data page: told in plain words, kept as they were left, led on to what takes them."""

import asyncio
from typing import Any

import openpyxl
from by_hand import click, pick
from data_files import N_CELLS, cut, some
from on_screen import all_text
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QFileDialog

from genodesk.core.errors import UserError


async def test_a_file_of_cells_is_told_in_plain_words(page, opened, tissue):
    await opened(tissue)
    assert page.heading.text() == "组织 1.h5ad"
    assert page.line.text().startswith("300 cells · 12 genes · 3 slices · raw counts · ")
    told = all_text(page.file)
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


async def test_after_a_broken_file_the_last_good_one_comes_back(page, opened, tissue, until, tmp_path):
    broken = tmp_path / "broken.h5ad"
    cut(tissue, broken)
    await opened(tissue)
    page.take(path=str(broken))
    await until(lambda: page.content.error is not None)
    assert page.state()["path"] == str(tissue)
    page.restore(page.state())
    await until(lambda: page.path == tissue and page.file is not None)


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
    assert "Rows" in all_text(page.file.show_tab("summary"))


async def test_a_workbook_shows_its_first_sheet_and_what_genes_do_is_for_genechat(page, opened, tmp_path, until, desk):
    path = tmp_path / "功能.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["gene", "function", "score"])
    for number in range(400):
        book.active.append([f"YAL{number:03d}W", "kinase", number / 4])
    book.create_sheet("notes").append(["not shown"])
    book.save(path)
    await opened(path)
    tab = page.file.show_tab("table")
    assert page.file.current == "table"
    await until(lambda: tab.told.text() == "400 rows, 3 columns")
    await until(lambda: [tab.model.index(399, column).data() for column in range(3)] == ["YAL399W", "kinase", "99.75"])
    assert "Its first sheet is read" in all_text(page.file.show_tab("summary"))
    wanted: list[Any] = []
    desk.page_wanted.connect(lambda name, arguments: wanted.append((name, arguments)))
    pick(page.using, "Check it and prepare it for training")
    assert (wanted[0][1]["workflow"], str(path) in str(wanted[0][1]["values"])) == ("genechat", True)


async def test_another_try_comes_back_to_the_row_and_all_rows_are_chosen_at_once(page, opened, tmp_path, until, gap):
    sheet = tmp_path / "long.csv"
    sheet.write_text("gene,score\n" + "".join(f"g{i},{i}\n" for i in range(200_000)))
    await opened(sheet)
    tab = page.file.show_tab("table")
    await until(lambda: tab.told.text() == "200,000 rows, 2 columns")
    tab.view.scrollTo(tab.model.index(150_000, 0), QAbstractItemView.ScrollHint.PositionAtTop)
    await until(lambda: tab.view.rowAt(0) == 150_000 and tab.model.index(150_000, 0).data() == "g150000")
    before = tab.model
    before.failed.emit(UserError("The disk stopped answering.", "Reconnect it."))
    click(tab, "Try again")
    await until(lambda: tab.model is not before and tab.model.index(150_000, 0).data() == "g150000")
    assert tab.view.rowAt(0) == 150_000
    assert tab.goto.value() == 150_001
    gap.start()
    tab.view.selectAll()
    await until(tab.copying.isEnabled)
    await asyncio.sleep(0.1)
    assert gap.stop() < 0.5  # asking every row of every column would take seconds


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
    some(tissue, path, N_CELLS)
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
    await until(lambda: "not there any more" in all_text(page.stale))


async def test_opening_can_be_called_off(page, tissue):
    page.take(path=str(tissue))
    assert "Looking into 组织 1.h5ad" in all_text(page.content)
    page.close_file()
    assert page.file is None
    assert page.heading.text() == "Data"
    assert "Drop a file here" in all_text(page.content)
