"""Exporting: what is previewed is what is saved, by the engine's renderer; mistakes are told in place."""

import asyncio
import csv

import numpy as np
import pytest
from hand_made_run import make_run
from looks import cut_texts, nameless, unexplained, unreached
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea
from shiboken6 import isValid

from genodesk.app.plots.export import ExportPanel
from genodesk.app.plots.export_choices import Choice, FormatCards
from genodesk.app.plots.lines import LinePlot
from genodesk.app.theme import theme
from genodesk.core.figure import Axis
from genodesk.engine import figures
from genodesk.engine.render import render


@pytest.fixture
def figure_file():
    """The saved loss curve of a run."""
    run = make_run()
    drawing = figures.line_figure(
        "loss", "Loss of the run", Axis(label="Step"), Axis(label="Loss"), {"train": ([0, 1, 2], [3.0, 2.0, 1.5])}
    )
    return figures.save_drawing(drawing, run.path / "figures")


@pytest.fixture
def opened(desk, until):
    """Opens a panel and waits for its preview; closes it at the end."""
    made = []

    async def opened(source):
        panel = ExportPanel.open(desk, source)
        made.append(panel)
        await until(lambda: not panel.preview.image().isNull() or panel.preview.text() or panel.preview.error, 30)
        await idle(panel, until)
        return panel

    yield opened
    for panel in made:
        if isValid(panel):
            panel.close()


async def idle(panel, until):
    await until(lambda: not panel._soon.isActive() and not len(panel.tasks), 20)


async def test_a_figure_is_previewed_and_saved_as_the_very_page_and_as_its_numbers(
    desk, opened, until, figure_file, tmp_path
):
    toasts = []
    desk.toasted.connect(lambda *told: toasts.append(told))
    panel = await opened(figure_file)
    assert panel.preview.told().startswith("89 × ")
    assert "Genodesk" in panel.methods.text()
    assert panel.methods.isVisible()

    target = tmp_path / "图 out"
    target.mkdir()
    panel.place.line.setText(str(target / "loss.pdf"))
    QTest.mouseClick(panel.save_button, Qt.MouseButton.LeftButton)
    await idle(panel, until)
    expected = render(figure_file, tmp_path / "expected.pdf", width=89.0, dpi=300)
    assert (target / "loss.pdf").read_bytes() == expected.read_bytes()
    assert panel.said().startswith("Saved loss.pdf")
    assert toasts[-1][0] == "Saved loss.pdf"
    assert toasts[-1][3][0] == "Show in folder"
    assert panel.save_button.text() == "Replace the file"

    QTest.mouseClick(panel.choices.formats.cards["csv"], Qt.MouseButton.LeftButton)
    assert panel.place.line.text().endswith("loss.csv")
    assert not panel.copy_button.isEnabled()
    assert "no picture" in panel.copy_button.toolTip()
    await idle(panel, until)
    assert panel.preview.text().startswith("panel,series,Step,Loss")
    QTest.mouseClick(panel.save_button, Qt.MouseButton.LeftButton)
    await idle(panel, until)
    with (target / "loss.csv").open(encoding="utf-8-sig", newline="") as lines:
        assert [row["Loss"] for row in csv.DictReader(lines)] == ["3.0", "2.0", "1.5"]

    folder = panel._folder
    panel.close()
    assert not folder.exists()
    again = ExportPanel.open(desk, figure_file)
    assert again.choices.choice().format == "csv"
    assert again.place.line.text() == str(target / "loss.csv")
    again.close()


async def test_the_buttons_are_in_sight_at_any_size_and_the_keyboard_stays_on_save(
    opened, until, figure_file, tmp_path
):
    panel = await opened(figure_file)
    screen = panel.screen().availableGeometry()
    assert screen.contains(panel.geometry())
    panel.place.line.setText(str(tmp_path / "loss.pdf"))
    panel.activateWindow()
    panel.save_button.setFocus()
    QTest.keyClick(panel.save_button, Qt.Key.Key_Space)
    await idle(panel, until)
    assert panel.save_button.hasFocus()
    assert panel.save_button.text() == "Replace the file"
    panel.resize(900, 416)
    QApplication.processEvents()
    for made in (panel.save_button, panel.copy_button, panel.close_button):
        assert panel.rect().contains(QRect(made.mapTo(panel, QPoint(0, 0)), made.size()))
    side = panel.choices.window().findChild(QScrollArea)
    assert side.widget().width() <= side.viewport().width()
    assert side.widget().minimumSizeHint().width() <= side.viewport().width()
    panel.close_button.click()
    assert not isValid(panel) or not panel.isVisible()


async def test_a_panel_closed_while_it_saves_ends_quietly(desk, opened, figure_file, tmp_path, caplog):
    panel = await opened(figure_file)
    panel.place.line.setText(str(tmp_path / "loss.pdf"))
    panel.save_button.click()
    await asyncio.sleep(0)
    assert not panel.save_button.isEnabled()
    panel.close()
    await asyncio.sleep(0.2)
    assert not isValid(panel)
    assert caplog.text == ""


async def test_mistakes_are_told_below_the_buttons_and_a_damaged_figure_in_the_preview(
    opened, until, figure_file, tmp_path
):
    panel = await opened(figure_file)
    panel.place.line.setText(str(tmp_path / "nowhere" / "loss.pdf"))
    panel.save_button.click()
    await idle(panel, until)
    assert "cannot be written" in panel.said()
    assert "Choose a folder" in panel.said()
    panel.place.line.setText("")
    panel.save_button.click()
    await idle(panel, until)
    assert "no name" in panel.said()
    assert panel.save_button.isEnabled()
    next(figure_file.parent.glob("*.npy")).unlink()
    panel.choices.width_kinds.chip("double").click()
    await until(lambda: panel.preview.error, 10)
    assert "missing" in panel.preview.error.message


async def test_curves_on_screen_are_copied_as_a_picture_of_the_chosen_size(opened, until, desk):
    plot = LinePlot("Loss")
    plot.set_labels("Step", "Loss")
    plot.set_line("training", np.arange(20), np.arange(20.0))
    source = plot.to_figure("loss", "Loss")
    plot.deleteLater()
    panel = await opened(source)
    assert not panel.methods.isVisible()
    panel.choices.set_format("png")
    panel.choices.dpi.setValue(150)
    panel.choices.width_kinds.chip("custom").click()
    panel.choices.custom.setValue(100)
    await idle(panel, until)
    assert "591 × " in panel.preview.told()
    panel.copy_button.click()
    await until(lambda: panel.copy_button.isEnabled() and panel.said(), 20)
    image = QGuiApplication.clipboard().image()
    assert isinstance(image, QImage)
    assert abs(image.width() - 591) <= 1
    QGuiApplication.clipboard().clear()


async def test_everything_fits_has_a_name_and_is_reached_by_tab(opened, until, figure_file):
    panel = await opened(figure_file)
    panel.activateWindow()
    for size in ((1040, 660), (900, 620)):
        panel.resize(*size)
        QApplication.processEvents()
        assert cut_texts(panel) == []
    await idle(panel, until)
    assert nameless(panel) == []
    assert unexplained(panel) == []
    assert unreached(panel) == []
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()


def test_a_typed_name_chooses_the_kind_of_file(desk, figure_file):
    panel = ExportPanel(desk, figure_file)
    panel.place.line.setText("/tmp/loss.svg")
    panel.place.line.editingFinished.emit()
    assert panel.choices.choice().format == "svg"
    panel.close()


def test_what_was_stored_and_makes_no_sense_is_forgotten():
    stored = {"format": "exe", "width": "custom", "custom_mm": 9999, "dpi": "many"}
    assert Choice.of(stored, "double") == Choice(width="custom")
    assert Choice.of("nonsense", "double") == Choice(width="double")
    kept = Choice("png", "custom", 120.0, 600)
    assert Choice.of(kept.as_dict(), "single") == kept


def test_the_arrow_keys_move_between_the_kinds_of_files(qapp):
    theme().apply(qapp, "light")
    cards = FormatCards("pdf")
    cards.show()
    cards.cards["pdf"].setFocus()
    QTest.keyClick(cards.cards["pdf"], Qt.Key.Key_Down)
    assert cards.current == "png"
    QTest.keyClick(cards.cards["png"], Qt.Key.Key_Right)
    assert cards.current == "csv"
    cards.close()
    cards.deleteLater()
