"""Whatever happens to engine, window or files, the wizard keeps what a person chose and shows only what is true."""

import asyncio
import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from wizards import odd_tissue, settled, step_of, train_page, wizard_of

from genodesk.app.pages.train.page import TrainPage


@pytest.fixture
def page(window):
    return train_page(window)


@pytest.fixture(scope="module")
def tissue(tmp_path_factory) -> Path:
    return odd_tissue(tmp_path_factory.mktemp("测试 data"))


async def test_a_file_is_looked_into_again_after_the_engine_died(page, desk, tissue, until):
    wizard = wizard_of(page, "alphastomics")
    await until(lambda: settled(wizard))
    wizard.draft.set("data", str(tissue))
    wizard.inspecting.look()
    os.kill(desk.engine.pid, signal.SIGKILL)
    await until(lambda: settled(wizard) and "data" in wizard.inspecting.found, 20)
    assert wizard.inspecting.errors == {}


async def test_a_check_that_failed_with_the_engine_is_made_again(page, desk, until):
    wizard = wizard_of(page, "toy")
    await until(lambda: settled(wizard))
    os.kill(desk.engine.pid, signal.SIGKILL)
    wizard.draft.set("steps", 5)
    wizard.checking.check()
    await until(lambda: settled(wizard) and wizard.checking.verdict.valid, 20)
    assert desk.engine.restarts == 1


async def test_a_settings_file_of_something_else_is_told_and_changes_nothing(page, desk, tmp_path):
    file = tmp_path / "other.yaml"
    file.write_text("workflow: elsewhere\naction: train\n")
    told: list[str] = []
    desk.toasted.connect(lambda text, *_: told.append(text))
    page.take(settings_file=str(file))
    assert told == ["There is no workflow called elsewhere."]
    assert page.wizard is None


async def test_a_settings_file_opens_the_wizard_filled_in(page, tmp_path, until):
    file = tmp_path / "walk.yaml"
    file.write_text("workflow: toy\naction: train\npreset: quick\ndata: in/notes.txt\nsteps: 7\n")
    page.take(settings_file=str(file))
    draft = page.wizard.draft
    assert (draft.preset, draft.value("steps"), draft.value("data")) == ("quick", 7, str(tmp_path / "in/notes.txt"))
    assert draft.changed_names == ["steps", "data"]


async def test_names_in_a_settings_file_are_not_replaced_by_guesses(page, tissue, tmp_path, until):
    file = tmp_path / "train.yaml"
    file.write_text(
        f"workflow: alphastomics\naction: train\ntissue: {{data: {tissue}, reading: {{slice_key: sektion}}}}\n"
    )
    page.take(settings_file=str(file))
    wizard = page.wizard
    row = step_of(wizard, "data").form.rows["slice_key"]
    await until(lambda: settled(wizard) and row.problem)
    assert wizard.draft.value("slice_key") == "sektion"
    assert "Did you mean 'section'?" in row.problem
    assert wizard.draft.value("coordinate_key") == "xy"


async def test_slices_named_in_a_settings_file_stay_chosen_and_go_with_another_file(page, tissue, tmp_path, until):
    file = tmp_path / "train.yaml"
    file.write_text(
        "workflow: alphastomics\naction: train\n"
        f"tissue: {{data: {tissue}, reading: {{slice_key: section}}}}\nslices: {{holdout: ['3']}}\n"
    )
    page.take(settings_file=str(file))
    wizard = page.wizard
    await until(lambda: wizard.draft.fitted_to == str(tissue) and settled(wizard))
    assert wizard.draft.value("holdout") == ["3"]
    other = tmp_path / "other.h5ad"
    shutil.copy(tissue, other)
    page.take(workflow="alphastomics", action="train", values={"tissue": {"data": str(other)}})
    await until(lambda: page.wizard.draft.fitted_to == str(other))
    assert page.wizard.draft.value("holdout") == []
    assert page.wizard.draft.value("slice_key") == "section"


async def test_a_wizard_that_is_closed_at_once_asks_nothing(page, desk, until):
    told: list[str] = []
    desk.toasted.connect(lambda text, *_: told.append(text))
    closed = wizard_of(page, "toy")
    page.close_wizard()
    again = wizard_of(page, "toy")
    await until(lambda: settled(again))
    assert (closed.checking.verdict, told) == (None, [])


async def test_an_answer_about_older_settings_is_not_shown_beside_newer_ones(page, until):
    wizard = wizard_of(page, "toy")
    await until(lambda: settled(wizard))
    wizard.draft.set("steps", "12x")
    wizard.checking.check()
    await asyncio.sleep(0)
    wizard.draft.set("steps", 12)
    told: list[bool] = []
    wizard.checking.changed.connect(lambda: told.append(wizard.checking.verdict.valid))
    await until(lambda: told)
    assert told == [True]


async def test_starting_over_can_be_undone(page, desk, until):
    offered: list = []
    desk.toasted.connect(lambda text, hint, level, action: offered.append(action))
    wizard = wizard_of(page, "toy")
    wizard.draft.set("steps", "12x")
    step_of(wizard, "check").place.name.setText("mine")
    wizard.over.click()
    assert (wizard.draft.value("steps"), wizard.pages["check"].place.name.text()) != ("12x", "mine")
    assert wizard.pages["check"].place.name.text() == ""
    offered[-1][1]()
    assert (wizard.draft.value("steps"), wizard.pages["check"].place.name.text()) == ("12x", "mine")


async def test_a_place_where_no_run_can_be_made_says_why(page, home):
    (home / "runs").mkdir(parents=True)
    wizard = wizard_of(page, "toy")
    place = step_of(wizard, "check").place
    place.name.setText("a" * 300)
    assert place.trouble.text() == "The run cannot be made there (File name too long)."
    assert not wizard.next.isEnabled()
    place.name.setText("good")
    place.folder.setText("~nobody-of-that-name")
    assert place.complaint() == ""


async def test_wizard_and_drafts_come_back_after_a_restart(page, desk, until):
    wizard = wizard_of(page, "toy")
    wizard.draft.set("steps", "12x")
    step_of(wizard, "check").place.name.setText("my walk")
    wizard.go("settings")
    state = json.loads(json.dumps(page.state()))
    again = TrainPage(desk)
    again.restore(state)
    assert again.wizard is not None
    assert (again.wizard.step, again.wizard.draft.value("steps")) == ("settings", "12x")
    assert step_of(again.wizard, "settings").form.rows["steps"].field.edit.text() == "12x"
    assert step_of(again.wizard, "check").place.name.text() == "my walk"
    again.shut()
    again.deleteLater()


async def test_a_run_that_cannot_be_started_keeps_everything(page, desk, until, home):
    told: list[str] = []
    desk.toasted.connect(lambda text, *_: told.append(text))
    wizard = wizard_of(page, "toy")
    wizard.draft.set("steps", 5)
    wizard.go("check")
    await until(lambda: settled(wizard) and wizard.next.isEnabled())
    (home / "runs").mkdir(parents=True)
    (home / "runs" / "mine").write_text("in the way")
    step_of(wizard, "check").place.name.setText("mine")
    assert not wizard.next.isEnabled()
    assert "already" in wizard.next.toolTip()
    wizard.start()
    wizard.start()
    for made in (wizard.next, wizard.back, wizard.cancel):
        assert (made.isEnabled(), made.toolTip()) == (False, "The run is being started.")
    await until(lambda: told, 30)
    assert len(told) == 1
    assert page.wizard is wizard
    assert wizard.cancel.isEnabled()
    assert (wizard.draft.value("steps"), wizard.pages["check"].place.name.text()) == (5, "mine")


async def test_an_old_draft_says_that_it_is_one_and_can_be_begun_anew(page):
    wizard = wizard_of(page, "toy")
    assert not wizard.taken_up.isVisible()
    wizard.draft.set("steps", "12x")
    page.close_wizard()
    again = wizard_of(page, "toy")
    assert again.taken_up.isVisible()
    (over,) = [made for made in again.findChildren(QPushButton) if made.text() == "Start over" and made.isVisible()]
    over.click()
    assert again.draft.value("steps") != "12x"
    assert not again.taken_up.isVisible()


async def test_the_file_opened_last_is_offered_and_not_chosen(page, desk, tissue, until):
    desk.settings.add_recent(tissue)
    wizard = wizard_of(page, "alphastomics")
    step_of(wizard, "data")
    assert not wizard.draft.value("data")
    offer = next(made for made in wizard.findChildren(QPushButton) if made.text().startswith("Use tissue.h5ad"))
    await until(offer.isVisible)
    offer.click()
    assert wizard.draft.value("data") == str(tissue)
    await until(lambda: settled(wizard))
    assert not offer.isVisible()
