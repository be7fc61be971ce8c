"""The page of runs, by what a person sees and clicks: list, header, tabs, failures, deletion, several at once."""

import asyncio
import csv

import pytest
from hand_made_run import draw, losses, make_run, write_events
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton

from genodesk.app.pages.runs.page import RunsPage
from genodesk.core.events import Failed, Log, MetricValues, Progress, Warned
from genodesk.engine.run_tables import write_table

SCORES = {
    "metrics": {"pair_distance_spearman": 0.9, "rmsd": 205.0},
    "point_estimate": "one_step",
    "estimates": {
        "one_step": {"pair_distance_spearman": 0.9, "rmsd": 205.0},
        "sample": {"pair_distance_spearman": 0.88},
    },
    "baselines": {"knn": {"pair_distance_spearman": 0.79, "rmsd": 280.0}, "pca2": {"pair_distance_spearman": 0.51}},
}


@pytest.fixture
def page(desk, until):
    made = RunsPage(desk)
    made.resize(1200, 840)
    made.show()
    made.shown()
    wanted = []
    desk.page_wanted.connect(lambda name, arguments: wanted.append((name, arguments)))
    made.wanted = wanted
    made.said = []
    desk.toasted.connect(lambda text, hint, level, action: made.said.append(text))
    yield made
    made.shut()
    made.close()
    made.deleteLater()


async def look_at(page, until, folder):
    """Brings a run to the front and waits until all of it was read."""
    page.take(run=str(folder.path))
    await until(lambda: page.panel.record is not None and page.panel.record.folder.path == folder.path)
    await until(lambda: page.panel.record.caught_up)
    page.panel.draw_now()
    return page.panel


def tab(panel, name):
    part = panel.show_tab(name)
    part.refresh()
    return part


async def test_a_person_without_runs_is_shown_where_to_begin(page, until):
    await until(lambda: "No runs yet" in texts(page))
    click(page, "See it work")
    assert page.wanted == [("welcome", {})]


async def test_the_list_says_of_every_run_what_it_is_and_how_it_stands(page, until, tmp_path):
    make_run(losses(5))
    await page.desk.runs.add(make_run(state="failed", cause="error", place=tmp_path / "my tissue").path)
    model = page.list.model
    await until(lambda: model.rowCount() == 2)
    said = [model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(2)]
    assert "Train, Toy, Train, finished, Loss 0.400" in said
    assert "my tissue, Toy, Train, failed" in said
    page.list.search.setText("my TISSUE")
    assert model.rowCount() == 1
    page.list.search.setText("nothing like it")
    assert "No run matches" in texts(page.list)
    page.list.search.clear()
    page.list.states.setCurrentIndex(page.list.states.findData("finished"))
    assert [model.run(row).state for row in range(model.rowCount())] == ["finished"]


async def test_the_newest_run_is_chosen_and_arrow_keys_go_on_to_the_others(page, until):
    for _ in range(3):
        make_run(losses(3))
    await until(lambda: page.list.model.rowCount() == 3 and page.panel.record is not None)
    first = page.panel.record.folder.path
    page.list.view.setFocus()
    QTest.keyClick(page.list.view, Qt.Key.Key_Down)
    await until(lambda: page.panel.record.folder.path != first)
    assert page.panel.record.status.id == page.list.model.run(1).id


async def test_a_going_run_is_paused_resumed_stopped_and_stopped_now_by_its_buttons(page, until, toy):
    folder = toy.start(steps=3000, step_seconds=0.01)
    panel = await look_at(page, until, folder)
    header = panel.header
    await until(lambda: "step " in header.facts.text() and "running" in header.facts.text())
    assert header.pause.isVisible()
    assert not header.resume.isVisible()
    header.pause.click()
    assert header.facts.text().startswith("pausing")
    assert not header.pause.isEnabled()
    assert "already" in header.pause.toolTip()
    await until(lambda: header.resume.isVisible() and header.resume.isEnabled())
    assert header.facts.text().startswith("paused")
    header.resume.click()
    await until(lambda: header.stop.isVisible() and "running" in header.facts.text())
    header.stop.click()
    assert header.stop_now.isVisible()
    assert not header.stop.isVisible()
    header.stop_now.click()
    await until(lambda: header.facts.text().startswith("stopped"))


async def test_the_time_that_is_left_is_told_only_when_it_can_be(page, until, toy):
    panel = await look_at(page, until, toy.start(steps=400, step_seconds=0.01))
    await until(lambda: "estimating" in panel.header.facts.text() or "ends in" in panel.header.facts.text())
    await until(lambda: "ends in" in panel.header.facts.text())
    panel.header.stop.click()
    await until(lambda: panel.record.status.state == "stopped" and not panel.record.status.alive)
    await until(lambda: "ends in" not in panel.header.facts.text())


async def test_the_loss_arrives_point_by_point_and_a_resumed_run_takes_its_steps_back(page, until):
    folder = make_run([*losses(20), *losses(4, "validation")])
    loss = (await look_at(page, until, folder)).parts["overview"].loss
    assert loss.plot.names() == ["train", "validation"]
    assert len(loss.plot.points("train")[0]) == 20
    write_events(folder, [MetricValues(step=15, values={"loss": 9.0}), MetricValues(step=16, values={"loss": 8.0})])
    await until(lambda: len(loss.plot.points("train")[0]) == 16)
    steps, values = loss.plot.points("train")
    assert list(steps[-2:]) == [15, 16]
    assert list(values[-2:]) == [9.0, 8.0]


async def test_another_number_can_be_drawn(page, until):
    values = {"loss": 1.0, "gradient_norm": 5.0}
    folder = make_run([MetricValues(step=step, values=values) for step in (1, 2)])
    loss = (await look_at(page, until, folder)).parts["overview"].loss
    choices = [loss.numbers.itemText(i) for i in range(loss.numbers.count())]
    assert choices == ["Loss", "Gradient norm"]
    loss.numbers.setCurrentIndex(1)
    loss.numbers.activated.emit(1)
    assert list(loss.plot.points("train")[1]) == [5.0, 5.0]


async def test_scores_stand_beside_simple_methods_with_the_best_marked_and_a_verdict(page, until):
    folder = make_run(losses(2), workflow="alphastomics", result=SCORES)
    scores = (await look_at(page, until, folder)).parts["overview"].scores
    model = scores.table.model()
    rows = [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]
    assert rows[0] == ["This run (one step)", "0.900", "205.0"]
    assert rows[1] == ["This run (sample)", "0.880", "–"]
    assert rows[2][1:] == ["★ 0.790", "★ 280.0"]
    assert rows[-1][0] == "Chance"
    assert model.index(0, 1).data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    assert scores.said.text().startswith("This run beats the best simple method")
    assert "0.900 against 0.790" in scores.said.text()


async def test_before_the_scores_the_best_number_on_held_out_cells_is_told(page, until):
    values = {"pair_distance_spearman": 0.7}
    events = [MetricValues(step=50, split="validation", values=values)]
    folder = make_run(events, workflow="alphastomics", state="stopped")
    scores = (await look_at(page, until, folder)).parts["overview"].scores
    assert ("Best Pair-distance Spearman", "0.700", "accent") in scores.so_far.rows()
    assert not scores.table.isVisible()


async def test_truth_and_sample_are_shown_at_any_step_and_the_newest_is_followed(page, until):
    folder = make_run()
    write_events(folder, [draw(folder, 100), draw(folder, 200)])
    samples = (await look_at(page, until, folder)).parts["overview"].samples
    await until(lambda: samples.view.figure is not None)
    assert samples.view.figure.step == 200
    assert [panel.title for panel in samples.view.figure.panels] == ["Measured", "Placed by the model"]
    assert samples.step.text() == "step 200"
    samples.slider.setValue(0)
    await until(lambda: samples.view.figure.step == 100)
    write_events(folder, [draw(folder, 300)])
    await until(lambda: samples.slider.maximum() == 2)
    assert samples.step.text() == "step 100"  # who looks back is not torn away
    samples.slider.setValue(2)
    await until(lambda: samples.view.figure.step == 300)
    write_events(folder, [draw(folder, 400)])
    await until(lambda: samples.view.figure.step == 400)


async def test_every_figure_is_listed_by_its_title_and_drawn(page, until):
    folder = make_run()
    write_events(folder, [draw(folder, None)])
    panel = await look_at(page, until, folder)
    figures = tab(panel, "figures")
    assert [figures.list.item(i).text() for i in range(figures.list.count())] == ["slice 1"]
    await until(lambda: figures.view.figure is not None)
    panel.header.menu.aboutToShow.emit()
    assert "slice 1…" in [action.text() for action in panel.header.menu.actions()]


async def test_a_failed_run_says_why_what_to_do_and_where_the_details_are(page, until):
    failure = Failed(message="The walk is too steep.", hint="Choose a flatter one.", where="steps", user=True)
    folder = make_run([*losses(3), failure], state="failed", cause="user error")
    card = (await look_at(page, until, folder)).parts["overview"].failure
    assert card.isVisible()
    assert (card.said.text(), card.hint.text(), card.place.text()) == (
        "The walk is too steep.",
        "Choose a flatter one.",
        "steps",
    )
    assert not card.smaller.isVisible()


async def test_out_of_memory_offers_half_the_batch_and_twice_as_many_of_them(page, until):
    settings = {"training": {"batch_size": 16, "accumulate": 3}}
    failure = Failed(message="The computer ran out of memory.", hint="halve --batch-size", traceback="log.txt")
    folder = make_run([failure], workflow="alphastomics", settings=settings, state="failed", cause="out of memory")
    card = (await look_at(page, until, folder)).parts["overview"].failure
    assert "--batch-size" not in card.hint.text()
    assert card.place.text().endswith("log.txt")
    card.smaller.click()
    ((name, arguments),) = page.wanted
    assert (name, arguments["workflow"], arguments["action"]) == ("train", "alphastomics", "train")
    training = arguments["values"]["training"]
    assert (training["batch_size"], training["accumulate"]) == (8, 6)


async def test_run_again_opens_the_wizard_with_the_settings_and_preset_of_the_run(page, until):
    folder = make_run(settings={"steps": 77}, preset="quick")
    panel = await look_at(page, until, folder)
    panel.header.again.click()
    ((name, arguments),) = page.wanted
    assert name == "train"
    assert arguments["values"]["steps"] == 77
    assert arguments["preset"] == "quick"


async def test_deleting_asks_first_and_moves_the_run_to_the_trash(page, until, tmp_path, monkeypatch):
    (tmp_path / "xdg").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    folder = make_run(losses(3))
    panel = await look_at(page, until, folder)
    panel.header.delete.click()
    box = await until(lambda: panel.findChild(QMessageBox))
    click(box, "Keep it")
    await until(lambda: panel.findChild(QMessageBox) is None)
    assert folder.path.exists()
    panel.header.delete.click()
    click(await until(lambda: panel.findChild(QMessageBox)), "Move to the trash")
    await until(lambda: not folder.path.exists())
    await until(lambda: "No runs yet" in texts(page))


async def test_the_settings_name_first_what_differs_then_all_and_the_same_command(page, until):
    folder = make_run(settings={"steps": 77}, preset="quick")
    shown = tab(await look_at(page, until, folder), "settings")
    assert shown.changed.rows() == [("Steps", "77  (preset: 10)")]
    assert ("Trouble", "none") in shown.all.rows()
    words = shown.command.toPlainText().replace("\\\n", "").split()
    assert words == ["genodesk-engine", "toy", "train", "--preset", "quick", "--steps", "77"]
    shown.copy_yaml.click()
    assert "steps: 77" in QApplication.clipboard().text()


async def test_a_run_of_a_workflow_that_is_not_installed_is_still_shown(page, until):
    folder = make_run(losses(9))
    run_json = folder.path / "run.json"
    run_json.write_text(run_json.read_text().replace('"toy"', '"nucleotide"'))
    settings = folder.settings_file
    settings.write_text(settings.read_text().replace("workflow: toy", "workflow: nucleotide"))
    panel = await look_at(page, until, folder)
    await until(lambda: "nucleotide" in panel.header.title.text())
    assert len(panel.parts["overview"].loss.plot.points("train")[0]) == 9
    assert not panel.header.again.isEnabled()
    assert "not installed" in panel.header.again.toolTip()
    shown = tab(panel, "settings")
    assert "not installed" in shown.preset.text()
    assert ("steps", "40") in shown.all.rows()


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
    table._again.stop()
    table.refresh()
    await until(lambda: table.count.text() == "100,001 rows")
    assert table.model.index(100_000, 1).data() == "new"
    table.view.selectRow(100_000)
    table.copy_selected()
    assert QApplication.clipboard().text() == "step\tnote\n7\tnew"


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


async def test_several_runs_are_drawn_together_with_the_settings_that_differ(page, until, tmp_path):
    one = make_run(losses(5), settings={"steps": 5}, place=tmp_path / "short")
    two = make_run(losses(9), settings={"steps": 9}, place=tmp_path / "long")
    for folder in (one, two):
        await look_at(page, until, folder)
    page.list.select([one.info.id, two.info.id])
    compare = page.compare
    await until(lambda: sorted(compare.plot.names()) == ["long", "short"])
    assert len(compare.plot.points("long")[0]) == 9
    table = compare.table
    cells = [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount())]
    names = [table.horizontalHeaderItem(column).text() for column in range(3)]
    assert [dict(zip(names, row, strict=True)) for row in cells] == [{"Setting": "Steps", "short": "5", "long": "9"}]
    page.list.select([one.info.id])
    await until(lambda: page.panel.record.folder.path == one.path)


async def test_a_damaged_figure_and_damaged_settings_show_a_sentence(page, until):
    folder = make_run()
    write_events(folder, [draw(folder, None)])
    folder.settings_file.write_text("steps: [")
    (folder.figures / "truth_and_sample.json").write_text("{")
    panel = await look_at(page, until, folder)
    figures = tab(panel, "figures")
    await until(lambda: figures.view.error is not None)
    assert "not a Genodesk figure" in figures.view.error.message
    assert "not valid YAML" in tab(panel, "settings").content.error.message


async def test_what_was_looked_at_comes_back(desk, until):
    folder = make_run(losses(2))
    make_run(losses(2))
    page = RunsPage(desk)
    page.shown()
    await look_at(page, until, folder)
    page.panel.show_tab("log")
    state = page.state()
    page.shut()
    page.deleteLater()
    again = RunsPage(desk)
    again.restore(state)
    await until(lambda: again.panel.record is not None)
    assert again.panel.record.folder.path == folder.path
    assert again.panel.tab() == "log"
    again.shut()
    again.deleteLater()


async def test_a_folder_that_is_no_run_is_refused_in_words(page, until, tmp_path):
    page.take(run=str(tmp_path))
    await until(lambda: page.said)
    assert page.said == ["This is not a run folder (it holds no run.json)."]


async def test_400_events_a_second_leave_the_window_free(page, until, gap):
    folder = make_run(losses(10))
    panel = await look_at(page, until, folder)
    step = 10

    panel._tail.set_alive(True)
    gap.start()
    for _ in range(40):
        events = []
        for _ in range(10):
            step += 1
            events += [MetricValues(step=step, values={"loss": 1 / step}), Progress(done=step, total=10_000)]
        write_events(folder, events)
        await asyncio.sleep(0.05)
    assert gap.stop() < 0.1  # the promise is 50 ms on a quiet machine
    await until(lambda: len(panel.record.curves["loss"]["train"].steps) > 300)


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def click(widget, text):
    (button,) = [one for one in widget.findChildren(QPushButton) if one.text().replace("&", "") == text]
    button.click()
