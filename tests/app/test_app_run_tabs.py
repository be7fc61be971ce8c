"""The tabs of a run: settings, tables, log and files."""

import csv

import pytest
from hand_made_run import draw, losses, make_run, move_elsewhere, write_events
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from runs_on_screen import look_at, shown_page, tab

from genodesk.core.events import Log, StateChange, Warned
from genodesk.engine.run_tables import write_table


@pytest.fixture
def page(desk):
    yield from shown_page(desk)


async def test_the_settings_name_first_what_differs_then_all_and_the_same_command(page, until):
    folder = make_run(settings={"steps": 77}, preset="quick")
    shown = tab(await look_at(page, until, folder), "settings")
    await until(shown.changed.rows)
    assert shown.changed.rows() == [("Steps", "77  (preset: 10)")]
    assert ("Trouble", "none") in shown.all.rows()
    words = shown.command.toPlainText().replace("\\\n", "").split()
    assert words == ["genodesk-engine", "toy", "train", "--preset", "quick", "--steps", "77"]
    shown.copy_yaml.click()
    assert "steps: 77" in QApplication.clipboard().text()


async def test_a_table_of_100_000_rows_is_read_where_it_is_looked_at_and_grows(page, until, gap):
    folder = make_run(losses(1))
    write_table(folder.tables / "metrics.csv", {"step": range(100_000), "note": ['a, "b"\nc'] * 100_000})
    panel = await look_at(page, until, folder)
    gap.start()
    table = tab(panel, "table")
    await until(lambda: table.count.text() == "100,000 rows")
    assert gap.stop() < 0.15  # the promise is 50 ms on a quiet machine
    assert [table.model.index(99_999, column).data() for column in (0, 1)] == ["99999", 'a, "b"\nc']
    with (folder.tables / "metrics.csv").open("a", newline="") as file:
        csv.writer(file).writerow((7, "new"))
    table.refresh()
    await until(lambda: table.count.text() == "100,001 rows")
    assert table.model.index(100_000, 1).data() == "new"
    QApplication.clipboard().setText("from elsewhere")
    table.view.clearSelection()
    assert table.copy.toolTip() == "Select rows of the table first."
    table.copy_selected()
    table.view.selectAll()
    table.copy_selected()
    assert page.said == ["100,001 rows are too many to copy."]
    assert QApplication.clipboard().text() == "from elsewhere"
    table.view.clearSelection()
    table.view.setCurrentIndex(table.model.index(100_000, 0))
    table.copy.click()
    await until(lambda: page.said[1:] == ["1 row copied"])
    assert QApplication.clipboard().text() == "step\tnote\n7\tnew"


async def test_many_rows_are_copied_while_the_window_goes_on(page, until, gap):
    folder = make_run(losses(1))
    write_table(folder.tables / "metrics.csv", {"step": range(90_000), "loss": [0.1 + 0.2] * 90_000})
    table = tab(await look_at(page, until, folder), "table")
    await until(lambda: table.count.text() == "90,000 rows")
    gap.start()
    table.view.selectAll()
    table.copy.click()
    await until(lambda: page.said == ["90,000 rows copied"])
    assert gap.stop() < 0.25  # reading the rows takes longer; the promise is 50 ms on a quiet machine
    lines = QApplication.clipboard().text().split("\n")
    assert (len(lines), lines[0], lines[-1]) == (90_001, "step\tloss", "89999\t0.30000000000000004")


async def test_the_log_is_filtered_and_follows_what_comes(page, until):
    folder = make_run([Log(text="3,000 cells"), Warned(message="Few genes.", hint="Take more.")])
    folder.log.write_text("Traceback\nMemoryError\n")
    panel = await look_at(page, until, folder)
    log = tab(panel, "log")
    assert "3,000 cells" in log.text.toPlainText()
    log.worries.setChecked(True)
    assert "Few genes. Take more." in log.text.toPlainText()
    assert "3,000 cells" not in log.text.toPlainText()
    log.worries.setChecked(False)
    write_events(folder, [Log(text="one more line")])
    await until(lambda: "one more line" in log.text.toPlainText())
    log.search.setText("CELLS")
    assert len(log.text.toPlainText().splitlines()) == 1
    log.search.clear()
    write_events(folder, [Log(text=f"line {number}") for number in range(1000)])
    await until(lambda: log.text.document().blockCount() > 1000)
    assert log.text.toPlainText().splitlines()[-1].endswith("line 999")
    log.source.chip("output").click()
    assert log.text.toPlainText() == "Traceback\nMemoryError"


async def test_freeing_space_keeps_the_last_and_the_best_state(page, until):
    folder = make_run(losses(1))
    for step in (100, 200, 300, 400):
        state = folder.checkpoints / f"step-{step:08d}"
        state.mkdir(parents=True)
        (state / "model.safetensors").write_bytes(bytes(2_000_000))
    (folder.checkpoints / "last").write_text("step-00000400\n")
    (folder.checkpoints / "best").write_text("step-00000200\n")
    panel = await look_at(page, until, folder)
    files = tab(panel, "files")
    await until(files.free.isEnabled)
    assert ("checkpoints/", "8.0 MB") in files.entries.rows()
    files.free.click()
    assert "Delete 2 older saved states and free 4.0 MB?" in files.question.text()
    files.sure.click()
    await until(lambda: not files.free.isEnabled())
    assert [state.name for state in sorted(folder.checkpoints.glob("step-*"))] == ["step-00000200", "step-00000400"]


async def test_a_damaged_figure_and_damaged_settings_show_a_sentence(page, until):
    folder = make_run()
    write_events(folder, [draw(folder, None)])
    folder.settings_file.write_text("steps: [")
    (folder.figures / "truth_and_sample.json").write_text("{")
    panel = await look_at(page, until, folder)
    figures = tab(panel, "figures")
    await until(lambda: figures.view.error is not None)
    assert "not a Genodesk figure" in figures.view.error.message
    settings = tab(panel, "settings")
    await until(lambda: settings.content.error is not None)
    assert "not valid YAML" in settings.content.error.message


async def test_a_table_that_was_made_anew_is_shown_anew(page, until):
    folder = make_run(losses(1))
    write_table(folder.tables / "metrics.csv", {"step": [1, 2], "value": [3.0, 4.0]})
    table = tab(await look_at(page, until, folder), "table")
    await until(lambda: table.count.text() == "2 rows")
    write_table(folder.tables / "metrics.csv", {"step": [5, 6, 7], "value": [8, 8, 8], "note": ["a", "b", "c"]})
    table.refresh()
    await until(lambda: table.count.text() == "3 rows")
    assert [table.model.index(0, column).data() for column in range(table.model.columnCount())] == ["5", "8", "a"]


async def test_a_table_saved_where_nobody_may_write_says_so(page, until, tmp_path):
    folder = make_run(losses(1))
    write_table(folder.tables / "metrics.csv", {"step": [1]})
    table = tab(await look_at(page, until, folder), "table")
    await until(lambda: table.count.text() == "1 row")
    table.export(tmp_path / "no such folder" / "a.csv")
    await until(lambda: page.said)
    assert page.said == ["The table cannot be saved there (No such file or directory)."]


async def test_the_output_keeps_its_letters_over_pieces_and_its_last_unended_line(page, until):
    folder = make_run(losses(1))
    folder.log.write_text("组" * 70_000 + "\nKilled", encoding="utf-8")
    log = tab(await look_at(page, until, folder), "log")
    log.source.chip("output").click()
    await until(lambda: log.text.toPlainText().endswith("\nKilled"))
    assert set(log.text.toPlainText().splitlines()[0]) == {"组"}


async def test_a_question_about_saved_states_is_withdrawn_when_the_run_goes_on(page, until):
    folder = make_run(losses(1))
    for step in (100, 200):
        (folder.checkpoints / f"step-{step:08d}").mkdir(parents=True)
    (folder.checkpoints / "last").write_text("step-00000200\n")
    files = tab(await look_at(page, until, folder), "files")
    await until(files.free.isEnabled)
    files.free.click()
    assert files.sure.isVisible()
    folder.start_attempt()
    write_events(folder, [StateChange(state="running")])
    move_elsewhere(folder, "gpu-node-07")
    await until(lambda: not files.sure.isVisible())
    assert not files.free.isEnabled()
    assert "going" in files.free.toolTip()


async def test_the_columns_of_a_table_are_as_wide_as_what_they_hold_and_fit_together(page, until):
    folder = make_run(losses(3))
    rows = "".join(f"{step},0.5,train,steps_per_second,600.548096\n" for step in range(300))
    (folder.tables / "metrics.csv").parent.mkdir(exist_ok=True)
    (folder.tables / "metrics.csv").write_text("step,epoch,split,metric,value\n" + rows)
    page.resize(900, 600)
    table = tab(await look_at(page, until, folder), "table")
    await until(lambda: table.model is not None and table.model.rowCount() == 300)
    metric = table.view.columnWidth(3)
    assert metric >= table.view.fontMetrics().horizontalAdvance("steps_per_second") + 6
    assert not table.view.horizontalScrollBar().isVisible()
    assert table.model.index(0, 4).data(Qt.ItemDataRole.ToolTipRole) == "600.548096"
