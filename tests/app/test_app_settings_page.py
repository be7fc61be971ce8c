"""The settings page: changes hold at once, and are there at the next start."""

import asyncio
import os
import threading
from pathlib import Path

import pytest
from on_screen import texts
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton

from genodesk import __version__
from genodesk.app.desk_settings import DeskSettings
from genodesk.app.theme import theme
from genodesk.app.window_commands import choose_theme


@pytest.fixture
def page(window):
    return window.show_page("settings")


def press(page, text):
    button = next(
        button for button in page.findChildren(QPushButton) if text in (button.text(), button.accessibleName())
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


async def test_the_theme_changes_at_once_and_is_kept(page, window):
    QTest.mouseClick(page.theme.chip("dark"), Qt.MouseButton.LeftButton)
    assert theme().name == "dark"
    window.desk.settings.save()
    assert DeskSettings().get("theme") == "dark"
    choose_theme(window.desk, "light")
    assert page.theme.current() == "light"


async def test_chips_are_moved_between_by_arrows(page):
    page.theme.set_current("light")
    page.theme.chip("light").setFocus()
    QTest.keyClick(page.theme.chip("light"), Qt.Key.Key_Right)
    assert theme().choice == "dark"
    QTest.keyClick(page.theme.chip("dark"), Qt.Key.Key_Left)
    assert theme().choice == "light"


async def test_new_runs_go_to_the_folder_that_was_chosen(page, window, tmp_path, until):
    place = tmp_path / "我的 runs"
    place.mkdir()
    press(page, "Change…")
    dialog = page.findChild(QFileDialog)
    dialog.fileSelected.emit(str(place))
    dialog.reject()
    assert page.folders.runs.text() == str(place)
    values = {"steps": 2, "runtime": {"device": "cpu"}}
    status = await window.desk.runs.submit("toy", "train", values)
    assert status.folder.parent == place
    await until(lambda: [run.state for run in window.desk.runs.runs] == ["finished"])
    press(page, "Usual place")
    assert page.folders.runs.text() == str(Path(os.environ["GENODESK_HOME"]) / "runs")
    assert not page.folders.reset.isEnabled()
    assert page.folders.reset.toolTip()


async def test_a_folder_in_which_nothing_can_be_written_is_refused_in_place(page, window, tmp_path):
    page.folders._keep(str(tmp_path / "absent"))
    assert any("Nothing can be written in" in text for text in texts(page))
    assert window.desk.settings.get("runs_folder", "") == ""


async def test_a_folder_that_cannot_be_opened_is_said_in_place(page, window, tmp_path):
    (tmp_path / "disk").write_text("no folder")
    window.desk.settings.set("runs_folder", str(tmp_path / "disk" / "runs"))
    press(page, "Open the folder: New runs")
    assert any("cannot be opened" in text for text in texts(page))


async def test_folders_of_models_are_added_and_removed_and_offered_by_genechat(page, window, tmp_path, until):
    press(page, "Add…")
    dialog = page.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "my model"))
    dialog.reject()
    await until(lambda: "my model" in texts(page))
    chat = window.show_page("chat")
    assert chat.models.findData(str(tmp_path / "my model")) > 0
    window.desk.settings.add_model_folder("/other/model")
    assert window.show_page("settings") is page
    await until(lambda: "model" in texts(page))
    press(page, f"Remove from the list: {tmp_path / 'my model'}")
    assert window.desk.settings.model_folders == ["/other/model"]
    assert "my model" not in texts(page)


async def test_the_devices_of_this_computer_are_named_and_those_that_are_absent_cannot_be_chosen(page, window, until):
    device = page.computing.device
    await until(lambda: any(name == "Processor" for name, *_ in page.computing.facts.rows()))
    model = device.model()
    able = {device.itemData(row): model.item(row).isEnabled() for row in range(device.count())}
    assert able["auto"]
    assert able["cpu"]
    if not able["npu"]:
        row = device.findData("npu")
        assert "not ready" in device.itemText(row)
        assert model.item(row).toolTip()
    device.setCurrentIndex(device.findData("cpu"))
    device.activated.emit(device.currentIndex())
    assert window.desk.settings.get("default_device") == "cpu"


async def test_every_shortcut_is_listed(page, window):
    shown = texts(page)
    for command in window.desk.commands.all():
        if command.shortcut:
            assert command.title in shown


async def test_shortcuts_of_a_page_that_was_left_and_keys_outside_the_table_are_listed(page, window, until):
    window.show_page("chat")
    window.show_page("settings")
    listed = {"GeneChat: New conversation", "Ctrl+N", "Alt+Left, Alt+Right", "Del"}
    await until(lambda: listed <= set(texts(page)))


async def test_the_report_names_the_versions_and_nothing_of_the_person(page):
    press(page, "Copy for a report")
    copied = QGuiApplication.clipboard().text()
    assert __version__ in copied
    assert "toy" in copied
    assert str(Path.home()) not in copied
    assert os.environ["GENODESK_HOME"] not in copied
    assert any(text.startswith("Copied") for text in texts(page))


async def test_privacy_is_said_in_plain_sentences(page):
    said = " ".join(texts(page))
    assert "telemetry" in said
    assert "stay on this computer" in said
    assert "updates" in said


async def test_every_control_has_a_name_and_is_reached_by_the_keyboard(page):
    for button in page.findChildren(QPushButton):
        assert button.text() or button.accessibleName()
    assert page.computing.device.accessibleName()
    reached, start = set(), page.computing.device
    widget = start
    while (widget := widget.nextInFocusChain()) is not start:
        reached.add(widget)
    assert {page.theme.chip("light"), page.folders.choose} <= reached


def test_settings_of_a_broken_file_begin_anew(home):
    home.mkdir()
    (home / "desk.json").write_text("{broken")
    settings = DeskSettings()
    assert settings.get("theme", "system") == "system"
    settings.set("theme", "dark")
    settings.save()
    assert DeskSettings().get("theme", "system") == "dark"


def test_a_value_of_another_kind_counts_as_absent(home):
    home.mkdir()
    (home / "desk.json").write_text('{"page": 7, "recent_files": "x"}')
    settings = DeskSettings()
    assert settings.get("page", "welcome") == "welcome"
    assert settings.recent_files == []


def test_recent_files_are_those_that_still_exist_the_newest_first(tmp_path):
    settings = DeskSettings()
    for name in ("a", "b", "c", "a"):
        (tmp_path / name).touch()
        settings.add_recent(tmp_path / name)
    (tmp_path / "b").unlink()
    assert [path.name for path in settings.recent_files] == ["a", "c"]
    settings.save()


async def test_a_disk_that_does_not_answer_is_not_waited_for(tmp_path, monkeypatch, until, gap):
    settings = DeskSettings()
    (tmp_path / "here").touch()
    settings.add_recent(tmp_path / "gone")
    settings.add_recent(tmp_path / "here")
    answers, really = threading.Event(), os.path.exists
    monkeypatch.setattr(
        "os.path.exists", lambda path: (str(tmp_path) not in str(path) or answers.wait(20)) and really(path)
    )
    told = []
    settings.changed.connect(told.append)
    gap.start()
    assert [path.name for path in settings.recent_files] == ["here", "gone"]  # nothing better is known yet
    await asyncio.sleep(0.02)
    assert gap.stop() < 0.2  # 20 ms on a quiet machine
    answers.set()
    await until(lambda: told == ["recent_files"])
    assert [path.name for path in settings.recent_files] == ["here"]
    settings.save()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that cannot be written")
def test_a_home_that_cannot_be_written_costs_no_more_than_the_memory(home):
    home.mkdir()
    home.chmod(0o500)
    settings = DeskSettings()
    settings.set("theme", "dark")
    settings.save()
    assert settings.get("theme", "") == "dark"
    home.chmod(0o700)
