"""Garbage is collected in the window's thread, and what is loaded is not walked over again."""

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject

from genodesk.app.garbage import GarbageCollector


@pytest.fixture
def collector(qapp):
    made = GarbageCollector(qapp)
    yield made
    made.close()
    made.deleteLater()


class Knot(QObject):
    """Garbage that only a collection finds."""

    def __init__(self):
        super().__init__()
        self.itself = self


def test_what_other_threads_allocate_is_collected_in_the_thread_of_the_window(collector, qtbot):
    collector.begin()
    knot = weakref.ref(Knot())
    threads, kept = [], []

    def note(phase, info):
        threads.append(threading.current_thread())

    gc.callbacks.append(note)
    try:
        beside = threading.Thread(target=lambda: kept.extend([number] for number in range(100_000)))
        beside.start()
        beside.join()
        assert threads == []
        assert knot() is not None
        qtbot.waitUntil(lambda: knot() is None, timeout=5000)
    finally:
        gc.callbacks.remove(note)
    assert set(threads) == {threading.main_thread()}


def test_what_loading_leaves_behind_goes_step_by_step(collector):
    knot = weakref.ref(Knot())
    assert knot() is not None
    collector.tidy()
    assert knot() is None


def test_what_is_loaded_is_not_walked_over_again(collector):
    gc.unfreeze()
    assert len(gc.get_objects()) > 10_000
    collector.begin()
    assert len(gc.get_objects()) < 1000


def test_afterwards_python_collects_as_before(qapp):
    made = GarbageCollector(qapp)
    assert not gc.isenabled()
    made.close()
    made.deleteLater()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
