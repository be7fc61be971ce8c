"""A table of a million rows reads only what is looked at, shows what is on its way, and says what went wrong."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView

from genodesk.app.pages.data.table_model import LOADING, TableModel, value_text
from genodesk.app.tasks import Tasks
from genodesk.core.errors import UserError

MILLION = 1_000_000


class Shelf:
    """Rows made up as they are asked for, and what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.error: UserError | None = None

    async def read(self, start: int, number: int) -> list[list[Any]]:
        self.asked.append((start, number))
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return rows(start, min(number, MILLION - start))


def rows(start: int, number: int) -> list[list[Any]]:
    return [[f"cell{i}", i / 3, None if i % 2 else i, "glia"] for i in range(start, start + number)]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def troubles() -> list[UserError]:
    return []


@pytest.fixture
def model(shelf: Shelf, troubles: list[UserError], loop: Any) -> Iterator[TableModel]:
    tasks = Tasks(troubles.append)
    made = TableModel(["Cell", "share", "n", "type"], MILLION, rows(0, 1000), shelf.read, tasks)
    yield made
    tasks.cancel()
    made.deleteLater()


def shown(model: TableModel, row: int, column: int = 0) -> str:
    return model.index(row, column).data()


async def test_a_row_far_down_is_read_with_its_neighbours_when_it_is_looked_at(model, shelf, until):
    assert shown(model, 0) == "cell0"
    assert shelf.asked == [], "the first rows are at hand"
    assert shown(model, 700_123) == LOADING
    await until(lambda: shown(model, 700_123) == "cell700123")
    assert shown(model, 700_199) == "cell700199"
    assert shelf.asked == [(700_000, 200)]


async def test_rows_that_were_only_scrolled_past_are_not_read(model, shelf, until):
    for row in range(10_000, 900_000, 1000):
        shown(model, row)
    assert shown(model, 950_000) == LOADING
    await until(lambda: shown(model, 950_000) != LOADING)
    assert shelf.asked[0] == (950_000, 200), "what is looked at last comes first"
    await until(lambda: len(shelf.asked) == 4)
    await asyncio.sleep(0.1)
    assert len(shelf.asked) == 4


async def test_what_was_looked_at_long_ago_is_let_go(model, shelf, until):
    for page in range(5, 71):
        shown(model, page * 200)
        await until(lambda page=page: shown(model, page * 200) != LOADING)
    assert shown(model, 14_100) == "cell14100"
    assert shown(model, 1000) == LOADING


def test_numbers_stand_at_the_right_under_their_heading(model):
    role, right = Qt.ItemDataRole.TextAlignmentRole, Qt.AlignmentFlag.AlignRight
    at_right = [bool(model.index(0, column).data(role) & right) for column in range(4)]
    assert at_right == [False, True, True, False], "missing values do not make a number a word"
    headings = [bool(model.headerData(c, Qt.Orientation.Horizontal, role) & right) for c in range(4)]
    assert headings == at_right
    assert model.headerData(999_999, Qt.Orientation.Vertical) == "1,000,000"


@pytest.mark.parametrize(
    ("value", "text"), [(1 / 3, "0.333333"), (12, "12"), (None, ""), (True, "true"), ("glia", "glia"), (1e-9, "1e-09")]
)
def test_a_value_is_written_as_people_read_it(value, text):
    assert value_text(value) == text


async def test_a_failure_is_told_once_and_nothing_more_is_asked(model, shelf, until):
    told: list[UserError] = []
    model.failed.connect(told.append)
    shelf.error = UserError("The disk stopped answering.", "Reconnect it.")
    shown(model, 5000)
    await until(lambda: told)
    shown(model, 9000)
    await asyncio.sleep(0.1)
    assert [error.message for error in told] == ["The disk stopped answering."]
    assert len(shelf.asked) == 1


async def test_copied_rows_are_read_where_they_are_not_at_hand(model):
    text = await model.text_of(1999, 3000, [0, 2])
    lines = text.split("\n")
    assert lines[0] == "Cell\tn"
    assert lines[1] == "cell1999\t"
    assert lines[-1] == "cell3000\t3000"
    assert len(lines) == 1003


async def test_what_is_drawn_is_rounded_and_what_is_copied_is_not(model):
    assert shown(model, 1, 1) == "0.333333"
    assert await model.text_of(1, 1, [1]) == f"share\n{1 / 3!r}"


def test_a_view_of_a_million_rows_asks_for_none_that_it_does_not_show(model, shelf, qapp):
    view = QTableView()
    view.setModel(model)
    view.resize(800, 600)
    view.show()
    qapp.processEvents()
    assert shelf.asked == []
    view.close()
    view.deleteLater()
