"""The window around the pages: commands, palette, rail, tray, toasts, dropped files, and what comes back."""

import logging
import sys
from itertools import pairwise

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from genodesk.app.commands import Command, Commands, shortcut_list
from genodesk.app.desk import Desk
from genodesk.app.main import tell_faults
from genodesk.app.page import FailedPage, Page
from genodesk.app.theme import theme
from genodesk.app.window import PAGES, Window
from genodesk.app.window_commands import choose_theme
from genodesk.core.errors import UserError

Key, Ctrl = Qt.Key, Qt.KeyboardModifier.ControlModifier


class Remembering(Page):
    """A page with a state."""

    number = 0

    def take(self, number: int = 0) -> None:
        self.number = number
        self.setWindowTitle(f"number {number}")

    def state(self):
        return {"number": self.number}

    def restore(self, state):
        self.take(state.get("number", 0))


@pytest.fixture
def remembering(monkeypatch):
    monkeypatch.setitem(PAGES, "data", f"{__name__}:Remembering")


@pytest.fixture
def wanted(window):
    """The pages that anybody asked the window for."""
    seen = []
    window.desk.page_wanted.disconnect()
    window.desk.page_wanted.connect(lambda page, arguments: seen.append((page, arguments)))
    return seen


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel)]


def drag(paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop(window, *paths):
    data = drag(paths)
    where, copy, left = QPointF(300, 300), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(where.toPoint(), copy, data, left, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, enter)
    over = window.drop_zone.isVisible()
    QApplication.sendEvent(window, QDropEvent(where, copy, data, left, Qt.KeyboardModifier.NoModifier))
    return over


async def test_a_window_without_a_past_begins_with_the_welcome(window, until):
    window.open_first([])
    await until(lambda: window.page is not None)
    assert window.page.name == "welcome"
    await until(lambda: window.desk.engine.state != "off")


async def test_page_size_and_state_come_back(desk, remembering, until):
    first = Window(desk)
    first.resize(1000, 700)
    first.show()
    first.show_page("data", number=7)
    first.close()
    first.deleteLater()
    again = Window(Desk())
    try:
        again.show()
        again.open_first([])
        await until(lambda: again.page is not None)
        assert again.page.number == 7
        assert again.windowTitle() == "number 7 - Genodesk"
        assert (again.width(), again.height()) == (1000, 700)
        await until(lambda: again.desk.engine.state != "off")
    finally:
        again.close()
        again.desk.deleteLater()
        again.deleteLater()


async def test_a_state_that_no_longer_fits_costs_only_the_state(window, remembering, caplog):
    window.desk.settings.set("page data", {"number": []})
    remembered = Remembering.restore
    Remembering.restore = lambda self, state: 1 / 0
    try:
        assert isinstance(window.show_page("data"), Remembering)
    finally:
        Remembering.restore = remembered


async def test_a_page_that_cannot_be_built_leaves_the_others_alone(window, monkeypatch, caplog):
    monkeypatch.setitem(PAGES, "train", "genodesk.app.no_such_page:Page")
    window.desk.settings.set("page train", {"kept": True})
    with caplog.at_level(logging.ERROR, "genodesk"):
        assert isinstance(window.show_page("train"), FailedPage)
    assert "This page cannot be shown" in texts(window.page)
    assert "no_such_page" in caplog.text
    window.show_page("settings")
    assert window.page.name == "settings"
    window.close()
    assert window.desk.settings.get("page train") == {"kept": True}


async def test_a_page_that_cannot_tell_its_state_keeps_nobody_from_leaving(window, remembering, monkeypatch, caplog):
    def broken(self):
        raise ValueError("nothing fits")

    page = window.show_page("data")
    for part in ("state", "shut"):
        monkeypatch.setattr(type(page), part, broken)
    assert window.show_page("settings") is window.page
    assert window.close()
    assert "cannot tell its state" in caplog.text
    assert "cannot be ended" in caplog.text


async def test_a_fault_of_ours_is_one_calm_sentence_and_stands_in_the_log(window, monkeypatch, caplog):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    tell_faults(window.desk)
    with caplog.at_level(logging.ERROR, "genodesk"):
        sys.excepthook(KeyError, KeyError("inner"), None)
    toast = window.toasts.shown[0]
    assert toast.text == "Something went wrong inside Genodesk."
    assert "desk.log" in toast.hint
    assert "KeyError" not in toast.text + toast.hint
    assert "inner" in caplog.text


async def test_ctrl_c_where_the_desk_was_started_closes_it(window, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    tell_faults(window.desk)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert not window.isVisible()
    assert not window.toasts.shown


async def test_the_frame_of_the_window_is_named_and_reached_by_tab(window):
    window.tray.begin()
    frame = [*window.rail.buttons.values(), window.tray.commands]
    for control in frame:
        assert control.accessibleName() or control.text()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert window.palette_box.search.accessibleName()
    assert window.palette_box.list.accessibleName()


async def test_the_rail_is_walked_by_arrows_and_pressed_by_the_space_bar(window):
    rail = window.rail
    window.activateWindow()
    rail.buttons["runs"].setFocus()
    QTest.keyClick(rail.buttons["runs"], Key.Key_Down)
    assert rail.buttons["settings"].hasFocus()
    QTest.keyClick(rail.buttons["settings"], Key.Key_Space)
    assert window.page.name == "settings"
    assert [name for name, button in rail.buttons.items() if button.isChecked()] == ["settings"]
    QTest.keyClick(rail.buttons["settings"], Key.Key_Down)
    assert rail.buttons["data"].hasFocus()


async def test_shortcuts_bring_pages_and_change_the_theme(window):
    window.activateWindow()
    QTest.keyClick(window, Key.Key_Comma, Ctrl)
    assert window.page.name == "settings"
    QTest.keyClick(window, Key.Key_0, Ctrl)
    assert window.page.name == "welcome"
    before = theme().name
    QTest.keyClick(window, Key.Key_L, Ctrl | Qt.KeyboardModifier.ShiftModifier)
    assert theme().name != before
    assert window.desk.settings.get("theme") == theme().name
    choose_theme(window.desk, "light")


async def test_no_two_commands_share_a_shortcut_and_all_are_listed(window):
    keys = [key for command in window.desk.commands.all() for key in command.shortcut.split("; ") if key]
    assert len(keys) == len(set(keys))
    listed = dict(shortcut_list(window.desk.commands))
    assert listed["Ctrl+2, Ctrl+T"] == "Train"
    assert listed["Ctrl+K"] == "All commands"


def test_a_command_is_found_by_its_title_its_group_or_another_word_for_it():
    commands = Commands()
    commands.add(
        Command("a", "Open a file…", print, "File", words="h5ad"),
        Command("b", "Full screen", print, "Appearance"),
        Command("c", "File it", print),
    )
    assert [command.name for command in commands.matching("file")] == ["c", "a"]
    assert [command.name for command in commands.matching("H5AD open")] == ["a"]
    assert [command.name for command in commands.matching("appear")] == ["b"]
    assert commands.matching("nothing of the sort") == []


async def test_the_palette_finds_runs_and_gives_the_keyboard_back(window):
    window.activateWindow()
    window.show_page("settings")
    window.rail.buttons["data"].setFocus()
    QTest.keyClick(window, Key.Key_K, Ctrl)
    box = window.palette_box
    assert box.search.hasFocus()
    QTest.keyClicks(box.search, "zzz")
    assert "Nothing is called that." in [label.text() for label in box.findChildren(QLabel) if label.isVisible()]
    QTest.keyClick(box.search, Key.Key_Escape)
    assert not box.isVisible()
    assert window.rail.buttons["data"].hasFocus()
    QTest.keyClick(window, Key.Key_K, Ctrl)
    QTest.keyClicks(box.search, "welc")
    QTest.keyClick(box.search, Key.Key_Return)
    assert not box.isVisible()
    assert window.page.name == "welcome"


async def test_the_palette_offers_recent_files_and_runs(window, wanted, toy, tmp_path, until):
    run = toy.finish(steps=3)
    file = tmp_path / "皮层 cells.h5ad"
    file.touch()
    window.desk.settings.add_recent(file)
    await until(lambda: window.desk.runs.runs)
    box = window.palette_box
    box.appear()
    box.search.setText("皮层")
    assert [entry.title for entry in box.entries()] == [file.name]
    QTest.keyClick(box.search, Key.Key_Return)
    box.appear()
    QTest.keyClicks(box.search, "toy finished")
    QTest.keyClick(box.search, Key.Key_Return)
    assert wanted == [("data", {"path": str(file)}), ("runs", {"run": str(run.path)})]


async def test_a_command_that_is_off_says_why(window):
    done = []
    window.desk.commands.add(Command("x", "Extract", lambda: done.append(1), reason=lambda: "Open a file first."))
    box = window.palette_box
    box.appear()
    QTest.keyClicks(box.search, "extract")
    assert "Open a file first." in box.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    QTest.keyClick(box.search, Key.Key_Return)
    assert not done
    assert [toast.text for toast in window.toasts.shown] == ["Open a file first."]


async def test_arrows_in_the_palette_go_round(window):
    box = window.palette_box
    box.appear()
    QTest.keyClick(box.search, Key.Key_Up)
    assert box.list.currentRow() == box.list.count() - 1
    QTest.keyClick(box.search, Key.Key_Down)
    assert box.list.currentRow() == 0


async def test_a_click_beside_the_palette_closes_it(window):
    window.palette_box.appear()
    QTest.mouseClick(window.palette_box, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not window.palette_box.isVisible()


async def test_dropped_things_open_in_their_places(window, wanted, toy, tmp_path):
    run = toy.finish(steps=3)
    settings = tmp_path / "settings.yaml"
    settings.touch()
    cells = tmp_path / "a b.h5ad"
    assert drop(window, run.path, settings, cells), "the window shows that a file may be dropped"
    assert not window.drop_zone.isVisible()
    assert wanted == [
        ("runs", {"run": str(run.path)}),
        ("train", {"settings_file": str(settings)}),
        ("data", {"path": str(cells)}),
    ]


async def test_a_drag_that_leaves_takes_the_veil_away(window, wanted):
    data = drag(["/a.h5ad"])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(9, 9), copy, data, left, Qt.KeyboardModifier.NoModifier))
    assert window.drop_zone.isVisible()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.drop_zone.isVisible()


async def test_text_that_is_dragged_is_not_taken_for_a_file(window, wanted):
    data = QMimeData()
    data.setText("ACGT")
    enter = QDragEnterEvent(
        QPoint(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    enter.ignore()
    QApplication.sendEvent(window, enter)
    assert not enter.isAccepted()
    assert not window.drop_zone.isVisible()


async def test_toasts_stack_above_the_buttons_of_a_page_and_at_most_four_stay(window):
    for number in range(6):
        window.desk.toast(f"message {number}", "with a hint " * number)
    shown = window.toasts.shown
    assert [toast.text for toast in shown] == [f"message {number}" for number in range(2, 6)]
    tops = [toast.y() for toast in shown]
    assert tops == sorted(tops)
    assert shown[-1].geometry().bottom() < window.tray.y() - 52, "the row of buttons at the end of a page stays free"
    for upper, lower in pairwise(shown):
        assert upper.geometry().bottom() < lower.y()


async def test_the_same_message_does_not_stand_there_twice(window):
    window.desk.toast("Again.")
    window.desk.toast("Other.")
    window.desk.toast("Again.")
    assert [toast.text for toast in window.toasts.shown] == ["Other.", "Again."]


async def test_plain_toasts_leave_and_bad_ones_wait_to_be_closed(window, until):
    window.desk.toast("Saved.", level="good")
    window.desk.toast("The disk is full.", "Free some space.", level="bad")
    good, bad = window.toasts.shown
    assert good.stay.isActive()
    assert not bad.stay.isActive()
    good.stay.start(1)
    await until(lambda: window.toasts.shown == [bad])
    close = next(button for button in bad.findChildren(QPushButton) if "Close" in button.accessibleName())
    close.setFocus()
    QTest.keyClick(close, Key.Key_Space)
    assert not window.toasts.shown


async def test_where_a_fault_is_and_what_helps_are_two_sentences(window):
    window.desk.tell(UserError("This file ends too early.", "Copy it again.", "tissue.h5ad"))
    assert window.toasts.shown[0].hint == "tissue.h5ad. Copy it again."


async def test_a_toast_does_what_it_offers_and_goes(window):
    done = []
    window.desk.toast("Finished", action=("Show", lambda: done.append(1)))
    toast = window.toasts.shown[0]
    show = next(button for button in toast.findChildren(QPushButton) if button.text() == "Show")
    QTest.keyClick(show, Key.Key_Space)
    assert done == [1]
    assert not window.toasts.shown


async def test_the_tray_shows_the_run_stops_it_and_tells_its_end(window, wanted, toy, until):
    tray = window.tray
    tray.begin()
    assert tray.count.text() == "Nothing is running"
    run = toy.start(steps=2000, step_seconds=0.01)
    await until(lambda: "step" in tray.far.text())
    assert tray.count.text() == "1 run"
    assert "Toy" in tray.name.accessibleName()
    await until(lambda: tray.bar.value() > 0)
    QTest.mouseClick(tray.name, Qt.MouseButton.LeftButton)
    assert wanted == [("runs", {"run": str(run.path)})]
    QTest.mouseClick(tray.stop, Qt.MouseButton.LeftButton)
    assert not tray.stop.isEnabled()
    assert tray.stop.toolTip()
    await until(lambda: window.toasts.shown)
    assert "has stopped" in window.toasts.shown[0].text
    assert tray.count.text() == "Nothing is running"
    assert not tray.bar.isVisible()


async def test_a_run_that_did_not_hear_the_request_may_be_asked_again(window, wanted, toy, until, monkeypatch):
    tray = window.tray
    tray.begin()
    run = toy.start(steps=2000, step_seconds=0.01)
    await until(tray.stop.isVisible)

    async def deaf(folder, request):
        raise UserError("The request could not be written.", "Free some space on the disk.", "")

    with monkeypatch.context() as patch:
        patch.setattr(window.desk.runs, "ask", deaf)
        QTest.mouseClick(tray.stop, Qt.MouseButton.LeftButton)
        await until(lambda: window.toasts.shown)
    assert tray.stop.isEnabled()
    await window.desk.runs.ask(run.path, "stop-now")
    await until(lambda: tray.count.text() == "Nothing is running", seconds=20)


async def test_of_several_runs_the_tray_shows_the_newest_and_counts_the_others(window, wanted, toy, until):
    window.tray.begin()
    runs = [toy.start(steps=2000, step_seconds=0.02) for _ in range(3)]
    await until(lambda: window.tray.count.text() == "3 runs")
    assert window.tray.more.text() == "and 2 more"
    QTest.mouseClick(window.tray.more, Qt.MouseButton.LeftButton)
    assert wanted == [("runs", {})]
    for run in runs:
        await window.desk.runs.ask(run.path, "stop-now")
    await until(lambda: window.tray.count.text() == "Nothing is running", seconds=20)


async def test_the_tray_says_when_files_cannot_be_read_and_when_they_can_again(window):
    states = window.desk.engine.state_changed
    for state in ("starting", "ready"):
        states.emit(state)
        assert not window.tray.reading.isVisible()
    states.emit("restarting")
    assert "started again" in window.tray.reading.text()
    assert window.tray.reading.isVisible()
    states.emit("ready")
    assert window.tray.reading.text() == "Files can be read again."
