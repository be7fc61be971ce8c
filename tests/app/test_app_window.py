"""The window around the pages: its frame, what comes back after a restart, and what a fault in a page costs."""

import logging
import sys

import pytest
from on_screen import texts
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from genodesk.app.desk import Desk
from genodesk.app.main import tell_faults
from genodesk.app.page import FailedPage, Page
from genodesk.app.theme import theme
from genodesk.app.window import PAGES, Window
from genodesk.app.window_commands import choose_theme

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


async def test_a_window_without_a_past_begins_with_the_welcome(window, until):
    window.open_first([])
    await until(lambda: window.page is not None)
    assert window.desk.settings.get("page") == "welcome"
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
    assert window.desk.settings.get("page") == "settings"
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
    assert window.desk.settings.get("page") == "settings"
    assert [name for name, button in rail.buttons.items() if button.isChecked()] == ["settings"]
    QTest.keyClick(rail.buttons["settings"], Key.Key_Down)
    assert rail.buttons["data"].hasFocus()


async def test_shortcuts_bring_pages_and_change_the_theme(window):
    window.activateWindow()
    QTest.keyClick(window, Key.Key_Comma, Ctrl)
    assert window.desk.settings.get("page") == "settings"
    QTest.keyClick(window, Key.Key_0, Ctrl)
    assert window.desk.settings.get("page") == "welcome"
    before = theme().name
    QTest.keyClick(window, Key.Key_L, Ctrl | Qt.KeyboardModifier.ShiftModifier)
    assert theme().name != before
    assert window.desk.settings.get("theme") == theme().name
    choose_theme(window.desk, "light")
