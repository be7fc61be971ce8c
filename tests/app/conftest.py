"""Shared by all tests of the desk: Qt without a screen, asyncio on Qt's event loop, and a look for what is left behind.

`async def` tests run on the loop of their own test; fixtures `desk` and `window` are closed at its end.
"""

import asyncio
import inspect
import os
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

os.environ["QT_QPA_PLATFORM"] = os.environ.get("GENODESK_TEST_PLATFORM", "offscreen")

import pytest
from left_behind import LeftBehind, clear_deferred
from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

if TYPE_CHECKING:
    from genodesk.app.desk import Desk
    from genodesk.app.window import Window

Until = Callable[..., Awaitable[Any]]
_LIMIT_S, _SLOW_LIMIT_S = 120.0, 480.0


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs `async def` tests on the loop of the fixture `loop`, for a limited time."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    loop = pyfuncitem.funcargs["loop"]
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    limit = _SLOW_LIMIT_S if pyfuncitem.get_closest_marker("slow") else _LIMIT_S

    async def limited() -> None:
        # A task of its own, so that a limit that is reached is told apart from a TimeoutError of the test.
        test = asyncio.ensure_future(pyfuncitem.obj(**given))
        done, _ = await asyncio.wait([test], timeout=limit)
        if not done:
            test.cancel()
            await asyncio.wait([test], timeout=2)
            pytest.fail(f"the test did not end within {limit:g} s")
        test.result()

    # As the desk runs it. `run_until_complete` of qasync handles events once more after its loop has stopped: a timer
    # that is due just then would find no running loop.
    whole = loop.create_task(limited())
    whole.add_done_callback(lambda _: loop.stop())
    try:
        loop.run_forever()
    finally:
        asyncio.events._set_running_loop(loop)
    whole.result()
    return True


@pytest.fixture(autouse=True)
def loop(qapp: QApplication) -> Iterator[QEventLoop]:
    """The event loop of this test. Fails a test that leaves anything behind when its other fixtures are closed."""
    qapp.setQuitOnLastWindowClosed(False)  # closing a window must not end the loop
    qapp.setCursorFlashTime(0)  # a window that nothing happens in looks the same all the time
    before = LeftBehind()
    untaken: list[str] = []
    loop = QEventLoop(qapp)
    asyncio.events._set_running_loop(loop)  # as in the desk itself, where no event is ever handled without one
    loop.set_exception_handler(lambda _, context: untaken.append(_in_words(context)))
    yield loop
    left = before.found()
    asyncio.events._set_running_loop(None)
    loop.close()
    assert not untaken, "exceptions nobody took: " + "; ".join(untaken)
    assert not left, "left behind: " + "; ".join(left)


def _in_words(context: dict[str, Any]) -> str:
    return "".join(traceback.format_exception(context["exception"])) if "exception" in context else context["message"]


@pytest.fixture
def desk(loop: QEventLoop) -> "Iterator[Desk]":
    """The services of the desk with a real engine, which starts with the first question."""
    from genodesk.app.desk import Desk
    from genodesk.app.theme import theme

    theme().apply(QApplication.instance(), "light")
    made = Desk()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def window(desk: "Desk") -> "Iterator[Window]":
    """The whole window, shown, without a page: `window.show_page("data")` brings one."""
    from genodesk.app.window import Window

    made = Window(desk)
    made.resize(1440, 900)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    clear_deferred()


@pytest.fixture
def wanted(window: "Window") -> list[tuple[str, dict[str, Any]]]:
    """The pages that anybody asks the window for from now on, in place of showing them."""
    seen: list[tuple[str, dict[str, Any]]] = []
    window.desk.page_wanted.disconnect()
    window.desk.page_wanted.connect(lambda page, arguments: seen.append((page, arguments)))
    return seen


@pytest.fixture
def until() -> Until:
    """`await until(condition, seconds=30)`: waits for a true value and returns it."""

    async def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
        limit = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > limit:
                lines = inspect.getsource(condition).strip()
                pytest.fail(f"did not happen within {seconds:g} s: {lines}")
            await asyncio.sleep(0.01)
        return value

    return until


class Gap:
    """The longest time for which the UI thread did not come back to its event loop, by a timer of 5 ms."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._clock = QElapsedTimer()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begins anew."""
        self.longest_s = 0.0
        self._clock.start()
        self._timer.start()

    def stop(self) -> float:
        """The longest gap in seconds."""
        self._timer.stop()
        return self.longest_s

    def _tick(self) -> None:
        self.longest_s = max(self.longest_s, self._clock.nsecsElapsed() / 1e9)
        self._clock.start()


@pytest.fixture
def gap() -> Iterator[Gap]:
    """Measures how long the window stands still between `gap.start()` and `gap.stop()`."""
    recorder = Gap()
    yield recorder
    recorder.stop()
