"""The page of runs, by what a person sees and clicks: the list, the head of a run, its buttons, deletion."""

import asyncio
import shutil

import pytest
from by_hand import pick
from hand_made_run import losses, make_run, move_elsewhere, write_events
from on_screen import texts
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from runs_on_screen import click, look_at, shown_page, tab

from genodesk.app.pages.runs.page import RunsPage
from genodesk.app.pages.runs.run_commands import COMMANDS
from genodesk.app.run_words import how_far
from genodesk.core.errors import UserError
from genodesk.core.events import MetricValues, Progress


@pytest.fixture
def page(desk):
    yield from shown_page(desk)


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
    for words in ("Train, Toy, Train, finished, Loss 0.400, 2 Jan", "my tissue, Toy, Train, failed, 2 Jan"):
        assert any(text.startswith(words) for text in said), said
    page.list.search.setText("my TISSUE")
    assert model.rowCount() == 1
    page.list.search.setText("nothing like it")
    assert "No run matches" in texts(page.list)
    page.list.search.clear()
    page.list.states.setCurrentIndex(page.list.states.findData("finished"))
    assert [model.run(row).state for row in range(model.rowCount())] == ["finished"]


async def test_a_run_is_chosen_by_itself_and_arrow_keys_go_on_to_the_others(page, until):
    for _ in range(3):
        make_run(losses(3))
    model = page.list.model
    await until(lambda: model.rowCount() == 3 and page.panel.record is not None)
    page.list.select([model.run(0).id])
    page.list.view.setFocus()
    for row in (1, 2):
        QTest.keyClick(page.list.view, Qt.Key.Key_Down)
        await until(lambda row=row: page.panel.record.status.id == model.run(row).id)
    QTest.keyClick(page.list.view, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    await until(lambda: page.compare is not None and page.compare.isVisible())
    assert len(page.list.selected()) == 2


async def test_a_run_that_is_added_late_does_not_come_back_before_the_one_asked_for_since(page, until, monkeypatch):
    first, second = make_run(losses(3)), make_run(losses(5))
    add, added = page.desk.runs.add, asyncio.Event()

    async def late(folder):
        await added.wait()
        return await add(folder)

    monkeypatch.setattr(page.desk.runs, "add", late)
    with monkeypatch.context() as patched:
        patched.setattr(page.desk.runs, "find", lambda _: None)  # it is not on the list yet
        page.take(run=str(first.path))
    await look_at(page, until, first)  # the list found it by itself
    await look_at(page, until, second)
    added.set()
    await until(lambda: len(page.tasks) == 0)
    assert page.panel.record.folder.path == second.path, "what was asked for last stays"


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
    assert page.said == ["Train · Toy is in the trash now"]


async def test_what_was_asked_of_a_run_is_told_by_head_and_list_at_once_and_taken_back_where_it_failed(
    page, until, toy, monkeypatch
):
    folder = toy.start(steps=3000, step_seconds=0.01)
    panel = await look_at(page, until, folder)
    await until(lambda: "step " in panel.header.facts.text())

    def deaf(folder, request):
        raise UserError("The request could not be written.")

    with monkeypatch.context() as patch:
        patch.setattr("genodesk.app.run_list.ask", deaf)
        panel.header.stop.click()
        assert panel.header.facts.text().startswith("stopping")
        assert how_far(page.list.model.run(0)) == how_far(page.desk.runs.find(folder.path)) == "stopping"
        await until(lambda: page.said)
    await until(lambda: panel.header.facts.text().startswith("running"))
    assert how_far(page.list.model.run(0)).startswith("running")
    panel.header.stop.click()
    panel.header.stop_now.click()
    await until(lambda: panel.header.facts.text().startswith("stopped"))


async def test_a_run_of_a_workflow_that_is_not_installed_is_still_shown(page, until):
    folder = make_run(losses(9))
    run_json = folder.path / "run.json"
    run_json.write_text(run_json.read_text().replace('"toy"', '"nucleotide"'))
    settings = folder.settings_file
    settings.write_text(settings.read_text().replace("workflow: toy", "workflow: nucleotide"))
    panel = await look_at(page, until, folder)
    await until(lambda: "nucleotide" in panel.header.title.text())
    assert len(panel.parts["overview"].loss.card.plot.points("train")[0]) == 9
    assert not panel.header.again.isEnabled()
    assert "not installed" in panel.header.again.toolTip()
    shown = tab(panel, "settings")
    await until(lambda: "not installed" in shown.preset.text())
    assert ("steps", "40") in shown.all.rows()


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


async def test_the_head_names_the_device_of_a_real_run_and_how_often_it_was_started(page, until, toy):
    folder = toy.start(steps=3000, step_seconds=0.01)
    header = (await look_at(page, until, folder)).header
    await until(lambda: "this computer, CPU" in header.facts.text())
    header.stop.click()
    await until(lambda: header.facts.text().startswith("stopped") and "took" in header.facts.text())
    header.resume.click()
    assert not header.resume.isEnabled()
    assert "being started" in header.resume.toolTip()
    await until(header.stop.isVisible)
    header.stop.click()
    header.stop_now.click()
    await until(lambda: "in 2 attempts" in header.facts.text())
    assert "took" not in header.facts.text()


async def test_a_run_elsewhere_that_went_silent_has_no_bar_and_no_end_in_sight(page, until):
    folder = make_run([*losses(5), Progress(done=5, total=10, eta_s=60)], state="running")
    move_elsewhere(folder, "gpu-node-07")
    header = (await look_at(page, until, folder)).header
    assert header.facts.text().startswith("running · step 5 of 10 · last heard of: ")
    assert not header.bar.isVisible()
    assert header.stop.isVisible()
    assert not header.delete.isVisible()


async def test_a_run_of_a_missing_workflow_that_stopped_cannot_be_resumed_and_says_why(page, until):
    folder = make_run(losses(3), state="stopped")
    run_json = folder.path / "run.json"
    run_json.write_text(run_json.read_text().replace('"toy"', '"nucleotide"'))
    header = (await look_at(page, until, folder)).header
    assert not header.resume.isEnabled()
    assert "nucleotide is not installed" in header.resume.toolTip()


async def test_another_run_in_the_same_folder_takes_the_place_of_the_former(page, until, tmp_path):
    place = tmp_path / "run here"
    panel = await look_at(page, until, make_run(losses(3), place=place))
    shutil.rmtree(place)
    second = make_run(losses(7), place=place)
    page.take(run=str(place))
    await until(lambda: panel.record.folder.info.id == second.info.id)
    plot = panel.parts["overview"].loss.card.plot
    await until(lambda: plot.names() and len(plot.points("train")[0]) == 7)


async def test_a_copy_of_a_known_run_shows_the_run_itself(page, until, tmp_path):
    folder = make_run(losses(3))
    await until(lambda: page.desk.runs.find(folder.path))
    make_run(losses(3))
    shutil.copytree(folder.path, tmp_path / "copy")
    page.take(run=str(tmp_path / "copy"))
    await until(lambda: page.panel.record is not None and page.panel.record.folder.path == folder.path)


async def test_a_filter_stays_when_the_run_it_showed_is_gone(page, until):
    first, second = (make_run(losses(2), state="failed", cause="error") for _ in range(2))
    make_run(losses(2))
    await until(lambda: page.list.model.rowCount() == 3)
    page.list.select([first.info.id])
    page.list.states.setCurrentIndex(page.list.states.findData("failed"))
    shutil.rmtree(first.path)
    await until(lambda: page.list.selected() == [second.info.id])
    assert page.list.states.currentData() == "failed"


async def test_a_hidden_page_draws_nothing(page, until):
    folder = make_run(losses(3))
    loss = (await look_at(page, until, folder)).parts["overview"].loss
    page.hide()
    page.hidden()
    write_events(folder, [MetricValues(step=4, values={"loss": 1.0})])
    await until(lambda: len(page.panel.record.curves["loss"]["train"].steps) == 4)
    await asyncio.sleep(0.2)
    assert len(loss.card.plot.points("train")[0]) == 3
    page.show()
    page.shown()
    await until(lambda: len(loss.card.plot.points("train")[0]) == 4)


def yeast_model(place):
    """A finished run of the yeast workflow that has left a model."""
    folder = make_run(losses(3), workflow="get-yeast", settings={"yeast": {"difficulty": "demo"}}, place=place)
    (folder.path / "model").mkdir()
    return folder


async def test_a_finished_model_offers_what_its_workflow_allows_and_opens_it_filled_in(page, until, tmp_path):
    folder = yeast_model(tmp_path / "yeast run")
    header = (await look_at(page, until, folder)).header
    assert header.using.isVisible()
    header.uses.aboutToShow.emit()
    offered = [action.text() for action in header.uses.actions()]
    assert offered == ["Score this model…", "Predict expression with this model…", "Show what matters to this model…"]
    pick(header.using, "Score this model")
    values = {"run": str(folder.path)}
    assert page.wanted == [("train", {"workflow": "get-yeast", "action": "evaluate", "values": values})]


async def test_a_model_that_talks_is_asked_on_its_page(page, until, tmp_path):
    folder = make_run(
        losses(3), workflow="genechat", settings={"genes": {"difficulty": "demo"}}, place=tmp_path / "talk"
    )
    (folder.path / "model").mkdir()
    header = (await look_at(page, until, folder)).header
    pick(header.using, "Ask GeneChat about a gene with this model")
    assert page.wanted == [("chat", {"model": str(folder.path)})]


async def test_a_run_without_a_model_offers_no_use_of_it(page, until, tmp_path):
    failed = make_run(losses(3), state="failed", cause="error", place=tmp_path / "failed")
    (failed.path / "model").mkdir()
    for folder in (make_run(losses(3)), failed):
        assert not (await look_at(page, until, folder)).header.using.isVisible()


async def test_the_buttons_of_a_run_are_commands_while_the_page_is_in_front(page, until):
    folder = make_run(losses(3))
    commands = page.desk.commands
    assert commands.get("run again").why_not == "Choose one run first."
    await look_at(page, until, folder)
    assert commands.get("run stop").why_not == "As this run stands, that cannot be done."
    commands.get("run again").run()
    assert page.wanted[-1][1]["action"] == "train"
    page.hidden()
    assert not [command for command in commands.all() if command.name in COMMANDS]
