"""The window fits its screen and comes back where it was, even when it was killed; the wheel scrolls it."""

import json

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QSlider, QSpinBox, QVBoxLayout, QWidget

from genodesk.app.page import Page
from genodesk.app.wheel import WheelGuard
from genodesk.app.widgets import scrolled
from genodesk.app.window import PAGES
from genodesk.app.window_place import first_place, kept_within

LAPTOP = QRect(0, 25, 1440, 875)


class Growing(Page):
    """A page whose state changes in place."""

    def __init__(self, desk):
        super().__init__(desk)
        self.files = {}

    def state(self):
        return {"files": self.files}


def test_a_first_window_leaves_room_around_it_on_a_laptop_and_is_as_wanted_on_a_large_screen():
    place = first_place(QSize(1440, 900), LAPTOP)
    assert place.width() <= 0.94 * 1440
    assert place.height() + 36 <= 0.94 * 875 + 1
    assert abs(place.center().x() - LAPTOP.center().x()) <= 1
    assert first_place(QSize(1440, 900), QRect(0, 0, 2560, 1440)).size() == QSize(1440, 900)


@pytest.mark.parametrize(
    "place", [QRect(3000, 200, 1200, 700), QRect(-50, -50, 2400, 1400), QRect(600, 700, 1200, 700)]
)
def test_a_place_on_a_screen_that_is_gone_is_brought_back(place):
    kept = kept_within(place, LAPTOP)
    assert LAPTOP.contains(kept)
    assert kept.top() >= LAPTOP.top() + 36


def test_a_place_that_fits_is_left_alone():
    assert kept_within(QRect(100, 100, 1000, 700), LAPTOP) == QRect(100, 100, 1000, 700)


async def test_a_killed_desk_has_remembered_place_and_page(window, home, monkeypatch, until):
    monkeypatch.setitem(PAGES, "data", f"{__name__}:Growing")
    window._keeping.setInterval(20)
    page = window.show_page("data")

    def kept():
        return json.loads((home / "desk.json").read_text())

    page.files["a"] = 1
    await until(lambda: (home / "desk.json").exists() and kept().get("page data") == {"files": {"a": 1}})
    before = kept()["window"]
    page.files["b"] = 2
    window.resize(1010, 650)
    await until(lambda: kept()["page data"] == {"files": {"a": 1, "b": 2}} and kept()["window"] != before)


@pytest.fixture
def wheeled(qapp):
    """A page that scrolls, and three controls on it."""
    inside = QWidget()
    controls = [QSpinBox(), QComboBox(), QSlider(Qt.Orientation.Horizontal)]
    controls[0].setValue(50)
    controls[1].addItems(["a", "b", "c"])
    controls[1].setCurrentIndex(1)
    controls[2].setValue(50)
    column = QVBoxLayout(inside)
    for control in controls:
        column.addWidget(control)
    column.addStretch(1)
    inside.setMinimumHeight(2000)
    whole = QWidget()
    area = scrolled(inside)
    other = QLineEdit()
    room = QVBoxLayout(whole)
    room.addWidget(area)
    room.addWidget(other)
    whole.resize(400, 600)
    whole.show()
    whole.activateWindow()
    other.setFocus()
    guard = WheelGuard(whole)
    yield whole, area, controls
    del guard
    whole.close()
    whole.deleteLater()


def values(controls):
    spin, combo, slider = controls
    return spin.value(), combo.currentIndex(), slider.value()


def test_the_wheel_changes_only_the_control_that_has_the_keyboard_and_scrolls_else(wheeled):
    whole, area, controls = wheeled
    for control in controls:
        area.verticalScrollBar().setValue(0)
        QApplication.processEvents()
        roll(whole, control)
        assert values(controls) == (50, 1, 50)
        assert not control.hasFocus()
        assert area.verticalScrollBar().value() > 0
    area.verticalScrollBar().setValue(0)
    controls[0].setFocus()
    roll(whole, controls[0])
    assert controls[0].value() < 50


def roll(whole, control):
    middle = QPointF(control.mapTo(whole, control.rect().center()))
    QTest.wheelEvent(whole.windowHandle(), middle, QPoint(0, -120))
