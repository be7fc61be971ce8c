"""The look for what a test left behind sees each kind of thing, and nothing where a test was tidy."""

import asyncio
import os
import subprocess
import sys
import threading

import left_behind
import pytest
from left_behind import LeftBehind
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QComboBox, QWidget


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(left_behind, "_PATIENCE_S", 0.1)


async def test_async_tests_run_on_qt_and_wait_for_conditions(until):
    fired = []
    QTimer.singleShot(20, lambda: fired.append(1))
    assert await until(lambda: fired) == [1]


async def test_a_timer_due_at_the_very_end_of_a_test_still_finds_its_loop():
    def again(times):  # pytest-qt fails this test if one of them raises
        asyncio.get_running_loop()
        if times:
            QTimer.singleShot(0, lambda: again(times - 1))

    again(times=4)


async def test_what_does_not_happen_is_told_with_its_condition(until):
    with pytest.raises(pytest.fail.Exception, match=r"did not happen within 0\.05 s: .*never = False"):
        await until(lambda never = False: never, seconds=0.05)  # fmt: skip


def test_a_tidy_test_leaves_nothing(loop):
    before = LeftBehind()
    widget = QComboBox()
    widget.show()
    timer = QTimer(widget)
    timer.start(10)
    widget.close()
    del timer, widget
    assert before.found() == []


def test_a_task_is_found(loop):
    before = LeftBehind()
    task = loop.create_task(asyncio.sleep(60), name="long sleep")
    assert "'long sleep'" in before.found()[0]
    assert task.cancelled()


def test_a_plain_test_may_start_tasks_too(qtbot):
    task = asyncio.get_running_loop().create_task(asyncio.sleep(0.01, "slept"))
    qtbot.waitUntil(task.done)
    assert task.result() == "slept"


def test_a_running_timer_is_found(loop):
    before = LeftBehind()
    timer = QTimer()
    timer.start(1000)
    (words,) = before.found()
    assert "1000 ms" in words
    assert not timer.isActive()


def test_a_thread_of_either_kind_is_found(loop):
    before = LeftBehind()
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="slow one", daemon=True)
    thread.start()
    qthread = QThread()
    qthread.start()
    assert [words.split(" <")[0] for words in before.found()] == ["the thread 'slow one'", "the thread"]
    end.set()
    qthread.quit()
    qthread.wait()
    thread.join()


@pytest.mark.skipif(os.name == "nt", reason="killed processes look different there")
def test_a_child_process_is_found_and_ended(loop):
    before = LeftBehind()
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (words,) = before.found()
    assert str(process.pid) in words
    assert process.wait(5) != 0


def test_a_window_somebody_still_holds_is_found(loop):
    before = LeftBehind()
    window = QWidget()
    window.show()
    (words,) = before.found()
    assert "visible window" in words
