"""The welcome page: a demonstration is one click away, and so is what was used last."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

import genodesk.app
from genodesk.app.pages.welcome.recent_line import RecentLine
from genodesk.core.run import RunFolder
from genodesk.core.workflow import get_workflow, workflow_names


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def lines(page):
    return [line for line in page.findChildren(RecentLine) if line.isVisible()]


async def test_every_workflow_with_a_demonstration_has_a_card_with_its_own_words(window):
    page = window.show_page("welcome")
    assert set(page.demos) == {name for name in workflow_names() if get_workflow(name).demo is not None}
    for name, card in page.demos.items():
        shown = [label.text() for label in card.findChildren(QLabel)]
        assert get_workflow(name).title in shown
        assert get_workflow(name).summary in shown
        told = next(text for text in shown if "a minute or two" in text and "no internet" in text)
        assert told.startswith(get_workflow(name).demo.learns)


def test_no_page_but_that_of_genechat_knows_a_workflow_by_its_name():
    place = Path(genodesk.app.__file__).parent
    names = [name for name in workflow_names() if name != "toy"]
    for file in place.rglob("*.py"):
        if file.parent.name != "chat":
            text = file.read_text(encoding="utf-8")
            assert not [name for name in names if f'"{name}"' in text], file


async def test_one_click_starts_the_demonstration_as_it_is_declared_and_goes_to_its_run(window, wanted, toy, until):
    page = window.show_page("welcome")
    card = page.demos["toy"]
    click(card.see)
    assert not card.see.isEnabled()
    assert card.see.toolTip() == "The run is being started."
    await until(lambda: wanted)
    (name, arguments), *_ = wanted
    assert name == "runs"
    run = RunFolder.open(Path(arguments["run"]))
    assert (run.info.workflow, run.info.action) == ("toy", "train")
    assert "preset: quick" in run.settings_file.read_text()
    assert run.settings_document()["steps"] == 10
    assert card.see.isEnabled()
    toy.until_over(run)


async def test_a_demonstration_that_cannot_start_says_why_and_may_be_tried_again(window, wanted, home, until):
    page = window.show_page("welcome")
    (home / "runs").parent.mkdir(exist_ok=True)
    (home / "runs").write_text("a file stands where runs are kept")
    click(page.demos["toy"].see)
    await until(lambda: window.toasts.shown)
    assert window.toasts.shown[0].text
    assert page.demos["toy"].see.isEnabled()
    assert not wanted


async def test_a_card_leads_to_the_wizard_too(window, wanted):
    page = window.show_page("welcome")
    click(page.demos["toy"].train)
    assert wanted == [("train", {"workflow": "toy", "action": "train"})]


async def test_recent_files_and_runs_are_one_click_away(window, wanted, toy, tmp_path, until):
    file = tmp_path / "皮层.h5ad"
    file.touch()
    window.desk.settings.add_recent(file)
    run = toy.finish(steps=3)
    page = window.show_page("welcome")
    await until(lambda: len(lines(page)) == 2)
    for line in lines(page):
        click(line)
    assert wanted == [("data", {"path": str(file)}), ("runs", {"run": str(run.path)})]


async def test_a_run_that_goes_on_is_kept_up_to_date(window, toy, until):
    page = window.show_page("welcome")
    run = toy.start(steps=2000, step_seconds=0.01)
    await until(lambda: any("running" in line.accessibleName() for line in lines(page)))
    await window.desk.runs.ask(run.path, "stop-now")
    await until(lambda: any("stopped" in line.accessibleName() for line in lines(page)), seconds=20)
