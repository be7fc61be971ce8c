"""Short messages: where they stand, how long they stay, and what they offer."""

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from genodesk.core.errors import UserError

Key = Qt.Key


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


async def test_a_toast_makes_way_for_the_field_that_is_typed_into(window):
    window.activateWindow()
    window.desk.toast("The disk is full.", "Free some space.", level="bad")
    toast = window.toasts.shown[0]
    field = QLineEdit(window.centralWidget())
    field.setGeometry(toast.geometry().adjusted(-20, 10, 20, -10))
    field.show()
    low = toast.geometry().bottom()
    field.setFocus()
    assert not toast.geometry().intersects(field.geometry())
    window.desk.toast("It is still full.", level="bad")
    assert not any(shown.geometry().intersects(field.geometry()) for shown in window.toasts.shown)
    window.toasts.shown[-1].findChild(QPushButton).setFocus()
    assert window.toasts.shown[-1].geometry().bottom() < low, "what is about to be pressed stays where it is"
    window.rail.buttons["data"].setFocus()
    assert window.toasts.shown[-1].geometry().bottom() == low, "no field is typed into any more"


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
