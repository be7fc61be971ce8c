"""Asynchronous work of a page: one of a name at a time, told in words when it fails, ended with its owner."""

import asyncio
import logging

import pytest

from genodesk.app.tasks import Tasks
from genodesk.core.errors import UserError


@pytest.fixture
def told():
    return []


async def test_the_later_task_of_a_name_takes_the_place_of_the_former(told):
    tasks, done = Tasks(told.append), []

    async def work(number):
        await asyncio.sleep(0.01)
        done.append(number)

    first = tasks.start(work(1), "preview")
    await tasks.start(work(2), "preview")
    assert first.cancelled()
    assert done == [2]
    assert len(tasks) == 0
    assert not told


async def test_tasks_without_a_name_live_side_by_side(told):
    tasks, done = Tasks(told.append), []

    async def work(number):
        done.append(number)

    await asyncio.gather(tasks.start(work(1)), tasks.start(work(2)))
    assert done == [1, 2]


async def test_a_mistake_of_a_person_is_told_as_it_is(told):
    async def work():
        raise UserError("There is no such file.", "Check the path.", "/a")

    await Tasks(told.append).start(work())
    assert [str(error) for error in told] == ["/a: There is no such file. Check the path."]


async def test_whoever_starts_a_task_may_listen_to_its_mistake_alone(told):
    async def work():
        raise UserError("No.")

    heard = []
    await Tasks(told.append).start(work(), on_error=heard.append)
    assert not told
    assert heard[0].message == "No."


async def test_a_fault_of_ours_is_one_calm_sentence_and_stands_in_the_log(told, caplog):
    async def work():
        raise KeyError("inner")

    with caplog.at_level(logging.ERROR, "genodesk"):
        await Tasks(told.append).start(work())
    assert "KeyError" not in str(told[0])
    assert "KeyError: 'inner'" in caplog.text


async def test_an_owner_that_leaves_ends_its_tasks_even_those_that_have_not_begun(told):
    begun = []

    async def work():
        begun.append(True)

    tasks = Tasks(told.append)
    task = tasks.start(work())
    tasks.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert not begun
    assert not told
