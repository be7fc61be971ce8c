"""Sequences on the Data page: told in words, shown base by base however long, and taken along in every reading."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_hand import click, drop, pick, type_into
from on_screen import all_text
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from scenes_sequences import made_up

from genodesk.app.pages.data.subsequence import place_of
from genodesk.app.pages.data.track_figure import covered, track_figure
from genodesk.app.plots.export import ExportPanel
from genodesk.core.errors import UserError

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


async def copied(tab: Any, until: Any, *, fasta: bool = False) -> str:
    QGuiApplication.clipboard().setText("")
    click(tab.selected.copying_fasta if fasta else tab.selected.copying)
    await until(lambda: QGuiApplication.clipboard().text())
    return QGuiApplication.clipboard().text()


async def test_sequences_are_told_in_plain_words_with_all_that_was_changed(page, opened, genes):
    await opened(genes)
    assert page.line.text().startswith("FASTA, 4 sequences, ")
    told = all_text(page.file)
    assert "4 DNA sequences with 43 bases in all." in told
    for words in (
        "U is read as T, in 1 sequence (first).",
        "1 ambiguous letters (IUPAC) are read as N",
        "Without a single base, and left out: 1 sequence (none).",
        "Ids that occur more than once are numbered: 1 sequence (first_2).",
        "7 (16 %)",
    ):
        assert words in told, words
    assert "nothing is changed" not in told
    assert [page.file.tabs.tabText(i) for i in range(2)] == ["Summary", "Sequences"]


async def test_the_list_tells_length_gc_and_n_and_finds_by_id(page, shown, genes, until):
    tab = await shown(genes)
    model = tab.records.model
    assert [model.index(0, column).data() for column in range(4)] == ["first", "23", "50.0 %", "3"]
    assert model.index(2, 2).data() == "–", "no share of G and C where no base is known"
    type_into(tab.records.search, "SECOND")
    await until(lambda: tab.records.told.text() == "1 of 4")
    tab.records.choose(0)
    await until(lambda: tab.name.text() == "second")
    assert "12 bases · GC 41.7 %" in tab.facts.text()
    type_into(tab.records.search, "absent")
    await until(lambda: "Nothing found" in all_text(tab.records))
    assert tab.name.text() == "second", "what is on show stays"


async def test_a_selection_is_copied_in_every_reading(page, shown, genes, until):
    tab = await shown(genes)
    tab.records.choose(1)
    await until(lambda: tab.name.text() == "second" and tab.ready)
    assert not tab.selected.copying.isVisibleTo(tab)
    type_into(tab.goto, "1-11")
    QTest.keyClick(tab.goto, Qt.Key.Key_Return)
    assert tab.selected.told.text() == "1 to 11 · 11 bases"
    assert await copied(tab, until) == "ATGGCTTGGTA"
    assert await copied(tab, until, fasta=True) == ">second:1-11\nATGGCTTGGTA\n"
    QTest.mouseClick(tab.selected.forms.chip("reverse"), Qt.MouseButton.LeftButton)
    assert await copied(tab, until, fasta=True) == ">second:1-11 reverse complement\nTACCAAGCCAT\n"
    QTest.mouseClick(tab.selected.forms.chip("protein"), Qt.MouseButton.LeftButton)
    await until(lambda: tab.selected.preview.toPlainText() == "MAW")
    assert await copied(tab, until) == "MAW"
    QTest.mouseClick(tab.selected.forms.chip("protein-reverse"), Qt.MouseButton.LeftButton)
    assert await copied(tab, until) == "YQA"


async def test_bases_are_selected_by_mouse_and_by_keys(page, shown, genes, until):
    tab = await shown(genes)
    bases = tab.bases
    bases.setFocus()
    QTest.keyClick(bases, Qt.Key.Key_Right)
    QTest.keyClick(bases, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    assert bases.selection == (1, 23)
    QGuiApplication.clipboard().setText("")
    QTest.keyClick(bases, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: QGuiApplication.clipboard().text() == "CGTNNNACGTACGTACGTACGT")
    QTest.keyClick(bases, Qt.Key.Key_Escape)
    assert bases.selection == (23, 23)
    at = [QPoint(round(bases._x(place)), 5) for place in (2, 12)]
    QTest.mousePress(bases.viewport(), Qt.MouseButton.LeftButton, pos=at[0])
    QTest.mouseMove(bases.viewport(), at[1])
    QTest.mouseRelease(bases.viewport(), Qt.MouseButton.LeftButton, pos=at[1])
    assert bases.selection in ((2, 12), (2, 2))  # without a screen, a moved mouse may not tell which button is held
    QTest.mouseClick(bases.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, at[1])
    assert bases.selection == (2, 12)


async def test_soft_masked_bases_are_small_and_dimmed(page, shown, genes):
    tab = await shown(genes)
    assert tab.pages.bases(0, 23) == "ACGTNNNacgtACGTACGTACGT"
    assert "4 soft-masked" in tab.facts.text()
    picture = tab.bases.viewport().grab().toImage()

    def darkest(place: int) -> int:
        x, ratio = tab.bases._x(place), picture.devicePixelRatio()
        return min(
            picture.pixelColor(round((x + dx) * ratio), round(y * ratio)).lightness()
            for dx in range(1, 8)
            for y in range(tab.bases._high)
        )

    assert darkest(7) > darkest(11) + 40, "an a is paler than an A"


def test_positions_are_read_as_people_write_them():
    for text, place in (
        ("7", (6, 6)),
        (" 1,200 ", (1199, 1199)),
        ("1-12", (0, 12)),
        ("1,200..1,500", (1199, 1500)),
        ("10 – 20", (9, 20)),
        ("3 to 3", (2, 3)),
    ):
        assert place_of(text, 5000) == place
    for text in ("", "here", "0", "5001", "20-10", "-5", "1-", "1-5001"):
        with pytest.raises(UserError):
            place_of(text, 5000)


async def test_a_position_outside_is_told_and_nothing_moves(page, shown, genes):
    tab = await shown(genes)
    type_into(tab.goto, "24")
    QTest.keyClick(tab.goto, Qt.Key.Key_Return)
    assert "The sequence goes from 1 to 23." in all_text(tab)
    type_into(tab.goto, "23")
    QTest.keyClick(tab.goto, Qt.Key.Key_Return)
    assert tab.bases.selection == (22, 22)
    assert "The sequence goes from" not in all_text(tab)


async def test_sequences_lead_on_to_genechat(page, shown, genes, desk, until):
    wanted: list[tuple[str, dict[str, Any]]] = []
    desk.page_wanted.connect(lambda name, arguments: wanted.append((name, arguments)))
    tab = await shown(genes)
    tab.records.choose(1)
    await until(lambda: tab.name.text() == "second" and tab.ready)
    pick(page.using, "Ask GeneChat")
    click(tab.asking)
    assert wanted == [("chat", {"path": str(genes), "names": ["second"]})] * 2
    pick(page.using, "Check it and prepare it for training")
    assert wanted[-1][1]["workflow"] == "genechat"
    assert wanted[-1][1]["values"] == {"data": str(genes)}


async def test_the_dialog_offers_files_of_sequences(page):
    page.choose(folder=False)
    dialog = page.findChild(QFileDialog)
    offered = dialog.nameFilters()[0]
    dialog.close()
    for ending in ("*.fa ", "*.fasta ", "*.fna ", "*.gb ", "*.gbk ", "*.gz ", "*.h5ad "):
        assert ending in offered


async def test_protein_dropped_on_the_window_shows_its_sentence(window, until, tmp_path):
    path = tmp_path / "protein.fasta"
    path.write_text(">p53\nMEEPQSDPSVEPPLSQETFSDLWKLL\n")
    drop(window, path)
    await until(lambda: window.page is not None and getattr(window.page, "content", None) is not None)
    await until(lambda: window.page.content.error is not None)
    told = all_text(window.page.content)
    assert "The sequence p53 is not DNA but looks like protein" in told
    assert "record p53, line 2" in told
    assert "Give the nucleotide sequences" in told


async def test_a_file_that_is_gone_says_so_in_place_of_its_bases(page, opened, genes, until):
    await opened(genes)
    genes.write_text("nothing of the kind\n")
    tab = page.file.show_tab("sequences")
    await until(lambda: tab.content.error is not None)
    assert "neither FASTA nor GenBank" in all_text(tab.content)


async def test_features_lead_to_their_bases_on_their_strand(page, shown, tmp_path, until):
    place = made_up(tmp_path)["plasmid"]
    tab = await shown(place)
    await until(lambda: tab.features.model is not None and len(tab.track.features) == 2)
    assert not tab.records.isVisibleTo(tab), "one sequence needs no list"
    tab.features.choose(1)
    await until(lambda: tab.selected.preview.toPlainText().startswith("MAWKRESGI*"))
    assert tab.note.text() == "CDS rop · a regulator"
    tab.features.choose(2)
    await until(lambda: tab.bases.selection == (60, 120))
    assert tab.selected.forms.current() == "reverse"
    await until(lambda: tab.selected.preview.toPlainText().startswith("TTGACCCCTGGATCTGATTT"))


@pytest.mark.real_data
async def test_features_of_a_plasmid_are_listed_drawn_and_gone_to(page, shown, until):
    if not SHARED.exists():
        pytest.skip("the measured data sets are not beside the checkout")
    tab = await shown(SHARED / "genes/NC_005816.gb")
    await until(lambda: tab.features.model is not None and len(tab.track.features))
    assert tab.features.told.text() == "41"
    type_into(tab.features.search, "pesticin")
    await until(lambda: tab.features.told.text().endswith(" of 41"))
    rows = range(tab.features.model.total)
    row = next(row for row in rows if tab.features.model.index(row, 1).data() == "CDS")
    tab.features.choose(row)
    feature = tab.features.model.row(row)[-1]
    await until(lambda: tab.bases.selection == (feature["start"], feature["end"]))
    assert tab.selected.forms.current().startswith("protein")
    translation = feature["qualifiers"]["translation"][0]
    assert (await copied(tab, until)).removesuffix("*")[1:] == translation[1:]
    assert feature["qualifiers"]["product"][0] in tab.note.text()


async def test_another_try_comes_back_to_the_sequence_and_its_place(page, shown, tmp_path, until):
    path = tmp_path / "two.fa"
    path.write_text(">one\nACGT\n>two\n" + "ACGTTGCAAC" * 2000 + "\n")
    tab = await shown(path)
    tab.records.choose(1)
    await until(lambda: tab.name.text() == "two" and tab.ready)
    tab.bases.go_to(15_000)
    first = tab.bases.in_view()[0]
    tab.pages.failed.emit(UserError("The disk stopped answering.", "Reconnect it."))
    click(tab.content, "Try again")
    await until(lambda: tab.content.error is None and tab.ready)
    start, end = tab.bases.in_view()
    assert (tab.name.text(), start <= first < end) == ("two", True)


async def test_the_track_is_exported_as_a_figure_with_its_numbers(page, shown, tmp_path, until):
    path = tmp_path / "gc.fa"
    path.write_text(">half 1\n" + "G" * 500 + "A" * 500 + "\n")
    tab = await shown(path)
    await until(tab.exporting.isEnabled)
    click(tab.exporting)
    (sheet,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, ExportPanel)]
    await until(sheet.preview.told, seconds=30)
    sheet.choices.set_format("csv")
    type_into(sheet.place.line, tmp_path / "track.csv")
    click(sheet.save_button)
    await until(lambda: (tmp_path / "track.csv").exists() and "Saved" in sheet.said(), seconds=30)
    sheet.close()
    names, *rows = [line.split(",") for line in (tmp_path / "track.csv").read_text("utf-8-sig").splitlines()]
    assert names == ["panel", "series", "Position [bp]", "G and C [%]"]
    assert [float(row[-1]) for row in rows] == [100] * (len(rows) // 2) + [0] * (len(rows) // 2)


def test_the_share_that_features_cover_counts_what_overlaps_once():
    features = np.array([[0, 10, 0], [5, 20, 0], [18, 20, 0], [30, 35, 0]])
    assert covered(features, np.array([0.0, 10.0, 20.0, 30.0, 40.0])).tolist() == [1.0, 1.0, 0.0, 0.5]
    assert covered(features[:0], np.array([0.0, 10.0])).tolist() == [0.0]
    figure, arrays = track_figure("chr I", 40, np.array([0.5, 0.25, np.nan, 1.0]), 10, features)
    assert figure.name == "chr_I_track"
    assert [series.name for panel in figure.panels for series in panel.series] == [
        "G and C",
        "forward strand",
        "reverse strand",
    ]
    assert set(figure.array_files()) == set(arrays)
    assert arrays["track.places.npy"].tolist() == [5, 15, 25, 35]
