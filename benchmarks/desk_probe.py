"""Opens the real desk, does one thing with it and prints one JSON document of what was measured.

`desk_probe.py THING [SECONDS]`; whoever starts it writes the moment into GENODESK_STARTED (time.monotonic()) and gives
it a home of its own.
"""

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from genodesk.app import main as desk_main
from genodesk.app.window import PAGES, Window

HEAVY = (
    *("torch", "mindspore", "transformers", "peft", "accelerate", "anndata", "scanpy", "pandas", "zarr", "h5py"),
    *("matplotlib", "scipy", "sklearn", "pyarrow", "numba", "asyncssh"),
)
AFTER_PAINT = ("numpy", "pyqtgraph", "pydantic", "keyring", *HEAVY)
CELLS, EVENTS_PER_S, POINTS = 1_000_000, 400, 1_000_000
HERE = Path(__file__).parent
Measured = dict[str, Any]


async def paint(_window: Window, _seconds: float) -> Measured:
    """The time to the first painted window was taken already; here ends the start."""
    return {}


async def pages(window: Window, seconds: float) -> Measured:
    """Opens every page; what is loaded then, and the memory of the desk and of the process that answers it."""
    import psutil

    await asyncio.sleep(seconds)
    alone = psutil.Process().memory_full_info().uss
    failed = []
    for name in PAGES:
        page = window.show_page(name)
        if type(page).__name__ == "FailedPage":
            failed.append(name)
        await asyncio.sleep(0.3)
    await window.desk.engine.ask("devices")
    await asyncio.sleep(seconds)
    worker = psutil.Process(window.desk.engine.pid)
    return {
        "heavy": loaded(HEAVY),
        "failed_pages": failed,
        "uss_mb": alone / 1e6,
        "uss_all_pages_mb": psutil.Process().memory_full_info().uss / 1e6,
        "uss_worker_mb": worker.memory_full_info().uss / 1e6,
    }


async def busy(window: Window, seconds: float) -> Measured:
    """The longest time without a look at the event loop, and pictures a second, while everything is busy."""
    import numpy as np
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from genodesk.app.plots.cells import CellsView
    from genodesk.app.plots.raster_thread import raster_thread
    from genodesk.core.figure import ColourScale

    run = await asyncio.create_subprocess_exec(
        sys.executable, HERE / "busy_run.py", str(EVENTS_PER_S), stdin=-1, stdout=-1
    )
    folder = Path((await run.stdout.readline()).decode().strip())
    window.show_page("runs", run=str(folder))
    random = np.random.default_rng(0)
    view = CellsView()
    view.resize(1000, 800)
    view.set_cells(random.normal(size=(CELLS, 2)).astype(np.float32) * 2000)
    view.set_colours(
        random.integers(0, 12, CELLS).astype(np.int32),
        ColourScale(kind="category", label="cell type", categories=tuple("ABCDEFGHIJKL")),
    )
    view.show()
    frames: list[float] = []
    raster_thread().answered.connect(lambda key, _: frames.append(time.monotonic()) if key[1] == "picture" else None)

    around = [key for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Down) for _ in range(8)]
    keys = itertools.cycle([*around, Qt.Key.Key_Plus, *around, Qt.Key.Key_Plus, *around, Qt.Key.Key_Home])

    async def pan(until: float) -> None:
        while time.monotonic() < until:
            QTest.keyClick(view, next(keys))
            await asyncio.sleep(0.015)

    try:
        await pan(time.monotonic() + 2.0)
        frames.clear()
        events = lines(folder)
        gaps = Gaps()
        start = time.monotonic()
        await pan(start + seconds)
        taken = time.monotonic() - start
        return {
            "longest_gap_ms": gaps.stop(),
            "frames_per_s": len(frames) / taken,
            "events_per_s": (lines(folder) - events) / taken,
            "status": view.status(),
        }
    finally:
        view.close()
        run.stdin.close()
        await run.wait()


async def curve(_window: Window, _seconds: float) -> Measured:
    """The time to draw a loss of a million points anew, for a view that moves."""
    import numpy as np

    from genodesk.app.plots.lines import LinePlot

    plot = LinePlot()
    plot.resize(1200, 500)
    x = np.arange(POINTS, dtype=float)
    random = np.random.default_rng(0)
    plot.set_line("train", x, 2 * (x + 1) ** -0.2 + 0.05 * random.normal(size=POINTS))
    plot.show()
    await asyncio.sleep(0.2)
    times = []
    for step in range(20):
        before = time.perf_counter()
        plot.append("train", np.array([POINTS + step]), np.array([0.1]))
        plot.grab()
        times.append(1000 * (time.perf_counter() - before))
    plot.close()
    return {"redraw_ms": sorted(times)[len(times) // 2], "longest_redraw_ms": max(times)}


async def stop(window: Window, _seconds: float) -> Measured:
    """The time from asking a training to stop until its own record says that it was heard."""
    from datetime import UTC, datetime

    from genodesk.core.events import EventReader, MetricValues, Requested

    data = Path(os.environ["GENODESK_HOME"]) / "tissue.h5ad"
    made = ("--number-of-slices", "4", "--cells-per-slice", "80", "--genes", "30")
    code, _, said = await window.desk.engine.command(["alphastomics", "demo-data", "--out", str(data), *made])
    assert code == 0, said
    status = await window.desk.runs.submit("alphastomics", "train", {"tissue": {"data": str(data)}}, "quick")

    def events(kind: type) -> list[Any]:
        return [event for event in EventReader(status.folder / "events.jsonl") if isinstance(event, kind)]

    while not events(MetricValues):
        await asyncio.sleep(0.1)
    asked = datetime.now(UTC)
    await window.desk.runs.ask(status.folder, "stop")
    while not (heard := events(Requested)):
        await asyncio.sleep(0.02)
    while window.desk.runs.find(status.folder).alive:
        await asyncio.sleep(0.1)
    return {"stop_heard_ms": 1000 * (datetime.fromisoformat(heard[0].time) - asked).total_seconds()}


async def chat(window: Window, seconds: float) -> Measured:
    """From Enter to the first word with a warm worker, the longest standstill while words come in, and its memory."""
    import psutil

    page: Any = window.show_page("chat")
    page.subject.see_it_work()

    async def until(condition: Callable[[], Any]) -> None:
        while not condition():
            await asyncio.sleep(0.002)

    async def ask() -> float:
        turns = len(page.talking.conversation.turns)
        page.composer.edit.setPlainText("What does this gene do?")
        before = time.perf_counter()
        page.composer.go.click()
        await until(lambda: len(page.talking.conversation.turns) > turns)
        await until(lambda: page.talking.conversation.turns[-1].answer)
        return time.perf_counter() - before

    await until(lambda: page.subject.gene is not None)
    await ask()  # warms the worker
    await until(lambda: not page.talking.busy)
    gaps, first_words = Gaps(), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        first_words.append(await ask())
        await until(lambda: not page.talking.busy)
    return {
        "first_word_s": max(first_words),
        "answers": len(first_words),
        "chat_longest_gap_ms": gaps.stop(),
        "uss_models_worker_mb": psutil.Process(window.desk.models.pid).memory_full_info().uss / 1e6,
    }


class Gaps:
    """A 5-ms timer that keeps the longest time between two of its ticks, in ms."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._longest, self._last = 0.0, time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(5)

    def stop(self) -> float:
        self._timer.stop()
        return 1000 * self._longest

    def _tick(self) -> None:
        now = time.perf_counter()
        self._longest, self._last = max(self._longest, now - self._last), now


def lines(folder: Path) -> int:
    """The number of events so far."""
    with (folder / "events.jsonl").open("rb") as file:
        return sum(1 for _ in file)


def loaded(names: tuple[str, ...]) -> list[str]:
    """Which of the packages this process has imported."""
    return [name for name in names if name in sys.modules]


def main() -> int:
    thing: Callable[[Window, float], Awaitable[Measured]] = globals()[sys.argv[1]]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    measured: Measured = {}

    async def act(window: Window) -> None:
        try:
            measured.update(await thing(window, seconds))
        finally:
            window.close()

    def painted(window: Window) -> None:
        measured["first_paint_s"] = time.monotonic() - float(os.environ["GENODESK_STARTED"])
        measured["first_paint_cpu_s"] = time.process_time()
        measured["loaded_at_first_paint"] = loaded(AFTER_PAINT)
        measured["task"] = asyncio.get_running_loop().create_task(act(window))

    opening = desk_main.open_window

    def open_window(paths: Any = ()) -> Window:
        window = opening(paths)
        window.first_painted.connect(lambda: painted(window))
        return window

    desk_main.open_window = open_window
    code = desk_main.main([])
    measured.pop("task").result()
    print(json.dumps(measured))
    return code


if __name__ == "__main__":
    sys.exit(main())
