"""From a file to a figure for the paper by mouse and keys alone, with the real engine; and files that are bad."""

import csv
import json
import pickle

import pytest
from by_hand import click, drop, export, pick, type_into
from PySide6.QtWidgets import QLabel

TINY = {
    "Steps": 600,
    "Width": 16,
    "Layers": 1,
    "Attention heads": 2,
    "Cells per slice": 32,
    "Log every": 20,
    "Evaluate every": 150,
    "Checkpoint every": 100,
}


@pytest.mark.slow
async def test_from_a_tissue_to_a_figure_without_a_terminal(window, until, tissue, tmp_path):
    window.open_first([])
    await until(lambda: window.page is not None)

    drop(window, tissue)
    await until(lambda: window.desk.settings.get("page") == "data" and window.page.file is not None)
    page = window.page
    assert page.line.text().startswith("320 cells")
    cells = page.file.show_tab("spatial").cells
    await until(lambda: "320 of 320 cells" in " ".join(label.text() for label in cells.findChildren(QLabel)))
    pick(page.using, "Train AlphaSTomics…")

    assert window.desk.settings.get("page") == "train"
    wizard = window.page.wizard
    await until(lambda: wizard.next.isEnabled() and wizard.inspecting.main() is not None)
    click(wizard.next)
    assert wizard.step == "settings"
    step = wizard.stack.currentWidget()
    click(step.presets.chip("quick"))
    click(step.form.fold)
    rows = lambda: {row.leaf.title: row for row in step.form.rows.values()}  # noqa: E731
    await until(lambda: set(TINY) <= set(rows()))
    for title, value in TINY.items():
        type_into(rows()[title].field.edit, value)
    assert "--max-steps 600" in step.command.text.toPlainText()
    await until(lambda: "fits" in " ".join(label.text() for label in step.estimate.findChildren(QLabel)), seconds=20)
    await until(wizard.next.isEnabled)
    click(wizard.next)
    assert wizard.step == "where"
    await until(wizard.next.isEnabled)
    click(wizard.next)
    assert wizard.step == "check"
    await until(wizard.next.isEnabled)
    assert wizard.next.text() == "Start"
    click(wizard.next)

    await until(lambda: window.desk.settings.get("page") == "runs" or window.toasts.shown, seconds=30)
    assert window.desk.settings.get("page") == "runs", window.toasts.shown[0].text
    panel = window.page.panel
    await until(lambda: panel.record is not None and "loss" in panel.record.curves, seconds=40)
    loss = panel.record.curves["loss"]
    await until(lambda: len(loss["train"].steps) > 2 and panel.header.stop.isVisible())
    assert window.tray.name.isVisible()

    click(panel.header.stop)
    await until(lambda: panel.header.facts.text().startswith("stopped"), seconds=20)
    stopped_at = loss["train"].steps[-1]
    assert stopped_at < TINY["Steps"]
    await until(lambda: panel.header.resume.isVisible() and panel.header.resume.isEnabled())
    click(panel.header.resume)
    await until(lambda: loss["train"].steps[-1] > stopped_at, seconds=40)
    await until(lambda: panel.header.facts.text().startswith("finished"), seconds=180)

    overview = panel.show_tab("overview")
    samples = overview.samples
    await until(lambda: samples.isVisible() and samples.view.body is not None)
    truth, sample = samples.view.body.views
    await until(lambda: truth.status() == sample.status() == "80 of 80 cells")
    assert samples.slider.maximum() > 1
    before = samples.view.path
    samples.slider.setValue(0)
    await until(lambda: samples.view.path != before and samples.view.figure is not None)
    truth.fit()
    assert truth.view == sample.view

    for name in ("figure.pdf", "figure.csv"):
        await export(panel, "slice_", tmp_path / name, until)
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")
    rows_written = list(csv.reader((tmp_path / "figure.csv").open(encoding="utf-8")))
    assert len(rows_written) > 2 * 80


def cut(tissue, place):
    path = place / "cut.h5ad"
    path.write_bytes(tissue.read_bytes()[: tissue.stat().st_size // 2])
    return path


def written(name, content):
    def make(_tissue, place):
        path = place / name
        path.write_bytes(content)
        return path

    return make


def folder(name, *files):
    def make(_tissue, place):
        path = place / name
        path.mkdir()
        for file in files:
            (path / file).write_text("{")
        return path

    return make


class Trap:
    def __reduce__(self):
        return (exec, ("raise SystemExit('the trap was sprung')",))


BAD = {
    "a file that was cut": (cut, "cut short"),
    "an empty file": (written("empty.h5ad", b""), "empty"),
    "a text that calls itself h5ad": (written("notes.h5ad", b"these are notes\n" * 50), "HDF5"),
    "a table without anything": (written("nothing.csv", b""), "empty"),
    "a letter": (written("letter.docx", b"PK\x03\x04" + bytes(200)), ""),
    "a zarr folder without data": (folder("tissue.zarr", ".zgroup"), ""),
    "a folder of nothing": (folder("folder"), ""),
    "a run that is damaged": (folder("run", "run.json"), "run.json"),
    "a file that is not there": (lambda _tissue, place: place / "gone.h5ad", "no such file"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_file_that_is_dropped_shows_its_sentence(kind, window, until, request, tmp_path):
    make, words = BAD[kind]
    path = make(request.getfixturevalue("tissue") if make is cut else None, tmp_path)
    drop(window, path)
    said = lambda: [window.page.content.error] if window.desk.settings.get("page") == "data" else window.toasts.shown  # noqa: E731
    await until(lambda: window.page is not None and any(said()))
    error = said()[0]
    message = getattr(error, "message", "") or error.text
    assert words in f"{message} {error.hint}"
    assert len(message) > 15
    assert error.hint
    assert "inside Genodesk" not in message
    assert "Traceback" not in message


async def test_weights_that_would_run_code_are_looked_at_and_never_run(window, until, tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(pickle.dumps(Trap()))
    drop(window, path)
    await until(lambda: window.page is not None and window.page.file is not None)
    said = " ".join(label.text() for label in window.page.file.findChildren(QLabel))
    assert "without running anything" in said


async def test_settings_that_cannot_be_read_say_where(window, until, tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text(json.dumps({"format": 1, "workflow": "alphastomics", "action": "train", "wings": 2}))
    drop(window, path)
    await until(lambda: window.toasts.shown)
    assert "wings" in window.toasts.shown[0].text
