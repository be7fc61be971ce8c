"""The Data page with yeast: regions, cultures and motifs in plain words and tables, and what they are used for."""

from dataclasses import replace
from pathlib import Path

import pytest
import yeast_files
from on_screen import all_text
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QTableWidget

from genodesk.core.settings import leaves
from genodesk.core.workflow import get_workflow
from genodesk.workflows.get_yeast.data import read_yeast, write_yeast


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("测试 data")


@pytest.fixture(scope="module")
def packed(place) -> Path:
    return yeast_files.packed(place)


@pytest.fixture(scope="module")
def sheet(place) -> Path:
    return yeast_files.sheet(place)


@pytest.fixture(scope="module")
def prepared(packed, sheet, place, shell) -> Path:
    made = shell(
        "get-yeast", "prepare", data=packed, conditions=sheet, out=place / "ready.h5ad", run_dir=place / "preparing"
    )
    assert made.code == 0, made.err
    return place / "ready.h5ad"


@pytest.fixture
def table(opened, until):
    async def table(path: Path, tab: str):
        shown = await opened(path, tab)
        await until(lambda: shown.model is not None and shown.content.error is None)
        return shown.model

    return table


def cells(model, row: int) -> dict[str, str]:
    return {name: model.index(row, column).data() for column, name in enumerate(model.columns)}


def tabs(page) -> list[str]:
    return [page.file.tabs.tabText(number) for number in range(page.file.tabs.count())]


def uses(page) -> list[str]:
    return [action.text() for action in page.using.menu().actions() if action.text()]


async def test_packed_yeast_is_told_in_plain_words_and_shows_no_tissue(page, opened, packed):
    await opened(packed)
    assert page.line.text().startswith("8 samples x 72 regions, 6 motifs · ")
    assert tabs(page) == ["Summary", "Samples", "Regions", "Motifs", "Expression"]
    told = all_text(page.file)
    assert "The expression of 72 regions of the genome in 8 cultures of yeast." in told
    assert "3 motif columns are zero everywhere and are dropped: virtual_motif_1 to virtual_motif_3." in told
    assert "Nothing is said about how the samples were grown." in told
    assert "No expression value is missing." in told


async def test_a_prepared_file_tells_what_is_missing_and_what_was_left_out(page, opened, prepared):
    summary = await opened(prepared, "summary")
    told = all_text(summary)
    assert "How the cultures were grown is known for 7 of 8." in told
    assert "3 motif columns were zero everywhere and were left out when this file was prepared" in told
    assert "Nothing is recorded of how 1 of 8 samples were grown: GSM107." in told
    (grown,) = summary.findChildren(QTableWidget)
    rows = [[grown.item(row, column).text() for column in range(3)] for row in range(grown.rowCount())]
    assert ["Medium", "1", "ypd (5), ypgly (2)"] in rows
    assert ["Carbon source", "8", "never recorded"] in rows
    assert ["Dose", "1", "5 µM (2), 1 mg/L (1)"] in rows


async def test_missing_conditions_are_shown_as_missing_and_never_as_0(page, table, prepared, until):
    model = await table(prepared, "samples")
    grown, unknown = cells(model, 0), cells(model, 7)
    assert (grown["Sample"], grown["Medium"], grown["Drug"], grown["Dose"]) == ("GSM100", "ypd", "none", "")
    assert (grown["Culture time (h)"], grown["Carbon source"], grown["Culture OD600"]) == ("1.5", "–", "–")
    assert cells(model, 4)["Dose"] == "1 mg/L"
    assert unknown["Sample"] == "GSM107"
    assert {unknown[name] for name in ("Medium", "Drug", "Dose", "Culture temperature (°C)")} == {"–"}
    tab = page.file.show_tab("samples")
    assert tab.told.text() == f"8 rows, {len(model.columns)} columns · – means missing"
    tab.goto.setValue(8)
    tab.copying.click()
    await until(lambda: "GSM107\t\t\t" in QGuiApplication.clipboard().text())


async def test_regions_and_motifs_are_told_with_place_openness_and_scores(table, packed):
    model = await table(packed, "regions")
    region = cells(model, 25)
    assert [region[name] for name in ("Region", "Chromosome", "Start", "End", "Width")] == [
        *("chrII_1100_1510", "chrII", "1100", "1510", "410")
    ]
    assert 0 <= float(region["Accessibility"]) <= 1
    assert set(yeast_files.MOTIFS) < set(model.columns)
    assert not set(yeast_files.FILLERS) & set(model.columns)
    motifs = await table(packed, "motifs")
    assert cells(motifs, 8) == {
        "Motif": "virtual_motif_3",
        "Regions with it": "0",
        "Highest score": "0",
        "Used": "no, zero everywhere",
    }


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_a_flat_table_is_told_as_yeast_with_its_missing_values(page, opened, table, tmp_path, ending):
    path = tmp_path / f"flat 表.{ending}"
    frame = yeast_files.flat()
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_excel(path, index=False)
    await opened(path)
    assert page.line.text().startswith("3 samples x 72 regions, 6 motifs")
    assert ("Missing expression", "1 of 216 values") in [tuple(fact) for fact in page.file.found["facts"]]
    assert cells(await table(path, "expression"), 5)["GSM100"] == "–"
    assert cells(await table(path, "samples"), 1)["Culture temperature (°C)"] == "–"


async def test_yeast_is_offered_for_get_yeast_alone_and_tissue_never(page, opened, packed, prepared, tissue, desk):
    wanted = []
    desk.page_wanted.connect(lambda name, arguments: wanted.append((name, arguments)))
    for path in (packed, prepared):
        page.close_file()
        await opened(path)
        assert uses(page)[:2] == ["Train GET yeast…", "Pretrain GET yeast…"]
        assert not any("AlphaSTomics" in text for text in uses(page))
    page.using.menu().actions()[0].trigger()
    values = {"yeast": {"data": str(prepared)}}
    assert wanted == [("train", {"workflow": "get-yeast", "action": "train", "values": values})]
    page.close_file()
    await opened(tissue)
    assert "Train AlphaSTomics…" in uses(page)
    assert not any("yeast" in text for text in uses(page))


async def test_a_file_of_predictions_is_told_to_be_no_measurement(opened, prepared):
    path = prepared.with_name("predictions.h5ad")
    write_yeast(replace(read_yeast(prepared), predicted_by="/runs/a"), path)
    told = all_text(await opened(path, "summary"))
    assert "The expression in predictions.h5ad is no measurement: the model /runs/a predicted it." in told


async def test_a_condition_sheet_is_understood_and_goes_to_its_own_setting(page, opened, sheet, desk):
    wanted = []
    desk.page_wanted.connect(lambda name, arguments: wanted.append(arguments["values"]))
    await opened(sheet)
    assert page.line.text().startswith("8 cultures, 7 of 11 conditions recorded")
    assert "A 0 in 加药培养终点, 碳源, 预培养时间 is taken for not recorded." in all_text(page.file)
    page.using.menu().actions()[0].trigger()
    assert wanted == [{"yeast": {"reading": {"conditions": str(sheet)}}}]


async def test_a_yeast_table_that_cannot_be_read_yet_says_why_and_shows_its_rows(page, opened, tmp_path):
    path = tmp_path / "scaled.csv"
    yeast_files.flat().assign(temperature=0.5).to_csv(path, index=False)
    await opened(path)
    assert tabs(page) == ["Summary", "Table"]
    told = all_text(page.file.show_tab("summary"))
    assert "GET yeast cannot use it as it is: The conditions look scaled already" in told
    title = next(
        leaf.title
        for leaf in leaves(get_workflow("get-yeast").action("train").settings)
        if leaf.name == "conditions_scaled"
    )
    assert f"“{title}”" in told, "the words of the form, not of the command line"
    assert "--" not in told
    assert "Train GET yeast…" in uses(page)


async def test_tables_of_other_things_are_not_taken_for_yeast(page, opened, tmp_path):
    path = tmp_path / "genes.csv"
    path.write_text("gene,label,time,score\nGAL4,up,3,0.5\nABF1,down,4,0.25\n")
    await opened(path)
    assert tabs(page) == ["Summary", "Table"]
    assert "GET yeast" not in all_text(page.file.show_tab("summary"))
    assert page.using.toolTip() == "No workflow takes files of this kind."


async def test_a_table_of_functions_goes_to_the_preparation_of_genes(page, opened, tmp_path, desk):
    wanted = []
    desk.page_wanted.connect(lambda name, arguments: wanted.append(arguments))
    path = tmp_path / "functions.csv"
    path.write_text("id,gene,function\nYAL001C,TFC3,Subunit of RNA polymerase III\n")
    await opened(path)
    assert uses(page) == ["Check it and prepare it for training…"]
    page.using.menu().actions()[0].trigger()
    assert (wanted[0]["workflow"], wanted[0]["action"]) == ("genechat", "prepare")
    assert str(path) in str(wanted[0]["values"])


async def test_a_last_column_of_numbers_stands_beside_the_others(page, table, packed):
    await table(packed, "expression")
    across = page.file.show_tab("expression").view.horizontalHeader()
    assert across.sectionSize(across.count() - 1) < 2 * across.sectionSize(1)


@pytest.mark.real_data
async def test_the_measured_yeast_shows_its_size_its_fillers_and_its_unknown_samples(page, opened, table):
    path = yeast_files.SHARED / "yeast_3d.zarr"
    if not path.exists():
        pytest.skip("the measured yeast is not beside the checkout")
    await opened(path)
    assert page.line.text() == "60 samples x 2,956 regions, 235 motifs · 1.9 MB"
    told = all_text(page.file)
    assert "How the cultures were grown is known for 58 of 60." in told
    assert "48 motif columns are zero everywhere and are dropped: virtual_motif_1 to virtual_motif_48." in told
    assert "Nothing is recorded of how 2 of 60 samples were grown: GSM7768081, GSM7768082." in told
    model = await table(path, "samples")
    rows = {cells(model, row)["Sample"]: cells(model, row) for row in range(model.total)}
    assert rows["GSM7768081"]["Medium"] == "–"
    assert rows["GSM7432820"]["Dose"] == "1 mg/L"
    assert rows["GSM7768059"]["Dose"] == "5 µM"
