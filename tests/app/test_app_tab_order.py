"""Tab: in the order of the layouts, and without taking hold of what Qt may delete."""

import gc

import pytest
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLayoutItem, QLineEdit, QPushButton, QVBoxLayout, QWidget

from genodesk.app.tab_order import move_focus
from genodesk.app.widgets.flow import Flow


@pytest.fixture
def parts(qtbot) -> dict[str, QWidget]:
    """A window, and its parts by the places they stand in, which are not the order in which they were made."""
    window = QWidget()
    qtbot.addWidget(window)
    made: dict[str, QWidget] = {name: QPushButton(name) for name in ("last", "third", "second", "fourth", "fifth")}
    made["first"] = QLineEdit()
    column, line, deep, form = QVBoxLayout(window), QHBoxLayout(), QHBoxLayout(), QFormLayout()
    line.addWidget(made["first"])
    line.addStretch(1)
    deep.addWidget(made["second"])
    line.addLayout(deep)
    line.addWidget(made["third"])
    column.addLayout(line)
    form.addRow("Field", made["fourth"])
    column.addLayout(form)
    column.addLayout(Flow(made["fifth"]))
    column.addWidget(made["last"])
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    made["last"].setFocus()
    return made | {"window": window}


def test_tab_goes_as_the_layouts_place_things(parts):
    order = ["first", "second", "third", "fourth", "fifth", "last"]
    for name in order:
        assert move_focus([parts["window"]], forward=True)
        assert parts[name].hasFocus(), name
    for name in [*reversed(order[:-1]), "last"]:
        assert move_focus([parts["window"]], forward=False)
        assert parts[name].hasFocus(), name


def test_what_is_off_hidden_or_gone_is_passed_over(parts):
    parts["first"].setEnabled(False)
    parts["second"].hide()
    parts["third"].setParent(None)
    assert move_focus([parts["window"]], forward=True)
    assert parts["fourth"].hasFocus()
    parts["third"].deleteLater()


def test_no_item_of_a_layout_is_taken_hold_of(parts):
    # PySide keeps an item that it has handed out beyond the item's own end, and then takes others for it.
    before = _items()
    move_focus([parts["window"]], forward=True)
    assert _items() == before


def _items() -> int:
    return sum(issubclass(type(one), QLayoutItem) for one in gc.get_objects())
